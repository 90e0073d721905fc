"""The fast engine: the same model as the event model, streamed through one compiled loop.

For routing that does not look at the queues, servers can be decided before anyone is served; what
is left is Lindley's recursion, from which reports of the queues follow too (``stale.py``). Given the same draws both
engines have the same waits and stretches.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from entsched.sim import kernels
from entsched.sim.bell_rounds import examiner, keep_rounds, keep_scores
from entsched.sim.decisions import Decisions, Table, no_table
from entsched.sim.draws import Block, Customers
from entsched.sim.pairs import PairStream, Shared, conditions
from entsched.sim.record import COLUMNS, Layout, Record
from entsched.sim.stale import ReportStream
from entsched.workload import BaselineReward, Workload

ORDERS = {"random": kernels.RANDOM, "a_first": kernels.A_FIRST, "shortest_first": kernels.SHORTEST_FIRST}


def run(
    workload: Workload,
    blocks: Iterable[Block],
    decisions: Decisions,
    baseline: BaselineReward,
    layout: Layout,
    latency_s: float = 0.0,
    shared: Shared | None = None,
) -> Record:
    """Run the model once over a stream of draws; the memory does not depend on how many there are.

    Parameters
    ----------
    decisions : how the servers of a pair are decided
    latency_s : how long requests are held in their routers, seconds
    shared : the Bell pairs that the routers use up, if any

    Examples
    --------
    >>> from entsched.sim.decisions import one_by_one
    >>> from entsched.sim.draws import seed_sequence, stream
    >>> from entsched.workload.baseline import Linear
    >>> two = Workload(arrival_rate_hz=0.5, service={"law": "discrete", "values_s": [0.1, 1.9],
    ...                "probabilities": [0.5, 0.5]})
    >>> split = one_by_one(lambda *views_and_draws: (0, 1), two)
    >>> blocks = stream(two, 1000, seed_sequence(two, 1, 0))
    >>> run(two, blocks, split, Linear(law="linear"), Layout(1000, 0.0)).figures().split_fraction
    1.0
    """
    record = Record.empty(layout)
    customers = Customers(workload)
    model = _model(customers, decisions.table, layout, latency_s)
    free_s = np.full(2, -latency_s)
    stretches_s, enders = np.empty((2, 0)), np.empty((2, 0), dtype=np.int32)
    bell_pairs = PairStream(shared.entanglement, shared.seeds) if shared else None
    examining, score = examiner(shared), shared.score if shared else None
    reports = None if decisions.reports is None else ReportStream(decisions.reports)
    decide, servers, held = decisions.begin(), None, None
    first, now_s = 0, 0.0
    for block in blocks:
        if stretches_s.shape[1] <= len(block):
            stretches_s, enders = np.empty((2, len(block) + 1)), np.empty((2, len(block) + 1), dtype=np.int32)
        if decisions.table is None or bell_pairs is not None:
            times_s = np.empty_like(block.gaps_s)
            kernels.tell_time(now_s, block.gaps_s, times_s)
            now_s = times_s[-1]
        if shared is not None and bell_pairs is not None:
            ages_s = bell_pairs.take(block.gaps_s)
            held = conditions(shared.by_pair, ages_s, times_s)
            if examining:
                rounds = examining.play(held)
                keep_rounds(record, rounds, first)
                ages_s, held = rounds.left(ages_s, held)
            record.add_bell_pairs(ages_s, first)
        if decisions.table is None or score:
            draws = customers.draws(block) if reports else customers.seen(block)
            decided = decide(draws, times_s, first, held)
            servers = reports.servers(draws, times_s, decided) if reports else decided.astype(np.uint64, copy=False)
            if score:
                keep_scores(record, score, draws.types, servers, ages_s, first)
        ended = kernels.serve(
            model,
            block.gaps_s,
            block.kinds,
            block.coins,
            block.services_s if block.services_s.size else None,
            servers,
            held,
            first,
            free_s,
            record.sums,
            record.waits,
            stretches_s,
            enders,
        )
        for server, many in enumerate(ended):
            outputs = baseline.output(stretches_s[server, :many])
            column = COLUMNS.index(f"output_{server}")
            kernels.add_outputs(record.sums, column, layout.size, first, enders[server, :many], outputs)
        first += len(block)
    return record


def _model(customers: Customers, table: Table | None, layout: Layout, latency_s: float) -> kernels.Model:
    workload = customers.workload
    edges = np.array(layout.slice_edges)
    return kernels.Model(
        means_s=workload.type_means_s,
        tables=customers.tables,
        table=table or no_table(),
        routes=kernels.routes(),
        order=ORDERS[workload.order],
        latency_s=latency_s,
        size=layout.size,
        slices=np.searchsorted(edges, np.arange(layout.batches), side="right") - 1,
    )
