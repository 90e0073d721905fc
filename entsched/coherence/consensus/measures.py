"""What is measured in a run of a cluster: safety, availability, latency, messages."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from entsched.coherence.consensus.cluster import Cluster
from entsched.coherence.consensus.settings import Replication
from entsched.tasks import Row

#: Commands of the first seconds, until the first leader, do not count.
WARM_UP_S = 1.0

#: A command is served if it is committed so soon, seconds.
PATIENCE_S = 1.0


def measured(settings: Replication, duration_s: float, generator: np.random.Generator) -> Row:
    """Run a cluster and measure.

    Parameters
    ----------
    duration_s : beyond the first and the last second, whose commands do not count

    Returns
    -------
    ``violations`` of safety among ``entries``; of the commands that count, the shares that were ``served`` within a
    second, that met a leader (``led``) and for which there was a quorum within that second (``reachable``); the share
    of the time with a quorum; mean ``latency_s`` of those that were committed, or None; messages for each that was
    committed, or None; the share of them for which two nodes, if up, ended with different commands, or None.

    Examples
    --------
    >>> row = measured(Replication(nodes=3), 5.0, np.random.default_rng(1))
    >>> row["violations"], row["served"], row["quorum"]
    (0, 1.0, 1.0)
    """
    until_s = WARM_UP_S + duration_s + PATIENCE_S
    cluster = Cluster(settings, until_s, generator)
    cluster.run(until_s)
    committed_s = cluster.chronicle.committed_s
    counting = [WARM_UP_S <= command.handed_in_s <= until_s - PATIENCE_S for command in cluster.handed_in]
    commands = [command for command, counts in zip(cluster.handed_in, counting, strict=True) if counts]
    seen = [seen for seen, counts in zip(cluster.seen, counting, strict=True) if counts]
    waits_s = [committed_s.get(command, np.inf) - command.handed_in_s for command in commands]
    reachable = [_had_quorum(cluster.quorums, command.handed_in_s, PATIENCE_S) for command in commands]
    finite_s = [wait for wait in waits_s if wait < np.inf]
    return {
        "violations": len(cluster.chronicle.violations),
        "entries": cluster.chronicle.length,
        "commands": len(commands),
        "served": _mean([wait <= PATIENCE_S for wait in waits_s]),
        "led": _mean([one.led for one in seen]),
        "reachable": _mean(reachable),
        "quorum": _share(cluster.quorums, until_s),
        "latency_s": _mean(finite_s),
        "messages": cluster.network.sent / len(committed_s) if committed_s else None,
        "disagreement": _mean([not one.agreed for one in seen if one.agreed is not None]),
    }


def _mean(values: list[bool] | list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _had_quorum(quorums: list[tuple[float, bool]], start_s: float, patience_s: float) -> bool:
    """Whether there was a quorum at any time from ``start_s`` on, for so long."""
    first = bisect_right(quorums, (start_s, True)) - 1
    last = bisect_right(quorums, (start_s + patience_s, True))
    return any(enough for _, enough in quorums[first:last])


def _share(quorums: list[tuple[float, bool]], until_s: float) -> float:
    """Of the time with a quorum."""
    ends_s = [min(at_s, until_s) for at_s, _ in quorums[1:]] + [until_s]
    lengths = [end_s - at_s for (at_s, enough), end_s in zip(quorums, ends_s, strict=True) if enough and at_s < until_s]
    return float(sum(lengths)) / until_s
