"""Replicated logs: safety and progress under faults and what breaks them."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entsched.coherence.consensus.cluster import Cluster
from entsched.coherence.consensus.faults import timetable
from entsched.coherence.consensus.majorities import majority_within
from entsched.coherence.consensus.measures import measured
from entsched.coherence.consensus.network import Network, Timer
from entsched.coherence.consensus.replicated_log import LogNode
from entsched.coherence.consensus.settings import Faults, Replication

LIES = ("silent", "equivocating", "every-vote", "random")


def cluster_after(settings, duration_s, seed=1, factory=None):
    cluster = Cluster(settings, duration_s, np.random.default_rng(seed), factory)
    cluster.run(duration_s)
    return cluster


class Rash(LogNode):
    """A node for which two votes of five are a majority."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.majority = 2


def elected(leaders):
    """A kind of node that notes who leads in which term."""

    class Noted(LogNode):
        def _count_votes(self):
            super()._count_votes()
            if self.leads:
                leaders.setdefault(self.term, set()).add(self.index)

    return Noted


@st.composite
def crash_clusters(draw):
    share = st.floats(0, 0.7)
    faults = Faults(
        down_share=draw(share), divided_share=draw(share), mean_down_s=draw(st.floats(0.1, 2)), mean_divided_s=0.7
    )
    rates = {"loss": draw(st.floats(0, 0.5)), "duplication": draw(st.floats(0, 0.5))}
    return Replication(nodes=draw(st.integers(2, 5)), faults=faults, commands_per_s=30.0, **rates)


@st.composite
def voting_clusters(draw):
    tolerated = draw(st.integers(1, 2))
    share = st.floats(0, 0.4)
    return Replication(
        protocol="byzantine",
        nodes=3 * tolerated + 1,
        liars=draw(st.integers(0, tolerated)),
        lies=draw(st.sampled_from(LIES)),
        loss=draw(st.floats(0, 0.5)),
        duplication=draw(st.floats(0, 0.5)),
        commands_per_s=10.0,
        faults=Faults(down_share=draw(share), divided_share=draw(share), mean_down_s=0.5, mean_divided_s=0.5),
    )


def check_safety(cluster):
    """No violation was noted, and the logs at the end are prefixes of each other."""
    assert not cluster.chronicle.violations
    for one, other in itertools.combinations([node.commands for node in cluster.honest], 2):
        shared = min(len(one), len(other))
        assert one[:shared] == other[:shared]


@settings(max_examples=12, derandomize=True, deadline=None, database=None)
@given(crash_clusters(), st.integers(0, 2**32))
def test_crashes_loss_and_partitions_never_break_a_log_with_a_leader(replication, seed):
    leaders = {}
    check_safety(cluster_after(replication, 4.0, seed, elected(leaders)))
    assert all(len(nodes) == 1 for nodes in leaders.values())


@settings(max_examples=12, derandomize=True, deadline=None, database=None)
@given(voting_clusters(), st.integers(0, 2**32))
def test_tolerated_liars_never_break_a_log_with_votes(replication, seed):
    check_safety(cluster_after(replication, 2.0, seed))


@pytest.mark.slow
@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.one_of(crash_clusters(), voting_clusters()), st.integers(0, 2**32))
def test_no_faults_break_safety(replication, seed):
    check_safety(cluster_after(replication, 6.0, seed))


def test_a_quorum_that_is_too_small_is_caught():
    divided = Faults(partitions=[{"side": [0, 1], "start_s": 1.0, "stop_s": 3.0}])
    assert cluster_after(Replication(faults=divided), 5.0, 1, Rash).chronicle.violations
    check_safety(cluster_after(Replication(faults=divided), 5.0, 1))


@pytest.mark.parametrize("tolerated", [1, 2])
def test_one_liar_more_than_tolerated_breaks_safety(tolerated):
    kind = {"protocol": "byzantine", "nodes": 3 * tolerated + 1, "commands_per_s": 20.0}
    check_safety(cluster_after(Replication(**kind, liars=tolerated), 3.0))
    assert cluster_after(Replication(**kind, liars=tolerated + 1), 3.0).chronicle.violations


def committed_share(cluster, start_s, stop_s):
    times = cluster.chronicle.committed_s
    commands = [command for command in cluster.handed_in if start_s <= command.handed_in_s < stop_s]
    return sum(command in times for command in commands) / len(commands)


def healed(nodes, down_to_the_end):
    """Everything fails until 3 s, then some nodes stay down."""
    crashes = [{"node": node, "start_s": 1.0 + 0.1 * node, "stop_s": 3.0} for node in range(nodes)]
    crashes += [{"node": node, "start_s": 2.0, "stop_s": 100.0} for node in range(down_to_the_end)]
    return Faults(crashes=crashes, partitions=[{"side": [0, nodes - 1], "start_s": 0.5, "stop_s": 3.0}])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_majority_that_is_up_again_makes_progress(seed):
    cluster = cluster_after(Replication(faults=healed(5, 2), loss=0.05), 8.0, seed)
    check_safety(cluster)
    assert committed_share(cluster, 5.0, 7.0) == 1.0


