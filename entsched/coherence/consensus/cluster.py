"""A cluster that runs: nodes, network, clients and a timetable of faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from entsched.coherence.consensus.byzantine import VotingNode
from entsched.coherence.consensus.chronicle import Chronicle
from entsched.coherence.consensus.commands import Command
from entsched.coherence.consensus.faults import timetable
from entsched.coherence.consensus.liars import Liar
from entsched.coherence.consensus.network import Network, blocks
from entsched.coherence.consensus.replicated_log import LogNode
from entsched.coherence.consensus.settings import Crash, Partition, Replication

#: From index, settings, network, chronicle and uniform numbers to an honest node; without the chronicle, to a liar.
NodeFactory = Callable[[int, Replication, Network, Chronicle, Iterator[float]], Any]
LiarFactory = Callable[[int, Replication, Network, Iterator[float]], Any]


class Seen(NamedTuple):
    """What was so when a command was handed in.

    Attributes
    ----------
    led : whether there was a leader, or with votes any honest node that was up
    agreed : whether the first two honest nodes had the same last command; None unless both were up
    """

    led: bool
    agreed: bool | None


class Cluster:
    """A cluster at time 0.

    Parameters
    ----------
    settings : of the protocol, the network and the faults
    duration_s : for which faults are drawn
    generator : of everything random; its state decides the run
    factory : of honest nodes, those of the protocol unless given
    liar : of liars, those of the settings unless given

    Attributes
    ----------
    handed_in, seen : the commands of clients, and what was so at their times
    quorums : from which times on there were, or were not, enough honest nodes up and in one group
    """

    def __init__(
        self,
        settings: Replication,
        duration_s: float,
        generator: np.random.Generator,
        factory: NodeFactory | None = None,
        liar: LiarFactory = Liar,
    ) -> None:
        streams = [_stream(generator) for _ in range(4)]
        self.settings = settings
        self.network = Network(settings, streams[0])
        self.chronicle = Chronicle()
        self.handed_in: list[Command] = []
        self.seen: list[Seen] = []
        self.quorums: list[tuple[float, bool]] = []
        self._identities = count()
        self._gaps, self._bits = (
            blocks(streams[2].standard_exponential),
            blocks(lambda n: streams[2].integers(2, size=n)),
        )
        uniform = blocks(streams[1].random)
        honest = settings.nodes - settings.liars
        make = factory or (LogNode if settings.protocol == "crash" else VotingNode)
        self.honest: list[Any] = [make(node, settings, self.network, self.chronicle, uniform) for node in range(honest)]
        self.liars = [liar(node, settings, self.network, uniform) for node in range(honest, settings.nodes)]
        self._hands = [node.hand_in for node in (*self.honest, *self.liars) if settings.protocol == "byzantine"]
        self.network.nodes.extend([*self.honest, *self.liars])
        self._schedule_faults(*timetable(settings.faults, settings.nodes, duration_s, streams[3]))
        self._next_client()

    def run(self, until_s: float) -> None:
        """Go on to a time in seconds."""
        self.network.clock.run(until=until_s)

    def ask(self, node: int, question: int, asked: tuple[int, int]) -> None:
        """Have a node send a question through the log."""
        asker = self.honest[node]
        if asker.up:
            asker.submit(Command(next(self._identities), question, self.network.clock.now, asked))

    def leader(self) -> LogNode | None:
        """The node that leads in the latest term, if one does."""
        leaders: list[LogNode] = [node for node in self.honest if node.leads]
        return max(leaders, key=lambda node: node.term, default=None)

    def _next_client(self) -> None:
        self.network.after(next(self._gaps) / self.settings.commands_per_s, self._client)

    def _client(self, _: Any) -> None:
        """A command for the leader, or for all who vote, each after a latency."""
        self._next_client()
        command = Command(next(self._identities), int(next(self._bits)), self.network.clock.now)
        self.handed_in.append(command)
        if self.settings.protocol == "crash":
            leader = self.leader()
            led = leader is not None
            if leader is not None:
                leader.submit(command)
        else:
            led = any(node.up for node in self.honest)
            for hand_in in self._hands:
                self.network.after(self.network.latency_s(), hand_in, command)
        self.seen.append(Seen(led, self._agree()))

    def _note_quorum(self) -> None:
        groups = [self.network.groups[node.index] for node in self.honest if node.up]
        largest = max((groups.count(group) for group in set(groups)), default=0)
        self.quorums.append((self.network.clock.now, largest >= self.settings.quorum))

    def _agree(self) -> bool | None:
        first, second = self.honest[0], self.honest[min(1, len(self.honest) - 1)]
        return first.commands[-1:] == second.commands[-1:] if first.up and second.up else None

    def _schedule_faults(self, crashes: tuple[Crash, ...], partitions: tuple[Partition, ...]) -> None:
        """Crashes of one node may overlap: it comes up when the last has ended."""
        down = [0] * self.settings.nodes

        def crash(node: int) -> None:
            down[node] += 1
            if down[node] == 1:
                self.honest[node].crash()

        def restart(node: int) -> None:
            down[node] -= 1
            if down[node] == 0:
                self.honest[node].restart()

        self._note_quorum()
        for fault in crashes:
            if fault.node < len(self.honest):
                self._change(fault.start_s, crash, fault.node)
                self._change(fault.stop_s, restart, fault.node)
        for division in partitions:
            side = frozenset(division.side)
            self._change(division.start_s, self.network.divide, side)
            self._change(division.stop_s, self.network.reunite, side)

    def _change(self, at_s: float, change: Callable[[Any], None], what: Any) -> None:
        """A fault begins or ends."""

        def happen(_: Any) -> None:
            change(what)
            self._note_quorum()

        self.network.after(at_s, happen)


def _stream(generator: np.random.Generator) -> np.random.Generator:
    """A generator of its own, from the state of another."""
    return np.random.Generator(np.random.SFC64(generator.integers(2**63, size=4)))
