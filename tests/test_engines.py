"""The fast engine against the event model, on the same draws, and its parts against numpy."""

from dataclasses import astuple, fields

import numpy as np
import pytest
from conftest import exponential
from scipy.stats import chisquare, kstest

from entsched.behavior import Behavior
from entsched.errors import StrategyError
from entsched.queueing import evaluate
from entsched.sim import draws as drawing
from entsched.sim import fast, tail
from entsched.sim.alias import alias_table, pick_all, type_tables
from entsched.sim.decisions import decisions, one_by_one
from entsched.sim.draws import Draws, draw, seed_sequence, stream
from entsched.sim.model import run
from entsched.sim.record import COLUMNS, Layout, Record
from entsched.sim.routers import table_route
from entsched.sim.task import Replication, RunFigures
from entsched.sim.words import fill, seeded
from entsched.strategies.base import RoutingPlan, Scenario
from entsched.strategies.compiling import compile_strategy, memoryless_table
from entsched.strategies.registry import build
from entsched.workload import Workload
from entsched.workload.baseline import Linear, Power, Saturating

SQUARE = Power(law="power", exponent=2)

#: Smaller than that of the package, so that short runs have several blocks.
BLOCK = 4096


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(drawing, "BLOCK", BLOCK)


def correlated(order="random"):
    return Workload(
        arrival_rate_hz=0.4,
        service={"law": "discrete", "values_s": [0.2, 1.0, 2.5], "probabilities": [0.5, 0.3, 0.2]},
        joint=[[0.4, 0.05, 0.05], [0.05, 0.2, 0.05], [0.05, 0.05, 0.1]],
        order=order,
    )


def as_numbers(figures: RunFigures):
    return np.concatenate([np.atleast_1d(np.array(value, dtype=float)) for value in astuple(figures)])


def test_words_are_those_of_numpy():
    seeds = np.random.SeedSequence(7)
    drawn = np.empty(1000, dtype=np.uint64)
    fill(seeded(seeds, 1)[0], drawn)
    assert np.array_equal(drawn, np.random.SFC64(np.random.SeedSequence(7)).random_raw(1000))


@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_alias_tables_hold_their_probabilities(n):
    p = np.random.default_rng(n).dirichlet(np.ones(n), size=3)
    keep, alias = (part.reshape(3, n) for part in alias_table(p))
    kept = keep / 2**32
    for row in range(3):
        held = (kept[row] + np.bincount(alias[row].astype(int), 1 - kept[row], n)) / n
        assert np.allclose(held, p[row], atol=2**-31)


def test_types_are_picked_as_in_numpy():
    workload = correlated()
    n, pairs = 3, 20_000
    words = np.random.SFC64(3).random_raw(pairs)
    tables = type_tables(workload)
    types = np.empty((2, pairs), np.uint16)
    pick_all(words, n, tables, types)
    low, half = np.uint64(2**32 - 1), np.uint64(32)
    place = (words >> half) * np.uint64(n)
    cell = (place >> half).astype(int)
    x = np.where((place & low) < tables.keep_a[cell], cell, tables.alias_a[cell])
    place = (words & low) * np.uint64(n)
    column = (place >> half).astype(int)
    cell = x.astype(int) * n + column
    y = np.where((place & low) < tables.keep_b[cell], column, tables.alias_b[cell])
    assert np.array_equal(types, [x, y])
    counts = np.bincount((x * n + y).astype(int), minlength=9)
    assert chisquare(counts, workload.pi.ravel() * pairs).pvalue > 1e-4


def test_draws_have_their_laws_and_do_not_depend_on_the_length_of_the_run(two_types):
    seeds = lambda: seed_sequence(two_types, 5, 0)  # noqa: E731
    long, short = draw(two_types, 3 * BLOCK, seeds(), shared=True), draw(two_types, BLOCK + 7, seeds(), shared=True)
    for field in fields(Draws):
        whole, part = getattr(long, field.name), getattr(short, field.name)
        assert np.array_equal(whole[..., : BLOCK + 7], part)
    assert kstest(long.gaps_s * two_types.arrival_rate_hz, "expon").pvalue > 1e-4
    for numbers in (*long.outcomes, long.shared):
        assert kstest(numbers, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef([*long.outcomes, long.shared, long.a_first, *long.types])).sum() < 6 + 30 * 0.03
    assert 0 <= long.outcomes.min() <= long.outcomes.max() < 1


