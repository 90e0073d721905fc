"""Attacks on the log with votes: liars that no setting has, with crashes, loss and partitions at the same time."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entsched.coherence.consensus.chronicle import Chronicle
from entsched.coherence.consensus.cluster import Cluster
from entsched.coherence.consensus.commands import Command
from entsched.coherence.consensus.liars import Liar
from entsched.coherence.consensus.settings import Faults, Replication
from entsched.coherence.consensus.votes import (
    MOST_ROUNDS_AHEAD,
    MOST_STORIES,
    Ballot,
    Behind,
    Decided,
    Height,
    Identity,
    Proposal,
    Step,
    proposer,
)


class Attacker(Liar):
    """Acts once at each height that it hears of."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.met, self.heard = set(), []

    def hand_in(self, _):
        self.meet(self._height)

    def receive(self, message):
        if not isinstance(message, Proposal | Ballot):
            return
        self.heard.append(message)
        if isinstance(message, Ballot) and message.step == Step.PRECOMMIT and message.identity is not None:
            self._height = max(self._height, message.height + 1)
        self.meet(message.height)
        self.meet(self._height)

    def meet(self, height):
        if height not in self.met:
            self.met.add(height)
            for other in range(self._honest):
                self.attack(other, height)

    def say(self, other, message):
        self._network.send(self.index, other, message)

    def mine(self, height):
        return proposer(height, 0, self._nodes) == self.index

    def vote(self, other, identity):
        for step in (Step.PREVOTE, Step.PRECOMMIT):
            self.say(other, Ballot(identity.height, 0, step, identity, self.index))


class OneNumberTwoContents(Attacker):
    """Proposes one command with two contents, and votes for both, as for blocks of others."""

    def receive(self, message):
        super().receive(message)
        if isinstance(message, Proposal) and message.round == 0:
            for other in range(self._honest):
                self.vote(other, message.identity)

    def attack(self, other, height):
        turn = proposer(height, 0, self._nodes)
        if turn >= self._honest:
            blocks = [Proposal(height, 0, (Command(-height, bit, 0.0),), -1, turn) for bit in (0, 1)]
            if turn == self.index:
                self.say(other, blocks[other % 2])
            for block in blocks:
                self.vote(other, block.identity)


class Repeating(Attacker):
    """Proposes an empty block, and shows old ballots for such blocks at later heights."""

    def attack(self, other, height):
        if self.mine(height):
            self.say(other, Proposal(height, 0, (), -1, self.index))
            self.vote(other, Identity(height, ()))
        old = [message for message in self.heard if isinstance(message, Ballot) and message.height < height]
        for number in {ballot.height for ballot in old[-20:]}:
            ballots = tuple(ballot for ballot in old if ballot.height == number)
            block = Proposal(number, 0, (), -1, proposer(number, 0, self._nodes))
            decided = Decided(height, block, ballots)
            here = Decided(height, block._replace(height=height), ballots)
            for message in (decided, here, Behind(height, self.index, (*ballots, block))):
                self.say(other, message)


class Nesting(Attacker):
    """Repetitions of repetitions, of other heights and without end."""

    def attack(self, other, height):
        if height < 3:
            inner = Behind(height + 1, self.index, (Ballot(height, 0, Step.PRECOMMIT, None, self.index),))
            for _ in range(1100):
                inner = Behind(height, self.index, (inner,))
            self.say(other, inner)


class FarAhead(Attacker):
    """Votes for rounds and heights that nobody will reach, and for very many blocks."""

    def attack(self, other, height):
        if len(self.met) > 3:
            return
        for number in (-1, 10**6, 10**12):
            self.say(other, Ballot(height, number, Step.PREVOTE, None, self.index))
            self.say(other, Ballot(height + number, 0, Step.PREVOTE, None, self.index))
        for story in range(50):
            command = (Command(-1 - story, story % 2, 0.0),)
            self.vote(other, Identity(height, command))
            self.say(other, Proposal(height, story, command, -1, self.index))


class TwoStoriesOnce(Attacker):
    """Tells two stories when all are idle, and keeps silent afterwards."""

    told_s: list[float] = []

    def hand_in(self, _):
        pass

    def attack(self, other, height):
        if height == 3:
            self._network.after(0.05, lambda _: self.tell(other))

    def tell(self, other):
        self.told_s.append(self._network.clock.now)
        self.say(other, Proposal(3, 0, (Command(-1 - (other > 0), 0, 0.0),), -1, self.index))


ATTACKS = (OneNumberTwoContents, Repeating, Nesting, FarAhead, TwoStoriesOnce)


@pytest.fixture(autouse=True)
def nothing_told():
    TwoStoriesOnce.told_s = []


