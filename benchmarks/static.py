"""How fast the best static routing is settled: boxes a second, seconds a weight, and what the solvers alone take."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple
from unittest.mock import patch

import clarabel
import highspy
from rich.console import Console
from rich.table import Table

from entsched.behavior import CorrelationSet
from entsched.static.branching import branch
from entsched.static.game import StaticGame
from entsched.static.optimum import best_mixture
from entsched.static.oracles import Bound, Floats, Oracle, oracle
from entsched.static.relaxation import Box
from entsched.workload import Workload
from entsched.workload.baseline import Affine

#: Values of the types, s, all as probable as each other; the boxes after which a measurement ends; and the gap.
TYPES = {2: [0.1, 1.9], 3: [0.1, 1.0, 1.9], 4: [0.1, 0.7, 1.3, 1.9]}
MOST_BOXES = {2: 1000, 3: 200, 4: 100}
GAP = 1e-3
WEIGHT = 0.1

SOLVER = clarabel.DefaultSolver


class Measured(NamedTuple):
    """Processor time of one weight: of the search, of branch and bound, of its questions and of bare solver calls."""

    search_s: float
    branch_s: float
    questions_s: float
    solvers_s: float
    questions: int
    boxes: int
    closed: bool


class Clock:
    """Adds up the processor time of calls, and counts them."""

    def __init__(self) -> None:
        self.seconds, self.calls = 0.0, 0

    def timed(self, work: Callable[[], object]) -> object:
        """What a call returns."""
        start = time.process_time()
        try:
            return work()
        finally:
            self.seconds += time.process_time() - start
            self.calls += 1


class TimedOracle:
    """An oracle whose questions are timed."""

    def __init__(self, inner: Oracle, clock: Clock) -> None:
        self._inner, self._clock = inner, clock
        self.correlations = inner.correlations

    def bound(self, coefficients: Floats, box: Box) -> Bound:
        """As the oracle."""
        return self._clock.timed(lambda: self._inner.bound(coefficients, box))  # type: ignore[return-value]


class TimedClarabel:
    """Clarabel's solver, its solutions timed."""

    def __init__(self, clock: Clock, *arguments: object) -> None:
        self._inner, self._clock = SOLVER(*arguments), clock
        self.update = self._inner.update

    def solve(self) -> object:
        """As the solver."""
        return self._clock.timed(self._inner.solve)


@contextmanager
def timed_solvers() -> Iterator[Clock]:
    """The time that Clarabel and HiGHS take inside."""
    clock, run = Clock(), highspy.Highs.run
    timed_run = patch.object(highspy.Highs, "run", lambda model: clock.timed(lambda: run(model)))
    with patch.object(clarabel, "DefaultSolver", partial(TimedClarabel, clock)), timed_run:
        yield clock


def measured(types: int, correlations: CorrelationSet) -> Measured:
    """Settle one weight of one set."""
    values = TYPES[types]
    service = {"law": "discrete", "values_s": values, "probabilities": [1 / types] * types}
    workload = Workload(arrival_rate_hz=0.5, service=service)  # type: ignore[arg-type]
    game = StaticGame(workload, Affine(law="affine", setup_s=1.0), WEIGHT)
    start = time.process_time()
    mixture = best_mixture(game.workload, game.baseline, game.weight, correlations)
    search_s = time.process_time() - start
    wait_s, rate = game.figures(game.point(mixture.behavior))
    goal = mixture.value + GAP * (abs(rate) + game.weight * wait_s)
    clock = Clock()
    with timed_solvers() as solvers:
        start = time.process_time()
        found = branch(game, TimedOracle(oracle(game, correlations), clock), goal, MOST_BOXES[types])
        branch_s = time.process_time() - start
    return Measured(search_s, branch_s, clock.seconds, solvers.seconds, clock.calls, found.boxes, found.closed)


def main() -> None:
    """Measure and print."""
    table = Table(title=f"static routing, affine set-up 1 s, weight {WEIGHT}, gap {GAP:g}, processor time on one core")
    columns = ("types", "set", "boxes", "boxes/s", "bare solvers", "question", "bare solver", "search", "a weight")
    for column in columns:
        table.add_column(column, justify="right")
    for types in TYPES:
        for correlations in (CorrelationSet.LOCAL, CorrelationSet.QUANTUM):
            m = measured(types, correlations)
            limit_s = m.branch_s - m.questions_s + m.solvers_s
            table.add_row(
                str(types),
                correlations.value,
                f"{m.boxes}" if m.closed else f"{m.boxes}, open",
                f"{m.boxes / m.branch_s:.0f}",
                f"{m.boxes / limit_s:.0f} boxes/s" if m.solvers_s else "-",
                f"{1e3 * m.questions_s / m.questions:.2f} ms",
                f"{1e3 * m.solvers_s / m.questions:.2f} ms",
                f"{m.search_s:.2f} s",
                f"{m.search_s + m.branch_s:.2f} s" if m.closed else "not closed",
            )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
