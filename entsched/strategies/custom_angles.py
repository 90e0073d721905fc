"""Bell pairs measured at angles of the user's choice."""

from typing import Annotated

import numpy as np
from pydantic import Field

from entsched.errors import StrategyError
from entsched.strategies.base import Resource, RoutingPlan, Scenario, Strategy, StrategyClass
from entsched.strategies.entangled import entangled_plan
from entsched.validation import MAX_TYPES, Probability

Angles = Annotated[
    tuple[Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)], ...],
    Field(strict=False, min_length=1, max_length=MAX_TYPES, description="one angle in degrees for each type"),
]


class CustomAngles(Strategy):
    """Measure cos(t) Z + sin(t) X with the angle t of the own type; the outcome is the server."""

    name = "custom-angles"
    summary = "One Bell pair per request pair, measured at the angles you give for each type."
    source = "for experiments"
    strategy_class = StrategyClass.SYMMETRIC
    resource = Resource.ENTANGLED
    uses_splitting = False

    angles_a_deg: Angles
    angles_b_deg: Angles
    fallback: str = Field("random", description="the local strategy without a pair, by name")
    fallback_splitting: Probability = Field(0.5, description="the splitting probability of that strategy")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan; it has its own splitting probability."""
        from dataclasses import replace

        from entsched.quantum.bell import phi_plus
        from entsched.quantum.correlation import principal_plane
        from entsched.quantum.directions import Directions, Recipe

        n = len(scenario.workload.types)
        if len(self.angles_a_deg) != n or len(self.angles_b_deg) != n:
            raise StrategyError(
                f"{len(self.angles_a_deg)} angles_a_deg and {len(self.angles_b_deg)} angles_b_deg, "
                f"allowed: {n} each, one for each type"
            )
        angles = (np.radians(self.angles_a_deg), np.radians(self.angles_b_deg))
        recipe = Recipe((1.0,), (Directions.in_plane(principal_plane(phi_plus()), *angles),))
        return entangled_plan(replace(scenario, splitting=self.fallback_splitting), lambda _: recipe, self.fallback)
