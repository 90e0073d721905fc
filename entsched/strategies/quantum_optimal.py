"""The best that symmetric routers with one Bell pair per request pair can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from entsched.behavior import Behavior
from entsched.routing import quantum_optimum
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.validation import Probability

if TYPE_CHECKING:
    from entsched.games.split.solution import Part
    from entsched.quantum.pairs import MeasuredPairs, SharedCoin


class QuantumOptimal(Strategy):
    """Measure one pair, at an angle that depends on the own type; the outcome is the server.

    Where a noisy pair is worse than none, the routers use shared randomness instead.
    """

    name = "quantum-optimal"
    summary = "The optimum of symmetric routing with one Bell pair per request pair, at p."
    source = "docs/design.md: planar measurements on one pair reach Tsirelson's bound"
    strategy_class = StrategyClass.SYMMETRIC
    resource = Resource.ENTANGLED

    visibility: Probability = Field(1.0, description="visibility of the Werner pairs")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan at splitting probability p, with its state and measurement angles."""
        from entsched.quantum.pairs import PairMixture

        solution = quantum_optimum(scenario.workload, scenario.target, self.visibility)
        weights = tuple(part.weight for part in solution.parts)
        pairs = PairMixture(weights, tuple(self._physical(part) for part in solution.parts))
        return RoutingPlan(pairs.behavior(), pairs=pairs, details=self._details(solution.parts))

    def _physical(self, part: Part) -> MeasuredPairs | SharedCoin:
        from entsched.quantum.bell import werner
        from entsched.quantum.pairs import MeasuredPairs, SharedCoin

        if not part.entangled:
            return SharedCoin(Behavior.from_coalescing(part.coalescing(1.0)))
        return MeasuredPairs.at_angles(werner(self.visibility), part.angles_a, part.angles_b)

    def _details(self, parts: tuple[Part, ...]) -> dict[str, object]:
        return {
            "state": f"Werner pair of |Phi+>, visibility {self.visibility:g}",
            "parts": [
                {
                    "weight": part.weight,
                    "resource": "pair" if part.entangled else "shared randomness",
                    "angles_a_deg": np.degrees(part.angles_a).tolist(),
                    "angles_b_deg": np.degrees(part.angles_b).tolist(),
                }
                for part in parts
                if part.weight > 1e-6
            ],
        }
