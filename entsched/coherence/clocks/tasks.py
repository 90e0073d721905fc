"""What is computed for clocks: runs of a fleet beside the model of its clocks, and the theory of infinitely many."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field

from entsched.coherence.clocks.fleet import Channel
from entsched.coherence.part import CoherenceTask
from entsched.coherence.streams import generator
from entsched.tasks import Row
from entsched.validation import Positive, Section

#: Rates of the fine grid of theory above the critical one.
FINE = 25


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

        from entsched.coherence.clocks import fleet as clocks
        from entsched.coherence.clocks import kicks

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
        from entsched.coherence.clocks import kicks

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
        from entsched.coherence.clocks.kicks import infinite_order

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


def critical_rate_hz(fleet: Fleet, channel: Channel) -> float | None:
    """The rate of sent messages of each server above which infinitely many clocks synchronise, per second.

    Examples
    --------
    >>> round(critical_rate_hz(Fleet(), Channel()), 5), round(critical_rate_hz(Fleet(), Channel(loss=0.5)), 5)
    (0.02564, 0.05129)
    """
    from entsched.coherence.clocks import kicks

    jitter = 2 * math.pi / fleet.period_s * channel.jitter_s
    arriving = kicks.critical_rate_hz(channel.gain, jitter, fleet.width_rad_s)
    return None if arriving is None else arriving / (1 - channel.loss)


def kicked(fleet: Fleet, channel: Channel, message_rate_hz: float) -> Any:
    """The kicks that a clock receives when every server sends so many messages per second."""
    from entsched.coherence.clocks.kicks import kicks

    return kicks(channel.gain, message_rate_hz * (1 - channel.loss), 2 * math.pi / fleet.period_s * channel.jitter_s)
