"""Clocks that exchange messages: two engines on one set of messages, and theory against quadrature and known limits."""

import heapq
import math

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import quad
from scipy.special import i0, i1
from scipy.stats import norm

from entsched.coherence.clocks import kicks as theory_of_kicks
from entsched.coherence.clocks.fleet import (
    Channel,
    Clocks,
    draw_messages,
    order,
    play,
    play_compiled,
    spread,
)
from entsched.coherence.clocks.kicks import (
    critical_rate_hz,
    finite_phases,
    infinite_order,
    kicked_rate_hz,
    kicks,
    threshold,
)
from entsched.coherence.clocks.tasks import ClockTask, Fleet
from entsched.coherence.graphs.annealed import annealed_order
from entsched.coherence.part import Verdict
from entsched.coherence.parts import clocks as part_of_clocks
from entsched.figures.coherence.clocks import draw

CHANNEL = Channel(gain=0.3, loss=0.2, jitter_s=0.01)


def fleet(servers=12, seed=1, period_s=0.05):
    source = np.random.default_rng(seed)
    return Clocks(2e-5 * source.standard_normal(servers), source.uniform(0, period_s, servers), period_s)


def replayed(messages, clocks, channel, at_s):
    """The same rule in phases instead of readings, from a heap of events."""
    turn = 2 * math.pi / clocks.period_s
    phases = turn * clocks.offset_s
    events = [(t, 0, n) for n, t in enumerate(messages.sent_s)] + [(t, 2, n) for n, t in enumerate(at_s)]
    heapq.heapify(events)
    told, samples = {}, []
    while events:
        now, kind, n = heapq.heappop(events)
        current = phases + turn * clocks.drift * now
        if kind == 0 and not messages.lost[n]:
            told[n] = current[messages.sender[n]]
            heapq.heappush(events, (now + messages.latency_s[n], 1, n))
        elif kind == 1:
            own = messages.receiver[n]
            lag = turn * (messages.latency_s[n] - channel.compensation_s(clocks.period_s))
            phases[own] += channel.gain * math.sin(told[n] - lag - current[own])
        elif kind == 2:
            samples.append(current / turn)
    return np.array(samples)


def test_simpy_the_compiled_loop_and_a_heap_of_events_play_the_same():
    clocks, at_s = fleet(), np.linspace(100, 5000, 9)
    messages = draw_messages(np.random.default_rng(2), 12, 0.1, 5000.0, CHANNEL)
    found = play(messages, clocks, CHANNEL, at_s)
    assert len(messages.sent_s) > 5000
    assert play_compiled(messages, clocks, CHANNEL, at_s) == pytest.approx(found, abs=1e-9)
    assert replayed(messages, clocks, CHANNEL, at_s) == pytest.approx(found, abs=1e-9)


def test_messages_have_the_rates_and_latencies_of_their_channel():
    found = draw_messages(np.random.default_rng(3), 5, 2.0, 4000.0, CHANNEL)
    assert len(found.sent_s) == pytest.approx(40_000, abs=4 * math.sqrt(40_000))
    assert found.lost.mean() == pytest.approx(0.2, abs=0.01)
    assert found.latency_s.min() >= CHANNEL.minimum_s
    assert found.latency_s.mean() == pytest.approx(0.011, rel=0.03)
    met = np.bincount(5 * found.sender + found.receiver, minlength=25).reshape(5, 5)
    assert not met.diagonal().any()
    assert met[~np.eye(5, dtype=bool)] == pytest.approx(2000, rel=0.12)


def test_two_equal_clocks_come_together_and_lost_messages_do_nothing():
    clocks = Clocks(np.zeros(2), np.array([0.0, 0.012]), 0.05)
    exact = Channel(gain=0.3, jitter_s=0.0)
    messages = draw_messages(np.random.default_rng(4), 2, 1.0, 200.0, exact)
    assert np.ptp(play(messages, clocks, exact, np.array([199.0]))) < 1e-9
    silent = messages._replace(lost=np.ones_like(messages.lost))
    assert play(silent, clocks, exact, np.array([199.0]))[0] == pytest.approx([0.0, 0.012])


