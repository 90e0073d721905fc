"""One replication of one strategy at one splitting probability: data in, figures out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from entsched.sim.draws import Draws, draw, seed_sequence
from entsched.sim.model import RunFigures, run
from entsched.sim.routers import Route, Servers, decided_ahead, measured_route, table_route
from entsched.strategies.base import JointPlan, RoutingPlan
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.compiling import Plan, blaming
from entsched.validation import Probability, Section
from entsched.workload import Baseline, Workload

#: How outcomes arise: from the plan's table, or by measuring a qutip state for every request pair.
Measurement = Literal["table", "pairs"]


class Replication(Section):
    """What one run of the event model needs; two equal replications have equal figures.

    Examples
    --------
    >>> replication = Replication(
    ...     workload={"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}},
    ...     baseline={"law": "power", "exponent": 2},
    ...     strategy={"name": "random"}, splitting=0.5, pairs=1000, seed=1, replication=0)
    >>> replication.simulate() == replication.simulate()
    True
    """

    workload: Workload
    baseline: Baseline
    strategy: StrategyChoice
    splitting: Probability | None
    pairs: Annotated[int, Field(ge=10, le=2_000_000)]
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    replication: Annotated[int, Field(ge=0)]
    warmup_fraction: Annotated[float, Field(ge=0, le=0.9)] = 0.1
    measurement: Measurement = "table"

    def simulate(self) -> RunFigures:
        """Run the event model in simpy.

        Raises
        ------
        StrategyError
            If the strategy cannot be compiled or breaks its contract.
        """
        plan = self.strategy.compiled(self.workload, self.splitting)
        draws = draw(self.workload, self.pairs, seed_sequence(self.workload, self.seed, self.replication))
        latency_s = plan.latency_s if isinstance(plan, JointPlan) else 0.0
        route = self._route(plan, draws)
        with blaming(self.strategy.label, "failed to route"):
            trajectory = run(self.workload, draws, route, latency_s)
        return trajectory.measure(self.baseline, self.warmup_fraction)

    def _route(self, plan: Plan, draws: Draws) -> Route | Servers:
        if isinstance(plan, RoutingPlan) and self.measurement == "pairs":
            return measured_route(plan, self.strategy.label)
        ahead = decided_ahead(plan, draws)
        if ahead is None and isinstance(plan, RoutingPlan):
            return table_route(plan)
        assert ahead is not None  # a joint plan is always decided ahead
        return ahead


def figures_as_row(figures: RunFigures) -> dict[str, Any]:
    """The figures as one flat row of numbers."""
    return {
        "mean_wait_s": figures.mean_wait_s,
        "baseline_rate": figures.baseline_rate,
        "split_fraction": figures.split_fraction,
        **{f"wait_{i}_s": wait for i, wait in enumerate(figures.server_wait_s)},
        **{f"baseline_rate_{i}": rate for i, rate in enumerate(figures.server_baseline_rate)},
    }
