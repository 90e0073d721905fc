"""The library of strategies: plans against hand computation, exact figures and simulation, closed forms of queues."""

from dataclasses import astuple, replace
from itertools import product

import numpy as np
import pytest
from conftest import exponential, random_workload
from reference import SIZE_INTERVAL

from entsched.behavior import Behavior
from entsched.entanglement import Entanglement
from entsched.errors import StrategyError
from entsched.games.split.solution import Part
from entsched.queueing import evaluate
from entsched.routing import classical_optimum
from entsched.sim.draws import draw, seed_sequence
from entsched.sim.statistics import student_interval
from entsched.sim.task import Replication
from entsched.strategies import registry
from entsched.strategies.base import LocalView, Scenario, StrategyClass
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.compiling import compile_strategy, memoryless_table
from entsched.strategies.cuts import cut_waits
from entsched.strategies.outputs import deterministic, outputs_of, outputs_where
from entsched.strategies.registry import build
from entsched.testing import check_strategy
from entsched.workload import Workload
from entsched.workload.baseline import Affine, Linear, Power, Saturating

SQUARE = Power(law="power", exponent=2)
SATURATING = Saturating(law="saturating", time_constant_s=3.0)
TWO = {"arrival_rate_hz": 0.5, "service": {"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]}}
SCHEDULED = {
    "alternating": {"run_length": 3},
    "time-sliced": {"slice_s": 7.5},
    "round-robin": {},
    "alternating-threshold": {"threshold_a_s": 1.0},
    "alternating-classical": {},
    "alternating-quantum": {},
}
NOISY = Entanglement(
    pair={"law": "werner", "visibility": 0.95},
    supply={"law": "poisson", "rate_hz": 0.8},
    memory={"t1_s": 5.0, "t2_s": 4.0, "age_classes": 3},
    readout={"error": 0.01, "efficiency": 0.9, "no_click": "same"},
    fault={"at_s": 300.0, "pair": {"law": "dephased", "coherence": 0.2}},
)


def plan_of(name, workload, p=None, parameters=None, **scenario):
    return compile_strategy(build(name, parameters or {}), Scenario(workload, p, **scenario))


def splitting_of(name):
    return 0.3 if registry.load(name).uses_splitting else None


def simulated(name, workload, parameters=None, **more):
    settings = {"pairs": 3000, "baseline": SQUARE, "replication": 0, "splitting": splitting_of(name)} | more
    return Replication(workload=workload, strategy={"name": name, "parameters": parameters or {}}, **settings)


def numbers(figures):
    return np.concatenate([np.atleast_1d(np.array(value, dtype=float)) for value in astuple(figures)])


@pytest.mark.parametrize(
    "choice",
    [
        *({"name": name, "parameters": parameters} for name, parameters in SCHEDULED.items() if parameters),
        pytest.param({"name": "alternating-quantum", "parameters": {"measurements": "ideal"}}, marks=pytest.mark.slow),
        {"name": "size-interval", "parameters": {"rule": "least-wait"}},
        {"name": "size-interval", "parameters": {"cut_s": 1.0}},
    ],
    ids=str,
)
def test_parameters_keep_the_contract(choice):
    check_strategy(StrategyChoice(**choice).strategy)


@pytest.mark.slow
def test_the_contract_on_three_types():
    workload = random_workload(np.random.default_rng(5), 3)
    for name in ("always-split", "always-coalesce", *SCHEDULED):
        check_strategy(build(name, {}), workload)


def servers_by_hand(name, draws, times_s):
    """The servers of A and B for each pair, with the parameters of SCHEDULED."""
    index, (x, y) = np.arange(len(times_s)), draws.types
    both = {"alternating": index // 3 % 2, "time-sliced": np.floor(times_s / 7.5) % 2}.get(name)
    if both is not None:
        return np.array([both, both])
    if name == "round-robin":
        return np.array([index % 2, (index + 1) % 2])
    return np.array([x != index % 2, y != index % 2])  # the short type 0 follows the index, the long type 1 avoids it


@pytest.mark.parametrize("name", ["alternating", "time-sliced", "round-robin", "alternating-threshold"])
def test_scheduled_plans_wait_as_a_recursion_over_servers_by_hand(name, two_types):
    task = simulated(name, two_types, SCHEDULED[name], warmup_fraction=0.0, pairs=2000)
    draws = draw(two_types, 2000, seed_sequence(two_types, 1, 0))
    times_s = np.cumsum(draws.gaps_s)
    servers = servers_by_hand(name, draws, times_s).astype(int)
    free_s, waits_s = [0.0, 0.0], []
    for i, now_s in enumerate(times_s):
        for router in (0, 1) if draws.a_first[i] else (1, 0):
            start_s = max(now_s, free_s[servers[router, i]])
            waits_s.append(start_s - now_s)
            free_s[servers[router, i]] = start_s + draws.requirements_s[router, i]
    figures = task.simulate()
    assert figures.mean_wait_s == pytest.approx(np.mean(waits_s), rel=1e-9)
    assert figures.split_fraction == pytest.approx(np.mean(servers[0] != servers[1]), abs=1e-12)


def test_slices_are_ten_mean_gaps_unless_said_otherwise(two_types):
    assert plan_of("time-sliced", two_types).details == {"slice_s": 20.0}
    answer = plan_of("time-sliced", two_types).answer[0]
    assert [int(answer(0, LocalView(0.1, 0, time_s, 5))) for time_s in (0.0, 19.9, 20.0, 39.9, 40.0)] == [0, 0, 1, 1, 0]


def test_behaviors_on_two_types_by_hand(two_types):
    pure = {
        ("always-split",): [[0, 0], [0, 0]],
        ("always-coalesce",): [[1, 1], [1, 1]],
        ("size-interval",): [[1, 0], [0, 1]],
        ("alternating-threshold", "threshold_a_s", 1.0): [[1, 0], [0, 1]],
        ("alternating-threshold",): [[1, 0], [1, 0]],
        ("alternating",): [[1, 1], [1, 1]],
    }
    for (name, *parameter), coalescing in pure.items():
        plan = plan_of(name, two_types, parameters=dict([parameter] if parameter else []))
        assert plan.behavior.coalescing.tolist() == coalescing
    marginal = plan_of("size-interval", two_types).behavior.marginal_a
    assert (
        marginal.tolist()
        == plan_of("alternating-threshold", two_types, None, {"threshold_a_s": 1.0}).behavior.marginal_a.tolist()
        == [[1, 0], [0, 1]]
    )


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.85, 1.0])
def test_the_classical_optimum_in_turns_splits_as_with_a_coin(p):
    workload = exponential(0.6, 6)
    optimum = classical_optimum(workload, p)
    plan = plan_of("alternating-classical", workload, p)
    assert np.allclose(plan.behavior.coalescing, optimum.coalescing, atol=1e-12)
    splits = sum(
        part["weight"] * workload.pi[np.not_equal.outer(part["outputs_a"], part["outputs_b"])].sum()
        for part in plan.details["parts"]
    )
    assert splits == pytest.approx(p, abs=1e-9)
    turns = (plan.behavior.p + plan.behavior.p[::-1, ::-1]) / 2
    assert np.allclose(turns, Behavior.from_coalescing(optimum.coalescing).p, atol=1e-12)


def test_outputs_of_parts_and_of_their_coalescing_are_the_same():
    pi = np.random.default_rng(8).dirichlet(np.ones(9)).reshape(3, 3)
    for a, b in product(product((0, 1), repeat=3), repeat=2):
        part = Part.fixed(1.0, 1 - 2 * np.array(a), 1 - 2 * np.array(b))
        found, again = outputs_of(part, pi), outputs_where(np.equal.outer(a, b).astype(float), pi)
        both = [pi[np.ix_(found[0] == output, found[1] == output)].sum() for output in (0, 1)]
        assert both[0] >= both[1]
        for outputs in (found, again) if both[0] == both[1] else (found,):
            assert np.array_equal(outputs, [a, b]) or np.array_equal(outputs, 1 - np.array([a, b]))
        assert both[0] == both[1] or np.array_equal(found, again)


CASES = {
    "perfect": Entanglement(),
    "Werner": Entanglement(pair={"law": "werner", "visibility": 0.8}),
    "damped": Entanglement(supply={"law": "poisson", "rate_hz": 0.8}, memory={"t1_s": 2.0, "age_classes": 3}),
    "noisy": NOISY,
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("p", [0.25, 0.7])
def test_pairs_in_turns_split_as_with_coins(case, p, two_types):
    """With servers exchanged by a coin again, each condition has the table of ``quantum-optimal``."""
    ours, coins = (
        plan_of(f"{kind}", two_types, p, entanglement=CASES[case])
        for kind in ("alternating-quantum", "quantum-optimal")
    )
    assert len(ours.conditions) == len(coins.conditions) == len(ours.sources)
    for turned, fair in zip(ours.conditions, coins.conditions, strict=True):
        assert np.allclose((turned.p + turned.p[::-1, ::-1]) / 2, fair.p, atol=1e-12)
    for source, turned in zip(ours.sources, ours.conditions, strict=True):
        measured = getattr(source, "mixture", source).behavior()
        assert np.allclose(measured.p, turned.p, atol=1e-9)
    if case != "perfect":
        assert max(abs(each.marginal_a - 0.5).max() for each in ours.conditions) > 0.01
    else:
        assert np.allclose(ours.behavior.p, coins.behavior.p, atol=1e-12)


def test_without_a_pair_turns_are_those_of_the_classical_optimum(two_types):
    plan = plan_of("alternating-quantum", two_types, 0.3, entanglement=NOISY)
    local = plan_of("alternating-classical", two_types, 0.3)
    assert np.array_equal(plan.by_pair.without.p, local.behavior.p)
    assert plan.answer == local.answer
    none = {"supply": {"law": "poisson", "rate_hz": 0.0}}
    ours = simulated("alternating-quantum", two_types, entanglement=none).simulate()
    theirs = simulated("alternating-classical", two_types).simulate()
    assert replace(ours, bell_pair_share=theirs.bell_pair_share, mean_bell_age_s=theirs.mean_bell_age_s) == theirs


@pytest.mark.parametrize("name", SCHEDULED)
def test_engines_agree_on_schedules(name):
    workload = exponential(0.6, 4)
    parameters = {} if name == "alternating-threshold" else SCHEDULED[name]
    task = simulated(
        name, workload, parameters, pairs=1500, entanglement={"pair": {"law": "werner", "visibility": 0.9}}
    )
    assert plan_of(name, workload, task.splitting, parameters).takes_arrays
    theirs = task.model_copy(update={"engine": "simpy"}).simulate()
    assert np.allclose(numbers(task.simulate()), numbers(theirs), rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("more", [{}, {"measurement": "pairs", "pairs": 60}], ids=["tables", "measured"])
def test_engines_agree_on_pairs_in_turns(more, two_types):
    task = simulated("alternating-quantum", two_types, entanglement=NOISY, **more)
    theirs = task.model_copy(update={"engine": "simpy"}).simulate()
    assert np.allclose(numbers(task.simulate()), numbers(theirs), rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("order", ["random", "a_first", "shortest_first"])
@pytest.mark.parametrize("correlated", [False, True])
def test_waits_of_cuts_are_those_of_the_formulas(order, correlated):
    rng = np.random.default_rng(11)
    overloaded = 0
    for types in (1, 2, 6):
        workload = random_workload(rng, types, correlated and types > 1, order)
        s = workload.type_means_s
        cuts, waits_s = cut_waits(workload)
        assert cuts.tolist() == (np.sort(s)[:-1] if types > 1 else s).tolist()
        for cut_s, wait_s in zip(cuts, waits_s, strict=True):
            work = workload.pi.sum(axis=0) + workload.pi.sum(axis=1)
            loads = [workload.arrival_rate_hz * float(work @ (s * side)) for side in (s <= cut_s, s > cut_s)]
            if max(loads) >= 1:
                assert wait_s == np.inf
                overloaded += 1
                continue
            metrics = evaluate(workload, deterministic(s > cut_s, s > cut_s), Linear(law="linear"))
            assert wait_s == pytest.approx(metrics.mean_wait_s, rel=1e-12)
    assert overloaded


def test_the_least_wait_is_the_least_of_all_cuts_and_below_that_of_equal_loads():
    workload = Workload(arrival_rate_hz=0.5, service={"law": "hyperexponential", "mean_s": 1.0, "scv": 4.0, "bins": 24})

    def wait_s(parameters):
        plan = plan_of("size-interval", workload, parameters=parameters)
        return evaluate(workload, memoryless_table(plan, workload), SATURATING).mean_wait_s

    every = [wait_s({"cut_s": cut_s}) for cut_s in np.sort(workload.type_means_s)[8:-1].tolist()]
    assert wait_s({"rule": "least-wait"}) == min(every)
    assert wait_s({"rule": "least-wait"}) < 0.98 * wait_s({"rule": "equal-load"}) == 0.98 * wait_s({})


def test_equal_loads_of_an_exponential_law():
    """The row of docs/design.md: half of the work lies below 1.678 s, where 1 - (1 + c) exp(-c) = 1/2."""
    workload = exponential(0.5, 400)
    plan = plan_of("size-interval", workload)
    metrics = evaluate(workload, memoryless_table(plan, workload), SQUARE)
    assert plan.details["cut_s"] == pytest.approx(1.678, abs=0.02)
    assert metrics.load == pytest.approx((0.5, 0.5), abs=3e-3)
    for name, reference in SIZE_INTERVAL.items():
        assert getattr(metrics, name) == pytest.approx(reference.value, abs=2 * reference.tolerance)


@pytest.mark.slow
def test_equal_loads_of_an_exponential_law_simulated():
    workload = exponential(0.5, 200)
    exact = evaluate(workload, memoryless_table(plan_of("size-interval", workload), workload), SQUARE)
    runs = [simulated("size-interval", workload, pairs=200_000, replication=k).simulate() for k in range(8)]
    for name in ("mean_wait_s", "baseline_rate", "split_fraction"):
        interval = student_interval([getattr(run, name) for run in runs], 0.999)
        assert interval.low <= getattr(exact, name) <= interval.high
        assert getattr(exact, name) == pytest.approx(SIZE_INTERVAL[name].value, rel=0.05)


WEIGHED = ("static-classical", "static-quantum")
MEMORYLESS = [
    *((name, {}) for name in registry.BUILT_IN if name not in ("custom-angles", "size-interval", *WEIGHED)),
    ("custom-angles", {"angles_a_deg": [0, 70], "angles_b_deg": [28, -42]}),
    ("size-interval", {"rule": "equal-load"}),
    ("size-interval", {"rule": "least-wait"}),
]
FORMULAS = [
    (name, parameters)
    for name, parameters in MEMORYLESS
    if registry.load(name).strategy_class in (StrategyClass.SYMMETRIC, StrategyClass.STATIC)
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), FORMULAS, ids=str)
@pytest.mark.parametrize("bins", [0, 8], ids=["two types", "8 bins"])
def test_exact_figures_lie_inside_the_intervals(name, parameters, bins):
    workload = exponential(0.5, bins) if bins else Workload(**TWO)
    if name == "custom-angles" and bins:
        parameters = {"angles_a_deg": list(range(0, 80, 10)), "angles_b_deg": list(range(0, -80, -10))}
    static = registry.load(name).strategy_class is StrategyClass.STATIC
    plan = plan_of(name, workload, splitting_of(name), parameters)
    for baseline in (SQUARE, SATURATING) if static else (SQUARE,):
        exact = evaluate(workload, memoryless_table(plan, workload), baseline)
        more = {"pairs": 200_000, "baseline": baseline, "seed": 4}
        runs = [simulated(name, workload, parameters, replication=k, **more).simulate() for k in range(8)]
        for figure in ("mean_wait_s", "baseline_rate", "split_fraction"):
            interval = student_interval([getattr(run, figure) for run in runs], 0.999)
            value = getattr(exact, figure)
            assert interval.low - 1e-9 <= value <= interval.high + 1e-9, f"{figure} = {value}, simulated {interval}"


@pytest.mark.slow
@pytest.mark.parametrize("weight", [0.1, 0.3])
@pytest.mark.parametrize("name", WEIGHED)
def test_exact_figures_of_weighed_strategies_lie_inside_the_intervals(name, weight):
    workload, baseline = Workload(**TWO), Affine(law="affine", setup_s=1.0)
    choice = StrategyChoice(name=name, parameters={"weight": weight})
    plan = choice.compiled(Scenario(workload, None, baseline=baseline))
    exact = evaluate(workload, memoryless_table(plan, workload), baseline)
    more = {"pairs": 200_000, "baseline": baseline, "seed": 4}
    runs = [simulated(name, workload, {"weight": weight}, replication=k, **more).simulate() for k in range(8)]
    for figure in ("mean_wait_s", "baseline_rate", "split_fraction"):
        interval = student_interval([getattr(run, figure) for run in runs], 0.999)
        assert interval.low - 1e-9 <= getattr(exact, figure) <= interval.high + 1e-9


def alternating_by_roots(rate_hz):
    """W and R, for T = t^2, of whole pairs in turn, with Exp(1) requests: two queues of Erlang gaps and batches.

    The wait of a batch has the transform (1 + s)^2 / ((1 - s/s1) (1 - s/s2)) with the negative roots of
    (rate - s) (1 + s) = rate and of (rate - s) (1 + s) = -rate (Kleinrock, Queueing Systems 1, chapter 8).
    Its mean and the moments of gaps and batches fix the second moment of idle stretches.
    """
    first, second = 1 - rate_hz, (1 - rate_hz + np.sqrt((1 - rate_hz) ** 2 + 8 * rate_hz)) / 2
    batch_wait_s = 1 / first + 1 / second - 2
    spare_s = 2 / rate_hz - 2
    squared_s2 = 2 / rate_hz**2 + 2 + spare_s**2
    return batch_wait_s + 0.5, rate_hz * (squared_s2 - 2 * spare_s * batch_wait_s)


@pytest.mark.slow
@pytest.mark.parametrize("rate_hz", [0.3, 0.7])
def test_alternating_is_a_queue_with_erlang_gaps(rate_hz):
    exact = alternating_by_roots(rate_hz)
    runs = [
        simulated("alternating", exponential(rate_hz, None), pairs=200_000, replication=k).simulate() for k in range(8)
    ]
    for value, name in zip(exact, ("mean_wait_s", "baseline_rate"), strict=True):
        interval = student_interval([getattr(run, name) for run in runs], 0.999)
        assert interval.low <= value <= interval.high
    assert all(run.split_fraction == 0 for run in runs)


def test_roots_agree_with_a_recursion_of_lindley():
    """The closed form itself, against waits of batches drawn in numpy."""
    rng, pairs = np.random.default_rng(2), 200_000
    gaps_s, works_s = rng.gamma(2.0, 2.0, pairs), rng.gamma(2.0, 1.0, pairs)
    steps = np.concatenate([[0.0], np.cumsum(works_s - gaps_s)])
    waits_s = steps - np.minimum.accumulate(steps)
    assert waits_s.mean() + 0.5 == pytest.approx(alternating_by_roots(0.5)[0], rel=0.02)


def test_round_robin_has_the_waits_of_an_mg1_queue():
    workload = exponential(0.5, 8)
    runs = [simulated("round-robin", workload, pairs=50_000, replication=k).simulate() for k in range(8)]
    interval = student_interval([run.mean_wait_s for run in runs], 0.999)
    assert interval.low <= workload.alpha * workload.second_moment_s2 <= interval.high
    assert all(run.split_fraction == 1 for run in runs)


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("size-interval", {"cut_s": 1.0, "rule": "least-wait"}, "given cut_s 1 and rule 'least-wait', allowed: one"),
        ("size-interval", {"rule": "shortest"}, "given 'shortest'"),
        ("alternating", {"run_length": 0}, "run_length"),
        ("alternating", {"run_length": 1.5}, "run_length"),
        ("time-sliced", {"slice_s": 0.0}, "slice_s"),
    ],
)
def test_parameters_out_of_range_are_refused(name, parameters, reason):
    with pytest.raises(StrategyError, match=reason) as caught:
        build(name, parameters)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rule", ["equal-load", "least-wait"])
def test_one_type_that_overloads_its_server_is_refused(rule):
    assert plan_of("size-interval", exponential(0.4, None), parameters={"rule": rule}).details == {"cut_s": 1.0}
    with pytest.raises(StrategyError, match=r"given load 0\.6, allowed"):
        plan_of("size-interval", exponential(0.6, None), parameters={"rule": rule})


def test_cuts_that_all_overload_a_server_are_refused():
    heavy = Workload(**TWO | {"arrival_rate_hz": 0.6})
    with pytest.raises(StrategyError, match=r"given load 0\.6, allowed"):
        plan_of("size-interval", heavy, parameters={"rule": "least-wait"})