def test_figures_do_not_depend_on_the_size_of_blocks(monkeypatch):
    for workload in (correlated(), exponential(0.6, None)):
        replication = Replication(
            workload=workload, baseline=SQUARE, strategy={"name": "random"}, splitting=0.4, pairs=30_000, replication=0
        )
        figures = []
        for size in (8192, 16_384, 65_536):
            monkeypatch.setattr(drawing, "BLOCK", size)
            figures.append(as_numbers(replication.simulate()))
        assert np.allclose(figures, figures[0], rtol=1e-12, equal_nan=True)


CASES = [
    ("quantum-optimal", 0.3, "two types", 0.1),
    ("random", 0.4, "exponential", 0.0),
    pytest.param("classical-optimal", 0.25, "bins", "mser", marks=pytest.mark.slow),
    ("size-interval", None, "bins", 0.123),
    ("full-information", 0.5, "correlated", 0.1),
    pytest.param("no-signalling", 0.7, "bins", "mser", marks=pytest.mark.slow),
    ("no-signalling", 0.7, "bins", 0.2),
]


def workload_named(name, order="random"):
    if name == "two types":
        service = {"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]}
        return Workload(arrival_rate_hz=0.5, service=service, order=order)
    return correlated(order) if name == "correlated" else exponential(0.8, 5 if name == "bins" else None, order)


@pytest.mark.parametrize(("strategy", "p", "named", "warm_up"), CASES)
@pytest.mark.parametrize("order", ["random", "a_first", "shortest_first"])
def test_engines_agree_in_every_output(strategy, p, named, warm_up, order):
    for baseline in (SQUARE, Saturating(law="saturating", time_constant_s=3.0)):
        replication = Replication(
            workload=workload_named(named, order),
            baseline=baseline,
            strategy={"name": strategy},
            communication={"latency_s": 0.3},
            splitting=p,
            pairs=2 * BLOCK + 100,
            replication=0,
            warmup_fraction=warm_up,
            tail_s=[0.5, 2.0],
        )
        ours = as_numbers(replication.simulate())
        reference = as_numbers(replication.model_copy(update={"engine": "simpy"}).simulate())
        assert np.allclose(ours, reference, rtol=1e-9, atol=1e-9, equal_nan=True)


def test_every_sum_of_every_batch_agrees(two_types):
    pairs = 3 * BLOCK + 11
    plan = compile_strategy(build("quantum-optimal", {}), Scenario(two_types, 0.3))
    layout, seeds = Layout(pairs, 0.3), seed_sequence(two_types, 2, 1)
    how = decisions(plan, two_types, memoryless=True)
    ours = fast.run(two_types, stream(two_types, pairs, seeds), how, SQUARE, layout)
    draws = draw(two_types, pairs, seed_sequence(two_types, 2, 1))
    theirs = run(two_types, draws, table_route(plan)).record(draws, SQUARE, layout)
    assert ours.sums.shape == (layout.batches, len(COLUMNS))
    assert np.allclose(ours.sums, theirs.sums, rtol=1e-9, atol=1e-9)
    assert np.array_equal(ours.waits, theirs.waits)
    assert ours.waits.sum() == 2 * pairs == 2 * ours.sums[:, 0].sum()


class Sliced:
    """Routers that go by their common clock and count: to one server for 10 s, then to the other."""

    @staticmethod
    def ask(view):
        return np.asarray(view.pair_index) % 2 + 0 * np.asarray(view.type_index)

    @staticmethod
    def answer(output, view):
        return (np.asarray(view.time_s) // 10 + output).astype(int) % 2

    @staticmethod
    def plan(takes_arrays):
        behavior = Behavior.from_coalescing([[1.0, 0.2], [0.3, 0.9]])
        return RoutingPlan(behavior, (Sliced.ask,) * 2, (Sliced.answer,) * 2, takes_arrays=takes_arrays)


def test_a_plan_that_takes_arrays_has_the_servers_of_the_same_plan_asked_one_by_one(two_types):
    pairs = BLOCK + 500
    layout = Layout(pairs, 0.1)
    records = []
    for takes_arrays in (True, False):
        how = decisions(Sliced.plan(takes_arrays), two_types, memoryless=False)
        assert how.one_by_one is not takes_arrays
        blocks = stream(two_types, pairs, seed_sequence(two_types, 4, 0))
        records.append(fast.run(two_types, blocks, how, SQUARE, layout))
    draws = draw(two_types, pairs, seed_sequence(two_types, 4, 0))
    events = run(two_types, draws, table_route(Sliced.plan(False))).record(draws, SQUARE, layout)
    for record in records:
        assert np.allclose(record.sums, events.sums, rtol=1e-9, atol=1e-9)


def test_more_than_two_outputs(two_types):
    """Three outputs each, with the servers of the same plan asked one by one."""
    rng = np.random.default_rng(3)
    local = np.einsum("ax,by->abxy", rng.dirichlet(np.ones(3), 2).T, rng.dirichlet(np.ones(3), 2).T)
    plan = RoutingPlan(Behavior(local), answer=((lambda output, view: output % 2),) * 2)
    draws = draw(two_types, 5000, seed_sequence(two_types, 4, 0))
    ahead = decisions(plan, two_types, memoryless=True).begin()(draws, np.cumsum(draws.gaps_s), 0)
    assert np.array_equal(ahead, one_by_one(table_route(plan), two_types).begin()(draws, np.cumsum(draws.gaps_s), 0))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (
            RoutingPlan(Behavior.from_coalescing(np.ones((2, 2))), ask=(lambda view: view.type_index + 1,) * 2),
            "question 2",
        ),
        (RoutingPlan(Behavior.from_coalescing(np.ones((2, 2))), answer=(lambda o, view: o + 1,) * 2), "server 2"),
        (RoutingPlan(Behavior.from_coalescing(np.ones((2, 2))), answer=(lambda o, view: o * 0.5,) * 2), "float64"),
    ],
)
def test_wrong_arrays_of_a_plan_are_refused(two_types, plan, message):
    from dataclasses import replace

    how = decisions(replace(plan, takes_arrays=True), two_types, memoryless=False)
    draws = draw(two_types, 100, seed_sequence(two_types, 4, 0))
    with pytest.raises(StrategyError, match=message):
        how.begin()(draws, np.cumsum(draws.gaps_s), 0)


