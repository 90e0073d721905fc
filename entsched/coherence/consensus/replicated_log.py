"""A log replicated by a leader and a majority, after D. Ongaro and J. Ousterhout, USENIX ATC 2014 (Raft)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

from entsched.coherence.consensus.chronicle import Chronicle
from entsched.coherence.consensus.commands import Command
from entsched.coherence.consensus.network import Network, Timer
from entsched.coherence.consensus.settings import Replication


class Entry(NamedTuple):
    """A place in the log: the term of the leader that wrote it, and a command, or None from a new leader."""

    term: int
    command: Command | None


class VoteRequest(NamedTuple):
    """A candidate asks for a vote, and shows how far its log goes."""

    term: int
    candidate: int
    last_index: int
    last_term: int


class Vote(NamedTuple):
    """The answer to a candidate."""

    term: int
    voter: int
    granted: bool


class Append(NamedTuple):
    """A leader sends the entries after ``previous_index``, or none."""

    term: int
    leader: int
    previous_index: int
    previous_term: int
    entries: tuple[Entry, ...]
    commit: int


class Appended(NamedTuple):
    """The answer: the log agrees with the leader's up to ``newest``, or may do so."""

    term: int
    follower: int
    success: bool
    newest: int


class Forward(NamedTuple):
    """A command that a node passes on to the leader it knows."""

    term: int
    command: Command


class Role(Enum):
    """What a node is in its term."""

    FOLLOWER = "follower"
    CANDIDATE = "candidate"
    LEADER = "leader"


