"""The check of safety: what honest nodes commit at an index is one entry, for all nodes and all times."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from entsched.coherence.consensus.commands import Command


class Chronicle:
    """Sees every commit of every honest node, also those that a node repeats after a restart.

    Attributes
    ----------
    violations : indices at which two commits differed
    committed_s : for each command, when the first node committed it

    Examples
    --------
    >>> chronicle = Chronicle()
    >>> chronicle.record(1, "x", (), 0.0)
    >>> chronicle.record(1, "y", (), 0.5)
    >>> chronicle.violations
    {1}
    """

    def __init__(self) -> None:
        self.violations: set[int] = set()
        self.committed_s: dict[Command, float] = {}
        self._entries: dict[int, tuple[Hashable, ...]] = {}

    @property
    def length(self) -> int:
        """Indices that somebody has committed."""
        return len(self._entries)

    def record(self, index: int, entry: Hashable, commands: Sequence[Command], now_s: float) -> None:
        """A node commits an entry, with the commands it holds, at an index: both are compared."""
        content = (entry, *commands)
        if self._entries.setdefault(index, content) != content:
            self.violations.add(index)
        for command in commands:
            self.committed_s.setdefault(command, now_s)
