"""One replication of one strategy at one splitting probability: data in, figures out."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from entsched.communication import Communication
from entsched.entanglement import Entanglement
from entsched.entanglement.use import expected_births_per_request
from entsched.errors import StrategyError
from entsched.sim import fast, model
from entsched.sim.decisions import Decisions, decisions, one_by_one
from entsched.sim.draws import Draws, draw, seed_sequence, stream
from entsched.sim.pairs import Shared
from entsched.sim.record import QUANTILES, Layout, Record, RunFigures
from entsched.sim.routers import Route, measured_route, remembering, table_route
from entsched.sim.steady_state import mser
from entsched.strategies.base import RoutingPlan, Scenario, StalePlan
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.compiling import Plan, blaming, by_pair_of, held_s, is_memoryless, memoryless_table
from entsched.validation import Positive, Probability, Section
from entsched.workload import Baseline, Workload

#: How outcomes arise: from the plan's table, or by measuring a qutip state for every request pair.
Measurement = Literal["table", "pairs"]

#: The compiled engine, or the event model in simpy.
Engine = Literal["fast", "simpy"]

#: A fixed fraction of the pairs, or what MSER finds.
WarmUp = Annotated[float, Field(ge=0, le=0.9)] | Literal["mser"]

#: Bell pairs that are simulated for each request, at most.
MOST_BIRTHS = 10_000

#: What the event model holds in memory.
MOST_EVENT_PAIRS = 2_000_000


#: The pilot runs in which MSER looks for the warm-up, and the replication number of the first.
PILOTS, FIRST_PILOT = 10, 10**9


def require_end(entanglement: Entanglement, workload: Workload) -> None:
    """Refuse to simulate a source that makes and loses pairs for ever between two requests.

    Raises
    ------
    ValueError
        If it makes more than MOST_BIRTHS for each request.
    """
    births = expected_births_per_request(entanglement, workload.arrival_rate_hz)
    if births > MOST_BIRTHS:
        raise ValueError(
            f"entanglement.memory: given {births:.3g} pairs made and lost for each request, allowed: at most "
            f"{MOST_BIRTHS:g} (when_full overwrite, a longer cut-off or a slower source)"
        )


class Found(NamedTuple):
    """The fraction of a run that is its warm-up, and whether a steady state was found after it."""

    fraction: float
    settled: bool


class Run(Section):
    """How one run is made, whatever it simulates."""

    engine: Engine = "fast"
    pairs: Annotated[int, Field(ge=10, le=10**12)] = 50_000
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    warmup_fraction: WarmUp = 0.1
    measurement: Measurement = "table"
    tail_s: Annotated[tuple[Positive, ...], Field(strict=False, max_length=20)] = ()

    @model_validator(mode="after")
    def _fits_in_memory(self) -> Run:
        names = [f"{t:g}" for t in self.tail_s]
        if len(set(names)) < len(names):
            raise ValueError(f"tail_s: given {list(self.tail_s)}, allowed: waits that differ in six digits")
        if self.engine == "simpy" and self.pairs > MOST_EVENT_PAIRS:
            raise ValueError(f"pairs: given {self.pairs} for engine simpy, allowed: at most {MOST_EVENT_PAIRS}")
        return self


class Replication(Run):
    """What one run of the model needs; two equal replications have equal figures.

    Examples
    --------
    >>> replication = Replication(
    ...     workload={"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}},
    ...     baseline={"law": "power", "exponent": 2},
    ...     strategy={"name": "random"}, splitting=0.5, pairs=1000, replication=0)
    >>> replication.simulate() == replication.simulate()
    True
    """

    workload: Workload
    baseline: Baseline
    strategy: StrategyChoice
    splitting: Probability | None
    entanglement: Entanglement = Field(default_factory=Entanglement)
    communication: Communication = Field(default_factory=Communication)
    replication: Annotated[int, Field(ge=0, lt=2**63)]

    @model_validator(mode="after")
    def _ends(self) -> Replication:
        require_end(self.entanglement, self.workload)
        return self

    def simulate(self) -> RunFigures:
        """Run the model.

        Raises
        ------
        StrategyError
            If the strategy cannot be compiled or breaks its contract.
        """
        expected = _expected(self.strategy, self.scenario)
        record = self.record(self.warm_up.fraction)
        return record.figures(self.tail_s, expected, self.baseline.endless_rate, self._windows)

    def record(self, warm_up: float) -> Record:
        """Run the model, and leave out a fraction of the pairs."""
        plan = self.strategy.compiled(self.scenario)
        engine = self._by_events if self.engine == "simpy" else self._fast
        with blaming(self.strategy.label, "failed to route"):
            return engine(plan, Layout(self.pairs, warm_up))

    @property
    def scenario(self) -> Scenario:
        """What the strategy is compiled for."""
        return Scenario(self.workload, self.splitting, self.entanglement, self.communication, self.baseline)

    @property
    def warm_up(self) -> Found:
        """What to leave out: as it was given, or what MSER finds in pilot runs."""
        if self.warmup_fraction != "mser":
            return Found(self.warmup_fraction, True)
        return _piloted(self.model_copy(update={"replication": 0}))

    @property
    def is_supplied(self) -> bool:
        """Whether the routers use pairs of a supply up."""
        return by_pair_of(self.strategy.compiled(self.scenario)) is not None

    @property
    def could_take_arrays(self) -> bool:
        """Whether every pair costs a call into the strategy's Python code that maps of arrays would save."""
        plan = self.strategy.compiled(self.scenario)
        remembers = isinstance(plan, RoutingPlan) and plan.memory is not None
        return self.measurement == "table" and self._decisions().one_by_one and not remembers

    def _decisions(self) -> Decisions:
        return _decisions(self.strategy, self.scenario, self.measurement)

    def _fast(self, plan: Plan, layout: Layout) -> Record:
        seeds = seed_sequence(self.workload, self.seed, self.replication)
        blocks = stream(self.workload, self.pairs, seeds, shared=self._draws_shared(plan))
        shared = self._shared(plan, seeds)
        return fast.run(self.workload, blocks, self._decisions(), self.baseline, layout, held_s(plan), shared)

    def _by_events(self, plan: Plan, layout: Layout) -> Record:
        if self.pairs > MOST_EVENT_PAIRS:
            raise StrategyError(f"given {self.pairs} pairs for the event model, allowed: at most {MOST_EVENT_PAIRS}")
        seeds = seed_sequence(self.workload, self.seed, self.replication)
        draws = draw(self.workload, self.pairs, seeds, shared=self._draws_shared(plan))
        shared = self._shared(plan, seeds)
        route, reports = self._route(plan, draws), self._decisions().reports
        trajectory = model.run(self.workload, draws, route, held_s(plan), shared, reports)
        return trajectory.record(draws, self.baseline, layout, shared.score if shared else None)

    def _route(self, plan: Plan, draws: Draws) -> Route | NDArray[np.integer]:
        """One pair after the other where routers look at more than their request; else all at once."""
        if isinstance(plan, RoutingPlan) and self.measurement == "pairs":
            return remembering(measured_route(plan, self.strategy.label), plan.memory)
        if isinstance(plan, RoutingPlan) and (plan.by_pair or not is_memoryless(self.strategy.strategy, plan)):
            return remembering(table_route(plan), plan.memory)
        return self._decisions().begin()(draws, np.cumsum(draws.gaps_s), 0, None)

    def _draws_shared(self, plan: Plan) -> bool:
        """Whether the routers need shared randomness beside their outcomes."""
        return self.measurement == "pairs" or isinstance(plan, StalePlan)

    def _shared(self, plan: Plan, seeds: np.random.SeedSequence) -> Shared | None:
        """The pairs of the run, if its routers use a supply of them."""
        if not isinstance(plan, RoutingPlan) or plan.by_pair is None:
            return None
        return Shared(self.entanglement, plan.by_pair, seeds, plan.score)

    @property
    def _windows(self) -> int:
        """How many windows a monitor cuts the run into; 0 if its routers test no pairs."""
        plan, monitor = self.strategy.compiled(self.scenario), self.entanglement.monitor
        by_pair = by_pair_of(plan)
        return monitor.windows if monitor and by_pair and by_pair.tests is not None else 0


@lru_cache(maxsize=64)
def _piloted(replication: Replication) -> Found:
    """MSER on the mean over pilot runs: a truncation that a run finds in itself would choose among its own figures."""
    pilots = (replication.model_copy(update={"replication": FIRST_PILOT + k}) for k in range(PILOTS))
    series = [pilot.record(0.0).waits_by_batch_s for pilot in pilots]
    found = mser(np.mean(series, axis=0), batch=1)
    return Found(found.index / len(series[0]), found.settled)


@lru_cache(maxsize=64)
def _decisions(choice: StrategyChoice, scenario: Scenario, measurement: Measurement) -> Decisions:
    plan = choice.compiled(scenario)
    if isinstance(plan, RoutingPlan) and measurement == "pairs":
        return one_by_one(measured_route(plan, choice.label), scenario.workload, plan.memory)
    return decisions(plan, scenario.workload, is_memoryless(choice.strategy, plan))


@lru_cache(maxsize=64)
def _expected(choice: StrategyChoice, scenario: Scenario) -> dict[str, float]:
    """What is known, by pair, of gaps and requirements, and of splits and met products of memoryless strategies."""
    workload, plan = scenario.workload, choice.compiled(scenario)
    known = {
        "time_s": 1 / workload.arrival_rate_hz,
        "work_s": 2 * workload.mean_s,
        "work_squared_s2": 2 * workload.second_moment_s2,
    }
    supplied = by_pair_of(plan) is not None
    if supplied or not is_memoryless(choice.strategy, plan):
        return known
    mass = memoryless_table(plan, workload, choice.label).p * workload.pi
    product = workload.type_means_s @ (mass[0, 0] + mass[1, 1]) @ workload.type_means_s
    return known | {"splits": float(mass[0, 1].sum() + mass[1, 0].sum()), "met_product_s2": float(product)}


#: The columns of quantiles, such as ``wait_q99_9_s``: the wait that 99.9 % of customers do not exceed.
QUANTILE_COLUMNS = tuple(f"wait_q{100 * q:g}_s".replace(".", "_") for q in QUANTILES)


def figures_as_row(figures: RunFigures, tail_s: tuple[float, ...] = ()) -> dict[str, Any]:
    """The figures as one flat row of numbers."""
    return {
        "mean_wait_s": figures.mean_wait_s,
        "mean_wait_half_width_s": figures.mean_wait_half_width_s,
        "baseline_rate": figures.baseline_rate,
        "baseline_rate_half_width": figures.baseline_rate_half_width,
        "split_fraction": figures.split_fraction,
        **{f"wait_{i}_s": wait for i, wait in enumerate(figures.server_wait_s)},
        **{f"baseline_rate_{i}": rate for i, rate in enumerate(figures.server_baseline_rate)},
        **{f"share_{i}": share for i, share in enumerate(figures.server_share)},
        **dict(zip(QUANTILE_COLUMNS, figures.wait_quantiles_s, strict=True)),
        **{f"wait_above_{t:g}_s": share for t, share in zip(tail_s, figures.wait_tail, strict=True)},
        "mean_wait_controlled_s": figures.mean_wait_controlled_s,
        "warm_up_fraction": figures.warm_up_fraction,
        **({"monitor": [window._asdict() for window in figures.monitor]} if figures.monitor else {}),
    }
