"""Three ways to write a Bell functional or a behavior: full table, correlators, Collins-Gisin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csc_array

from entsched.errors import GameError
from entsched.games.nonlocal_game import finite_array

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Form:
    """constant, marginal terms and joint terms: of a functional, or of a behavior (constant 1).

    The value of a functional F at a behavior Q written the same way is
    ``F.constant Q.constant + sum F.a Q.a + sum F.b Q.b + sum F.joint Q.joint``.

    Attributes
    ----------
    constant : the term that does not depend on the behavior
    a, b : the marginal terms; correlators: (x,) and (y,); Collins-Gisin: (a, x) and (b, y)
    joint : correlators: (x, y); Collins-Gisin: (a, b, x, y); there a and b leave out the last answer
    """

    constant: float
    a: Floats
    b: Floats
    joint: Floats

    def vector(self) -> Floats:
        """constant, a, b and joint, one after the other."""
        return np.concatenate([[self.constant], self.a.ravel(), self.b.ravel(), self.joint.ravel()])

    def dot(self, other: Form) -> float:
        """The value of a functional at a behavior, both written in this form."""
        return float(self.vector() @ other.vector())


def full_table(values: ArrayLike) -> Floats:
    """The array T[a, b, x, y] of finite numbers that was given.

    Raises
    ------
    GameError
        If it does not have four axes, is empty, or holds a number that is not finite.
    """
    return finite_array(values, "table", (4,))


def functional_to_correlators(table: ArrayLike) -> Form:
    """sum T P = constant + sum a[x] <A_x> + sum b[y] <B_y> + sum joint[x, y] <A_x B_y>.

    Equal on every no-signalling behavior.

    Parameters
    ----------
    table : coefficients T[a, b, x, y], two answers each; <A_x> = P(a=0|x) - P(a=1|x)

    Raises
    ------
    GameError
        If a party has other than two answers.

    Examples
    --------
    >>> a, b, x, y = np.indices((2, 2, 2, 2))
    >>> functional_to_correlators((a ^ b) == (x & y)).joint
    array([[ 0.5,  0.5],
           [ 0.5, -0.5]])
    """
    signed = _fourier(table) / 4
    return Form(float(signed[0, 0].sum()), signed[1, 0].sum(axis=1), signed[0, 1].sum(axis=0), signed[1, 1])


def functional_from_correlators(form: Form) -> Floats:
    """A table T[a, b, x, y] with sum T P equal to the correlator form on no-signalling behaviors.

    Marginal terms are spread evenly over the other party's questions.

    Examples
    --------
    >>> form = Form(1.0, np.array([2.0]), np.array([0.0, 3.0]), np.array([[4.0, 5.0]]))
    >>> functional_to_correlators(functional_from_correlators(form)).vector()
    array([1., 2., 0., 3., 4., 5.])
    """
    signs = np.array([1.0, -1.0])
    questions_a, questions_b = form.joint.shape
    return (
        np.multiply.outer(np.outer(signs, signs), form.joint)
        + np.multiply.outer(signs, form.a)[:, None, :, None] / questions_b
        + np.multiply.outer(signs, form.b)[None, :, None, :] / questions_a
        + form.constant / form.joint.size
    )


def behavior_to_correlators(p: ArrayLike) -> Form:
    """1, <A_x>, <B_y> and <A_x B_y> of a no-signalling behavior p[a, b, x, y], two answers each.

    Examples
    --------
    >>> behavior_to_correlators(np.full((2, 2, 1, 1), 0.25)).vector()
    array([1., 0., 0., 0.])
    """
    signed = _fourier(p)
    return Form(1.0, signed[1, 0].mean(axis=1), signed[0, 1].mean(axis=0), signed[1, 1])


def behavior_from_correlators(form: Form) -> Floats:
    """p[a, b, x, y] = (1 + (-1)^a <A_x> + (-1)^b <B_y> + (-1)^(a+b) <A_x B_y>) / 4.

    Examples
    --------
    >>> behavior_from_correlators(Form(1.0, np.array([1.0]), np.array([-1.0]), np.array([[-1.0]])))[0, 1]
    array([[1.]])
    """
    signs = np.array([1.0, -1.0])
    return (
        form.constant
        + signs[:, None, None, None] * form.a[:, None]
        + signs[None, :, None, None] * form.b
        + np.outer(signs, signs)[:, :, None, None] * form.joint
    ) / 4


def functional_to_collins_gisin(table: ArrayLike) -> Form:
    """sum T P = constant + sum a P(a|x) + sum b P(b|y) + sum joint P(a,b|x,y), last answers left out.

    Equal on every no-signalling behavior. Collins and Gisin, J. Phys. A 37, 1775 (2004),
    quant-ph/0306129.

    Examples
    --------
    >>> functional_to_collins_gisin(np.eye(2)[:, :, None, None]).vector()
    array([ 1., -1., -1.,  2.])
    """
    t = full_table(table)
    return Form(
        float(t[-1, -1].sum()),
        (t[:-1, -1] - t[-1, -1]).sum(axis=-1),
        (t[-1, :-1] - t[-1, -1]).sum(axis=-2),
        t[:-1, :-1] - t[-1:, :-1] - t[:-1, -1:] + t[-1, -1],
    )


def functional_from_collins_gisin(form: Form) -> Floats:
    """A table T[a, b, x, y] with sum T P equal to the Collins-Gisin form on no-signalling behaviors.

    Examples
    --------
    >>> form = Form(1.0, np.array([[-1.0]]), np.array([[-1.0]]), np.array([[[[2.0]]]]))
    >>> functional_to_collins_gisin(functional_from_collins_gisin(form)).vector()
    array([ 1., -1., -1.,  2.])
    """
    answers_a, answers_b, questions_a, questions_b = form.joint.shape
    table = np.full((answers_a + 1, answers_b + 1, questions_a, questions_b), form.constant)
    table /= questions_a * questions_b
    table[:-1] += form.a[:, None, :, None] / questions_b
    table[:, :-1] += form.b[None, :, None, :] / questions_a
    table[:-1, :-1] += form.joint
    return table


def behavior_to_collins_gisin(p: ArrayLike) -> Form:
    """1, P(a|x), P(b|y) and P(a,b|x,y) of a no-signalling behavior, last answers left out.

    Marginals are averaged over the other party's questions, so that a table that signals by
    rounding only comes back without it.

    Examples
    --------
    >>> behavior_to_collins_gisin(np.full((2, 2, 1, 1), 0.25)).vector()
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    p = full_table(p)
    return Form(1.0, p.sum(axis=1).mean(axis=-1)[:-1], p.sum(axis=0).mean(axis=-2)[:-1], p[:-1, :-1].copy())


