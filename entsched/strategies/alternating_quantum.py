"""The quantum optimum of symmetric routing, with turns in place of its coins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from entsched.routing import classical_optimum
from entsched.strategies.base import PairSource, Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.entangled import local_source
from entsched.strategies.outputs import deterministic, outputs_where, without_coin
from entsched.strategies.quantum_optimal import QuantumOptimal
from entsched.strategies.turns import taking_turns

if TYPE_CHECKING:
    from entsched.quantum.directions import Pairs

Floats = NDArray[np.float64]


class AlternatingQuantum(Strategy):
    """The measurements of ``quantum-optimal`` at p; servers are exchanged at every second pair, and by no coin.

    Outcomes on a Bell pair are fair by themselves, so with perfect pairs nothing is gained: every request pair is
    routed with the law of ``quantum-optimal``. What changes is what that strategy flips by a coin: fixed answers in
    its mixtures, answers without a pair (here those of ``alternating-classical``), and outcomes on pairs that lean to
    one side, as damped ones do.
    """

    name = "alternating-quantum"
    summary = "The quantum optimum with the index of the pair in place of its coins, at p."
    source = "docs/design.md: planar measurements on one pair, with the shared index in place of the coins"
    strategy_class = StrategyClass.SCHEDULED
    resource = Resource.ENTANGLED

    measurements: Literal["aware", "ideal"] = Field("aware", description="for the pair as it is, or for a perfect one")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan at splitting probability p, with its states and measurement angles."""
        plan, pi = QuantumOptimal(measurements=self.measurements).compile(scenario), scenario.workload.pi
        if plan.by_pair is None:
            pairs = _unflipped(plan.sources[0], pi)
            return taking_turns(replace(plan, behavior=pairs.behavior(), pairs=pairs))
        without, _ = without_coin(classical_optimum(scenario.workload, scenario.target).parts, pi)
        measured = [_unflipped(source, pi) for source in plan.sources[1:]]
        behaviors, ages = tuple(pairs.behavior() for pairs in measured), len(plan.by_pair.by_age)
        by_pair = replace(
            plan.by_pair,
            without=without,
            by_age=behaviors[:ages],
            faulty=behaviors[ages:],
            sources=(local_source(without), *measured),
        )
        return taking_turns(replace(plan, behavior=behaviors[0], by_pair=by_pair))


def _unflipped(source: PairSource, pi: Floats) -> Pairs:
    """The measured pairs of ``quantum-optimal`` without its coins."""
    pairs = cast("Pairs", source)
    parts = tuple(
        deterministic(*outputs_where(part, pi)) if isinstance(part, np.ndarray) else part for part in pairs.recipe.parts
    )
    return replace(pairs, recipe=replace(pairs.recipe, parts=parts, flipped=False))
