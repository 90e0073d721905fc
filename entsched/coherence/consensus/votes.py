"""Messages of the Byzantine protocol, and what a node has heard of one height."""

from __future__ import annotations

from collections import defaultdict
from enum import IntEnum
from typing import NamedTuple

from entsched.coherence.consensus.commands import Command

#: Of a block: the identities of its commands, as a hash of its content would be.
Identity = tuple[int, ...]


class Step(IntEnum):
    """Where a node is in a round; the last two are also what votes are for."""

    PROPOSE = 0
    PREVOTE = 1
    PRECOMMIT = 2


class Proposal(NamedTuple):
    """A block for a height and a round; ``valid_round`` is that of an earlier two thirds for it, or -1."""

    height: int
    round: int
    commands: tuple[Command, ...]
    valid_round: int
    sender: int

    @property
    def identity(self) -> Identity:
        """Of the block."""
        return tuple(command.identity for command in self.commands)


class Ballot(NamedTuple):
    """A vote for a block, or for none. Senders cannot be forged: nobody else makes ballots with one's name."""

    height: int
    round: int
    step: Step
    identity: Identity | None
    sender: int


class Behind(NamedTuple):
    """A node that makes no progress repeats all it has heard about its height, and asks for what others decided."""

    height: int
    sender: int
    heard: tuple[Proposal | Ballot, ...]


class Decided(NamedTuple):
    """A proposal and the ballots that decided it, from one who saw them."""

    height: int
    proposal: Proposal
    ballots: tuple[Ballot, ...]


class Height:
    """All that a node has heard about one height; of a sender who says several things, each counts once.

    Parameters
    ----------
    quorum : precommits that decide

    Attributes
    ----------
    latest : round of which anything was heard
    decided : round and block of each quorum of precommits
    """

    def __init__(self, quorum: int) -> None:
        self.latest = 0
        self.decided: list[tuple[int, Identity]] = []
        self._quorum = quorum
        self._proposals: dict[int, dict[Identity, Proposal]] = {}
        self._ballots: dict[tuple[int, Step, Identity | None], dict[int, Ballot]] = defaultdict(dict)
        self._voters: dict[tuple[int, Step], set[int]] = defaultdict(set)
        self._speakers: dict[int, set[int]] = defaultdict(set)

    def take(self, message: Proposal | Ballot) -> None:
        """Take a ballot, or a proposal of its proposer."""
        number, sender = message.round, message.sender
        self.latest = max(self.latest, number)
        self._speakers[number].add(sender)
        if isinstance(message, Proposal):
            self._proposals.setdefault(number, {}).setdefault(message.identity, message)
            return
        ballots = self._ballots[number, message.step, message.identity]
        if sender in ballots:
            return
        ballots[sender] = message
        self._voters[number, message.step].add(sender)
        if len(ballots) == self._quorum and message.step == Step.PRECOMMIT and message.identity is not None:
            self.decided.append((number, message.identity))

    def votes(self, round_number: int, step: Step, identity: Identity | None) -> int:
        """Ballots for a block, or for none."""
        return len(self._ballots.get((round_number, step, identity), ()))

    def voters(self, round_number: int, step: Step) -> int:
        """Senders of ballots for anything."""
        return len(self._voters.get((round_number, step), ()))

    def speakers(self, round_number: int) -> int:
        """Senders that have said anything in a round."""
        return len(self._speakers.get(round_number, ()))

    def proposals(self, round_number: int) -> dict[Identity, Proposal]:
        """Of a round, more than one if its proposer lies."""
        return self._proposals.get(round_number, {})

    @property
    def heard(self) -> tuple[Proposal | Ballot, ...]:
        """All proposals and ballots."""
        proposals = [proposal for group in self._proposals.values() for proposal in group.values()]
        return (*proposals, *(ballot for group in self._ballots.values() for ballot in group.values()))

    def precommits(self, round_number: int, identity: Identity) -> tuple[Ballot, ...]:
        """The precommits for a block."""
        return tuple(self._ballots[round_number, Step.PRECOMMIT, identity].values())