def behavior_from_collins_gisin(form: Form) -> Floats:
    """The table p[a, b, x, y] of a behavior in Collins-Gisin form.

    Examples
    --------
    >>> uniform = np.full((3, 2, 1, 2), 1 / 6)
    >>> bool(np.allclose(behavior_from_collins_gisin(behavior_to_collins_gisin(uniform)), uniform))
    True
    """
    answers_a, answers_b, questions_a, questions_b = form.joint.shape
    p = np.empty((answers_a + 1, answers_b + 1, questions_a, questions_b))
    p[:-1, :-1] = form.joint
    p[:-1, -1] = form.a[:, :, None] - form.joint.sum(axis=1)
    p[-1, :-1] = form.b[:, None, :] - form.joint.sum(axis=0)
    p[-1, -1] = (form.constant - form.a.sum(axis=0))[:, None] - p[-1, :-1].sum(axis=0)
    return p


def collins_gisin_form(vector: Floats, shape: tuple[int, ...]) -> Form:
    """The Collins-Gisin form whose :meth:`Form.vector` is given, for tables of shape (a, b, x, y).

    Examples
    --------
    >>> collins_gisin_form(np.array([1.0, 0.5, 0.5, 0.25]), (2, 2, 1, 1)).joint
    array([[[[0.25]]]])
    """
    at_a, at_b, joint = (shape[0] - 1, shape[2]), (shape[1] - 1, shape[3]), (shape[0] - 1, shape[1] - 1, *shape[2:])
    ends = np.cumsum([1, np.prod(at_a), np.prod(at_b)])
    constant, a, b, rest = np.split(vector, ends)
    return Form(float(constant[0]), a.reshape(at_a), b.reshape(at_b), rest.reshape(joint))


