"""Tasks that need no strategy: bounds of every class, their certificates, the largest gain of a workload."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from entsched.behavior import CorrelationSet
from entsched.games import checker
from entsched.games.routing_certificate import routing_certificate
from entsched.games.split import mixtures, tsirelson
from entsched.routing import (
    classical_optimum,
    full_information_optimum,
    quantum_optimum,
    random_value,
    routing_game,
)
from entsched.static.game import GAP, MOST_BOXES, StaticGame
from entsched.tasks.base import Row, Task
from entsched.validation import Positive, Probability
from entsched.workload import Baseline, Workload

#: The most types for which bounds are also computed by the programs in cvxpy, for comparison.
MAX_CROSS_CHECKED = 8


class BoundTask(Task):
    """Both ends of the excess wait J of every set of strategies at one splitting probability.

    Examples
    --------
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> row = BoundTask(workload=two, splitting=0.25).evaluate()
    >>> round(row["classical_lower_s"], 6), round(row["quantum_upper_s"], 6)
    (0.58125, 0.488849)
    """

    kind: Literal["bound"] = "bound"
    workload: Workload
    splitting: Probability
    cross_check: bool = False

    def evaluate(self) -> Row:
        """J in seconds: ``random``, both ends for ``classical`` and ``quantum``, ``full_information``."""
        classical = classical_optimum(self.workload, self.splitting)
        quantum = quantum_optimum(self.workload, self.splitting)
        row = {
            "splitting": self.splitting,
            "random_s": random_value(self.workload, self.splitting),
            "classical_lower_s": classical.lower,
            "classical_upper_s": classical.upper,
            "classical_status": classical.status,
            "quantum_lower_s": quantum.lower,
            "quantum_upper_s": quantum.upper,
            "quantum_status": quantum.status,
            "full_information_s": full_information_optimum(self.workload, self.splitting).upper,
        }
        if self.cross_check and len(self.workload.types) <= MAX_CROSS_CHECKED:
            game = routing_game(self.workload)
            row["classical_lp_s"] = mixtures.solve(game, self.splitting)
            row["quantum_sdp_s"] = tsirelson.solve(game, self.splitting).objective
        return row


class CertificateTask(Task):
    """The certificate of the classical bound and the quantum optimum at one splitting probability, checked."""

    kind: Literal["certificate"] = "certificate"
    workload: Workload
    splitting: Probability

    def evaluate(self) -> Row:
        """The certificate, as the JSON document that ``entsched verify`` proves."""
        classical, quantum = (solve(self.workload, self.splitting) for solve in (classical_optimum, quantum_optimum))
        document = routing_certificate(self.workload, classical, quantum)
        checker.check(document)
        return document


class GainTask(Task):
    """The largest certified relative gain in mean wait over a set of splitting probabilities."""

    kind: Literal["gain"] = "gain"
    workload: Workload
    splittings: Annotated[tuple[Probability, ...], Field(strict=False)]
    load: float
    scv: float

    def evaluate(self) -> Row:
        """(classical lower end - quantum upper end) / classical lower end of W, where it is largest."""
        base = self.workload.base_wait_s
        best: Row = {"load": self.load, "scv": self.scv, "relative_gain": 0.0, "splitting": None}
        for p in self.splittings:
            classical = base + classical_optimum(self.workload, p).lower
            gain = (classical - base - quantum_optimum(self.workload, p).upper) / classical
            if gain > best["relative_gain"]:
                best |= {"relative_gain": gain, "splitting": p}
        return best


class StaticTask(Task):
    """Both ends of the largest R - weight W of static routing over one set of behaviors.

    Examples
    --------
    >>> task = StaticTask(workload={"arrival_rate_hz": 0.5, "service": {"law": "deterministic", "mean_s": 1.0}},
    ...                   baseline={"law": "linear"}, weight=1.0, correlations="local", gap=0.01)
    >>> task.evaluate()["lower"] <= 0.5 <= task.evaluate()["upper"]
    True
    """

    kind: Literal["static"] = "static"
    workload: Workload
    baseline: Baseline
    weight: Positive
    correlations: Literal["local", "quantum"]
    gap: float = GAP
    boxes: int = MOST_BOXES

    @property
    def label(self) -> str:
        """The weight and the set."""
        return f"static bound at weight {self.weight:g}, {self.correlations}"

    def evaluate(self) -> Row:
        """Both ends, the figures of the strategy that reaches the lower one, and whether the gap was closed."""
        from entsched.static.optimum import static_optimum

        game = StaticGame(self.workload, self.baseline, self.weight)
        found = static_optimum(game, CorrelationSet(self.correlations), self.gap, self.boxes)
        return {
            "weight": self.weight,
            "set": self.correlations,
            **found.ends._asdict(),
            "mean_wait_s": found.figures.mean_wait_s,
            "baseline_rate": found.figures.baseline_rate,
            "boxes": found.boxes,
        }
