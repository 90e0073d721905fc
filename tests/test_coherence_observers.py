"""Observers of two nodes of a replicated log: answers, silence, times, and what looks like entanglement and is none."""

import numpy as np
import pytest
from pydantic import ValidationError

from entsched.coherence.consensus.commands import Command
from entsched.coherence.consensus.observers import ConsensusScenario, observe
from entsched.coherence.consensus.questions import LocalState, Question, answer
from entsched.coherence.consensus.rounds import SILENT
from entsched.coherence.consensus.settings import Faults
from entsched.errors import ConfigError


def test_answers_against_the_log():
    bits = [1, 0, 1, 1, 0]
    state = LocalState([Command(place, bit, float(place)) for place, bit in enumerate(bits)], 4.5)
    assert [answer(Question(back=k), state, 2) for k in range(6)] == [0, 1, 1, 0, 1, SILENT]
    assert [answer(Question(back=k, flip=True), state, 2) for k in range(2)] == [1, 0]
    assert [answer(Question(back=k), state, 4) for k in range(5)] == [1, 3, 2, 1, SILENT]
    assert [answer(Question(reads="window-parity", window=w), state, 2) for w in (1, 2, 3, 5, 6)] == [0, 1, 0, 1, -1]
    assert [answer(Question(reads="index-parity", back=k), state, 2) for k in range(2)] == [0, 1]
    assert answer(Question(settled_s=1.0), state, 2) == bits[3]


def correlators(seen):
    both = (seen.a != SILENT) & (seen.b != SILENT)
    return [
        [float(np.mean(1 - 2 * (seen.a ^ seen.b)[both & (seen.x == x) & (seen.y == y)])) for y in (0, 1)]
        for x in (0, 1)
    ]


def test_the_same_generator_gives_the_same_rounds():
    scenario = ConsensusScenario(nodes=3, faults=Faults(down_share=0.1))
    one, other, different = (observe(scenario, 200, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))
    assert not np.array_equal(one.x, different.x)
    assert not np.array_equal(one.a, different.a)


@pytest.mark.parametrize("protocol", ["crash", "byzantine"])
def test_what_a_answers_does_not_depend_on_the_question_to_b(protocol):
    scenario = ConsensusScenario(nodes=4, protocol=protocol)
    other = scenario.model_copy(update={"questions_b": (Question(flip=True), Question(reads="index-parity"))})
    one, two = (observe(s, 120, np.random.default_rng(1)) for s in (scenario, other))
    assert np.array_equal(one.a, two.a)
    assert not np.array_equal(one.b, two.b)


def test_settled_bits_are_shared_without_error():
    shared = (Question(settled_s=0.2),) * 2
    scenario = ConsensusScenario(questions_a=shared, questions_b=shared)
    seen = observe(scenario, 500, np.random.default_rng(3))
    assert correlators(seen) == [[1.0, 1.0], [1.0, 1.0]]
    assert 0.4 < seen.a.mean() < 0.6
    assert (seen.answered_a_s - seen.asked_a_s).max() < scenario.minimum_latency_s


def test_post_selection_looks_like_a_perfect_game_with_half_of_the_answers():
    seen = observe(ConsensusScenario(play="post-selecting"), 600, np.random.default_rng(3))
    assert correlators(seen) == [[1.0, 1.0], [1.0, -1.0]]
    assert np.mean(seen.a == SILENT) == pytest.approx(0.5, abs=0.07)
    assert np.all(seen.b != SILENT)


@pytest.mark.parametrize("protocol", ["crash", "byzantine"])
def test_questions_through_the_log_win_always_and_take_the_time_of_a_message(protocol):
    scenario = ConsensusScenario(play="communicating", protocol=protocol, nodes=4)
    seen = observe(scenario, 150, np.random.default_rng(3))
    assert correlators(seen) == [[1.0, 1.0], [1.0, -1.0]]
    assert np.mean((seen.a == SILENT) | (seen.b == SILENT)) < 0.05
    assert (seen.answered_a_s - seen.asked_b_s).min() > scenario.minimum_latency_s
    assert (seen.answered_b_s - seen.asked_a_s).min() > scenario.minimum_latency_s


def test_nodes_that_are_down_or_without_leader_keep_silent():
    crashes = [{"node": 0, "start_s": 1.5, "stop_s": 2.0}, {"node": 2, "start_s": 2.5, "stop_s": 100.0}]
    faults = {"crashes": crashes, "partitions": [{"side": [1], "start_s": 2.5, "stop_s": 100.0}]}
    scenario = ConsensusScenario(nodes=3, faults=faults)
    seen = observe(scenario, 150, np.random.default_rng(3))
    down, alone = (seen.asked_a_s > 1.5) & (seen.asked_a_s < 2.0), seen.asked_a_s > 2.9
    assert np.all(seen.a[down] == SILENT)
    assert np.allclose((seen.answered_a_s - seen.asked_a_s)[down], scenario.longest_wait_s)
    assert np.all((seen.a[alone] == SILENT) | (seen.b[alone] == SILENT))
    talkative = observe(scenario.model_copy(update={"silent_without_leader": False}), 150, np.random.default_rng(3))
    assert np.all((talkative.a[alone] != SILENT) & (talkative.b[alone] != SILENT))


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"liars": 1}, "allowed: 0 with protocol crash"),
        ({"protocol": "byzantine", "nodes": 4, "liars": 4}, "allowed: below nodes 4"),
        ({"observed": (1, 1)}, "allowed: two different nodes below 5"),
        ({"response_s": 0.01}, "allowed: at most the patience"),
        ({"play": "communicating", "answers": 4}, "allowed: 2 with play communicating"),
        ({"faults": {"crashes": [{"node": 7, "start_s": 0.0, "stop_s": 1.0}]}}, "given node 7, allowed: 0 to 4"),
        ({"faults": {"crashes": [{"node": 1, "start_s": 1.0, "stop_s": 1.0}]}}, "allowed: start before stop"),
        ({"name": "two\nlines"}, "String should match pattern"),
        ({"name": "<b>bold</b>"}, "String should match pattern"),
        ({"timeout_s": 1e-9}, "given a run of about .* events, allowed"),
        ({"protocol": "byzantine", "timeout_s": 1e-9}, "given a run of about .* events, allowed"),
        ({"heartbeat_s": 1e-9}, "given a run of about .* events, allowed"),
        ({"warm_up_s": 1e9}, "given a run of about .* events, allowed"),
        ({"apart_s": 1e6}, "given a run of about .* events, allowed"),
        ({"faults": {"down_share": 0.5, "mean_down_s": 1e-9}}, "given a run of about .* events, allowed"),
    ],
)
def test_impossible_scenarios_are_refused(keys, problem):
    with pytest.raises(ValidationError, match=problem):
        ConsensusScenario(**keys)


def test_no_rounds_are_refused():
    with pytest.raises(ConfigError, match="allowed: 1 to"):
        observe(ConsensusScenario(), 0, np.random.default_rng(1))


def test_rounds_that_take_too_long_are_refused():
    with pytest.raises(ConfigError, match=r"slow, 100000 rounds: given a run of about .* events, allowed"):
        observe(ConsensusScenario(name="slow", apart_s=1.0), 100_000, np.random.default_rng(1))
