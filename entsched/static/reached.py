"""What a static behavior reaches, by the formulas of queueing: the lower end of a search and of a document."""

from __future__ import annotations

from typing import NamedTuple

from entsched import queueing
from entsched.behavior import Behavior
from entsched.errors import GameError
from entsched.static.game import MOST_LOAD, SLACK, Figures, StaticGame

#: What rounding may take from a value, in units of its scale.
ROUNDING = 1e-9


class Reached(NamedTuple):
    """W and R of a behavior, R - weight W less the error of its rewards, and the scale R + weight W."""

    figures: Figures
    value: float
    scale: float

    def contradicts(self, upper: float) -> bool:
        """Whether no upper bound can be this low: then the reward is not as convex or bounded as it declares."""
        return not upper >= self.value - ROUNDING * self.scale


def reached(game: StaticGame, behavior: Behavior) -> Reached:
    """The exact figures of a behavior.

    Raises
    ------
    GameError
        If a server has more load than a search allows.

    Examples
    --------
    >>> from entsched.workload import Workload
    >>> from entsched.workload.baseline import Linear
    >>> one = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> found = reached(StaticGame(one, Linear(law="linear"), weight=1.0), Behavior.from_coalescing([[0.0]]))
    >>> found.value, found.scale, found.contradicts(0.4)
    (0.5, 1.5, True)
    """
    found = queueing.evaluate(game.workload, behavior, game.baseline)
    if max(found.load) > MOST_LOAD + SLACK:
        raise GameError(f"a server has load {max(found.load):.9g}, allowed in the best static routing: {MOST_LOAD}")
    servers = zip(found.load, found.batch_rate_hz, strict=True)
    error = sum((1 - load) * hz * game.baseline.expected_output(hz).error for load, hz in servers if hz > 0)
    cost = game.weight * found.mean_wait_s
    figures = Figures(found.mean_wait_s, found.baseline_rate)
    return Reached(figures, found.baseline_rate - cost - error, abs(found.baseline_rate) + cost)
