"""Agreement in spite of liars, after E. Buchman, J. Kwon and Z. Milosevic, arXiv:1807.04938 (Tendermint).

Rounds of propose, prevote and precommit with locking. Nodes that make no progress repeat what they said and ask for
what others have decided, which is the reliable gossip that the algorithm supposes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from entsched.coherence.consensus.chronicle import Chronicle
from entsched.coherence.consensus.commands import Command
from entsched.coherence.consensus.network import Network, Timer
from entsched.coherence.consensus.settings import Replication
from entsched.coherence.consensus.votes import Ballot, Behind, Decided, Height, Identity, Proposal, Step, proposer

#: Commands of a block, decisions that are sent at once to one who is behind, heights ahead that are kept.
MOST_COMMANDS, MOST_DECISIONS, MOST_AHEAD = 64, 64, 1000


class VotingNode:
    """An honest node; all it knows outlives crashes, it only hears nothing while it is down.

    Parameters
    ----------
    index : of the node
    network, chronicle : that it talks over, and that is told of its commits
    """

    def __init__(
        self, index: int, settings: Replication, network: Network, chronicle: Chronicle, _: Iterator[float]
    ) -> None:
        self.index, self._network, self._chronicle = index, network, chronicle
        self._nodes, self._timeout_s = settings.nodes, settings.timeout_s
        self.quorum = settings.quorum
        self.up, self.knows_leader, self.leads = True, True, False
        self.commands: list[Command] = []
        self.applied: Callable[[Command], None] | None = None
        self.height, self._pool, self._done = 1, dict[Command, None](), set[Command]()
        self._decisions: list[Decided] = []
        self._ahead: dict[int, Height] = {}
        self._timer, self._stall = Timer(network, self._expire), Timer(network, self._repeat)
        self._stall.start(self._timeout_s)
        self._begin_height()

    def crash(self) -> None:
        """Go down."""
        self.up = False
        self._timer.stop()
        self._stall.stop()

    def restart(self) -> None:
        """Come up and go on with whatever one was waiting for."""
        self.up = True
        self._stall.start(self._timeout_s)
        if self._waits_for != Step.PROPOSE:
            self._wait(self._waits_for)
        elif self.step == Step.PROPOSE:
            self._propose()
        self._settle()

    def hand_in(self, event: Any) -> None:
        """A command of a client has arrived: it waits until a block holds it, even while the node is down."""
        command = event.value
        if command in self._done:
            return
        self._pool[command] = None
        if self.up and self.round == 0 and self.step == Step.PROPOSE:
            self._propose()
            self._settle()

    def submit(self, command: Command) -> None:
        """Hand a command of its own to all."""
        for other in range(self._nodes):
            if other != self.index:
                self._network.send(self.index, other, command)
        self._take(command)

    def receive(self, message: Any) -> None:
        """Take a message; what it says of later heights waits."""
        if isinstance(message, Command):
            self._take(message)
        elif message.height == self.height:
            self._heard.take(message)
            self._settle()
        elif self.height < message.height <= self.height + MOST_AHEAD:
            self._ahead.setdefault(message.height, self._unheard(message.height)).take(message)
        elif isinstance(message, Behind) and 1 <= message.height < self.height:
            for decided in self._decisions[message.height - 1 :][:MOST_DECISIONS]:
                self._network.send(self.index, message.sender, decided)

    def _take(self, command: Command) -> None:
        self._network.after(0.0, self.hand_in, command)

    def _unheard(self, height: int) -> Height:
        return Height(height, self._nodes, self.quorum)

    def _begin_height(self) -> None:
        self._heard = self._ahead.pop(self.height, self._unheard(self.height))
        self._locked: tuple[int, Identity | None] = (-1, None)
        self._valid: tuple[int, tuple[Command, ...]] = (-1, ())
        self._begin_round(0)

    def _begin_round(self, number: int) -> None:
        self.round, self.step = number, Step.PROPOSE
        self._heard.round = number
        self._waits_for = Step.PROPOSE
        self._timer.stop()
        self._propose()

    def _propose(self) -> None:
        """Propose if it is one's turn, else wait for the proposer; in the first round only if there is something."""
        if self.round == 0 and not self._pool and self._heard.silent:
            return
        if proposer(self.height, self.round, self._nodes) != self.index:
            if not self._timer.running:
                self._wait(Step.PROPOSE)
        elif not self._heard.proposals(self.round):
            valid_round, commands = self._valid
            if valid_round < 0:
                commands = tuple(self._pool)[:MOST_COMMANDS]
            proposal = Proposal(self.height, self.round, commands, valid_round, self.index)
            self._say(proposal)

    def _say(self, message: Proposal | Ballot) -> None:
        self._heard.take(message)
        self._broadcast(message)

    def _broadcast(self, message: Any) -> None:
        for other in range(self._nodes):
            if other != self.index:
                self._network.send(self.index, other, message)

    def _vote(self, step: Step, identity: Identity | None) -> None:
        self.step = step
        self._say(Ballot(self.height, self.round, step, identity, self.index))

    def _settle(self) -> None:
        """Apply the rules until none applies."""
        while self._decide() or self._catch_up() or self._prevote() or self._precommit() or self._join():
            pass
        if self._heard.voters(self.round, Step.PRECOMMIT) >= self.quorum and self._waits_for != Step.PRECOMMIT:
            self._wait(Step.PRECOMMIT)
        if (
            self.step == Step.PREVOTE
            and self._heard.voters(self.round, Step.PREVOTE) >= self.quorum
            and self._waits_for == Step.PROPOSE
        ):
            self._wait(Step.PREVOTE)

    def _acceptable(self, identity: Identity) -> bool:
        """A block of this height that is not too long, without repeated commands."""
        commands = identity.commands
        whole = identity.height == self.height and len(set(commands)) == len(commands) <= MOST_COMMANDS
        return whole and self._done.isdisjoint(commands)

    def _join(self) -> bool:
        """Take part in a round that others have begun, also with nothing to propose."""
        mine = proposer(self.height, self.round, self._nodes) == self.index
        waits = self._timer.running or (mine and self._heard.proposals(self.round))
        if self.step != Step.PROPOSE or waits or self._heard.silent:
            return False
        self._propose()
        return True

    def _prevote(self) -> bool:
        """Vote for the proposal, unless locked on another one since its two thirds."""
        if self.step != Step.PROPOSE:
            return False
        for identity, proposal in self._heard.proposals(self.round).items():
            earlier = proposal.valid_round
            known = earlier < 0 or self._heard.votes(earlier, Step.PREVOTE, identity) >= self.quorum
            if known and earlier < self.round:
                locked_round, locked = self._locked
                free = locked_round == -1 or locked == identity or 0 <= locked_round <= earlier
                self._vote(Step.PREVOTE, identity if free and self._acceptable(identity) else None)
                return True
        return False

    def _precommit(self) -> bool:
        """Two thirds for a block: lock it and vote for it; two thirds for none: vote for none."""
        if self.step == Step.PROPOSE:
            return False
        proposals = self._heard.proposals(self.round) if self._valid[0] < self.round else {}
        for identity, proposal in proposals.items():
            enough = self._heard.votes(self.round, Step.PREVOTE, identity) >= self.quorum
            if enough and self._acceptable(identity):
                self._valid = (self.round, proposal.commands)
                if self.step == Step.PREVOTE:
                    self._locked = (self.round, identity)
                    self._vote(Step.PRECOMMIT, identity)
                return True
        if self.step == Step.PREVOTE and self._heard.votes(self.round, Step.PREVOTE, None) >= self.quorum:
            self._vote(Step.PRECOMMIT, None)
            return True
        return False

    def _catch_up(self) -> bool:
        """Go to a later round that somebody honest has reached."""
        reached = self._heard.reached((self._nodes - 1) // 3 + 1)
        if reached <= self.round:
            return False
        self._begin_round(reached)
        return True

    def _decide(self) -> bool:
        """Two thirds of precommits for a proposal of any round: that is the block of this height."""
        for identity, decided in self._heard.decisions.items():
            if self._acceptable(identity):
                self._commit(decided)
                return True
        return False

    def _commit(self, decided: Decided) -> None:
        commands = decided.proposal.commands
        self._chronicle.record(self.height, decided.proposal.identity, commands, self._network.clock.now)
        self._decisions.append(decided)
        self._done.update(commands)
        for command in commands:
            self._pool.pop(command, None)
            self.commands.append(command)
            if self.applied is not None:
                self.applied(command)
        self.height += 1
        self._stall.start(self._timeout_s)
        self._begin_height()

    def _wait(self, step: Step) -> None:
        self._waits_for = step
        self._timer.start(self._timeout_s * (1 + self.round / 2))

    def _expire(self) -> None:
        """Vote for none where a vote is due, or go to the next round."""
        if self._waits_for == Step.PRECOMMIT:
            self._begin_round(self.round + 1)
        elif self._waits_for == self.step == Step.PROPOSE:
            self._vote(Step.PREVOTE, None)
        elif self._waits_for == self.step == Step.PREVOTE:
            self._vote(Step.PRECOMMIT, None)
        self._settle()

    def _repeat(self) -> None:
        """Say everything about this height again, and ask for decisions."""
        self._stall.start(self._timeout_s)
        if self._pool or self._ahead or not self._heard.silent:
            self._broadcast(Behind(self.height, self.index, self._heard.heard))