@pytest.mark.parametrize("lies", LIES)
def test_voters_make_progress_when_enough_are_up_again(lies):
    replication = Replication(
        protocol="byzantine", nodes=4, liars=1, lies=lies, faults=healed(3, 0), commands_per_s=20.0
    )
    cluster = cluster_after(replication, 9.0)
    check_safety(cluster)
    assert committed_share(cluster, 1.0, 7.0) == 1.0


def test_nothing_is_committed_without_a_majority():
    crashes = [{"node": node, "start_s": 2.0, "stop_s": 100.0} for node in (0, 2, 4)]
    cluster = cluster_after(Replication(faults={"crashes": crashes}), 6.0)
    assert 1.9 < max(cluster.chronicle.committed_s.values()) < 2.02


def test_a_restarted_node_learns_what_it_missed():
    crash = {"node": 1, "start_s": 1.0, "stop_s": 4.0}
    cluster = cluster_after(Replication(nodes=3, faults={"crashes": [crash]}), 6.0)
    missed = [c for c in cluster.honest[1].commands if 1.5 < c.handed_in_s < 3.5]
    assert len(missed) == sum(1.5 < c.handed_in_s < 3.5 for c in cluster.handed_in) > 50


def test_commit_latency_is_the_second_fastest_of_four_round_trips():
    latency = measured(Replication(nodes=5, commands_per_s=20.0), 50.0, np.random.default_rng(4))["latency_s"]
    trips = 0.002 + 0.001 * np.random.default_rng(5).standard_gamma(2, size=(100_000, 4))
    assert latency == pytest.approx(np.sort(trips)[:, 1].mean(), rel=0.03)


def test_the_network_delays_loses_and_repeats_as_told():
    class Sink:
        up = True
        arrived: list[float] = []

        def receive(self, message):
            self.arrived.append(network.clock.now)

    network = Network(Replication(loss=0.3, duplication=0.2), np.random.default_rng(2))
    network.nodes.append(Sink())
    for _ in range(10_000):
        network.send(1, 0, None)
    network.clock.run()
    times = np.array(Sink.arrived)
    assert len(times) / 10_000 == pytest.approx(0.7 * 1.2, abs=0.025)
    assert times.min() >= 0.001
    assert times.mean() == pytest.approx(0.002, rel=0.03)
    network.divide(frozenset([0]))
    network.send(1, 0, None)
    network.clock.run()
    network.reunite(frozenset([0]))
    assert len(times) == len(Sink.arrived)
    assert network.groups == [0] * 5


def test_a_timer_expires_once_at_its_last_deadline():
    network = Network(Replication(), np.random.default_rng(1))
    expired = []
    timer = Timer(network, lambda: expired.append(network.clock.now))
    timer.start(5.0)
    timer.start(1.0)
    network.after(0.5, lambda _: timer.start(2.0))
    network.after(3.0, lambda _: timer.start(1.0))
    network.after(3.5, lambda _: timer.stop())
    network.clock.run()
    assert expired == [2.5]


def test_random_faults_take_their_share_of_the_time():
    faults = Faults(down_share=0.3, mean_down_s=1.0, divided_share=0.6, mean_divided_s=2.0)
    crashes, partitions = timetable(faults, 4, 5000.0, np.random.default_rng(3))
    down = sum(min(c.stop_s, 5000.0) - c.start_s for c in crashes) / 4 / 5000
    divided = sum(min(p.stop_s, 5000.0) - p.start_s for p in partitions) / 5000
    assert (down, divided) == (pytest.approx(0.3, abs=0.02), pytest.approx(0.6, abs=0.03))


def test_the_law_of_majorities_is_that_of_nodes_that_come_and_go():
    faults, duration_s, random = Faults(down_share=0.4, mean_down_s=2.0), 20_000.0, np.random.default_rng(5)
    crashes, _ = timetable(faults, 3, duration_s, random)
    changes = sorted([(crash.start_s, -1) for crash in crashes] + [(crash.stop_s, 1) for crash in crashes])
    times, up = np.array([0.0, *(at for at, _ in changes)]), 3 + np.cumsum([0, *(step for _, step in changes)])
    starts = np.arange(0.0, duration_s - 10.0, 1.0)
    seen = [
        up[np.searchsorted(times, start, "right") - 1 : np.searchsorted(times, start + 1.0, "right")].max() >= 2
        for start in starts
    ]
    assert np.mean(seen) == pytest.approx(majority_within(3, 0.4, 2.0, 1.0), abs=0.015)


def test_faults_longer_than_the_run_end_with_it():
    crashes, partitions = timetable(
        Faults(down_share=0.5, mean_down_s=1e9, divided_share=0.9, mean_divided_s=1e9), 5, 3.0, np.random.default_rng(1)
    )
    assert {fault.stop_s for fault in (*crashes, *partitions)} == {3.0}