def attacked(liar, duration_s, seed=1, **keys):
    chosen = {"nodes": 4, "liars": 1, "commands_per_s": 20.0} | keys
    cluster = Cluster(Replication(protocol="byzantine", **chosen), duration_s, np.random.default_rng(seed), None, liar)
    cluster.run(duration_s)
    return cluster


def check_safety(cluster):
    assert not cluster.chronicle.violations
    for one, other in itertools.combinations([node.commands for node in cluster.honest], 2):
        shared = min(len(one), len(other))
        assert one[:shared] == other[:shared]


def check_attack(draw, duration_s):
    tolerated = draw(st.integers(1, 2))
    share = st.floats(0, 0.4)
    faults = Faults(
        down_share=draw(share), divided_share=draw(share), mean_down_s=draw(st.floats(0.1, 1)), mean_divided_s=0.5
    )
    keys = {"nodes": 3 * tolerated + 1, "liars": tolerated, "faults": faults}
    keys |= {"loss": draw(st.floats(0, 0.4)), "duplication": draw(st.floats(0, 0.4))}
    check_safety(attacked(draw(st.sampled_from(ATTACKS)), duration_s, draw(st.integers(0, 2**32)), **keys))


@settings(max_examples=8, derandomize=True, deadline=None, database=None)
@given(st.data())
def test_no_attack_of_tolerated_liars_breaks_safety(data):
    check_attack(data.draw, 1.0)


@pytest.mark.slow
@settings(max_examples=20, derandomize=True, deadline=None, database=None)
@given(st.data())
def test_no_longer_attack_of_tolerated_liars_breaks_safety(data):
    check_attack(data.draw, 3.0)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_stops_progress(attack):
    cluster = attacked(attack, 1.5)
    check_safety(cluster)
    early = [command for command in cluster.handed_in if command.handed_in_s < 0.8]
    assert len(early) > 10
    assert all(command in cluster.chronicle.committed_s for command in early)


def test_two_contents_of_one_number_break_safety_with_two_liars():
    assert attacked(OneNumberTwoContents, 2.0, liars=2).chronicle.violations


def test_contents_are_compared_besides_identities():
    chronicle = Chronicle()
    for bit in (0, 1):
        chronicle.record(1, "same", [Command(1, bit, 0.0)], 0.0)
    assert chronicle.violations == {1}


@pytest.mark.parametrize("seed", range(1, 5))
def test_all_honest_nodes_down_at_once_between_two_stories_go_on_afterwards(seed):
    attacked(TwoStoriesOnce, 8.0, seed, commands_per_s=2.0)
    told_s = TwoStoriesOnce.told_s[0]
    crashes = [{"node": node, "start_s": told_s + 0.03, "stop_s": told_s + 0.2} for node in range(3)]
    cluster = attacked(TwoStoriesOnce, 8.0, seed, commands_per_s=2.0, faults=Faults(crashes=crashes))
    check_safety(cluster)
    early = [command for command in cluster.handed_in if command.handed_in_s < 6.0]
    assert all(command in cluster.chronicle.committed_s for command in early)


def test_what_is_kept_of_one_sender_is_bounded():
    height = Height(5, 4, 3)
    for number in range(1000):
        block = Proposal(5, 0, (Command(number, 0, 0.0),), -1, 1)
        height.take(Ballot(5, 0, Step.PREVOTE, block.identity, 3))
        height.take(block)
        height.take(Ballot(5, number, Step.PREVOTE, None, 3))
    assert len(height.proposals(0)) == MOST_STORIES
    assert len(height.heard) <= 3 * MOST_STORIES + MOST_ROUNDS_AHEAD + 1
    assert (height.reached(1), height.reached(2)) == (999, 0)


def test_what_belongs_to_another_height_or_proves_nothing_is_refused():
    block = Proposal(4, 0, (), -1, 0)
    ballots = tuple(Ballot(4, 0, Step.PRECOMMIT, block.identity, sender) for sender in range(3))
    height = Height(5, 4, 3)
    refused = [
        Decided(5, block, ballots),
        Decided(5, block._replace(height=5), ballots),
        Behind(5, 3, (block, *ballots, Behind(5, 3, ballots))),
        Ballot(5, 0, Step.PRECOMMIT, block.identity, 3),
        Proposal(5, 0, (), -1, 0),
    ]
    for message in refused:
        height.take(message)
    assert not height.decisions
    assert not height.heard
    early = Height(4, 4, 3)
    early.take(Decided(4, block, ballots[:2] * 2))
    assert not early.decisions
    early.take(Decided(4, block, ballots))
    assert list(early.decisions) == [block.identity]
