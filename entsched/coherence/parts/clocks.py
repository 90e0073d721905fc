"""Servers that set drifting clocks by each other's messages: order against message rate, with loss and latency."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from entsched.coherence.oscillators.clock_tables import finding, onset_rows, rate_rows
from entsched.coherence.oscillators.clocks import Channel
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.coherence.streams import generator
from entsched.reading.ranges import spread
from entsched.tasks import Row
from entsched.validation import Positive, Section

Rates = Annotated[
    tuple[Annotated[float, Field(ge=1e-6, le=1e4, allow_inf_nan=False)], ...],
    BeforeValidator(spread),
    Field(min_length=2, max_length=100),
]
Channels = Annotated[tuple[Channel, ...], Field(strict=False, min_length=1, max_length=10)]

#: The most messages of one run.
MOST_MESSAGES = 20_000_000


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
    rates_hz: Rates

    @property
    def label(self) -> str:
        """The channel."""
        return f"critical message rate, {self.channel.label}"

    @property
    def cost_s(self) -> float:
        """About how long it takes on a core of 2.5 GHz, seconds."""
        return 0.1 * len(self.rates_hz)

    def evaluate(self) -> Row:
        """Clearness of the latencies, critical rate of sent messages (nothing if there is none), r at ``rates_hz``."""
        from entsched.coherence.oscillators.kicks import infinite_order

        width = self.fleet.width_rad_s
        orders = []
        for rate_hz in self.rates_hz:
            found = kicked(self.fleet, self.channel, rate_hz)
            orders.append(infinite_order(found.coupling, found.diffusion, width))
        return {
            "channel": self.channel.label,
            "gain": self.channel.gain,
            "clearness": self.channel.clearness(self.fleet.period_s),
            "critical_rate_hz": critical_rate_hz(self.fleet, self.channel),
            "rates_hz": list(self.rates_hz),
            "infinite_order": orders,
        }


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
    7
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
    replications: Annotated[int, Field(ge=2, le=1000)] = 10
    engine: Literal["compiled", "simpy"] = "compiled"

    @model_validator(mode="after")
    def _can_run(self) -> Clocks:
        if list(self.message_rates) != sorted(set(self.message_rates)):
            raise ValueError(f"message_rates: given {list(self.message_rates)}, allowed: rising values")
        labels = [channel.label for channel in self.channels]
        if len(set(labels)) < len(labels):
            raise ValueError("channels: two have one gain, loss and jitter, allowed: different ones")
        lossy = [channel for channel in self.channels if channel.loss == 1.0]
        if lossy:
            raise ValueError("channels: given loss 1, allowed: less than 1")
        most = max(self.rates_hz(channel)[-1] for channel in self.channels)
        messages = self.fleet.servers * most * (self.settle_s + self.measure_s)
        if messages > MOST_MESSAGES:
            raise ValueError(f"message_rates: given {messages:.0f} messages in a run, allowed: {MOST_MESSAGES}")
        return self

    def rates_hz(self, channel: Channel) -> tuple[float, ...]:
        """The rates of a channel, messages of one server per second."""
        unit = critical_rate_hz(self.fleet, channel) or 1.0
        return tuple(float(f"{rate * unit:.6g}") for rate in self.message_rates)

    def tasks(self, seed: int) -> tuple[CoherenceTask, ...]:
        """The theory of each channel, and the runs at each rate."""
        found: list[CoherenceTask] = []
        times: dict[str, Any] = {"settle_s": self.settle_s, "measure_s": self.measure_s, "samples": self.samples}
        for channel in self.channels:
            place: dict[str, Any] = {"seed": seed, "fleet": self.fleet, "channel": channel}
            rates_hz = self.rates_hz(channel)
            found.append(CriticalTask(**place, rates_hz=rates_hz))
            found += [
                ClockTask(**place, **times, engine=self.engine, message_rate_hz=rate_hz, replication=replication)
                for rate_hz in rates_hz
                for replication in range(self.replications)
            ]
        return tuple(found)

    def tables(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        """``rates``: r and spread against the message rate; ``onsets``: where order sets in, against theory."""
        theory = [row for row in rows if "infinite_order" in row]
        runs = [row for row in rows if "order" in row]
        return {"rates": rate_rows(runs, theory), "onsets": onset_rows(runs, theory)}

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
