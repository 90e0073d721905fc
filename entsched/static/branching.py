"""Branch and bound over loads, rates and customers: a proved upper bound on R - weight W of a set of behaviors."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.static.game import SECOND, StaticGame
from entsched.static.oracles import Bound, Oracle, Proof
from entsched.static.relaxation import Box, everything, least_seconds, line_above_value, looseness

Floats = NDArray[np.float64]

#: Called after each cut with the goal and the upper bound so far.
Progress = Callable[[float, float], None]


@dataclass(eq=False)
class Node:
    """A box with what was proved of it.

    Attributes
    ----------
    box : its ranges
    upper : a bound on R - weight W in it
    seconds : bounds from below on both functionals SECOND
    second_proofs : their proofs beyond those of the parent; None where these or Cauchy and Schwarz do
    proof : of the upper bound
    point : where the relaxation comes near the bound
    axis : along which it was cut in two, None for a leaf
    parts : the two halves
    """

    box: Box
    upper: float
    seconds: tuple[float, float]
    second_proofs: tuple[Proof | None, Proof | None]
    proof: Proof | None
    point: Floats | None
    axis: int | None = None
    parts: tuple[Node, Node] | None = None


class Branched(NamedTuple):
    """A proved upper bound, the tree that proves it, how many boxes it has, and whether the gap was closed."""

    upper: float
    root: Node
    boxes: int
    closed: bool


@dataclass(frozen=True, eq=False)
class _Search:
    game: StaticGame
    oracle: Oracle
    goal: float

    def node(self, box: Box, known: tuple[float, float]) -> Node:
        """A box bounded: first with what is known of its parent, then with bounds on SECOND of its own."""
        cheap = least_seconds(self.game, box)
        seconds = (max(known[0], cheap[0]), max(known[1], cheap[1]))
        bound = self._bound(box, seconds)
        proofs: tuple[Proof | None, Proof | None] = (None, None)
        if bound.value > self.goal:
            better = [self._second(box, s) for s in (0, 1)]
            empty = next((each for each in better if each.value == -math.inf), None)
            if empty is not None:
                return Node(box, -math.inf, seconds, proofs, empty.proof, None)
            kept = [-each.value > second + 1e-9 for each, second in zip(better, seconds, strict=True)]
            if any(kept):
                proofs = (better[0].proof if kept[0] else None, better[1].proof if kept[1] else None)
                seconds = (-better[0].value if kept[0] else seconds[0], -better[1].value if kept[1] else seconds[1])
                bound = self._bound(box, seconds)
        return Node(box, bound.value, seconds, proofs, bound.proof, bound.point)

    def _bound(self, box: Box, seconds: tuple[float, float]) -> Bound:
        constant, coefficients = line_above_value(self.game, box, seconds)
        bound = self.oracle.bound(coefficients, box)
        return bound._replace(value=bound.value + constant)

    def _second(self, box: Box, server: int) -> Bound:
        """A bound on minus the functional SECOND of a server."""
        return self.oracle.bound(-np.eye(8)[SECOND + server], box)

    def cut(self, node: Node) -> tuple[Node, Node]:
        """Cut a box where it is loosest."""
        point = node.point if node.point is not None else np.zeros(8)
        node.axis = int(np.argmax(looseness(self.game, node.box, node.seconds, point)))
        first, second = node.box.halves(node.axis)
        node.parts = (self.node(first, node.seconds), self.node(second, node.seconds))
        return node.parts


def branch(
    game: StaticGame,
    oracle: Oracle,
    goal: float,
    most_boxes: int,
    progress: Progress | None = None,
) -> Branched:
    """Cut boxes until none can hold more than a goal, or there are too many.

    Parameters
    ----------
    oracle : of the set of behaviors
    goal : a value that is known to be reached, and the gap that is left open on purpose
    most_boxes : at which the search ends

    Examples
    --------
    >>> from entsched.static.oracles import oracle
    >>> from entsched.workload import Workload
    >>> from entsched.workload.baseline import Linear
    >>> one = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> game = StaticGame(one, Linear(law="linear"), weight=1.0)
    >>> found = branch(game, oracle(game, "local"), goal=0.51, most_boxes=1000)
    >>> found.closed, 0.5 <= found.upper <= 0.51
    (True, True)
    """
    search = _Search(game, oracle, goal)
    root = search.node(everything(game), (0.0, 0.0))
    order = count()
    open_boxes = [(-root.upper, next(order), root)]
    settled, boxes = -math.inf, 1
    while open_boxes and -open_boxes[0][0] > goal and boxes < most_boxes:
        _, _, node = heapq.heappop(open_boxes)
        for part in search.cut(node):
            if part.upper > goal:
                heapq.heappush(open_boxes, (-part.upper, next(order), part))
            else:
                settled = max(settled, part.upper)
        boxes += 2
        if progress is not None:
            progress(goal, max(settled, -open_boxes[0][0]) if open_boxes else settled)
    left = -open_boxes[0][0] if open_boxes else -math.inf
    return Branched(max(settled, left), root, boxes, left <= goal)
