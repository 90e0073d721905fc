from dataclasses import replace

import numpy as np
import pytest
from conftest import exponential
from scipy.stats import chisquare

from entsched.entanglement import Entanglement
from entsched.errors import StrategyError
from entsched.sim.decisions import decisions
from entsched.sim.draws import Draws, draw, seed_sequence
from entsched.sim.model import run
from entsched.sim.record import Layout
from entsched.sim.routers import measured_route, table_route
from entsched.sim.statistics import student_interval
from entsched.sim.task import Replication
from entsched.strategies.base import RoutingPlan, Scenario
from entsched.strategies.compiling import compile_strategy, memoryless_table
from entsched.strategies.registry import build
from entsched.workload import Workload
from entsched.workload.baseline import Linear, Power

BY_HAND = {"gaps_s": np.array([2.0, 1.0, 3.0, 4.0]), "requirements_s": np.full((2, 4), 1.5)}
LAWS = {
    "exponential": {"law": "exponential", "mean_s": 1.0},
    "discrete": {"law": "discrete", "values_s": [0.3, 1.7], "probabilities": [0.5, 0.5]},
}


def lindley(draws: Draws, servers, latency_s=0.0):
    """Waits and baseline stretches (pair, length) by recursion in times relative to the present: no events, no simpy.

    ``backlog`` is the work in a server, and negative for how long its baseline task has run.
    """
    waits = np.zeros_like(draws.requirements_s)
    stretches = ([], [])
    backlog = [-latency_s, -latency_s]
    for i, gap in enumerate(draws.gaps_s):
        backlog = [work - gap for work in backlog]
        for router in (0, 1) if draws.a_first[i] else (1, 0):
            s = servers[router][i]
            if backlog[s] < 0:
                stretches[s].append((i, -backlog[s]))
                backlog[s] = 0.0
            waits[router, i] = backlog[s] + latency_s
            backlog[s] += draws.requirements_s[router, i]
    return waits, stretches


def assert_the_model_follows_lindley(law, order, latency_s, pairs):
    workload = Workload(arrival_rate_hz=0.9, service=LAWS[law], order=order)
    draws = draw(workload, pairs, seed_sequence(workload, 3, 0))
    coins = np.random.default_rng(4).integers(0, 2, (2, pairs))
    trajectory = run(workload, draws, coins, latency_s)
    waits, stretches = lindley(draws, coins, latency_s)
    assert np.array_equal(trajectory.servers, coins)
    assert np.abs(trajectory.waits_s - waits).max() < 1e-9
    for ours, rows in zip(trajectory.stretches, stretches, strict=True):
        ended_by, lengths_s = zip(*rows, strict=True)
        assert ours.pairs.tolist() == list(ended_by)
        assert np.abs(ours.lengths_s - lengths_s).max() < 1e-9


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("order", ["random", "a_first", "shortest_first"])
@pytest.mark.parametrize("latency_s", [0.0, 0.3])
def test_simpy_against_the_lindley_recursion_on_the_same_draws(law, order, latency_s):
    assert_the_model_follows_lindley(law, order, latency_s, pairs=2000)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("order", ["random", "a_first", "shortest_first"])
@pytest.mark.parametrize("latency_s", [0.0, 0.3])
def test_rounding_does_not_add_up_over_long_runs(law, order, latency_s):
    assert_the_model_follows_lindley(law, order, latency_s, pairs=100_000)


def test_the_baseline_runs_exactly_while_no_customer_is_served():
    """With T(t) = t the baseline output of a server is its idle time."""
    workload = exponential(0.6, None)
    draws = draw(workload, 5000, seed_sequence(workload, 3, 1))
    trajectory = run(workload, draws, lambda *seen: (0, 1))
    end = trajectory.arrivals_s[-1]
    for server in (0, 1):
        done = draws.requirements_s[server][:-1].sum()
        idle = trajectory.stretches[server].lengths_s.sum()
        backlog = trajectory.waits_s[server, -1]
        assert idle + done - backlog == pytest.approx(end, abs=1e-6)
    figures = trajectory.record(draws, Linear(law="linear"), Layout(5000, 0.0)).figures()
    assert figures.split_fraction == 1.0


