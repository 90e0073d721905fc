"""Servers that set drifting clocks by each other's messages: order against message rate, with loss and latency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from entsched.coherence.clocks.fleet import Channel
from entsched.coherence.clocks.tables import entangled_rows, finding, onset_rows, rate_rows, theory_rows
from entsched.coherence.clocks.tasks import ClockTask, CriticalTask, Fleet, critical_rate_hz
from entsched.coherence.part import CoherenceTask, Finding, Part, Tables
from entsched.coherence.scaling.tasks import FisherTask
from entsched.coherence.work import require_feasible
from entsched.reading.ranges import spread
from entsched.tasks import Row
from entsched.validation import Positive

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
#: Sizes of the entangled states to compare with.
QUBITS = (2, 3, 4)


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
