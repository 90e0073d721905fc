"""Routers that decide at once, by what they know of the queues: how full these were one latency ago."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import Behavior
from entsched.games.split.solution import Part
from entsched.routing import classical_optimum
from entsched.strategies.base import CommunicatingStrategy, Scenario, StalePlan


class StaleInformation(CommunicatingStrategy):
    """The deterministic pairs of the classical optimum, with the server that had less backlog where that has a coin.

    Each pair of answers is turned so that requests that meet rather do so in the server that was emptier one latency
    ago. Where both were equally full, a shared fair coin chooses: with nothing to know it is ``classical-optimal``.
    """

    name = "stale-information"
    summary = "The classical optimum, led by the backlogs of one latency ago, at p."
    source = "docs/design.md, section 1"

    def compile(self, scenario: Scenario) -> StalePlan:
        """The plan at splitting probability p."""
        solution = classical_optimum(scenario.workload, scenario.target)
        p = np.zeros((2, 2, *scenario.workload.pi.shape))
        parts: list[dict[str, Any]] = []
        for part in solution.parts:
            outputs_a, outputs_b = _outputs(part, scenario.workload.pi)
            p += part.weight * np.einsum("ax,by->abxy", *(np.eye(2)[:, each] for each in (outputs_a, outputs_b)))
            parts.append({"weight": part.weight, "outputs_a": outputs_a.tolist(), "outputs_b": outputs_b.tolist()})
        return StalePlan(Behavior(p), scenario.communication.one_way_s, details={"parts": parts})


def _outputs(part: Part, pi: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The outputs of A and B for each type; both are 0 at least as often as both are 1."""
    a, b = ((angles > 1).astype(np.intp) for angles in (part.angles_a, part.angles_b))
    turned = (1 - a) @ pi @ (1 - b) < a @ pi @ b
    return (1 - a, 1 - b) if turned else (a, b)
