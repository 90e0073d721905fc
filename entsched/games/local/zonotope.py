"""The local maximum of an XOR game of low rank, exact for any number of questions.

With W = left @ right.T the value sum W a b = <left.T a, right.T b> is bilinear in two points, each of
a zonotope (a sum of segments). It is largest at vertices, and in dimension r a zonotope of n segments
has O(n^(r - 1)) of them, not 2^n (Zaslavsky 1975).
"""

from __future__ import annotations

import math
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.errors import GameError
from entsched.games.local.zonogon import Zonogon, zonogon_maximum
from entsched.games.nonlocal_game import finite_array

Floats = NDArray[np.float64]

MAX_RANK = 3
#: The most questions to the party whose strategies are listed, in rank three.
MAX_QUESTIONS = 200
#: The most strategies times questions of the other party, in rank three.
MAX_PRODUCTS = 1_000_000_000

EPS = float(np.finfo(float).eps)
#: Determinants of three unit vectors are known to within this.
DETERMINANT_ERROR = 16 * EPS
#: Generators closer than this in direction change their sign together.
PARALLEL = 1e-12


class LowRankMaximum(NamedTuple):
    """Both ends of the largest sum W a b, and the answers +-1 that reach ``lower``."""

    lower: float
    upper: float
    answers_a: Floats
    answers_b: Floats


def low_rank_maximum(left: ArrayLike, right: ArrayLike, residual: float = 0.0) -> LowRankMaximum:
    """The largest sum of W[x, y] a[x] b[y] over answers a, b in {-1, +1}, for W = left @ right.T.

    Rank two takes O((n + m) log(n + m)) steps, rank three O(n^2 m).

    Parameters
    ----------
    left, right : arrays (questions to A, r) and (questions to B, r), r from 1 to 3
    residual : how much W may differ from left @ right.T, summed over all entries; at least 0

    Returns
    -------
    LowRankMaximum
        ``upper`` holds for the real numbers that the floats stand for: it has a margin for rounding.

    Raises
    ------
    GameError
        If the shapes do not fit, the rank is above 3, or a game of rank 3 is too large.

    Examples
    --------
    >>> best = low_rank_maximum([[1, 1], [1, -1]], np.eye(2))
    >>> round(best.lower, 12), round(best.upper, 12)
    (2.0, 2.0)
    """
    left, right = (finite_array(f, name, (2,)) for f, name in ((left, "left"), (right, "right")))
    _refuse_misfit(left, right, residual)
    if left.shape[1] == 2:
        a, b, found = _planar(left, right)
    else:
        swapped = len(right) < len(left)
        a, b, found = _listed(*((right, left) if swapped else (left, right)))
        a, b = (b, a) if swapped else (a, b)
    value, error = _value(left, right, a, b)
    lower = value - error - residual
    return LowRankMaximum(lower, max(value + error, found) * (1 + EPS) + residual * (1 + EPS), a, b)


def _refuse_misfit(left: Floats, right: Floats, residual: float) -> None:
    if left.shape[1] != right.shape[1] or left.shape[1] > MAX_RANK:
        raise GameError(
            f"factors have {left.shape[1]} and {right.shape[1]} columns, allowed: as many, at most {MAX_RANK}"
        )
    if not 0 <= residual < np.inf:
        raise GameError(f"residual given {residual}, allowed: a number from 0 up")


def _value(left: Floats, right: Floats, a: Floats, b: Floats) -> tuple[float, float]:
    """The value of a pair of strategies and a bound on its rounding error."""
    terms = [math.fsum(a * s) * math.fsum(b * t) for s, t in zip(left.T, right.T, strict=True)]
    return math.fsum(terms), 4 * EPS * math.fsum(map(abs, terms))


def _planar(left: Floats, right: Floats) -> tuple[Floats, Floats, float]:
    """Rank two: each vertex of A's zonogon with the best vertex of B's."""
    zonogon_a, zonogon_b = Zonogon(left), Zonogon(right)
    i, j, value = zonogon_maximum(zonogon_a, zonogon_b)
    sign = 1.0 if value >= 0 else -1.0
    margin = (zonogon_a.error + zonogon_b.error) * zonogon_a.length * zonogon_b.length
    return zonogon_a.answers(i), sign * zonogon_b.answers(j), abs(value) + margin