def test_clearness_compensation_and_second_moment_are_those_of_latencies():
    latency_s = CHANNEL.minimum_s + CHANNEL.jitter_s * np.random.default_rng(5).standard_exponential(400_000)
    turn = 2 * math.pi / 0.05
    errors = turn * (CHANNEL.compensation_s(0.05) - latency_s)
    found = kicks(0.3, 1.0, turn * CHANNEL.jitter_s)
    assert np.exp(1j * errors).mean() == pytest.approx(CHANNEL.clearness(0.05), abs=0.006)
    assert found.clearness == pytest.approx(CHANNEL.clearness(0.05), rel=1e-12)
    assert np.exp(2j * errors).mean() == pytest.approx(found.second, abs=0.006)


def test_order_and_spread_of_clocks_that_know_nothing_of_each_other():
    offsets_s = np.random.default_rng(6).uniform(0, 0.05, (400, 500))
    assert order(offsets_s, 0.05) == pytest.approx(500**-0.5, rel=0.1)
    assert spread(offsets_s, 0.05) == pytest.approx(0.05 / math.sqrt(12), rel=0.03)


@pytest.mark.parametrize("diffusion", [0.02, 0.5, 7.0])
def test_the_threshold_is_sakaguchis_integral(diffusion):
    width = 1.3
    value, _ = quad(lambda w: norm.pdf(w, scale=width) * diffusion / (diffusion**2 + w**2), -30, 30, points=[0.0])
    assert threshold(diffusion, width) * value / 2 == pytest.approx(1, rel=1e-7)


@pytest.mark.parametrize(("gain", "jitter"), [(0.05, 0.0), (0.4, 1.0), (1.2, 0.3)])
def test_the_critical_rate_is_where_coupling_meets_the_threshold(gain, jitter):
    rate_hz = critical_rate_hz(gain, jitter, 0.7)
    found = kicks(gain, rate_hz, jitter)
    assert found.coupling == pytest.approx(threshold(found.diffusion, 0.7), rel=1e-9)
    assert infinite_order(0.99 * found.coupling, found.diffusion, 0.7) == 0
    assert 0 < infinite_order(1.02 * found.coupling, found.diffusion, 0.7) < 0.4


@pytest.mark.parametrize("gain", [0.2, 1.0])
def test_kicks_of_any_size_have_the_moments_behind_their_critical_rate(gain):
    grid = 2 * np.pi * np.arange(64) / 64
    own, told = np.meshgrid(grid, grid, indexing="ij")
    kicked = np.exp(1j * (own + gain * np.sin(told - own)))
    kept, gained = (float((kicked * 2 * np.cos(angle)).mean().real) for angle in (own, told))
    rate_hz = kicked_rate_hz(gain, 0.0, 0.7)
    assert 2 * gained * rate_hz == pytest.approx(threshold((1 - kept) * rate_hz, 0.7), rel=1e-9)
    assert rate_hz > critical_rate_hz(gain, 0.0, 0.7)


@pytest.mark.parametrize(("gain", "expected"), [(0.001, 0.1755), (0.2, 0.1678)])
def test_order_close_to_the_critical_rate_is_right_for_small_noise(gain, expected):
    found = kicks(gain, 1.01 * critical_rate_hz(gain, 0.0, 1.0), 0.0)
    assert infinite_order(found.coupling, found.diffusion, 1.0) == pytest.approx(expected, abs=2e-4)


def test_long_gaps_between_samples_are_drawn_in_batches_of_the_same_noise(monkeypatch):
    found, start = kicks(0.3, 2.0, 0.2), np.zeros(7)
    frequencies = np.linspace(-1, 1, 7)

    def phases():
        return finite_phases(found, frequencies, start, np.array([3.0, 9.0]), np.random.default_rng(3))

    whole = phases()
    monkeypatch.setattr(theory_of_kicks, "DRAWN", 25)
    assert np.array_equal(phases(), whole)


