"""Linear functionals of a behavior, and what a dual matrix proves of their combinations, all rounding included."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from entsched.games.nonlocal_game import NonlocalGame
from entsched.games.npa.moments import MomentTable, level_table
from entsched.games.npa.repair import proved_bound, repaired
from entsched.games.npa.words import Level
from entsched.games.value import MomentDual

Floats = NDArray[np.float64]

_UNIT = np.finfo(float).eps / 2


@dataclass(frozen=True, eq=False)
class Family:
    """Functionals sum F_k[a, b, x, y] P(a, b | x, y), combined to objectives and kept in ranges.

    Attributes
    ----------
    functionals : array (k, a, b, x, y)
    table : the moments of a level of the hierarchy
    """

    functionals: Floats
    table: MomentTable

    @classmethod
    def of(cls, game: NonlocalGame, level: Level) -> Family:
        """The objective of a game, and then its constraints."""
        functionals = np.array([game.weights, *(c.coefficients for c in game.constraints)])
        return cls(functionals, level_table(game, level))

    @cached_property
    def forms(self) -> Floats:
        """Their coefficients on the moments, array (k, moments)."""
        return np.array([self.table.functional(each) for each in self.functionals])

    @cached_property
    def sizes(self) -> Floats:
        """The sum of the sizes of the coefficients of each, array (k,)."""
        return np.abs(self.functionals).sum(axis=(1, 2, 3, 4))

    def proof(
        self, objective: Floats, low: Floats, high: Floats, multipliers: Floats, matrix: Floats
    ) -> tuple[float, MomentDual]:
        """What multipliers and a dual matrix that is repaired first prove; as :meth:`bound`.

        Returns
        -------
        tuple
            The bound, rounded up, and the multipliers and the matrix that prove it.
        """
        multipliers = _allowed(multipliers, low, high)
        matrix = repaired(self.table, (objective - multipliers) @ self.forms, matrix)
        bound = self.bound(objective, low, high, multipliers, matrix)
        return bound, MomentDual(multipliers, self.table.words, matrix)

    def bound(self, objective: Floats, low: Floats, high: Floats, multipliers: Floats, matrix: Floats) -> float:
        """What multipliers and a dual matrix prove of an objective over behaviors whose functionals are in ranges.

        Parameters
        ----------
        objective : array (k,), how much of each functional
        low, high : arrays (k,), the ranges, which may be infinite
        multipliers : array (k,), positive for upper ends; those that would price an infinite end count as 0
        matrix : array (words, words), symmetric; one that is not positive semidefinite proves nothing: inf

        Examples
        --------
        >>> a, b, x, y = np.indices((2, 2, 2, 2))
        >>> family = Family.of(NonlocalGame((a ^ b) == (x & y)), 1)
        >>> free, nothing = np.array([np.inf]), np.zeros(1)
        >>> family.bound(np.ones(1), -free, free, nothing, np.eye(5)) > (2 + 2**0.5) / 4
        True
        """
        multipliers = _allowed(multipliers, low, high)
        constants = (multipliers * np.where(multipliers == 0, 0.0, np.where(multipliers > 0, high, low))).tolist()
        operations = self.functionals[0, 0, 0].size + 2 * len(self.functionals) + 12
        sizes = float((np.abs(objective) + np.abs(multipliers)) @ self.sizes) + sum(map(abs, constants))
        proved = proved_bound(self.table, (objective - multipliers) @ self.forms, matrix)
        return math.nextafter(math.fsum([proved, *constants, 8 * operations * _UNIT * sizes]), math.inf)


def _allowed(multipliers: Floats, low: Floats, high: Floats) -> Floats:
    """The multipliers, zero where they would price an infinite end of a range."""
    return np.where(np.isfinite(np.where(multipliers > 0, high, low)), multipliers, 0.0)
