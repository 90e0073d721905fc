import numpy as np
import pytest
from conftest import exponential
from scipy.stats import chisquare

from entsched.errors import StrategyError
from entsched.queueing import evaluate
from entsched.sim.draws import Draws, draw, seed_sequence
from entsched.sim.model import run
from entsched.sim.routers import decided_ahead, measured_route, table_route
from entsched.sim.statistics import student_interval
from entsched.sim.task import Replication
from entsched.strategies.base import RoutingPlan, Scenario
from entsched.strategies.compiling import compile_strategy, memoryless_table
from entsched.strategies.registry import build
from entsched.workload import Workload
from entsched.workload.baseline import Linear, Power


def lindley(draws: Draws, servers, orders_a_first, latency_s=0.0):
    """Waits and idle stretches by recursion, one server after the other: no events, no simpy."""
    arrivals = np.cumsum(draws.gaps_s) + latency_s
    waits = np.zeros_like(draws.requirements_s)
    stretches = ([], [])
    free = [0.0, 0.0]
    for i, now in enumerate(arrivals):
        for router in (0, 1) if orders_a_first[i] else (1, 0):
            s = servers[router][i]
            if now > free[s]:
                stretches[s].append((now, now - free[s]))
                free[s] = now
            waits[router, i] = free[s] - now + latency_s
            free[s] += draws.requirements_s[router, i]
    return waits, stretches


@pytest.mark.parametrize("order", ["random", "a_first", "shortest_first"])
@pytest.mark.parametrize("latency_s", [0.0, 0.3])
def test_simpy_against_the_lindley_recursion_on_the_same_draws(order, latency_s):
    workload = exponential(0.6, None, order)
    draws = draw(workload, 2000, seed_sequence(workload, 3, 0))
    plan = compile_strategy(build("random", {}), Scenario(workload, 0.4))
    trajectory = run(workload, draws, table_route(plan), latency_s)
    waits, stretches = lindley(draws, trajectory.servers, draws.a_first, latency_s)
    assert np.allclose(trajectory.waits_s, waits, atol=1e-9)
    for ours, theirs in zip(trajectory.stretches, stretches, strict=True):
        assert np.allclose(ours, theirs, atol=1e-9)


def test_the_baseline_runs_exactly_while_no_customer_is_served():
    """With T(t) = t the baseline output of a server is its idle time."""
    workload = exponential(0.6, None)
    draws = draw(workload, 5000, seed_sequence(workload, 3, 1))
    trajectory = run(workload, draws, lambda *seen: (0, 1))
    end = trajectory.arrivals_s[-1]
    for server in (0, 1):
        done = draws.requirements_s[server][:-1].sum()
        idle = trajectory.stretches[server][:, 1].sum()
        backlog = trajectory.waits_s[server, -1]
        assert idle + done - backlog == pytest.approx(end, abs=1e-6)
    figures = trajectory.measure(Linear(law="linear"), 0.0)
    assert figures.split_fraction == 1.0


@pytest.mark.parametrize("name", ["random", "classical-optimal", "quantum-optimal", "no-signalling", "size-interval"])
def test_decisions_ahead_are_those_of_the_routers(name):
    workload = exponential(0.4, 5)
    strategy = build(name, {})
    plan = compile_strategy(strategy, Scenario(workload, 0.3 if strategy.uses_splitting else None))
    draws = draw(workload, 5000, seed_sequence(workload, 2, 0))
    ahead = decided_ahead(plan, draws)
    one_by_one = run(workload, draws, table_route(plan))
    assert np.array_equal(ahead, one_by_one.servers)
    assert np.array_equal(run(workload, draws, ahead).waits_s, one_by_one.waits_s)


def test_router_a_is_bit_identical_whatever_b_is_asked(two_types):
    """No communication, exactly: other requests for B leave all of A's servers unchanged."""
    draws = draw(two_types, 3000, seed_sequence(two_types, 1, 0))
    changed = Draws(**{**vars(draws), "types": np.stack([draws.types[0], 1 - draws.types[1]])})
    for name in ("quantum-optimal", "no-signalling"):
        plan = compile_strategy(build(name, {}), Scenario(two_types, 0.3))
        servers = [run(two_types, d, table_route(plan)).servers for d in (draws, changed)]
        assert np.array_equal(servers[0][0], servers[1][0])
        assert not np.array_equal(servers[0][1], servers[1][1])


def test_all_strategies_see_the_same_customers():
    def replication(strategy, splitting, baseline):
        return Replication(
            workload=exponential(0.5, 4),
            baseline=baseline,
            strategy={"name": strategy},
            splitting=splitting,
            pairs=500,
            seed=9,
            replication=2,
        )

    square = {"law": "power", "exponent": 2}
    coalesced = [replication(name, 0.0, square).simulate() for name in ("random", "classical-optimal")]
    assert coalesced[0].mean_wait_s == coalesced[1].mean_wait_s
    other = replication("random", 0.0, {"law": "linear"}).simulate()
    assert other.mean_wait_s == coalesced[0].mean_wait_s
    assert replication("random", 0.0, square).simulate() == coalesced[0]