def test_order_with_noise_has_its_known_limits():
    r = infinite_order(3.0, 1.0, 1e-7)
    assert r == pytest.approx(i1(3 * r) / i0(3 * r), rel=1e-6)
    assert infinite_order(2.4, 0.003, 1.0) == pytest.approx(annealed_order([1], 2.4, 1.0), abs=0.01)


def test_many_oscillators_with_noise_reach_the_order_of_infinitely_many():
    found, source = kicks(0.02, 200.0, 0.0), np.random.default_rng(7)
    frequencies = norm.ppf((np.arange(1500) + 0.5) / 1500)
    phases = finite_phases(found, frequencies, np.zeros(1500), np.linspace(8, 12, 20), source)
    assert order(phases, 2 * math.pi) == pytest.approx(infinite_order(4.0, 0.02, 1.0), abs=0.02)


def test_the_noise_of_the_model_is_that_of_kicks():
    source = np.random.default_rng(8)
    count = 20_000
    found = kicks(0.1, 1.0, 0.4)
    start = source.uniform(0, 2 * np.pi, count)
    phases = finite_phases(found, np.zeros(count), start, np.array([1.0]), source)[0]
    assert np.var(phases - start) == pytest.approx(2 * found.diffusion, rel=0.06)


def test_engines_give_one_row():
    common = {"seed": 1, "fleet": Fleet(servers=15), "channel": CHANNEL, "message_rate_hz": 0.05, "replication": 0}
    times = {"settle_s": 500.0, "measure_s": 500.0, "samples": 10}
    one, other = (ClockTask(**common, **times, engine=engine).evaluate() for engine in ("simpy", "compiled"))
    assert one["order"] == pytest.approx(other["order"], abs=1e-9)
    assert one["model_order"] == other["model_order"]


def quick(**changes):
    given = {"channels": [{}], "message_rates": [0.3, 1.0, 2.0], "settle_s": 150.0, "measure_s": 150.0}
    return part_of_clocks.Clocks(
        **given | {"fleet": {"servers": 30, "drift_ppm": 200.0}, "samples": 20, "replications": 3} | changes
    )


def test_a_quick_study_has_all_tables_a_finding_and_a_figure(tmp_path):
    part = quick(channels=[{}, {"gain": 2.5}])
    tables = part.tables([task.evaluate() for task in part.tasks(1)])
    assert len(tables["rates"]) == 6
    assert [row["critical_rate_hz"] is None for row in tables["onsets"]] == [False, True]
    assert tables["rates"][2]["order"] > 0.7
    assert "N = 4: 16 of a GHZ state against 4" in part.findings(tables)[0].entangled
    curve = [row for row in tables["theory"] if row["channel"] == tables["onsets"][0]["channel"]]
    assert all(
        (row["infinite_order"] > 0) == (row["message_rate_hz"] > 1.0001 * curve[1]["message_rate_hz"]) for row in curve
    )
    assert curve[1]["message_rate_hz"] == pytest.approx(tables["onsets"][0]["critical_rate_hz"])
    assert all(0 <= row["order_low"] <= row["order_high"] <= 1 for row in tables["rates"])
    assert draw(tables, tmp_path / "clocks").is_file()
    assert all(task.cost_s > 0 for task in part.tasks(1))


