"""Graphs of servers as sparse matrices of links: ring, small world, random, scale free."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import eigsh

from entsched.errors import EntschedError

#: The largest graph, and the most links: they take memory in proportion, about 1 kB each while networkx holds them.
MOST_NODES, MOST_LINKS = 100_000, 1_000_000


class GraphKind(StrEnum):
    """Who is linked with whom."""

    RING = "ring"
    SMALL_WORLD = "small-world"
    RANDOM = "random"
    SCALE_FREE = "scale-free"


class Degrees(NamedTuple):
    """What theories of the onset need of a graph.

    Attributes
    ----------
    mean : links of a node on average
    mean_square : of the number of links
    largest_eigenvalue : of the matrix of links
    """

    mean: float
    mean_square: float
    largest_eigenvalue: float


def links(kind: GraphKind, nodes: int, mean_degree: int, rewiring: float, generator: np.random.Generator) -> csr_array:
    """The symmetric matrix of links, entries 0 and 1, shape (nodes, nodes).

    Ring: each node and its nearest. Small world: the same with one end of links moved with probability
    ``rewiring`` (Watts and Strogatz). Random: every link with the same probability (Erdos and Renyi).
    Scale free: each new node links to older ones in proportion to their degree (Barabasi and Albert).

    Parameters
    ----------
    nodes : more than ``mean_degree``, at most 100,000
    mean_degree : even, at least 2
    rewiring : between 0 and 1
    generator : of the integer that networkx starts from

    Raises
    ------
    EntschedError
        If the number of nodes or the degree is not allowed.

    Examples
    --------
    >>> ring = links(GraphKind.RING, 6, 2, 0.0, np.random.default_rng(1))
    >>> ring.toarray()[0].tolist()
    [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    """
    import networkx

    if mean_degree < 2 or mean_degree % 2 or not mean_degree < nodes <= MOST_NODES:
        raise EntschedError(
            f"graph: given {nodes} nodes of degree {mean_degree}, "
            f"allowed: an even degree of 2 or more, and more nodes than that, at most {MOST_NODES}"
        )
    seed = int(generator.integers(2**31))
    match kind:
        case GraphKind.RING:
            graph = networkx.watts_strogatz_graph(nodes, mean_degree, 0.0, seed=seed)
        case GraphKind.SMALL_WORLD:
            graph = networkx.watts_strogatz_graph(nodes, mean_degree, rewiring, seed=seed)
        case GraphKind.RANDOM:
            graph = networkx.fast_gnp_random_graph(nodes, mean_degree / (nodes - 1), seed=seed)
        case GraphKind.SCALE_FREE:
            graph = networkx.barabasi_albert_graph(nodes, mean_degree // 2, seed=seed)
    matrix = networkx.to_scipy_sparse_array(graph, dtype=float, format="csr")
    matrix.indptr, matrix.indices = (places.astype(np.int32) for places in (matrix.indptr, matrix.indices))
    return matrix


def degree_of(matrix: csr_array) -> NDArray[np.float64]:
    """The links of each node, shape (nodes,)."""
    return np.asarray(matrix.sum(axis=1), dtype=float)


def degrees(matrix: csr_array) -> Degrees:
    """Mean degree, mean squared degree and largest eigenvalue of a matrix of links.

    Examples
    --------
    >>> found = degrees(links(GraphKind.RING, 9, 4, 0.0, np.random.default_rng(1)))
    >>> [round(value, 9) for value in found]
    [4.0, 16.0, 4.0]
    """
    own = degree_of(matrix)
    largest = eigsh(matrix, k=1, which="LA", v0=1.0 + own, return_eigenvectors=False)[0]
    return Degrees(float(own.mean()), float(np.square(own).mean()), float(largest))
