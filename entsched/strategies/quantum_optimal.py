"""The best that symmetric routers with one Bell pair per request pair can do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from entsched.games.split.correlations import PairCorrelations
from entsched.routing import quantum_optimum, routing_game
from entsched.strategies.base import Resource, RoutingPlan, RoutingScore, Scenario, Strategy, StrategyClass
from entsched.strategies.entangled import entangled_plan
from entsched.strategies.scoring import routing_score

if TYPE_CHECKING:
    from entsched.quantum.bell import State
    from entsched.quantum.correlation import PrincipalPlane
    from entsched.quantum.directions import Recipe


class QuantumOptimal(Strategy):
    """Measure one pair, at an angle that depends on the own type; the outcome is the server.

    The measurements are the best ones for the pair as it is, noise and age included; where it is worse
    than none, the routers use shared randomness instead. ``ideal`` measurements are those for a perfect pair.
    """

    name = "quantum-optimal"
    summary = "The optimum of symmetric routing with one Bell pair per request pair, at p."
    source = "docs/design.md: planar measurements on one pair reach Tsirelson's bound"
    strategy_class = StrategyClass.SYMMETRIC
    resource = Resource.ENTANGLED

    measurements: Literal["aware", "ideal"] = Field("aware", description="for the pair as it is, or for a perfect one")
    fallback: str = Field("classical-optimal", description="the local strategy without a pair, by name")

    def compile(self, scenario: Scenario) -> RoutingPlan:
        """The plan at splitting probability p, with its states and measurement angles."""
        choose = _aware if self.measurements == "aware" else _ideal
        plan = entangled_plan(
            scenario, lambda state: choose(scenario, state), self.fallback, lambda state: _details(scenario, state)
        )
        return replace(plan, score=self._score(scenario, plan)) if scenario.entanglement.monitor else plan

    def _score(self, scenario: Scenario, plan: RoutingPlan) -> RoutingScore:
        """What routing itself shows: at the price of splitting at p, for the pairs as they are when youngest."""
        from entsched.quantum.correlation import principal_plane
        from entsched.quantum.stored import stored_state

        (_, youngest_s), *_ = scenario.entanglement.age_classes
        aware = self.measurements == "aware"
        youngest = principal_plane(stored_state(scenario.entanglement, youngest_s))
        seen = _seen(scenario, youngest) if aware else PairCorrelations()
        multiplier = quantum_optimum(scenario.workload, scenario.target, seen).multiplier
        return routing_score(scenario.workload, multiplier, plan.behavior)


def _aware(scenario: Scenario, state: State) -> Recipe:
    """The best for this state."""
    from entsched.quantum.correlation import principal_plane

    plane = principal_plane(state)
    return _recipe(scenario, plane, _seen(scenario, plane))


def _seen(scenario: Scenario, plane: PrincipalPlane) -> PairCorrelations:
    """The correlations in the plane of a state as its detectors see them."""
    readout = scenario.entanglement.readout
    return PairCorrelations(readout.gain * plane.first, readout.gain * plane.second, readout.constant)


def _ideal(scenario: Scenario, state: State) -> Recipe:
    """The best for a perfect pair, whatever the state is."""
    from entsched.quantum.bell import phi_plus
    from entsched.quantum.correlation import principal_plane

    return _recipe(scenario, principal_plane(phi_plus()), PairCorrelations())


def _recipe(scenario: Scenario, plane: PrincipalPlane, correlations: PairCorrelations) -> Recipe:
    """The optimum for these correlations, as measurements in the plane of a state."""
    from entsched.quantum.directions import Directions, Recipe

    solution = quantum_optimum(scenario.workload, scenario.target, correlations)
    parts = tuple(
        Directions.in_plane(plane, part.angles_a, part.angles_b) if part.entangled else part.coalescing(correlations)
        for part in solution.parts
    )
    return Recipe(tuple(part.weight for part in solution.parts), parts)


def _details(scenario: Scenario, state: State) -> dict[str, Any]:
    """One state, and both ways to measure it: directions in degrees, p, and the excess wait J."""
    from entsched.quantum.correlation import correlation_matrix, fidelity

    game, readout = routing_game(scenario.workload), scenario.entanglement.readout
    shown: dict[str, Any] = {
        "fidelity": fidelity(state),
        "correlations": correlation_matrix(state).round(12).tolist(),
    }
    for name, choose in (("aware", _aware), ("ideal", _ideal)):
        recipe = choose(scenario, state)
        splitting, excess_s = game.point(recipe.behavior(state, readout).coalescing)
        shown[name] = {"splitting": splitting, "excess_wait_s": excess_s, "parts": _shown(recipe)}
    return shown


def _shown(recipe: Recipe) -> list[dict[str, Any]]:
    """Each part of a recipe with its weight; directions by their angle from Z towards X, and towards Y."""
    from entsched.quantum.directions import Directions

    rows: list[dict[str, Any]] = []
    for weight, part in zip(recipe.weights, recipe.parts, strict=True):
        if weight < 1e-6:
            continue
        row: dict[str, Any] = {"weight": weight, "resource": "shared randomness"}
        if isinstance(part, Directions):
            row["resource"] = "pair"
            for side, directions in (("a", part.a), ("b", part.b)):
                x, y, z = directions.T
                row[f"angles_{side}_deg"] = np.degrees(np.arctan2(x, z)).round(9).tolist()
                if np.abs(y).max() > 1e-9:
                    row[f"towards_y_{side}_deg"] = np.degrees(np.arcsin(np.clip(y, -1, 1))).round(9).tolist()
        rows.append(row)
    return rows