def _listed(left: Floats, right: Floats) -> tuple[Floats, Floats, float]:
    """Other ranks: A's strategies at the vertices of its zonotope, each with B's best response."""
    n, m = len(left), len(right)
    if left.shape[1] == MAX_RANK and (n > MAX_QUESTIONS or 2 * n * n * m > MAX_PRODUCTS):
        raise GameError(
            f"a game of rank {MAX_RANK} with {n} and {m} questions, allowed: at most {MAX_QUESTIONS} for one party "
            f"and 2 n^2 m at most {MAX_PRODUCTS}"
        )
    rows, slack = vertex_answers(left, left.shape[1])
    best, best_row = -np.inf, rows[0]
    for chunk in np.array_split(rows, 1 + len(rows) * m // 1_000_000):
        values = np.abs((chunk @ left) @ right.T).sum(axis=1)
        if values.max(initial=-np.inf) > best:
            best, best_row = float(values.max()), chunk[values.argmax()]
    a = best_row.astype(float)
    b = np.where(right @ (left.T @ a) >= 0, 1.0, -1.0)
    length_a, length_b = (float(np.linalg.norm(f, axis=1).sum()) for f in (left, right))
    rounding = (n + m + 16) * EPS * math.sqrt(left.shape[1]) * length_a * length_b
    return a, b, best + slack * length_b + rounding


def vertex_answers(generators: Floats, rank: int) -> tuple[NDArray[np.int8], float]:
    """Answers a, up to a common sign, among which every direction u has one with a @ generators @ u largest.

    Returns
    -------
    rows : array (strategies, questions) of +-1
    slack : by how much, times |u|, the best row may miss the largest value

    Examples
    --------
    >>> vertex_answers(np.array([[2.0], [-1.0]]), 1)[0].tolist()
    [[1, -1]]
    """
    flat, slack = _flattened(generators, rank)
    if flat.shape[1] == 0:
        return np.ones((1, len(generators)), dtype=np.int8), slack
    if flat.shape[1] == 1:
        return np.where(flat.T >= 0, 1, -1).astype(np.int8), slack
    if flat.shape[1] == 2:
        zonogon = Zonogon(flat)
        rows = np.array([zonogon.answers(k) for k in range(len(flat))], dtype=np.int8)
        return rows, slack + zonogon.error * zonogon.length
    rows, more = _spatial_answers(flat)
    return rows, slack + more


def _flattened(generators: Floats, rank: int) -> tuple[Floats, float]:
    """Coordinates in the best subspace of at most ``rank`` dimensions, and what leaving it may cost."""
    _, sizes, axes = np.linalg.svd(generators, full_matrices=False)
    axes = axes[: min(rank, int(np.sum(sizes > 1e-14 * sizes[0])))]
    flat = generators @ axes.T
    lost = np.linalg.norm(generators - flat @ axes, axis=1) + 8 * EPS * np.linalg.norm(generators, axis=1)
    return flat, float(2 * lost.sum())


def _spatial_answers(generators: Floats) -> tuple[NDArray[np.int8], float]:
    """Rank three: every vertex cone has an edge along some cross product of two generators.

    There the signs of all generators off the plane through the two are known; those in the plane
    (the two, and any more by degeneracy) are the same problem in rank two.
    """
    directions, sizes, group, sign, slack = _merged(generators)
    first, second = np.triu_indices(len(directions), 1)
    edges = np.cross(directions[first], directions[second])
    determinants = edges @ directions.T
    flat = np.abs(determinants) <= DETERMINANT_ERROR
    signs = np.where(determinants > 0, 1, -1).astype(np.int8)
    simple = flat.sum(axis=1) == 2
    blocks = [np.ones((1, len(directions)), dtype=np.int8)]
    for pair in product((1, -1), repeat=2):
        block = signs[simple]
        at = np.arange(len(block))
        block[at, first[simple]], block[at, second[simple]] = pair
        blocks.append(block)
    cones = np.where(flat, 0, signs)[~simple]
    cones *= cones[np.arange(len(cones)), np.argmax(cones != 0, axis=1)][:, None]
    planes = {cone.tobytes(): k for cone, k in zip(cones, np.flatnonzero(~simple), strict=True)}
    worst = 0.0
    for k in planes.values():
        inside, more = vertex_answers(sizes[flat[k], None] * directions[flat[k]], 2)
        worst = max(worst, more)
        block = np.repeat(signs[k][None], 2 * len(inside), axis=0)
        block[:, flat[k]] = np.concatenate([inside, -inside])
        blocks.append(block)
    return np.concatenate(blocks)[:, group] * sign, slack + worst


def _merged(
    generators: Floats,
) -> tuple[Floats, Floats, NDArray[np.intp], NDArray[np.int8], float]:
    """Directions that are not parallel, the total size on each, and for each generator its direction and sign."""
    sizes = np.linalg.norm(generators, axis=1)
    units = np.divide(generators, sizes[:, None], out=np.zeros_like(generators), where=sizes[:, None] > 0)
    units[sizes == 0] = units[int(np.argmax(sizes))]
    group = np.full(len(units), -1, dtype=np.intp)
    sign = np.ones(len(units), dtype=np.int8)
    leaders: list[int] = []
    slack = 0.0
    for x, unit in enumerate(units):
        if group[x] >= 0:
            continue
        gap_same, gap_opposite = (np.linalg.norm(units - s * unit, axis=1) for s in (1, -1))
        gap = np.minimum(gap_same, gap_opposite)
        near = (gap <= PARALLEL) & (group < 0)
        group[near] = len(leaders)
        sign[near] = np.where(gap_same <= gap_opposite, 1, -1)[near]
        slack += 2 * float(sizes[near] @ (gap[near] + 4 * EPS))
        leaders.append(x)
    totals = np.zeros(len(leaders))
    np.add.at(totals, group, sizes)
    return units[leaders], totals, group, sign, slack
