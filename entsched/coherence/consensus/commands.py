"""What clients hand in, and what nodes agree on."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A random bit of a client, or a question that an observer sends through the log.

    Attributes
    ----------
    identity : different for different commands of clients; liars may use one twice, so commands are compared whole
    bit : 0 or 1; or the question
    handed_in_s : when the client handed it in
    asked : round and observer of a question
    """

    identity: int
    bit: int
    handed_in_s: float
    asked: tuple[int, int] | None = None