def test_quantiles_and_tail_against_numpy():
    rng = np.random.default_rng(1)
    waits = np.concatenate([np.zeros(3000), rng.exponential(2.0, 20_000), np.full(500, 1.9), [1e9, 1e-12]])
    counts = np.zeros(tail.BINS, dtype=np.int64)
    tail.count(waits, counts)
    assert counts.sum() == len(waits)
    levels = [0.05, 0.3, 0.5, 0.9, 0.99, 0.999]
    assert np.allclose(tail.quantiles(counts, levels), np.quantile(waits, levels), rtol=1e-2)
    thresholds = [0.001, 0.7, 3.0, 10.0]
    exact = [np.mean(waits > t) for t in thresholds]
    assert np.allclose(tail.above(counts, thresholds), exact, atol=2e-3)
    assert np.isnan(tail.quantiles(np.zeros(tail.BINS, dtype=np.int64), [0.5])[0])


def test_the_median_of_an_md1_queue_and_its_zero_waits(two_types):
    """All pairs split: each server is an M/D/1 queue, where P(no wait) = 1 - rho and P(W > s) is known."""
    workload = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    replication = Replication(
        workload=workload, baseline=SQUARE, strategy={"name": "random"}, splitting=1.0,
        pairs=1_000_000, replication=0, tail_s=[1e-9, 0.5, 1.0],
    )  # fmt: skip
    figures = replication.simulate()
    exact = [0.5, 1 - 0.5 * np.exp(0.25), 1 - 0.5 * np.exp(0.5)]
    assert np.allclose(figures.wait_tail, exact, atol=3e-3)


@pytest.mark.parametrize("pairs", [10, 11, 4095, BLOCK - 1, BLOCK, BLOCK + 1])
def test_short_runs_and_edges_of_blocks(two_types, pairs):
    replication = Replication(
        workload=two_types, baseline=Linear(law="linear"), strategy={"name": "random"}, splitting=0.4, pairs=pairs,
        replication=0, warmup_fraction=0.0,
    )  # fmt: skip
    ours = as_numbers(replication.simulate())
    reference = as_numbers(replication.model_copy(update={"engine": "simpy"}).simulate())
    assert np.allclose(ours, reference, rtol=1e-9, atol=1e-9, equal_nan=True)


