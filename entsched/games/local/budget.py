"""When a long search has to stop, and whom it tells how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable

from entsched.errors import GameError

#: Called now and then with the two ends (lower, upper) proved so far.
Progress = Callable[[float, float], None]


class Budget:
    """A wall-clock limit that starts now.

    Parameters
    ----------
    time_limit_s : seconds, above 0; None for no limit

    Raises
    ------
    GameError
        If the limit is not above 0.

    Examples
    --------
    >>> Budget(None).spent(), Budget(1e-9).spent()
    (False, True)
    """

    def __init__(self, time_limit_s: float | None) -> None:
        if time_limit_s is not None and not time_limit_s > 0:
            raise GameError(f"time limit given {time_limit_s} s, allowed: above 0, or none")
        self._start = time.perf_counter()
        self._limit = time_limit_s

    @property
    def unlimited(self) -> bool:
        """Whether the search may run for ever."""
        return self._limit is None

    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

    def spent(self) -> bool:
        """Whether the limit has passed."""
        return self._limit is not None and self.elapsed_s() >= self._limit
