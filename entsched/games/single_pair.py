"""The best value with one Bell pair, perfect or mixed with white noise, and shared randomness."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from entsched.errors import GameError
from entsched.games.nonlocal_game import NonlocalGame, XorGame, as_xor
from entsched.games.seesaw import ROUNDING, Progress, seesaw_maximise
from entsched.games.seesaw_steps import Floats, born_table
from entsched.games.value import Dual, GameValue, Part, Realisation, Vectors
from entsched.games.xor.value import xor_quantum_value

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
#: <sigma_i tensor sigma_i> on (|00> + |11>) / sqrt 2
SIGNS = np.array([1.0, -1.0, 1.0])
#: Steps of the vectors between halvings of their number, and at most.
STEPS, MAX_STEPS = 25, 4_000
#: Vectors have settled when they gain less than this fraction of the scale between halvings.
SETTLED = 1e-13


def werner_state(visibility: float) -> NDArray[np.complex128]:
    """visibility |Phi+><Phi+| + (1 - visibility) / 4 as a plain array (4, 4).

    Raises
    ------
    GameError
        If the visibility is outside [0, 1].

    Examples
    --------
    >>> werner_state(0.5).real[0].tolist()
    [0.375, 0.0, 0.0, 0.25]
    """
    if not 0 <= visibility <= 1:
        raise GameError(f"visibility given {visibility}, allowed: 0 to 1")
    phi = np.zeros((4, 4), dtype=complex)
    phi[np.ix_([0, 3], [0, 3])] = 0.5
    phi *= visibility
    phi += (1 - visibility) * np.eye(4) / 4
    return phi


def single_pair_value(
    game: NonlocalGame | XorGame,
    visibility: float = 1.0,
    *,
    starts: int = 24,
    seed: int = 0,
    quantum_upper: float = np.inf,
    local_upper: float = np.inf,
    progress: Progress | None = None,
    time_limit_s: float | None = None,
) -> GameValue:
    """The largest value found with P = v Tr[Phi+ (A tensor B)] + (1 - v) Tr[A] Tr[B] / 4, qubits measured.

    For an XOR game E = v <u_x, w_y> with unit vectors in three dimensions, and the upper end is
    the quantum value Q. Since white noise is local, v Q + (1 - v) L holds too for any bound L on
    local strategies.

    Parameters
    ----------
    visibility : v, 0 to 1
    starts : random measurements to begin from
    quantum_upper, local_upper : known bounds on the quantum and the local value, if any
    progress, time_limit_s : as :func:`entsched.games.seesaw.seesaw_value`

    Raises
    ------
    GameError
        If the game has side constraints, the visibility is outside [0, 1], or starts is below 1.

    Examples
    --------
    >>> chsh = XorGame([[0.25, 0.25], [0.25, -0.25]])
    >>> round(single_pair_value(chsh).lower, 6)
    0.707107
    >>> round(single_pair_value(chsh, visibility=0.5).lower, 6)
    0.5
    """
    began = time.monotonic()
    state = werner_state(visibility)
    if game.constraints:
        raise GameError(f"single pair given {len(game.constraints)} side constraints, allowed: none")
    xor = game if isinstance(game, XorGame) else as_xor(game)
    table = game.as_nonlocal() if isinstance(game, XorGame) else game
    if starts < 1:
        raise GameError(f"starts given {starts}, allowed: at least 1")
    dual: Dual | None = None
    candidates: list[Realisation] = []
    if xor is not None:
        quantum_upper, dual, vectors = _tsirelson(xor, quantum_upper, time_limit_s)
        candidates.append(_from_vectors(_spatial_vectors(xor.weights, starts, seed, vectors), state))
    interrupted = False
    if xor is None or visibility < 1:
        left = None if time_limit_s is None else max(0.0, time_limit_s - (time.monotonic() - began))
        found = seesaw_maximise(
            table.weights, 2, state=state, starts=starts, seed=seed, progress=progress, time_limit_s=left
        )
        candidates.append(found.realisation)
        interrupted = found.interrupted
    best = max(candidates, key=lambda realisation: table.evaluate(born_table(realisation)))
    upper = quantum_upper
    if visibility < 1 and np.isfinite(quantum_upper) and local_upper < quantum_upper:
        upper = visibility * quantum_upper + (1 - visibility) * local_upper + ROUNDING * game.scale
    behavior, lower = _evaluated(game, born_table(best))
    return GameValue(
        correlations="single-pair",
        lower=lower,
        upper=max(upper, lower),
        scale=game.scale,
        behavior=behavior,
        strategy=(Part(1.0, best),),
        dual=dual,
        interrupted=interrupted,
        wall_time_s=time.monotonic() - began,
    )


def _tsirelson(game: XorGame, known: float, time_limit_s: float | None) -> tuple[float, Dual | None, Vectors | None]:
    """A bound on the quantum value, what proves it, and vectors in any dimension to begin from."""
    quantum = xor_quantum_value(game, time_limit_s=time_limit_s)
    vectors = quantum.strategy[0].strategy
    best = vectors if isinstance(vectors, Vectors) else None
    return (known, None, best) if known < quantum.upper else (quantum.upper, quantum.dual, best)


def _spatial_vectors(weights: Floats, starts: int, seed: int, guess: Vectors | None) -> Vectors:
    """Maximise sum W <u, v> over unit vectors in three dimensions, each side in turn, from many starts."""
    rng = np.random.default_rng(seed)
    scale = float(np.abs(weights).sum()) or 1.0
    v = _unit(rng.normal(size=(starts, weights.shape[1], 3)))
    if guess is not None:
        _, axes = np.linalg.eigh(guess.v.T @ guess.v + guess.u.T @ guess.u)
        flat = guess.v @ axes[:, ::-1][:, :3]
        v[0] = _unit(np.pad(flat, ((0, 0), (0, 3 - flat.shape[1])))[None] + 1e-9 * v[:1])
    before = np.full(starts, -np.inf)
    for step in range(1, MAX_STEPS + 1):
        u = _unit(weights @ v)
        images = weights.T @ u
        v = _unit(images)
        if step % STEPS:
            continue
        values = np.linalg.norm(images, axis=2).sum(axis=1)
        if values.max() - before[values.argmax()] < SETTLED * scale:
            break
        kept = np.argsort(-values, kind="stable")[: max(2, (len(values) + 1) // 2)]
        v, before = v[kept], values[kept]
    best = int(np.argmax(np.linalg.norm(images, axis=2).sum(axis=1)))
    return Vectors(u[best], v[best])


def _unit(rows: Floats) -> Floats:
    """Rows of length 1; a row that vanishes becomes the first axis."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    first = np.eye(rows.shape[-1])[0]
    return np.where(length > 1e-150, rows / np.maximum(length, 1e-150), first)


def _from_vectors(vectors: Vectors, state: NDArray[np.complex128]) -> Realisation:
    """Spin measurements whose correlator on the Bell pair is <u_x, v_y>."""
    return Realisation(state, _spins(vectors.u), _spins(vectors.v * SIGNS))


def _spins(directions: Floats) -> NDArray[np.complex128]:
    """(1 + n sigma) / 2 and (1 - n sigma) / 2 for every direction n."""
    half = np.einsum("xi,ijk->xjk", directions, PAULI / 2)
    effects: NDArray[np.complex128] = np.stack([np.eye(2) / 2 + half, np.eye(2) / 2 - half], axis=1)
    return effects


def _evaluated(game: NonlocalGame | XorGame, table: Floats) -> tuple[Floats, float]:
    """The behavior in the game's own form, and its value less a margin for rounding."""
    if isinstance(game, NonlocalGame):
        return table, game.evaluate(table) - 2 * ROUNDING * game.scale
    correlator = table[0, 0] + table[1, 1] - table[0, 1] - table[1, 0]
    return correlator, game.evaluate(correlator) - 2 * ROUNDING * (game.scale + abs(game.offset))
