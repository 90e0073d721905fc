"""The fast engine: the same model as the event model, streamed through compiled loops.

For routing that does not look at the queues, servers can be decided before anyone is served; what
is left is Lindley's recursion. Given the same draws both engines have the same waits and stretches.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from entsched.sim import kernels
from entsched.sim.decisions import Decide
from entsched.sim.draws import BLOCK, Draws
from entsched.sim.record import COLUMNS, Layout, Record
from entsched.workload import BaselineReward


def run(
    blocks: Iterable[Draws], decide: Decide, baseline: BaselineReward, layout: Layout, latency_s: float = 0.0
) -> Record:
    """Run the model once over a stream of draws; the memory does not depend on how many there are.

    Parameters
    ----------
    decide : the servers of a block
    latency_s : how long requests are held in their routers, seconds

    Examples
    --------
    >>> from entsched.sim.draws import seed_sequence, stream
    >>> from entsched.workload import Workload
    >>> from entsched.workload.baseline import Linear
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> split = lambda draws, now_s, first: np.array([[0], [1]], np.uint8).repeat(len(draws.gaps_s), 1)
    >>> blocks = stream(two, 1000, seed_sequence(two, 1, 0))
    >>> run(blocks, split, Linear(law="linear"), Layout(1000, 0.0)).figures().split_fraction
    1.0
    """
    record = Record.empty(layout)
    free_s = np.full(2, -latency_s)
    waits_s, stretches_s = np.empty((2, BLOCK)), np.empty((2, BLOCK + 1))
    enders = np.empty((2, BLOCK + 1), dtype=np.int32)
    first, now_s = 0, 0.0
    for draws in blocks:
        pairs = len(draws.gaps_s)
        waits_s, stretches_s, enders = (
            np.empty((2, pairs)),
            np.empty((2, pairs + 1)),
            np.empty((2, pairs + 1), np.int32),
        )
        servers = decide(draws, now_s, first)
        ended = kernels.serve(
            free_s,
            draws.gaps_s,
            draws.requirements_s,
            servers,
            draws.coins,
            kernels.ROUTES,
            record.sums,
            layout.size,
            first,
            waits_s,
            stretches_s,
            enders,
        )
        for server, many in enumerate(ended):
            outputs = baseline.output(stretches_s[server, :many])
            column = COLUMNS.index(f"output_{server}")
            kernels.add_outputs(record.sums, column, layout.size, first, enders[server, :many], outputs)
        record.count_waits(waits_s + latency_s if latency_s else waits_s, first)
        first += pairs
    return record
