"""Exact queueing: the waits, loads and baseline rate of any static memoryless behavior.

Each server sees Poisson batches, so the Pollaczek-Khinchine formula with batches as customers gives
the mean workload an arriving batch finds, and idle stretches are exponential whatever the law of
service. Derived in docs/design.md; independent of the simulation, which it is tested against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entsched.behavior import ConditionalTable
from entsched.errors import BehaviorError, UnstableError
from entsched.workload import BaselineReward, Workload

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Metrics:
    """The exact long-run figures of a routing behavior.

    Attributes
    ----------
    mean_wait_s : W, mean wait of a customer from arrival to start of service
    baseline_rate : R, baseline output per second, summed over both servers
    split_fraction : p = P(a != b)
    load, batch_rate_hz, server_wait_s, server_baseline_rate : one figure for each server; the wait
        is the mean over the customers that server serves
    """

    mean_wait_s: float
    baseline_rate: float
    split_fraction: float
    load: tuple[float, ...]
    batch_rate_hz: tuple[float, ...]
    server_wait_s: tuple[float, ...]
    server_baseline_rate: tuple[float, ...]


@dataclass(frozen=True)
class _Server:
    batch_rate_hz: float
    load: float
    customers: float
    mean_wait_s: float


def evaluate(workload: Workload, table: ConditionalTable, baseline: BaselineReward) -> Metrics:
    """The exact figures of routing by ``table``, p[a, b, x, y] over servers and types.

    Raises
    ------
    BehaviorError
        If the table is not 2 x 2 x types x types.
    UnstableError
        If a server's load is 1 or more, or an unbounded reward has no finite rate.

    Examples
    --------
    >>> from entsched.behavior import Behavior
    >>> from entsched.workload.baseline import Power
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> m = evaluate(two, Behavior.from_coalescing([[0.5, 0.5], [0.5, 0.5]]), Power(law="power", exponent=2))
    >>> round(m.mean_wait_s, 6), round(m.baseline_rate, 6), m.split_fraction
    (1.405, 5.333333, 0.5)
    """
    n = len(workload.types)
    if table.p.shape != (2, 2, n, n):
        raise BehaviorError(
            f"the routing table has shape {table.p.shape}, allowed: (2, 2, {n}, {n}), "
            "two servers each and one question for each type"
        )
    mass = table.p * workload.pi
    servers = [_server(workload, mass, index) for index in (0, 1)]
    return Metrics(
        mean_wait_s=sum(s.customers * s.mean_wait_s for s in servers) / 2,
        baseline_rate=sum(rates := [_baseline_rate(s, i, baseline) for i, s in enumerate(servers)]),
        split_fraction=float(mass[0, 1].sum() + mass[1, 0].sum()),
        load=tuple(s.load for s in servers),
        batch_rate_hz=tuple(s.batch_rate_hz for s in servers),
        server_wait_s=tuple(s.mean_wait_s for s in servers),
        server_baseline_rate=tuple(rates),
    )


@dataclass(frozen=True)
class Supplied:
    """Symmetric routing by conditions that say nothing of the requests, such as whether a Bell pair is at hand.

    Waits depend on its average alone: the mean work that a pair of requests brings to a server is the same
    under every condition, so E[V B] = E[V] E[B] for the workload V it finds, however V and the
    condition hang together, and the balance of V^2 is that of the formula of Pollaczek and Khinchine.

    Attributes
    ----------
    table : p[a, b, x, y] on average
    splits_evenly : whether P(a != b) is the same under all conditions: stretches of the baseline are then
        exponential too
    share : the probability of all conditions but the first
    """

    table: ConditionalTable
    splits_evenly: bool
    share: float


def supplied(workload: Workload, tables: Sequence[ConditionalTable], weights: Floats) -> Supplied:
    """Routing by ``tables``, p[a, b, x, y], under conditions that have the probabilities ``weights``.

    Examples
    --------
    >>> from entsched.behavior import Behavior
    >>> one = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> tables = [Behavior.from_coalescing([[c]]) for c in (0.25, 0.75)]
    >>> found = supplied(one, tables, np.array([0.5, 0.5]))
    >>> float(found.table.p[0, 0, 0, 0]), found.splits_evenly, found.share
    (0.25, False, 0.5)
    """
    splits = [
        float(np.sum((t.p[0, 1] + t.p[1, 0]) * workload.pi)) for t, w in zip(tables, weights, strict=True) if w > 0
    ]
    return Supplied(
        table=ConditionalTable(np.einsum("c,cabxy->abxy", weights, np.array([table.p for table in tables]))),
        splits_evenly=max(splits) - min(splits) < 1e-9,
        share=float(min(max(1 - weights[0], 0.0), 1.0)),
    )


def symmetric_baseline_rate(workload: Workload, splitting: float, baseline: BaselineReward) -> float:
    """R of every server-symmetric strategy at splitting probability p: 2 (1 - rho) L E[T(Exp(L))].

    L = lambda (1 + p) / 2 is the rate of batches at each server.

    Examples
    --------
    >>> from entsched.workload.baseline import Power
    >>> one = Workload(arrival_rate_hz=0.5, service={"law": "deterministic", "mean_s": 1.0})
    >>> symmetric_baseline_rate(one, 0.25, Power(law="power", exponent=2))
    6.4
    """
    batch_rate_hz = workload.arrival_rate_hz * (1 + splitting) / 2
    return 2 * (1 - workload.load) * baseline.expected_rate(batch_rate_hz)


def _server(workload: Workload, mass: Floats, index: int) -> _Server:
    """One server's queue: ``mass[a, b, x, y]`` is the probability of types and routes together."""
    rate, mean, second = (
        workload.arrival_rate_hz,
        workload.type_means_s,
        workload.type_second_moments_s2,
    )
    both, a_only, b_only = mass[index, index], mass[index, 1 - index], mass[1 - index, index]
    from_a, from_b = (both + a_only).sum(axis=1), (both + b_only).sum(axis=0)
    customers = float(from_a.sum() + from_b.sum())
    load = rate * float((from_a + from_b) @ mean)
    if load >= 1:
        raise UnstableError(f"server {index} has load {load:.6g}, allowed: below 1")
    batch_second_moment = float((from_a + from_b) @ second) + 2 * float(mean @ both @ mean)
    workload_found = rate * batch_second_moment / (2 * (1 - load))
    delay = float(np.sum(both * workload.batch_delay_s))
    wait = workload_found + delay / customers if customers > 0 else 0.0
    return _Server(rate * float((both + a_only + b_only).sum()), load, customers, wait)


def _baseline_rate(server: _Server, index: int, baseline: BaselineReward) -> float:
    rate = (1 - server.load) * baseline.expected_rate(server.batch_rate_hz)
    if not np.isfinite(rate):
        raise UnstableError(
            f"server {index} is never used, so its idle stretch never ends and the baseline reward "
            "has no finite rate, allowed: a reward that grows no faster than a line"
        )
    return rate
