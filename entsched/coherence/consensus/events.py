"""How many events a run of a cluster should take: nothing is begun that would not end."""

from __future__ import annotations

from entsched.coherence.consensus.settings import Replication

#: Of one run: some ten minutes.
MOST_EVENTS = 3e7

#: What one event takes on a core of 2.5 GHz with a leader and with votes, seconds.
EVENT_S = {"crash": 1.6e-5, "byzantine": 2.8e-5}


def expected_events(settings: Replication, duration_s: float) -> float:
    """About how many messages and timers there are in so many seconds, no fewer than the shortest times enforce.

    Examples
    --------
    >>> round(expected_events(Replication(nodes=3), 1.0))
    531
    """
    faults = settings.faults
    rates = faults.down_share / faults.mean_down_s, faults.divided_share / faults.mean_divided_s
    changes = settings.nodes * rates[0] + rates[1] + settings.commands_per_s
    if settings.protocol == "byzantine":
        return duration_s * (changes + _of_votes(settings))
    replayed = settings.nodes * rates[0] * settings.commands_per_s * duration_s / 20
    return duration_s * (changes + _of_leaders(settings) + replayed)


def refusal(events: float) -> str | None:
    """Why a run with so many events is refused, if it is.

    Examples
    --------
    >>> refusal(1e4), refusal(1e12)
    (None, 'given a run of about 1e+12 events, allowed: 3e+07; shorter runs, longer times or lower rates have fewer')
    """
    if events <= MOST_EVENTS:
        return None
    return (
        f"given a run of about {events:.2g} events, allowed: {MOST_EVENTS:.2g}; "
        "shorter runs, longer times or lower rates have fewer"
    )


def _latency_s(settings: Replication) -> float:
    return settings.minimum_latency_s + settings.mean_extra_latency_s


def _of_leaders(settings: Replication) -> float:
    """Events a second: commands, heartbeats, and elections where no leader lasts."""
    others, faults = settings.nodes - 1, settings.faults
    lasts = settings.timeout_s >= settings.heartbeat_s + 3 * _latency_s(settings)
    unrest = max(0.02, settings.loss, faults.down_share) if lasts else 1.0
    elections = unrest * settings.nodes * 2 / (1.5 * settings.timeout_s)
    return others * (4 * settings.commands_per_s + 2 / settings.heartbeat_s + elections)


def _of_votes(settings: Replication) -> float:
    """Events a second: all votes of each height, and rounds and repetitions where there is no progress.

    What is repeated grows with the rounds that pass until messages arrive.
    """
    nodes, liars = settings.nodes, settings.liars
    heights = settings.commands_per_s * nodes / (nodes - liars)
    passed = 8 * _latency_s(settings) / settings.timeout_s
    lasts = settings.timeout_s >= 4 * _latency_s(settings)
    unrest = max(0.02, settings.loss, settings.faults.down_share, min(liars / nodes, 0.2)) if lasts else 1.0
    repeated = unrest * 4 / settings.timeout_s * (1 + passed * nodes / 25)
    return nodes * (nodes - 1) * (2 * heights + repeated)
