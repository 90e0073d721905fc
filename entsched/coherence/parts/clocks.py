"""Servers that set drifting clocks by each other's messages: order against message rate, with loss and latency."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from entsched.coherence.oscillators.clock_tables import entangled_rows, finding, onset_rows, rate_rows, theory_rows
from entsched.coherence.oscillators.clocks import Channel
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.coherence.scaling.tasks import FisherTask
from entsched.coherence.streams import generator
from entsched.coherence.work import require_feasible
from entsched.reading.ranges import spread
from entsched.tasks import Row
from entsched.validation import Positive, Section

Rates = Annotated[
    tuple[Annotated[float, Field(ge=1e-6, le=1e4, allow_inf_nan=False)], ...],
    BeforeValidator(spread),
    Field(min_length=2, max_length=100),
]
Channels = Annotated[tuple[Channel, ...], Field(strict=False, min_length=1, max_length=10)]

#: The most messages of one run of each engine, and the most offsets that it notes.
MOST_MESSAGES, MOST_SAMPLES = {"compiled": 5_000_000, "simpy": 1_000_000}, 10_000_000
#: The least and the largest rates, messages per second.
LEAST_HZ, MOST_HZ = 1e-9, 1e9
#: Rates of the fine grid of theory above the critical one.
FINE = 25
#: Sizes of the entangled states to compare with.
QUBITS = (2, 3, 4)


class Fleet(Section):
    """The servers and their clocks.

    Parameters
    ----------
    servers : how many
    drift_ppm : standard deviation of their drifts, which are Gaussian, millionths
    period_s : the time that a full turn of the phase stands for, such as the period of a job
    """

    servers: Annotated[int, Field(ge=3, le=10_000)] = 100
    drift_ppm: Annotated[float, Field(ge=1e-3, le=1e4)] = 20.0
    period_s: Annotated[float, Field(ge=1e-6, le=1e6)] = 0.05

    @property
    def width_rad_s(self) -> float:
        """Standard deviation of the frequencies 2 pi drift / period, rad/s."""
        return 2 * math.pi * 1e-6 * self.drift_ppm / self.period_s


class ClockTask(CoherenceTask):
    """One run of a fleet at one message rate, and Kuramoto's model of the same clocks.

    Examples
    --------
    >>> task = ClockTask(seed=1, fleet=Fleet(servers=20), channel=Channel(), message_rate_hz=0.05, replication=0,
    ...                  settle_s=1000.0, measure_s=1000.0, samples=20, engine="simpy")
    >>> 0 < task.evaluate()["order"] < 1
    True
    """

    kind: Literal["coherence-clocks"] = "coherence-clocks"
    fleet: Fleet
    channel: Channel
    message_rate_hz: Positive
    replication: int
    settle_s: Positive
    measure_s: Positive
    samples: int
    engine: Literal["compiled", "simpy"]

    @property
    def label(self) -> str:
        """Rate and channel."""
        return f"clocks at {self.message_rate_hz:g} messages per second, {self.channel.label}"

    @property
    def messages(self) -> float:
        """How many are sent on average."""
        return self.fleet.servers * self.message_rate_hz * (self.settle_s + self.measure_s)

    @property
    def cost_s(self) -> float:
        """About how long it takes on a core of 2.5 GHz, seconds."""
        pace = self.fleet.width_rad_s + self.channel.gain * self.message_rate_hz * (1 - self.channel.loss)
        steps = 20 * pace * (self.settle_s + self.measure_s) * self.fleet.servers
        return 0.02 + self.messages * (4e-5 if self.engine == "simpy" else 5e-7) + 1e-7 * steps

    def evaluate(self) -> Row:
        """r and spread of the clocks, and r of the model of a few and of infinitely many oscillators."""
        import numpy as np

        from entsched.coherence.oscillators import clocks, kicks

        fleet, channel = self.fleet, self.channel
        drawn = generator(self.seed, "clocks", fleet.servers, "drift", self.replication)
        drift = 1e-6 * fleet.drift_ppm * drawn.standard_normal(fleet.servers)
        source = generator(self.seed, "clocks", fleet.content, channel.content, self.message_rate_hz, self.replication)
        started = clocks.Clocks(drift, np.zeros(fleet.servers), fleet.period_s)
        end_s = self.settle_s + self.measure_s
        at_s = self.settle_s + self.measure_s * np.arange(1, self.samples + 1) / self.samples
        messages = clocks.draw_messages(source, fleet.servers, self.message_rate_hz, end_s, channel)
        played = (clocks.play if self.engine == "simpy" else clocks.play_compiled)(messages, started, channel, at_s)
        found = kicked(fleet, channel, self.message_rate_hz)
        turn = 2 * math.pi / fleet.period_s
        phases = kicks.finite_phases(found, turn * drift, np.zeros(fleet.servers), at_s, source)
        return {
            "channel": channel.label,
            "gain": channel.gain,
            "message_rate_hz": self.message_rate_hz,
            "replication": self.replication,
            "servers": fleet.servers,
            "order": clocks.order(played, fleet.period_s),
            "spread_s": clocks.spread(played, fleet.period_s),
            "model_order": clocks.order(phases, 2 * math.pi),
            "model_spread_s": clocks.spread(phases / turn, fleet.period_s),
        }


class CriticalTask(CoherenceTask):
    """What theory says of infinitely many clocks: the critical message rate, and r at all rates."""

    kind: Literal["coherence-critical-rate"] = "coherence-critical-rate"
    fleet: Fleet
    channel: Channel
    rates_hz: Annotated[tuple[Positive, ...], Field(min_length=2)]

    @property
    def label(self) -> str:
        """The channel."""
        return f"critical message rate, {self.channel.label}"

    @property
    def cost_s(self) -> float:
        """About how long it takes on a core of 2.5 GHz, seconds."""
        return 0.05 * (len(self.rates_hz) + FINE)

    def evaluate(self) -> Row:
        """Clearness of the latencies, critical rates of sent messages (nothing if there is none), r at many rates."""
        from entsched.coherence.oscillators import kicks

        fleet, channel = self.fleet, self.channel
        turn = 2 * math.pi / fleet.period_s
        arriving = kicks.kicked_rate_hz(channel.gain, turn * channel.jitter_s, fleet.width_rad_s)
        fine_hz = self._fine_rates_hz()
        return {
            "channel": channel.label,
            "gain": channel.gain,
            "period_s": fleet.period_s,
            "clearness": channel.clearness(fleet.period_s),
            "critical_rate_hz": critical_rate_hz(fleet, channel),
            "kicked_rate_hz": None if arriving is None else arriving / (1 - channel.loss),
            "rates_hz": list(self.rates_hz),
            "infinite_order": [self._order(rate_hz) for rate_hz in self.rates_hz],
            "fine_rates_hz": fine_hz,
            "fine_order": [self._order(rate_hz) for rate_hz in fine_hz],
        }

    def _order(self, rate_hz: float) -> float:
        """r of infinitely many clocks."""
        from entsched.coherence.oscillators.kicks import infinite_order

        found = kicked(self.fleet, self.channel, rate_hz)
        return infinite_order(found.coupling, found.diffusion, self.fleet.width_rad_s)

    def _fine_rates_hz(self) -> list[float]:
        """From the first rate to the last, close above the critical one, where r grows like a root."""
        first, last = self.rates_hz[0], self.rates_hz[-1]
        critical = critical_rate_hz(self.fleet, self.channel)
        if critical is None or critical >= last:
            return [first, last]
        bend = max(first, critical)
        above = [bend + (last - bend) * (place / FINE) ** 2 for place in range(FINE + 1)]
        return above if bend == first else [first, *above]


class Clocks(Part):
    """A fleet of servers that exchange readings of their clocks over several channels.

    Parameters
    ----------
    fleet, channels : the servers, and how messages travel
    message_rates : of each server, rising, in units of the critical rate of infinitely many clocks on its channel;
        in messages per second on channels that have none
    settle_s, measure_s : time that is left out, and over which r and the spread are measured; all clocks start right
    samples : readings of all clocks in that time
    replications : drifts and messages drawn anew
    engine : of the messages; both give the same rows to rounding

    Examples
    --------
    >>> len(Clocks(channels=[{"loss": 0.3}], message_rates=[0.5, 2.0], replications=3).tasks(1))
    10
    """

    fleet: Fleet = Field(default_factory=Fleet)
    channels: Channels = (
        Channel(),
        Channel(loss=0.3),
        Channel(jitter_s=0.015),
        Channel(gain=1.0),
    )
    message_rates: Rates = (0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.35, 1.6, 2.0)
    settle_s: Positive = 12_000.0
    measure_s: Positive = 24_000.0
    samples: Annotated[int, Field(ge=2, le=10_000)] = 200
    replications: Annotated[int, Field(ge=3, le=1000)] = 10
    engine: Literal["compiled", "simpy"] = "compiled"

    @model_validator(mode="after")
    def _can_run(self) -> Clocks:
        if list(self.message_rates) != sorted(set(self.message_rates)):
            raise ValueError(f"message_rates: given {list(self.message_rates)}, allowed: rising values")
        if len(set(self.channels)) < len(self.channels):
            raise ValueError("channels: two are the same, allowed: different ones")
        if any(channel.loss == 1.0 for channel in self.channels):
            raise ValueError("channels: given loss 1, allowed: less than 1")
        for channel in self.channels:
            rates_hz = self.rates_hz(channel)
            if len(set(rates_hz)) < len(rates_hz) or not LEAST_HZ <= rates_hz[0] <= rates_hz[-1] <= MOST_HZ:
                raise ValueError(
                    f"message_rates: given {rates_hz[0]:g} to {rates_hz[-1]:g} messages per second ({channel.label}), "
                    f"allowed: {LEAST_HZ:g} to {MOST_HZ:g}, different in six digits"
                )
        most = max(self.rates_hz(channel)[-1] for channel in self.channels)
        messages, allowed = self.fleet.servers * most * (self.settle_s + self.measure_s), MOST_MESSAGES[self.engine]
        if messages > allowed:
            raise ValueError(f"message_rates: given {messages:.3g} messages in a run, allowed: {allowed}")
        if self.fleet.servers * self.samples > MOST_SAMPLES:
            given = self.fleet.servers * self.samples
            raise ValueError(f"samples: given {given} readings of all servers, allowed: {MOST_SAMPLES}")
        require_feasible(
            self._replication(0, 0),
            "fleet, channels, message_rates, settle_s, measure_s, replications",
            self.replications,
        )
        return self

    def rates_hz(self, channel: Channel) -> tuple[float, ...]:
        """The rates of a channel, messages of one server per second."""
        unit = critical_rate_hz(self.fleet, channel) or 1.0
        return tuple(float(f"{rate * unit:.6g}") for rate in self.message_rates)

    def _replication(self, seed: int, replication: int) -> Iterator[ClockTask]:
        """A run at each rate of each channel."""
        shared: dict[str, Any] = {"seed": seed, "fleet": self.fleet, "engine": self.engine, "replication": replication}
        shared |= {"settle_s": self.settle_s, "measure_s": self.measure_s, "samples": self.samples}
        for channel in self.channels:
            for rate_hz in self.rates_hz(channel):
                yield ClockTask(**shared, channel=channel, message_rate_hz=rate_hz)

    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """The theory of each channel, the runs at each rate, and entangled states to compare with."""
        theory = [
            CriticalTask(seed=seed, fleet=self.fleet, channel=channel, rates_hz=self.rates_hz(channel))
            for channel in self.channels
        ]
        runs = (task for replication in range(self.replications) for task in self._replication(seed, replication))
        return (*theory, *runs, *(FisherTask(seed=seed, qubits=qubits) for qubits in QUBITS))

    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """``rates``: r and spread against the message rate; ``onsets``, against theory; ``theory``; ``entangled``."""
        theory = [row for row in rows if "infinite_order" in row]
        runs = [row for row in rows if "model_order" in row]
        return {
            "rates": rate_rows(runs, theory),
            "onsets": onset_rows(runs, theory),
            "theory": theory_rows(theory),
            "entangled": entangled_rows(rows),
        }

    def findings(self, tables: Tables) -> tuple[Finding, ...]:
        """Whether the classical mean field explains the onset of order."""
        return (finding(tables),)


def critical_rate_hz(fleet: Fleet, channel: Channel) -> float | None:
    """The rate of sent messages of each server above which infinitely many clocks synchronise, per second.

    Examples
    --------
    >>> round(critical_rate_hz(Fleet(), Channel()), 5), round(critical_rate_hz(Fleet(), Channel(loss=0.5)), 5)
    (0.02564, 0.05129)
    """
    from entsched.coherence.oscillators import kicks

    jitter = 2 * math.pi / fleet.period_s * channel.jitter_s
    arriving = kicks.critical_rate_hz(channel.gain, jitter, fleet.width_rad_s)
    return None if arriving is None else arriving / (1 - channel.loss)


def kicked(fleet: Fleet, channel: Channel, message_rate_hz: float) -> Any:
    """The kicks that a clock receives when every server sends so many messages per second."""
    from entsched.coherence.oscillators.kicks import kicks

    return kicks(channel.gain, message_rate_hz * (1 - channel.loss), 2 * math.pi / fleet.period_s * channel.jitter_s)