class LogNode:
    """A node: term, vote and log outlive crashes, the rest does not.

    Parameters
    ----------
    index : of the node
    network, chronicle : that it talks over, and that is told of its commits
    uniform : numbers in [0, 1) for its election timeouts
    """

    def __init__(
        self, index: int, settings: Replication, network: Network, chronicle: Chronicle, uniform: Iterator[float]
    ) -> None:
        self.index, self._network, self._chronicle, self._uniform = index, network, chronicle, uniform
        self._heartbeat_s, self._timeout_s = settings.heartbeat_s, settings.timeout_s
        self._nodes = settings.nodes
        self._others = [node for node in range(settings.nodes) if node != index]
        self.majority = settings.quorum
        self.applied: Callable[[Command], None] | None = None
        self.term, self._voted_for = 0, -1
        self.log = [Entry(0, None)]
        self._timer = Timer(network, self._expire)
        self._handlers: dict[type, Callable[[Any], None]] = {
            VoteRequest: self._on_vote_request,
            Vote: self._on_vote,
            Append: self._on_append,
            Appended: self._on_appended,
            Forward: self._on_forward,
        }
        self.restart()

    def crash(self) -> None:
        """Go down."""
        self.up = False
        self._timer.stop()

    def restart(self) -> None:
        """Come up with the term, the vote and the log, and nothing else."""
        self.up = True
        self.role = Role.FOLLOWER
        self.leader: int | None = None
        self.commit = 0
        self.commands: list[Command] = []
        self._votes: set[int] = set()
        self._next: list[int] = []
        self._match: list[int] = []
        self._wait_for_leader()

    @property
    def leads(self) -> bool:
        """Whether it takes itself for the leader."""
        return self.up and self.role is Role.LEADER

    @property
    def knows_leader(self) -> bool:
        """Whether it has heard of a leader in its term."""
        return self.leader is not None

    def submit(self, command: Command) -> None:
        """Write a command into the log if it leads, else pass it on to the leader it knows."""
        if self.role is Role.LEADER:
            self.log.append(Entry(self.term, command))
            self._replicate()
        elif self.leader is not None:
            self._network.send(self.index, self.leader, Forward(0, command))

    def receive(self, message: Any) -> None:
        """Take a message; one of a later term makes it a follower."""
        if message.term > self.term:
            self.term, self._voted_for = message.term, -1
            if self.role is Role.LEADER:
                self._wait_for_leader()
            self.role, self.leader = Role.FOLLOWER, None
        self._handlers[type(message)](message)

    def _wait_for_leader(self) -> None:
        self._timer.start(self._timeout_s * (1 + next(self._uniform)))

    def _expire(self) -> None:
        """A leader's time to show that it leads; everybody else's to stand for election."""
        if self.role is Role.LEADER:
            self._replicate()
            return
        self.role, self.leader = Role.CANDIDATE, None
        self.term += 1
        self._voted_for, self._votes = self.index, {self.index}
        self._wait_for_leader()
        request = VoteRequest(self.term, self.index, len(self.log) - 1, self.log[-1].term)
        for other in self._others:
            self._network.send(self.index, other, request)
        self._count_votes()

    def _on_vote_request(self, request: VoteRequest) -> None:
        complete = (request.last_term, request.last_index) >= (self.log[-1].term, len(self.log) - 1)
        granted = request.term == self.term and self._voted_for in (-1, request.candidate) and complete
        if granted:
            self._voted_for = request.candidate
            self._wait_for_leader()
        self._network.send(self.index, request.candidate, Vote(self.term, self.index, granted))

    def _on_vote(self, vote: Vote) -> None:
        if self.role is Role.CANDIDATE and vote.term == self.term and vote.granted:
            self._votes.add(vote.voter)
            self._count_votes()

    def _count_votes(self) -> None:
        """Lead with a majority; the empty entry lets earlier terms be committed with it."""
        if len(self._votes) < self.majority:
            return
        self.role, self.leader = Role.LEADER, self.index
        self._next = [len(self.log)] * self._nodes
        self._match = [0] * self._nodes
        self.log.append(Entry(self.term, None))
        self._replicate()

    def _replicate(self) -> None:
        """Send everybody what they lack, as far as is known."""
        self._timer.start(self._heartbeat_s)
        self._match[self.index] = len(self.log) - 1
        for other in self._others:
            self._send_entries(other)
        self._commit_by_majority()

    def _send_entries(self, other: int) -> None:
        previous = self._next[other] - 1
        entries = tuple(self.log[previous + 1 :])
        self._next[other] = len(self.log)
        append = Append(self.term, self.index, previous, self.log[previous].term, entries, self.commit)
        self._network.send(self.index, other, append)

    def _on_append(self, append: Append) -> None:
        if append.term < self.term:
            self._network.send(self.index, append.leader, Appended(self.term, self.index, False, 0))
            return
        self.role, self.leader = Role.FOLLOWER, append.leader
        self._wait_for_leader()
        previous, log = append.previous_index, self.log
        if previous >= len(log) or log[previous].term != append.previous_term:
            answer = Appended(self.term, self.index, False, min(len(log), previous) - 1)
        else:
            self._write(previous + 1, append.entries)
            newest = previous + len(append.entries)
            self._apply(min(append.commit, newest))
            answer = Appended(self.term, self.index, True, newest)
        self._network.send(self.index, append.leader, answer)

    def _write(self, start: int, entries: tuple[Entry, ...]) -> None:
        """Put entries at an index; what contradicts them, and all after it, goes."""
        for index, entry in enumerate(entries, start):
            if index < len(self.log) and self.log[index].term != entry.term:
                del self.log[index:]
            if index == len(self.log):
                self.log.append(entry)

    def _on_appended(self, answer: Appended) -> None:
        if self.role is not Role.LEADER or answer.term != self.term:
            return
        other = answer.follower
        if not answer.success:
            self._next[other] = max(self._match[other] + 1, min(self._next[other], answer.newest + 1))
            self._send_entries(other)
        elif answer.newest > self._match[other]:
            self._match[other] = answer.newest
            self._commit_by_majority()

    def _commit_by_majority(self) -> None:
        """Commit what a majority holds, if it ends with an entry of this term, and tell the others."""
        held = sorted(self._match, reverse=True)[self.majority - 1]
        if held > self.commit and self.log[held].term == self.term:
            self._apply(held)
            self._replicate()

    def _apply(self, index: int) -> None:
        """Commit the log up to an index."""
        for place in range(self.commit + 1, index + 1):
            entry = self.log[place]
            self.commit = place
            commands = () if entry.command is None else (entry.command,)
            self._chronicle.record(place, entry, commands, self._network.clock.now)
            for command in commands:
                self.commands.append(command)
                if self.applied is not None:
                    self.applied(command)

    def _on_forward(self, forward: Forward) -> None:
        if self.role is Role.LEADER:
            self.submit(forward.command)
