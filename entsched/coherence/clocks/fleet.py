"""Servers with drifting clocks that send each other their readings: message by message in simpy, and compiled."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from entsched.validation import NonNegative, Probability, Section

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Channel(Section):
    """How messages travel, and what a receiver does about them.

    Parameters
    ----------
    gain : radians by which a clock turns at most for one message, 0.001 to 3
    loss : probability that a message does not arrive
    minimum_s, jitter_s : the latency is the first plus an exponential time with the second as its mean
    """

    gain: Annotated[float, Field(ge=0.001, le=3)] = 0.2
    loss: Probability = 0.0
    minimum_s: NonNegative = 0.001
    jitter_s: NonNegative = 0.005

    @property
    def label(self) -> str:
        """All of it in a few words, unrounded: different channels have different ones.

        Examples
        --------
        >>> Channel(loss=0.004, jitter_s=0.015).label
        'gain 0.2, loss 0.4%, latency 1 + 15 ms'
        """
        gain, loss, minimum, jitter = (
            f"{(Decimal(repr(value)) * unit).normalize():f}"
            for value, unit in ((self.gain, 1), (self.loss, 100), (self.minimum_s, 1000), (self.jitter_s, 1000))
        )
        return f"gain {gain}, loss {loss}%, latency {minimum} + {jitter} ms"

    def clearness(self, period_s: float) -> float:
        """|E e^(i w latency)| at w = 2 pi / period: what the jitter of latencies leaves of a phase, up to 1.

        Examples
        --------
        >>> round(Channel(jitter_s=0.5).clearness(math.pi), 6)
        0.707107
        """
        return 1 / math.hypot(1.0, 2 * math.pi / period_s * self.jitter_s)

    def compensation_s(self, period_s: float) -> float:
        """The circular mean of the latency, which receivers add to what they are told, seconds.

        Examples
        --------
        >>> round(Channel(minimum_s=0.0, jitter_s=0.001).compensation_s(1.0), 9)
        0.000999987
        """
        turn = 2 * math.pi / period_s
        return self.minimum_s + math.atan(turn * self.jitter_s) / turn


class Messages(NamedTuple):
    """All messages of a run, by rising time of sending; arrays of one length.

    Attributes
    ----------
    sent_s, latency_s : seconds
    sender, receiver : different servers
    lost : whether it does not arrive
    """

    sent_s: Floats
    sender: Integers
    receiver: Integers
    latency_s: Floats
    lost: NDArray[np.bool_]


@dataclass(frozen=True)
class Clocks:
    """Clocks of a run: server i reads t (1 + drift_i) + offset_i at time t before its first message.

    Attributes
    ----------
    drift : relative, shape (servers,)
    offset_s : at time 0, seconds, shape (servers,)
    period_s : of the phase 2 pi reading / period
    """

    drift: Floats
    offset_s: Floats
    period_s: float


def draw_messages(
    generator: np.random.Generator, servers: int, rate_hz: float, duration_s: float, channel: Channel
) -> Messages:
    """Poisson messages of all servers, each to another one at random.

    Parameters
    ----------
    servers : 2 or more
    rate_hz : of each server, per second
    duration_s : in which they are sent

    Examples
    --------
    >>> found = draw_messages(np.random.default_rng(1), 3, 5.0, 100.0, Channel(loss=0.2))
    >>> bool(np.any(found.sender == found.receiver)), 1350 < len(found.sent_s) < 1650
    (False, True)
    """
    count = int(generator.poisson(servers * rate_hz * duration_s))
    sender = generator.integers(servers, size=count)
    return Messages(
        sent_s=np.sort(generator.uniform(0.0, duration_s, count)),
        sender=sender,
        receiver=(sender + generator.integers(1, servers, size=count)) % servers,
        latency_s=channel.minimum_s + channel.jitter_s * generator.standard_exponential(count),
        lost=generator.uniform(size=count) < channel.loss,
    )


def play(messages: Messages, clocks: Clocks, channel: Channel, sample_s: Floats) -> Floats:
    """The offsets of all clocks from true time at the sample times, seconds, shape (samples, servers).

    A message holds the sender's reading when it was sent. Its receiver adds the mean latency and turns the phase of its
    own clock by gain * sin(difference of phases).

    Parameters
    ----------
    messages : of servers 0 to N - 1
    clocks : of N servers
    sample_s : rising, seconds

    Examples
    --------
    >>> none = draw_messages(np.random.default_rng(1), 2, 0.0, 1.0, Channel())
    >>> clocks = Clocks(drift=np.array([1e-6, -2e-6]), offset_s=np.array([0.0, 1.0]), period_s=1.0)
    >>> play(none, clocks, Channel(), np.array([1000.0])).round(9).tolist()
    [[0.001, 0.998]]
    """
    import simpy

    environment = simpy.Environment()
    rate, offset = (1 + clocks.drift).tolist(), clocks.offset_s.tolist()
    turn, compensation_s = 2 * math.pi / clocks.period_s, channel.compensation_s(clocks.period_s)
    samples = np.empty((len(sample_s), len(offset)))

    def receive(event: simpy.Event) -> None:
        """Turn the clock of the receiver."""
        receiver, told_s = cast(tuple[int, float], event.value)
        difference_s = told_s + compensation_s - (environment.now * rate[receiver] + offset[receiver])
        offset[receiver] += channel.gain / turn * math.sin(turn * difference_s)

    def server(sender: int, mine: Messages) -> Generator[simpy.Event, None, None]:
        """Send one message after the other."""
        columns = (mine.sent_s.tolist(), mine.receiver.tolist(), mine.latency_s.tolist(), mine.lost.tolist())
        for sent_s, receiver, latency_s, lost in zip(*columns, strict=True):
            yield environment.timeout(max(0.0, sent_s - environment.now))
            if not lost:
                told_s = environment.now * rate[sender] + offset[sender]
                delivery = environment.timeout(latency_s, (receiver, told_s))
                cast(list[Callable[[simpy.Event], None]], delivery.callbacks).append(receive)

    def observer() -> Generator[simpy.Event, None, None]:
        """Note all offsets at the sample times."""
        for row, at_s in zip(samples, sample_s.tolist(), strict=True):
            yield environment.timeout(max(0.0, at_s - environment.now))
            row[:] = clocks.drift * environment.now + offset

    for sender in range(len(offset)):
        own = messages.sender == sender
        environment.process(server(sender, Messages(*(column[own] for column in messages))))
    environment.run(until=environment.process(observer()))
    return samples


def play_compiled(messages: Messages, clocks: Clocks, channel: Channel, sample_s: Floats) -> Floats:
    """The same as :func:`play` on the same messages, by one sorted list of events: about a hundred times faster.

    Parameters
    ----------
    messages : of servers 0 to N - 1
    clocks : of N servers
    sample_s : rising, seconds

    Returns
    -------
    offsets in seconds, shape (samples, servers)
    """
    from entsched.coherence.clocks.kernels import play_events

    arrived = np.flatnonzero(~messages.lost)
    at_s = [messages.sent_s, (messages.sent_s + messages.latency_s)[arrived], sample_s]
    which = [np.arange(len(messages.sent_s)), arrived, np.arange(len(sample_s))]
    kind = np.repeat(np.arange(3), [len(times) for times in at_s])
    by_time = np.argsort(np.concatenate(at_s), kind="stable")
    samples = np.empty((len(sample_s), len(clocks.drift)))
    play_events(
        np.concatenate(at_s)[by_time],
        kind[by_time],
        np.concatenate(which)[by_time],
        messages.sender,
        messages.receiver,
        clocks.offset_s.copy(),
        clocks.drift,
        2 * math.pi / clocks.period_s,
        channel.gain,
        channel.compensation_s(clocks.period_s),
        samples,
    )
    return samples


def order(offsets_s: Floats, period_s: float) -> float:
    """The order parameter r of the phases, root mean square over the samples, between 0 and 1.

    Parameters
    ----------
    offsets_s : seconds, shape (samples, servers)

    Examples
    --------
    >>> round(order(np.array([[0.0, 0.25]]), 1.0), 6)
    0.707107
    """
    phases = np.exp(2j * np.pi / period_s * offsets_s)
    return float(np.sqrt(np.mean(np.abs(phases.mean(axis=1)) ** 2)))


def spread(offsets_s: Floats, period_s: float) -> float:
    """Root mean square distance of clocks from their circular mean, modulo the period, seconds.

    Clocks that know nothing of each other give about period / sqrt(12).

    Parameters
    ----------
    offsets_s : seconds, shape (samples, servers)

    Examples
    --------
    >>> round(spread(np.array([[0.9, 0.1]]), 1.0), 6)
    0.1
    """
    phases = np.exp(2j * np.pi / period_s * offsets_s)
    middle = phases.mean(axis=1, keepdims=True)
    apart = np.angle(phases * np.conj(middle))
    return float(np.sqrt(np.mean(np.square(apart)))) * period_s / (2 * math.pi)