def made(ratio, expected=1.005):
    """Rows of clocks whose order sets in at some ratio of the model's onset."""
    source = np.random.default_rng(9)
    rates_hz = np.linspace(0.5, 2.0, 16).tolist()
    place = {"channel": "one", "gain": 0.2}
    curves = {"rates_hz": rates_hz, "infinite_order": [0.0] * 16, "fine_rates_hz": [0.5, 2.0], "fine_order": [0.0, 0.0]}
    critical = {"critical_rate_hz": 1.0, "kicked_rate_hz": expected}
    yield place | {"clearness": 1.0, "period_s": 1.0} | curves | critical
    yield {"qubits": 2, "ghz": 4.0, "independent": 2.0}
    for rate_hz in rates_hz:
        for replication in range(6):
            luck = 1 + 0.02 * source.standard_normal()
            model, clocks = (float(np.clip(x - 0.6, 0.1, 1)) for x in (rate_hz, luck * rate_hz / ratio))
            row = {"order": clocks, "model_order": model, "spread_s": 0.1, "model_spread_s": 0.1, "servers": 100}
            yield place | row | {"message_rate_hz": rate_hz, "replication": replication}


@pytest.mark.parametrize(
    ("ratio", "expected", "verdict"),
    [
        (1.0, 1.005, Verdict.NOT_SUPPORTED),
        (1.2, 1.005, Verdict.NOT_TESTABLE),
        (1.2, 1.2, Verdict.NOT_SUPPORTED),
        (1.0, None, Verdict.NOT_TESTABLE),
    ],
)
def test_the_verdict_follows_the_ratio_of_onsets(ratio, expected, verdict):
    part = quick()
    tables = part.tables(list(made(ratio, expected)))
    found = tables["onsets"][0]
    assert found["ratio_low"] < ratio < found["ratio_high"]
    assert part.findings(tables)[0].verdict is verdict


def test_replications_have_drifts_of_their_own_that_channels_share():
    one, other = (
        (task.evaluate()["spread_s"] for task in silent.tasks(1) if isinstance(task, ClockTask))
        for silent in (quick(channels=[{"gain": 2.5, "loss": loss}], message_rates=[1e-6, 2e-6]) for loss in (0.0, 0.5))
    )
    spreads = list(one)
    assert len(set(spreads)) == 3
    assert list(other) == spreads


@pytest.mark.slow
def test_simulated_clocks_meet_the_model_where_gain_is_small_and_not_where_it_is_large():
    part = part_of_clocks.Clocks(
        channels=[{"gain": 0.1}, {"gain": 1.2}],
        message_rates=[0.5, 0.8, 0.9, 1.0, 1.1, 1.3, 1.8],
        fleet={"servers": 60},
        replications=6,
    )
    small, large = part.tables([task.evaluate() for task in part.tasks(3)])["onsets"]
    assert small["ratio"] == pytest.approx(1, abs=0.06)
    assert large["ratio_low"] > 1.05


def test_channels_that_differ_in_anything_have_labels_and_rows_of_their_own():
    part = quick(channels=[{}, {"loss": 0.004}, {"minimum_s": 0.002}, {"jitter_s": 0.0050001}, {"gain": 0.2000001}])
    assert len({channel.label for channel in part.channels}) == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"message_rates": [2.0, 1.0]}, "rising"),
        ({"channels": [{}, {"gain": 0.2}]}, "two are the same"),
        ({"channels": [{"loss": 1.0}]}, "less than 1"),
        ({"settle_s": 1.0e9}, "messages in a run"),
        (
            {"channels": [{"gain": 2.5}], "message_rates": [1e-6, 2e-6], "settle_s": 1.0e9, "fleet": {"servers": 900}},
            "on one core",
        ),
        ({"fleet": {"drift_ppm": 1e4, "period_s": 1e-6}, "channels": [{"gain": 2.5}]}, "on one core"),
        ({"fleet": {"drift_ppm": 0.001, "period_s": 1e6}}, "1e-09 to 1e\\+09"),
        ({"message_rates": [1.0, 1.00000001]}, "different in six digits"),
        ({"fleet": {"servers": 10_000}, "samples": 10_000, "measure_s": 100.0, "settle_s": 1.0}, "readings"),
        ({"replications": 2}, "greater than or equal to 3"),
        ({"channels": [{"gain": 0.0001}]}, "0.001"),
    ],
)
def test_bad_sections_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        quick(**changes)