def test_seeds_come_from_content(two_types, tmp_path):
    def first_gap(workload, seed, replication):
        return draw(workload, 1, seed_sequence(workload, seed, replication)).gaps_s[0]

    again = Workload.model_validate_json(two_types.model_dump_json())
    assert first_gap(two_types, 1, 0) == first_gap(again, 1, 0)
    others = [first_gap(two_types, 2, 0), first_gap(two_types, 1, 1), first_gap(exponential(0.5, 4), 1, 0)]
    assert len({first_gap(two_types, 1, 0), *others}) == 4
    binned = exponential(0.5, 4)
    written = binned.service.resolved().model_dump()
    assert first_gap(binned, 1, 0) == first_gap(Workload(arrival_rate_hz=0.5, service=written), 1, 0)


def test_types_follow_the_joint_table():
    joint = [[0.1, 0.4], [0.2, 0.3]]
    service = {"law": "discrete", "values_s": [0.1, 1.0], "probabilities": [0.4, 0.6]}
    workload = Workload(arrival_rate_hz=0.5, service=service, joint=joint)
    draws = draw(workload, 20_000, seed_sequence(workload, 1, 0))
    counts = np.bincount(2 * draws.types[0] + draws.types[1], minlength=4)
    assert chisquare(counts, 20_000 * np.ravel(joint)).pvalue > 1e-4
    assert np.array_equal(draws.requirements_s, np.array([0.1, 1.0])[draws.types])


def test_measuring_every_pair_simulates_the_same_law_as_the_table(two_types):
    plan = compile_strategy(build("quantum-optimal", {"visibility": 0.9}), Scenario(two_types, 0.3))
    draws = draw(two_types, 1000, seed_sequence(two_types, 4, 0))
    measured = run(two_types, draws, measured_route(plan, "quantum-optimal")).servers
    table = memoryless_table(plan, two_types).p * two_types.pi
    cells = np.ravel_multi_index((measured[0], measured[1], *draws.types), (2, 2, 2, 2))
    counts = np.bincount(cells, minlength=16)
    assert chisquare(counts, 1000 * table.ravel()).pvalue > 1e-4


def test_strategies_without_pairs_cannot_be_measured(two_types):
    plan = compile_strategy(build("random", {}), Scenario(two_types, 0.3))
    with pytest.raises(StrategyError, match="no pairs to measure"):
        measured_route(plan, "random")


def test_servers_that_do_not_exist_stop_the_run(two_types):
    draws = draw(two_types, 10, seed_sequence(two_types, 1, 0))
    with pytest.raises(StrategyError, match="servers 0 and 2"):
        run(two_types, draws, lambda *seen: (0, 2))


def test_latency_is_added_to_every_wait(two_types):
    """Held requests keep the gaps between them: the exact wait is W + latency."""
    figures = []
    for latency_s in (0.0, 0.5):
        replication = Replication(
            workload=two_types,
            baseline={"law": "linear"},
            strategy={"name": "full-information", "parameters": {"latency_s": latency_s}},
            splitting=0.5,
            pairs=2000,
            seed=1,
            replication=0,
        )
        figures.append(replication.simulate().mean_wait_s)
    assert figures[1] - figures[0] == pytest.approx(0.5, abs=1e-9)


def test_plans_that_use_the_index_are_simulated(two_types):
    """A scheduled plan: the same server for both, alternating with the pair index."""
    from entsched.behavior import Behavior

    def alternate(output, view):
        return (output + view.pair_index) % 2

    behavior = Behavior(np.array([[[[1.0]], [[0.0]]], [[[0.0]], [[0.0]]]]))
    plan = RoutingPlan(behavior, ask=(lambda v: 0, lambda v: 0), answer=(alternate, alternate))
    servers = run(two_types, draw(two_types, 6, seed_sequence(two_types, 1, 0)), table_route(plan)).servers
    assert servers.tolist() == [[0, 1, 0, 1, 0, 1]] * 2


def test_student_intervals_cover_the_mean():
    rng = np.random.default_rng(17)
    hits = [abs(e.mean) <= e.half_width for e in (student_interval(rng.normal(size=8), 0.9) for _ in range(4000))]
    assert np.mean(hits) == pytest.approx(0.9, abs=0.02)
    assert student_interval([1.0]).high == np.inf


def test_a_short_run_agrees_with_the_formula(two_types):
    plan = compile_strategy(build("random", {}), Scenario(two_types, 0.5))
    square = Power(law="power", exponent=2)
    exact = evaluate(two_types, memoryless_table(plan, two_types), square)
    runs = [
        run(two_types, draw(two_types, 5000, seed_sequence(two_types, 1, k)), table_route(plan)).measure(square, 0.1)
        for k in range(10)
    ]
    interval = student_interval([figures.mean_wait_s for figures in runs], 0.999)
    assert interval.low <= exact.mean_wait_s <= interval.high
