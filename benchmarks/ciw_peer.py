"""The simple model in Ciw, in its own environment: ``python -m benchmarks.ciw_peer PAIRS SEED`` prints JSON.

The pairs are batches of two; an arrival node of our own sends each customer to a fair random server, which is
faster than a third node that routes them in no time.
"""

from __future__ import annotations

import json
import random
import sys
import time

import ciw

from benchmarks.simple_model import ARRIVAL_RATE_HZ, SERVICES_S


class FairArrivals(ciw.ArrivalNode):
    """Sends every customer to a fair random node."""

    def release_individual(self, next_node: ciw.Node, next_individual: ciw.Individual) -> None:
        """Take one of the two nodes in place of the one with the arrivals."""
        node = self.simulation.transitive_nodes[random.getrandbits(1)]
        next_individual.starting_node = node.id_number
        super().release_individual(node, next_individual)


def network() -> ciw.network.Network:
    """Two servers that customers leave when they are served."""
    return ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(ARRIVAL_RATE_HZ), None],
        batching_distributions=[ciw.dists.Deterministic(2), ciw.dists.Deterministic(1)],
        service_distributions=[ciw.dists.Pmf(list(SERVICES_S), [0.5, 0.5])] * 2,
        number_of_servers=[1, 1],
        routing=[[0.0, 0.0], [0.0, 0.0]],
    )


def main(pairs: int, seed: int) -> None:
    """Run once and print the pairs, the processor time and the mean wait."""
    ciw.seed(seed)
    start = time.process_time()
    simulation = ciw.Simulation(network(), arrival_node_class=FairArrivals)
    simulation.simulate_until_max_customers(2 * pairs)
    waits = [record.waiting_time for record in simulation.get_all_records()]
    mean_wait_s = sum(waits) / len(waits)
    print(json.dumps({"pairs": pairs, "seconds": time.process_time() - start, "mean_wait_s": mean_wait_s}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