def test_figures_are_of_the_pairs_after_the_warm_up_and_the_stretches_they_ended():
    """Four pairs by hand: gaps of 2, 1, 3 and 4 s, 1.5 s of work each, A to server 0, B to server 1."""
    draws = replace(draw(exponential(0.5, None), 4, np.random.SeedSequence(1)), **BY_HAND)
    trajectory = run(exponential(0.5, None), draws, np.array([[0] * 4, [1] * 4]))
    assert trajectory.waits_s.tolist() == [[0.0, 0.5, 0.0, 0.0]] * 2
    for stretches in trajectory.stretches:
        assert stretches.pairs.tolist() == [0, 2, 3]
        assert stretches.lengths_s.tolist() == [2.0, 1.0, 2.5]
    figures = trajectory.record(draws, Power(law="power", exponent=2), Layout(4, 0.0)).figures()
    assert figures.mean_wait_s == 0.125
    assert figures.server_baseline_rate == ((4 + 1 + 6.25) / 10,) * 2


def test_the_warm_up_is_left_out(two_types):
    """Two batches of five pairs, of which the second counts."""
    draws = draw(two_types, 10, seed_sequence(two_types, 1, 0))
    trajectory = run(two_types, draws, lambda *seen: (0, 1))
    figures = trajectory.record(draws, Linear(law="linear"), Layout(10, 0.5)).figures()
    assert figures.warm_up_fraction == 0.5
    assert figures.mean_wait_s == pytest.approx(trajectory.waits_s[:, 5:].mean())
    time_s = draws.gaps_s[5:].sum()
    for server, stretches in enumerate(trajectory.stretches):
        ended = stretches.lengths_s[stretches.pairs >= 5].sum()
        assert figures.server_baseline_rate[server] == pytest.approx(ended / time_s)


@pytest.mark.parametrize("name", ["random", "classical-optimal", "quantum-optimal", "no-signalling", "size-interval"])
def test_decisions_ahead_are_those_of_the_routers(name):
    workload = exponential(0.4, 5)
    strategy = build(name, {})
    plan = compile_strategy(strategy, Scenario(workload, 0.3 if strategy.uses_splitting else None))
    draws = draw(workload, 5000, seed_sequence(workload, 2, 0))
    ahead = decisions(plan, workload, memoryless=True).begin()(draws, np.cumsum(draws.gaps_s), 0)
    one_by_one = run(workload, draws, table_route(plan))
    assert np.array_equal(ahead, one_by_one.servers)
    assert np.array_equal(run(workload, draws, ahead).waits_s, one_by_one.waits_s)


def test_router_a_is_bit_identical_whatever_b_is_asked(two_types):
    """No communication, exactly: other requests for B leave all of A's servers unchanged."""
    draws = draw(two_types, 3000, seed_sequence(two_types, 1, 0))
    changed = replace(draws, types=np.stack([draws.types[0], 1 - draws.types[1]]))
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
    noisy = Entanglement(pair={"law": "werner", "visibility": 0.9})
    plan = compile_strategy(build("quantum-optimal", {}), Scenario(two_types, 0.3, noisy))
    draws = draw(two_types, 1000, seed_sequence(two_types, 4, 0), shared=True)
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
    with pytest.raises(StrategyError, match="servers 1 and -1"):
        run(two_types, draws, np.array([[0] * 9 + [1], [0] * 9 + [-1]]))


def test_latency_is_added_to_every_wait(two_types):
    """Held requests keep the gaps between them: the exact wait is W + latency."""
    figures = []
    for latency_s in (0.0, 0.5):
        replication = Replication(
            workload=two_types,
            baseline={"law": "linear"},
            strategy={"name": "full-information"},
            communication={"latency_s": latency_s},
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
