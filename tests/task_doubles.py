"""Tasks that do little, or harm, and a store in memory; importable by workers."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from entsched.store import Failure


@dataclass(frozen=True)
class Square:
    """Squares a number."""

    number: int
    kind: str = "square"
    origin = ""

    @property
    def key(self):
        return f"{type(self).__name__}-{self.number}"

    @property
    def label(self):
        return f"the square of {self.number}"

    def evaluate(self):
        return {"square": self.number**2}


class Failing(Square):
    """Raises."""

    def evaluate(self):
        raise ValueError(f"{self.number} is odd\nsecond line")


class Poisoned(Square):
    """Kills its worker."""

    def evaluate(self):
        os.kill(os.getpid(), signal.SIGKILL)


class Unfit(Square):
    """Cannot be unpickled."""

    def __setstate__(self, state):
        raise LookupError("no such plugin")


class Unsendable(Square):
    """Cannot be pickled."""

    def __getstate__(self):
        raise TypeError("cannot pickle")


class Environment(Square):
    """Tells where it runs."""

    def evaluate(self):
        blocked = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        return {"process": os.getpid(), "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS"), "shielded": blocked}


class MemoryStore:
    """What a run asks of a store."""

    def __init__(self):
        self.rows, self.failed, self.writes = {}, {}, []

    def put_many(self, rows):
        rows = list(rows)
        self.writes.append(len(rows))
        self.rows |= {key: row for key, _, row in rows}

    def fail(self, key, kind, label, error):
        self.failed[key] = Failure(key, kind, label, error)