@lru_cache(maxsize=4)
def collins_gisin_positivity(shape: tuple[int, ...]) -> tuple[csc_array, Floats]:
    """Sparse rows M and limits m with M z <= m if and only if P >= 0, z the vector without its constant.

    The result is kept for the next call: not to be changed.

    Examples
    --------
    >>> rows, limits = collins_gisin_positivity((2, 2, 1, 1))
    >>> limits - rows @ np.array([0.5, 0.5, 0.25])
    array([0.25, 0.25, 0.25, 0.25])
    """
    row = np.arange(np.prod(shape)).reshape(shape)
    size = 1 + (shape[0] - 1) * shape[2] + (shape[1] - 1) * shape[3] + row[:-1, :-1].size
    form = collins_gisin_form(np.arange(-1.0, size - 1), shape)
    at_a, at_b, joint = form.a[:, None, :, None], form.b[None, :, None, :], form.joint
    entries = [
        (row[:-1, :-1], [(joint, -1.0)]),
        (row[:-1, -1:], [(at_a, -1.0), (joint, 1.0)]),
        (row[-1:, :-1], [(at_b, -1.0), (joint, 1.0)]),
        (row[-1:, -1:], [(at_a, 1.0), (at_b, 1.0), (joint, -1.0)]),
    ]
    triples = [np.broadcast_arrays(rows, columns, sign) for rows, terms in entries for columns, sign in terms]
    rows, columns, signs = (np.concatenate([triple[i].ravel() for triple in triples]) for i in range(3))
    limits = np.zeros(shape)
    limits[-1, -1] = 1.0
    matrix = coo_array((signs, (rows, columns.astype(np.int32))), shape=(row.size, size - 1))
    return matrix.tocsc(), limits.ravel()


def no_signalling_part(table: ArrayLike) -> Floats:
    """The orthogonal projection of a table onto the span of the no-signalling behaviors.

    Two functionals agree on all no-signalling behaviors if and only if their projections are
    equal: each (x, y) block is split into mean, A part, B part and joint part, and the mean is
    averaged over x and y, the A part over y, the B part over x.

    Examples
    --------
    >>> signalling = np.zeros((2, 2, 1, 2))
    >>> signalling[0, :, 0, :] = [1.0, -1.0]  # P(a=0|x, y=0) - P(a=0|x, y=1)
    >>> bool(np.any(no_signalling_part(signalling)))
    False
    """
    t = full_table(table)
    mean = t.mean(axis=(0, 1), keepdims=True)
    part_a = t.mean(axis=1, keepdims=True) - mean
    part_b = t.mean(axis=0, keepdims=True) - mean
    joint = t - mean - part_a - part_b
    averages = mean.mean(axis=(2, 3), keepdims=True) + part_a.mean(axis=3, keepdims=True)
    return joint + averages + part_b.mean(axis=2, keepdims=True)


def _fourier(table: ArrayLike) -> Floats:
    """sum over a, b of (-1)^(i a + j b) T[a, b, x, y], at [i, j, x, y]."""
    t = full_table(table)
    if t.shape[:2] != (2, 2):
        raise GameError(f"correlators of a table with {t.shape[:2]} answers, allowed: (2, 2)")
    signs = np.array([[1.0, 1.0], [1.0, -1.0]])
    return np.einsum("ia,jb,abxy->ijxy", signs, signs, t)
