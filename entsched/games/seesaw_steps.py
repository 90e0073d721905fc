"""The steps of the see-saw on many strategies at once, and Born's rule for plain arrays.

A projective measurement is kept as an orthonormal basis and the answer that each basis vector stands
for. Arrays lead with the axis of strategies s, then the question x, then the answer a.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from entsched.games.value import Realisation

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
#: float64 for strategies in real space, else complex128
Amplitudes = NDArray[Any]


class Measurements(NamedTuple):
    """Projective measurements of one party, one for each strategy s and question x.

    Attributes
    ----------
    basis : array (s, x, d, d), orthonormal columns
    labels : array (s, x, d), the answer that each column stands for
    answers : how many answers there are
    """

    basis: Amplitudes
    labels: Integers
    answers: int

    def effects(self) -> Amplitudes:
        """E[s, x, a] = the projector on the columns with label a, array (s, x, a, d, d)."""
        chosen = self.labels[:, :, None, :] == np.arange(self.answers)[:, None]
        return (self.basis[:, :, None] * chosen[:, :, :, None, :]) @ _dagger(self.basis)[:, :, None]

    def take(self, rows: Any) -> Measurements:
        """The measurements of some of the strategies."""
        return Measurements(self.basis[rows], self.labels[rows], self.answers)


def random_measurements(rng: np.random.Generator, shape: tuple[int, int, int, int], real: bool) -> Measurements:
    """Random bases; every answer gets as many columns as any other, up to one.

    Parameters
    ----------
    shape : strategies, questions, answers, dimension

    Examples
    --------
    >>> m = random_measurements(np.random.default_rng(0), (1, 1, 2, 4), real=True)
    >>> sorted(m.labels[0, 0].tolist())
    [0, 0, 1, 1]
    """
    strategies, questions, answers, d = shape
    basis, _ = np.linalg.qr(_gaussian(rng, (strategies, questions, d, d), real))
    order = rng.permuted(np.broadcast_to(np.arange(answers), (strategies, questions, answers)), axis=2)
    return Measurements(basis, order[:, :, np.arange(d) % answers], answers)


def shaken(measurements: Measurements, rng: np.random.Generator, strength: Floats) -> Measurements:
    """The bases turned at random, each strategy by its own strength, and the labels as they were."""
    basis = measurements.basis
    noise = _gaussian(rng, basis.shape, not np.iscomplexobj(basis))
    return measurements._replace(basis=_nearest_unitary(basis + strength[:, None, None, None] * noise))


def polar_step(measurements: Measurements, scores: Amplitudes) -> Measurements:
    """Turn the bases towards the scores: U <- the unitary factor of [M_a(i) u_i]_i.

    sum_a Tr(P_a M_a) is convex in U for positive M_a, so this never lowers it.

    Parameters
    ----------
    scores : array (s, x, a, d, d) of positive matrices M; the value is sum_xa Tr(P_xa M_xa)

    References
    ----------
    M. Journee, Y. Nesterov, P. Richtarik, R. Sepulchre, "Generalized power method for sparse
    principal component analysis", J. Mach. Learn. Res. 11, 517 (2010).
    """
    basis, labels, _ = measurements
    images = np.take_along_axis(scores, labels[:, :, :, None, None], axis=2) @ basis.swapaxes(2, 3)[..., None]
    return measurements._replace(basis=_nearest_unitary(images[..., 0].swapaxes(2, 3)))


def relabel_step(measurements: Measurements, scores: Amplitudes) -> Measurements:
    """Give every basis vector the answer with the largest <u| M_a |u>."""
    gains = np.einsum("sxji,sxajk,sxki->sxia", measurements.basis.conj(), scores, measurements.basis, optimize=True)
    return measurements._replace(labels=np.argmax(gains.real, axis=3))


def best_of_two(scores: Amplitudes) -> Measurements:
    """The best measurement with two answers: answer 0 on the positive part of M_0 - M_1.

    References
    ----------
    C. W. Helstrom, "Quantum Detection and Estimation Theory" (1976).
    """
    values, vectors = np.linalg.eigh(scores[:, :, 0] - scores[:, :, 1])
    return Measurements(vectors, np.where(values > 0, 0, 1), 2)


class Coupling(NamedTuple):
    """What a state makes of one party's effect for the other party.

    Attributes
    ----------
    to_a : array (s or 1, db db, da da): Tr_B[rho (1 tensor F)] = F @ to_a, matrices flattened
    to_b : array (s or 1, da da, db db): the same from A's effects
    """

    to_a: Amplitudes
    to_b: Amplitudes

    @classmethod
    def of(cls, states: Amplitudes, dimensions: tuple[int, int]) -> Coupling:
        """From density matrices, array (s or 1, da db, da db)."""
        da, db = dimensions
        rho = states.reshape(-1, da, db, da, db)  # s, i, k, j, l
        to_a = rho.transpose(0, 4, 2, 1, 3).reshape(-1, db * db, da * da)
        to_b = rho.transpose(0, 3, 1, 2, 4).reshape(-1, da * da, db * db)
        return cls(to_a, to_b)


def scores(weights: Floats, effects: Amplitudes, coupling: Amplitudes) -> Amplitudes:
    """M[s, x, a] = sum_by weights[a, b, x, y] Tr_B[rho (1 tensor F_by)], array (s, x, a, da, da).

    Parameters
    ----------
    weights : array (a, b, x, y); exchange the parties to get B's scores
    effects : the other party's, array (s, y, b, db, db)
    coupling : array (s or 1, db db, da da)
    """
    s, d = len(effects), round(coupling.shape[2] ** 0.5)
    a, b, x, y = weights.shape
    table = weights.transpose(2, 0, 3, 1).reshape(x * a, y * b)
    return (table @ (effects.reshape(s, y * b, -1) @ coupling)).reshape(s, x, a, d, d)


def best_states(weights: Floats, effects_a: Amplitudes, effects_b: Amplitudes) -> tuple[Floats, Amplitudes]:
    """The largest eigenvalue of sum weights A tensor B and its eigenvectors, array (s, da db)."""
    s, d, e = len(effects_a), effects_a.shape[-1], effects_b.shape[-1]
    a, b, x, y = weights.shape
    table = weights.transpose(2, 0, 3, 1).reshape(x * a, y * b)
    flat_a = effects_a.reshape(s, x * a, d * d).swapaxes(1, 2)
    operator = flat_a @ (table @ effects_b.reshape(s, y * b, e * e))
    operator = operator.reshape(s, d, d, e, e).transpose(0, 1, 3, 2, 4).reshape(s, d * e, d * e)
    values, vectors = np.linalg.eigh(operator)
    return values[:, -1], vectors[:, :, -1]


def projectors(vectors: Amplitudes) -> Amplitudes:
    """|v><v| for every row of an array (s, n)."""
    return vectors[:, :, None] * vectors[:, None, :].conj()


def cleaned(state: Amplitudes, effects_a: Amplitudes, effects_b: Amplitudes) -> Realisation:
    """The state with trace 1 and effects E <- S^-1/2 E S^-1/2 that sum to the identity.

    Parameters
    ----------
    state : density matrix (da db, da db); effects_a, effects_b : arrays (x, a, d, d)
    """
    rho = (state + _dagger(state)) / 2
    return Realisation((rho / np.trace(rho).real).astype(complex), _complete(effects_a), _complete(effects_b))


def born_table(realisation: Realisation) -> Floats:
    """P(a, b | x, y) = Tr[rho (A_ax tensor B_by)] for all questions, array (a, b, x, y).

    Examples
    --------
    >>> fixed = np.ones((1, 1, 1, 1))
    >>> born_table(Realisation(np.eye(1), fixed, fixed)).tolist()
    [[[[1.0]]]]
    """
    effects_a, effects_b = realisation.measurements_a, realisation.measurements_b
    dimensions = effects_a.shape[-1], effects_b.shape[-1]
    coupling = Coupling.of(realisation.state[None], dimensions)
    x, a, y, b = *effects_a.shape[:2], *effects_b.shape[:2]
    seen_by_a = effects_b.reshape(y * b, -1) @ coupling.to_a[0]
    flipped = effects_a.swapaxes(2, 3).reshape(x * a, -1)
    return (flipped @ seen_by_a.T).real.reshape(x, a, y, b).transpose(1, 3, 0, 2).copy()


def _complete(effects: Amplitudes) -> NDArray[np.complex128]:
    values, vectors = np.linalg.eigh(effects.sum(axis=1))
    root = (vectors / np.sqrt(values)[:, None, :]) @ _dagger(vectors)
    complete = root[:, None] @ effects @ root[:, None]
    return ((complete + _dagger(complete)) / 2).astype(complex)


def _nearest_unitary(matrices: Amplitudes) -> Amplitudes:
    left, _, right = np.linalg.svd(matrices)
    return left @ right


def _dagger(matrices: Amplitudes) -> Amplitudes:
    return matrices.conj().swapaxes(-1, -2)


def _gaussian(rng: np.random.Generator, shape: tuple[int, ...], real: bool) -> Amplitudes:
    noise = rng.normal(size=shape)
    return noise if real else noise + 1j * rng.normal(size=shape)