def test_layouts():
    assert Layout(10, 0.1).batches == 2
    assert Layout(20_480, 0.1).size == 5
    assert Layout(20_481, 0.1).size == 10
    for pairs in (10, 999, 50_000, 10**9, 10**12):
        layout = Layout(pairs, 0.9)
        assert 1 <= layout.batches <= 4096
        assert layout.batches * layout.size <= pairs < (layout.batches + 1) * layout.size
        assert layout.slice_edges[0] == 0
        assert Record.empty(layout).sums.nbytes < 400_000


def test_the_fast_engine_against_the_exact_formulas(two_types):
    plan = compile_strategy(build("quantum-optimal", {}), Scenario(two_types, 0.3))
    exact = evaluate(two_types, memoryless_table(plan, two_types), SQUARE)
    runs = [
        Replication(
            workload=two_types, baseline=SQUARE, strategy={"name": "quantum-optimal"}, splitting=0.3,
            pairs=200_000, replication=i,
        ).simulate()
        for i in range(10)
    ]  # fmt: skip
    for name in ("mean_wait_s", "baseline_rate", "split_fraction"):
        values = np.array([getattr(figures, name) for figures in runs])
        assert abs(values.mean() - getattr(exact, name)) < 4.8 * values.std(ddof=1) / np.sqrt(10)


def test_views_of_arrays_cannot_be_written_to(two_types):
    """A plugin that writes into its view would signal to the other router, or change the engine's clock."""

    def signal(view):
        view.time_s[:] = view.type_index
        return view.type_index

    plan = RoutingPlan(Behavior.from_coalescing(np.ones((2, 2))), ask=(signal, signal), takes_arrays=True)
    how = decisions(plan, two_types, memoryless=False)
    draws = draw(two_types, 100, seed_sequence(two_types, 4, 0))
    with pytest.raises(ValueError, match="read-only"):
        how.begin()(draws, np.cumsum(draws.gaps_s), 0)


def test_questions_that_do_not_exist_are_refused_one_by_one(two_types):
    plan = RoutingPlan(Behavior.from_coalescing(np.ones((2, 2))), ask=(lambda view: -1,) * 2)
    with pytest.raises(StrategyError, match="asks questions -1"):
        run(two_types, draw(two_types, 10, seed_sequence(two_types, 1, 0)), table_route(plan))


@pytest.mark.parametrize("engine", ["fast", "simpy"])
def test_a_server_that_nobody_visits_has_its_endless_rate_and_no_wait(engine):
    one_type = {"arrival_rate_hz": 0.3, "service": {"law": "deterministic", "mean_s": 1.0}}
    replication = Replication(
        workload=one_type, baseline={"law": "linear"}, strategy={"name": "size-interval", "parameters": {"cut_s": 5.0}},
        splitting=None, pairs=20_000, replication=0, engine=engine,
    )  # fmt: skip
    figures = replication.simulate()
    assert figures.server_baseline_rate[1] == pytest.approx(1.0)
    assert figures.baseline_rate == pytest.approx(1.4, abs=0.03)
    assert figures.server_wait_s[1] is None


def test_the_warm_up_that_pilots_find_is_that_of_all_replications(two_types):
    """A busy start is found in the mean over pilots, not in the run it is left out of."""
    replication = Replication(
        workload=exponential(0.9, None), baseline=SQUARE, strategy={"name": "random"}, splitting=0.5,
        pairs=2000, replication=0, warmup_fraction="mser",
    )  # fmt: skip
    fractions = {replication.model_copy(update={"replication": k}).simulate().warm_up_fraction for k in range(3)}
    assert len(fractions) == 1
    assert 0 <= fractions.pop() <= 0.5


def test_impossible_outcomes_stay_impossible_after_rounding():
    """Probabilities off by a rounding error must not become one coin in 2^32."""
    noise = 1e-17
    table = np.array([[[[1 - noise]], [[noise]]], [[[0.0]], [[0.0]]]])
    how = decisions(RoutingPlan(Behavior(table)), exponential(0.5, None), memoryless=True)
    assert how.table.ends_a.tolist() == [2**32]
    assert how.table.ends_b.tolist()[0] == 2**31
