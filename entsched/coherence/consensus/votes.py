"""Messages of the Byzantine protocol, and what a node keeps of what it hears of one height."""

from __future__ import annotations

from collections import defaultdict
from enum import IntEnum
from typing import Any, NamedTuple

from entsched.coherence.consensus.commands import Command

#: Rounds ahead of one's own of which messages are kept, blocks that are kept of one proposer in a round, and ballots of
#: one voter in a step for blocks that nobody has proposed yet. Who speaks the truth stays below; what is dropped is
#: repeated by those who hold it.
MOST_ROUNDS_AHEAD, MOST_STORIES = 16, 8


def proposer(height: int, round_number: int, nodes: int) -> int:
    """Whose turn it is."""
    return (height + round_number) % nodes


class Identity(NamedTuple):
    """Of a block: its height and all of its content, as a hash of both would be."""

    height: int
    commands: tuple[Command, ...]


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
        return Identity(self.height, self.commands)


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
    """What a node keeps of what it hears of one height; of a sender who says several things, each counts once.

    Parameters
    ----------
    height, nodes : from which the proposers follow
    quorum : precommits that decide

    Attributes
    ----------
    round : that the node is in
    decisions : blocks with a quorum of precommits in one round
    """

    def __init__(self, height: int, nodes: int, quorum: int) -> None:
        self.round = 0
        self.decisions: dict[Identity, Decided] = {}
        self._height, self._nodes, self._quorum = height, nodes, quorum
        self._proposals: dict[int, dict[Identity, Proposal]] = {}
        self._proposed: set[Identity] = set()
        self._ballots: dict[tuple[int, Step, Identity | None], dict[int, Ballot]] = {}
        self._voters: dict[tuple[int, Step], dict[int, int]] = defaultdict(dict)
        self._furthest: dict[int, int] = {}

    @property
    def silent(self) -> bool:
        """Whether nothing has been heard."""
        return not self._furthest and not self.decisions

    def take(self, message: Any) -> None:
        """Take a message about this height, or what a message repeats of it; all else is refused."""
        if message.height != self._height:
            return
        if isinstance(message, Behind):
            for one in message.heard:
                self._take_one(one)
        elif isinstance(message, Decided):
            self._take_decided(message)
        else:
            self._take_one(message)

    def _take_one(self, message: Any) -> None:
        if not isinstance(message, Proposal | Ballot) or message.height != self._height or message.round < 0:
            return
        number, sender = message.round, message.sender
        if isinstance(message, Proposal) and sender != proposer(self._height, number, self._nodes):
            return
        self._furthest[sender] = max(self._furthest.get(sender, 0), number)
        if number > self.round + MOST_ROUNDS_AHEAD:
            return
        if isinstance(message, Proposal):
            self._take_proposal(message)
        elif message.step != Step.PROPOSE and (message.identity is None or message.identity.height == self._height):
            self._take_ballot(message)

    def _take_proposal(self, message: Proposal) -> None:
        stories, identity = self._proposals.setdefault(message.round, {}), message.identity
        if identity not in stories and len(stories) < MOST_STORIES:
            stories[identity] = message
            self._proposed.add(identity)
            self._decide(message.round, identity)

    def _take_ballot(self, message: Ballot) -> None:
        number, step, identity, sender = message.round, message.step, message.identity, message.sender
        ballots = self._ballots.get((number, step, identity), {})
        told = self._voters[number, step].get(sender, 0)
        awaited = identity is None or identity in self._proposed
        if sender in ballots or not (awaited or told < MOST_STORIES):
            return
        ballots[sender] = message
        self._ballots[number, step, identity] = ballots
        self._voters[number, step][sender] = told + 1
        if step == Step.PRECOMMIT and identity is not None:
            self._decide(number, identity)

    def _take_decided(self, message: Decided) -> None:
        """A proof of a decision, if it is one: it needs nothing else."""
        proposal, ballots = message.proposal, message.ballots
        identity, number = proposal.identity, proposal.round
        cast = {ballot.sender for ballot in ballots if ballot[:4] == (self._height, number, Step.PRECOMMIT, identity)}
        turn = proposer(self._height, number, self._nodes)
        if proposal.height == self._height and proposal.sender == turn and len(cast) >= self._quorum:
            self.decisions.setdefault(identity, message)

    def _decide(self, number: int, identity: Identity) -> None:
        proposal = self._proposals.get(number, {}).get(identity)
        ballots = self._ballots.get((number, Step.PRECOMMIT, identity), {})
        if proposal is not None and len(ballots) >= self._quorum:
            self.decisions.setdefault(identity, Decided(self._height, proposal, tuple(ballots.values())))

    def votes(self, round_number: int, step: Step, identity: Identity | None) -> int:
        """Ballots for a block, or for none."""
        return len(self._ballots.get((round_number, step, identity), ()))

    def voters(self, round_number: int, step: Step) -> int:
        """Senders of ballots for anything."""
        return len(self._voters.get((round_number, step), ()))

    def reached(self, senders: int) -> int:
        """The furthest round that so many senders have reached, 0 if fewer have spoken."""
        furthest = sorted(self._furthest.values(), reverse=True)
        return furthest[senders - 1] if len(furthest) >= senders else 0

    def proposals(self, round_number: int) -> dict[Identity, Proposal]:
        """Of a round, more than one if its proposer lies."""
        return self._proposals.get(round_number, {})

    @property
    def heard(self) -> tuple[Proposal | Ballot, ...]:
        """All proposals and ballots that are kept."""
        proposals = [proposal for group in self._proposals.values() for proposal in group.values()]
        return (*proposals, *(ballot for group in self._ballots.values() for ballot in group.values()))
