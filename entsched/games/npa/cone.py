"""The relaxation as a linear matrix inequality: variables, blocks, and the linear forms on them.

Maximise f . m over moments m with m_0 = 1 and Gamma(m) positive semidefinite. With symmetries the
variables are coordinates of the blocks that invariant moments can have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import qr

from entsched.games.npa.blocks import Block
from entsched.games.npa.moments import MomentTable

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Singular values squared below this fraction of the largest count as zero.
RANK_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class Inequality:
    """Variables u, in which blocks and moments are linear.

    Attributes
    ----------
    blocks : how the moment matrix splits
    entries : sparse matrix (entries of all blocks' upper triangles, variables)
    functionals : array or sparse matrix (moments, variables): f . m = (f @ functionals) u
    """

    blocks: list[Block]
    entries: sp.csc_matrix
    functionals: Floats | sp.csc_matrix

    @property
    def sizes(self) -> list[int]:
        """The number of rows of each block."""
        return [block.size for block in self.blocks]

    @cached_property
    def triangles(self) -> list[tuple[Integers, Integers]]:
        """Rows and columns of the upper triangle of each block."""
        return [upper_triangle(size) for size in self.sizes]

    @property
    def unit(self) -> Floats:
        """The moment <1> as a form in the variables."""
        first = np.zeros(self.functionals.shape[0])
        first[0] = 1
        return self.form(first)

    def form(self, functional: Floats) -> Floats:
        """functional . m as a form in the variables."""
        return np.asarray(functional @ self.functionals).ravel()

    def matrices(self, triangles: Floats) -> list[Floats]:
        """Symmetric matrices from all their upper triangles."""
        ends = np.cumsum([len(rows) for rows, _ in self.triangles])
        parts = zip(np.split(triangles, ends[:-1]), self.sizes, self.triangles, strict=True)
        return [_symmetric(part, size, *triangle) for part, size, triangle in parts]

    def dual(self, parts: list[Floats]) -> Floats:
        """The matrix Z with <Z, Gamma> = sum over blocks of <Z_i, block_i> for every invariant Gamma."""
        return _assembled([b.copies / np.sqrt(len(b.copies)) for b in self.blocks], parts)

    def moment_matrix(self, parts: list[Floats]) -> Floats:
        """The invariant matrix Gamma with these blocks."""
        return _assembled([block.inverse for block in self.blocks], parts)


def upper_triangle(size: int) -> tuple[Integers, Integers]:
    """Rows and columns of the upper triangle, column by column.

    Examples
    --------
    >>> upper_triangle(2)
    (array([0, 0, 1]), array([0, 1, 1]))
    """
    columns, rows = np.tril_indices(size)
    return rows, columns


def _symmetric(triangle: Floats, size: int, rows: Integers, columns: Integers) -> Floats:
    matrix = np.empty((size, size))
    matrix[rows, columns] = triangle
    matrix[columns, rows] = triangle
    return matrix


def _assembled(columns: list[Floats], parts: list[Floats]) -> Floats:
    copies = zip(columns, parts, strict=True)
    total = sum(q @ part @ q.T for copy, part in copies for q in copy)
    return np.asarray((total + total.T) / 2)


def plain_inequality(table: MomentTable) -> Inequality:
    """One block; the moments themselves are the variables."""
    rows, columns = upper_triangle(len(table.words))
    moments = table.index[rows, columns]
    held = np.flatnonzero(moments >= 0)
    entries = sp.csc_matrix((np.ones(len(held)), (held, moments[held])), shape=(len(rows), table.number))
    unit = np.eye(len(table.words))[None]
    return Inequality([Block(unit, unit)], entries, sp.identity(table.number, format="csc"))


def reduced_inequality(table: MomentTable, blocks: list[Block]) -> Inequality:
    """The blocks of invariant moments; the variables span what moments can put into them."""
    moments = table.index.ravel() + 1
    given = np.array(
        [
            np.bincount(moments, (b.copies[:, :, i].T @ b.copies[:, :, j]).ravel(), table.number + 1)[1:]
            / len(b.copies)
            for b in blocks
            for i, j in zip(*upper_triangle(b.size), strict=True)
        ]
    )
    values, vectors = np.linalg.eigh(given @ given.T)
    kept = values > RANK_TOLERANCE * values[-1]
    values, vectors = values[kept], vectors[:, kept]
    pivots = qr(vectors.T, mode="r", pivoting=True)[1][: len(values)]
    entries = vectors @ np.linalg.inv(vectors[pivots])
    entries[np.abs(entries) < 1e-12] = 0
    functionals = given.T @ (vectors / values) @ vectors.T @ entries
    return Inequality(blocks, sp.csc_matrix(entries), functionals)
