"""Byzantine nodes: what each tells each other node, in any round it hears of."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from entsched.coherence.consensus.commands import Command
from entsched.coherence.consensus.network import Network
from entsched.coherence.consensus.settings import Replication
from entsched.coherence.consensus.votes import Ballot, Behind, Decided, Identity, Proposal, Step, proposer

#: Messages of others that one who lies at random keeps to repeat them elsewhere; how far ahead it pretends to be.
REPEATED, FAR_AHEAD = 32, 10**9


class Liar:
    """A node that does not keep to the protocol; liars know which nodes are liars, and share one plan.

    ``silent`` ones say nothing. ``equivocating`` ones tell the nodes with even and with odd index two stories where
    one of them proposes, two blocks and all votes for each; else they vote for the proposal, so that all keep step.
    ``every-vote`` ones vote for whatever they hear of, and for none besides. ``random`` ones say anything, to each
    something else: one command with two contents, votes for rounds that are long past or far ahead, and what others
    said at another height. None can use another's name.

    Parameters
    ----------
    index : of the node; nodes from ``settings.nodes - settings.liars`` on are liars
    uniform : numbers in [0, 1) for those that lie at random
    """

    def __init__(self, index: int, settings: Replication, network: Network, uniform: Iterator[float]) -> None:
        self.index, self.up = index, True
        self._lies, self._nodes = settings.lies, settings.nodes
        self._honest = settings.nodes - settings.liars
        self._network, self._uniform = network, uniform
        self._told: set[tuple[int, int, Identity | None]] = set()
        self._height = 1
        self._kept: deque[Proposal | Ballot] = deque(maxlen=REPEATED)

    def hand_in(self, _: Any) -> None:
        """A command of a client shows that the next height may begin."""
        self._meet(self._height, 0)

    def receive(self, message: Any) -> None:
        """Learn where the others are, and lie about it."""
        if not isinstance(message, Proposal | Ballot):
            return
        self._kept.append(message)
        known = message.identity
        if isinstance(message, Ballot) and message.step == Step.PRECOMMIT and known is not None:
            self._height = max(self._height, message.height + 1)
            self._meet(message.height + 1, 0)
        self._meet(message.height, message.round)
        if known is not None and self._lies != "silent":
            self._answer(message.height, message.round, known)

    def _meet(self, height: int, number: int) -> None:
        """Speak in a round whose proposer is a liar, the first time one hears of it."""
        turn = proposer(height, number, self._nodes)
        if self._lies == "silent" or turn < self._honest or not self._first(height, number, None):
            return
        for other in range(self._honest):
            story = {"equivocating": other % 2, "every-vote": 0, "random": int(2 * next(self._uniform))}[self._lies]
            block = Proposal(height, number, (Command(-height * 1000 - number, story, 0.0),), -1, turn)
            if turn == self.index:
                self._network.send(self.index, other, block)
            if self._lies == "equivocating":
                self._vote_twice(other, height, number, block.identity)

    def _answer(self, height: int, number: int, known: Identity) -> None:
        """React to a block, the first time one hears of it in a round."""
        told = self._lies == "equivocating" and proposer(height, number, self._nodes) >= self._honest
        if told or not self._first(height, number, known):
            return
        for other in range(self._honest):
            if self._lies == "equivocating":
                self._vote_twice(other, height, number, known)
            elif self._lies == "every-vote":
                self._vote_twice(other, height, number, known)
                self._vote_twice(other, height, number, None)
            else:
                self._say_anything(other, height, number, known)

    def _say_anything(self, other: int, height: int, number: int, known: Identity) -> None:
        """A vote for the block or for none in some round, and every eighth time old words in a new frame."""
        word = known if next(self._uniform) < 0.5 else None
        step = Step.PREVOTE if next(self._uniform) < 0.5 else Step.PRECOMMIT
        place = (number - 1, number, number + 1, FAR_AHEAD)[int(4 * next(self._uniform))]
        self._network.send(self.index, other, Ballot(height, place, step, word, self.index))
        if next(self._uniform) < 1 / 8:
            ballots = tuple(message for message in self._kept if isinstance(message, Ballot))
            blocks = [message for message in self._kept if isinstance(message, Proposal)]
            self._network.send(self.index, other, Behind(height + 1, self.index, tuple(self._kept)))
            for block in blocks[:1]:
                self._network.send(self.index, other, Decided(height + 1, block, ballots))

    def _vote_twice(self, other: int, height: int, number: int, identity: Identity | None) -> None:
        for step in (Step.PREVOTE, Step.PRECOMMIT):
            self._network.send(self.index, other, Ballot(height, number, step, identity, self.index))

    def _first(self, height: int, number: int, identity: Identity | None) -> bool:
        key = (height, number, identity)
        known = key in self._told
        self._told.add(key)
        return not known
