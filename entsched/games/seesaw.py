"""Lower bounds on the quantum value in a given local dimension, by alternating between the parties.

With the state and B's measurements fixed, the value is linear in A's, and the other way around; with
both fixed, the best state is the top eigenvector of the Bell operator.
R. F. Werner and M. M. Wolf, "Bell inequalities and entanglement", Quantum Inf. Comput. 1(3), 1 (2001),
arXiv:quant-ph/0107093. Many random starts run at once, and the worse half is dropped on the way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entsched.errors import GameError
from entsched.games.nonlocal_game import NonlocalGame, finite_array
from entsched.games.seesaw_search import Search
from entsched.games.seesaw_steps import Floats, born_table
from entsched.games.value import GameValue, Part, Realisation

#: Local dimensions above this make the Bell operator larger than 256 x 256.
MAX_DIMENSION = 16
#: Numbers in the effects of one party of one strategy.
MAX_EFFECTS = 1_000_000
#: What rounding may take from the value, per dimension and unit of the scale.
ROUNDING = 1e-13
#: Strategies that run at once.
BATCH = 8
#: Called now and then with the share of the work that is done.
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Found:
    """The best strategy that was found.

    Attributes
    ----------
    value : what it is worth, less a margin for rounding
    behavior : its P[a, b, x, y]
    interrupted : whether the time limit ended the search
    """

    value: float
    realisation: Realisation
    behavior: Floats
    interrupted: bool


def seesaw_value(
    game: NonlocalGame,
    dimension: int = 2,
    *,
    starts: int = 24,
    seed: int = 0,
    target: float | None = None,
    real: bool = False,
    progress: Progress | None = None,
    time_limit_s: float | None = None,
) -> GameValue:
    """The largest sum weights P found over P(a, b | x, y) = Tr[rho (A_ax tensor B_by)] in C^d tensor C^d.

    Parameters
    ----------
    dimension : d, 1 to 16
    starts : random strategies to begin from
    target : a known upper bound; the search ends where it is reached to 1e-9 of the scale
    real : search real Hilbert space only, which is faster
    progress : called with the share of the starts that are done
    time_limit_s : wall time after which the best strategy so far is returned

    Raises
    ------
    GameError
        If the game has side constraints, or a size is not allowed.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> found = seesaw_value(NonlocalGame((a ^ b) == (x & y)))
    >>> round(found.lower, 9), found.upper
    (0.853553391, inf)
    """
    _refuse_constraints(game)
    began = time.monotonic()
    found = seesaw_maximise(
        game.weights,
        dimension,
        starts=starts,
        seed=seed,
        target=target,
        real=real,
        progress=progress,
        time_limit_s=time_limit_s,
    )
    return _as_value("quantum", game, found, began)


def fixed_state_value(
    game: NonlocalGame,
    state: ArrayLike,
    *,
    starts: int = 24,
    seed: int = 0,
    target: float | None = None,
    real: bool = False,
    progress: Progress | None = None,
    time_limit_s: float | None = None,
) -> GameValue:
    """The largest value found with projective measurements on a given state, never below a local strategy.

    Parameters
    ----------
    state : density matrix on C^d tensor C^d, array (d d, d d); the other parameters as :func:`seesaw_value`

    Raises
    ------
    GameError
        As :func:`seesaw_value`, and if the state is not a density matrix.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> phi = np.outer([1, 0, 0, 1], [1, 0, 0, 1]) / 2
    >>> noisy = 0.9 * phi + 0.1 * np.eye(4) / 4
    >>> round(fixed_state_value(NonlocalGame((a ^ b) == (x & y)), noisy).lower, 6)
    0.818198
    """
    _refuse_constraints(game)
    began = time.monotonic()
    rho = density_matrix(state)
    found = seesaw_maximise(
        game.weights,
        round(len(rho) ** 0.5),
        state=rho,
        starts=starts,
        seed=seed,
        target=target,
        real=real,
        progress=progress,
        time_limit_s=time_limit_s,
    )
    return _as_value("given state", game, found, began)


def seesaw_maximise(
    weights: ArrayLike,
    dimension: int,
    *,
    state: NDArray[np.complex128] | None = None,
    initial: Realisation | None = None,
    starts: int = 24,
    seed: int = 0,
    target: float | None = None,
    real: bool = False,
    progress: Progress | None = None,
    time_limit_s: float | None = None,
) -> Found:
    """The best strategy found for any weights[a, b, x, y]: the oracle behind :func:`seesaw_value`.

    Parameters
    ----------
    weights : array (a, b, x, y)
    state : a density matrix to keep, array (d d, d d), or None to optimise the state as well
    initial : a strategy in the same dimension to begin from, beside the random ones

    Raises
    ------
    GameError
        If the weights are malformed, or a size is not allowed.

    Examples
    --------
    >>> weights = np.zeros((2, 2, 1, 1)); weights[1, 0] = 3.0
    >>> round(seesaw_maximise(weights, 2).value, 9)
    3.0
    """
    table = finite_array(weights, "weights", (4,))
    _refuse_size(table.shape, dimension, starts)
    search = Search(table, dimension, state, real, np.random.default_rng(seed), time_limit_s)
    if initial is not None:
        search.run(search.warm(initial), target)
    done = 0
    while done < starts and not search.out_of_time and not search.reached(target):
        size = min(BATCH, starts - done)
        search.run(search.begin(size, shake=(done // BATCH) % 3 == 2), target)
        done += size
        if progress is not None:
            progress(done / starts)
    realisation = search.result()
    behavior = born_table(realisation)
    value = float(np.sum(table * behavior)) - ROUNDING * dimension * search.scale
    return Found(value, realisation, behavior, search.out_of_time)


def density_matrix(state: ArrayLike) -> NDArray[np.complex128]:
    """A checked density matrix on two systems of equal dimension.

    Raises
    ------
    GameError
        If it is not square of size d^2, Hermitian, positive and of trace 1 to 1e-9.

    Examples
    --------
    >>> density_matrix(np.eye(4) / 4).shape
    (4, 4)
    """
    try:
        rho = np.array(state, dtype=complex)
    except (TypeError, ValueError):
        raise GameError("state must be a density matrix of numbers") from None
    if rho.ndim != 2 or rho.shape[0] != rho.shape[1] or round(len(rho) ** 0.5) ** 2 != len(rho) or not rho.size:
        raise GameError(f"state has shape {rho.shape}, allowed: (d d, d d), on two systems of dimension d")
    if not np.all(np.isfinite(rho)) or np.abs(rho - rho.conj().T).max() > 1e-9:
        raise GameError("state is not a finite Hermitian matrix")
    lowest, trace = float(np.linalg.eigvalsh(rho)[0]), float(np.trace(rho).real)
    if lowest < -1e-9 or abs(trace - 1) > 1e-9:
        raise GameError(f"state has trace {trace:.9g} and lowest eigenvalue {lowest:.3g}, allowed: 1 and at least 0")
    return rho


def _as_value(correlations: str, game: NonlocalGame, found: Found, began: float) -> GameValue:
    return GameValue(
        correlations=correlations,
        lower=found.value,
        upper=np.inf,
        scale=game.scale,
        behavior=found.behavior,
        strategy=(Part(1.0, found.realisation),),
        interrupted=found.interrupted,
        wall_time_s=time.monotonic() - began,
    )


def _refuse_constraints(game: NonlocalGame) -> None:
    if game.constraints:
        raise GameError(f"see-saw given {len(game.constraints)} side constraints, allowed: none")


def _refuse_size(shape: tuple[int, ...], dimension: int, starts: int) -> None:
    if not 1 <= dimension <= MAX_DIMENSION:
        raise GameError(f"dimension given {dimension}, allowed: 1 to {MAX_DIMENSION}")
    if starts < 1:
        raise GameError(f"starts given {starts}, allowed: at least 1")
    entries = max(shape[0] * shape[2], shape[1] * shape[3]) * dimension**2
    if entries > MAX_EFFECTS:
        raise GameError(f"one party's effects have {entries} entries, allowed: at most {MAX_EFFECTS}")
