"""Small quantum codes, exactly: every Pauli error, its syndrome, the lookup decoder, and which losses they survive."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from entsched.coherence.redundancy.batches import batches
from entsched.errors import EntschedError

#: A code that does not help at this error, the smallest allowed, never does; the first error at which it does not is
#: sought in such steps.
LEAST_ERROR, STEP = 1e-6, 0.005

#: Qubits that are sampled at once.
BATCH = 4_000_000

Noise = Literal["flips", "depolarising"]


@dataclass(frozen=True)
class PauliCode:
    """A stabiliser code of at most 9 qubits as Pauli words, such as ``XZZXI``.

    Attributes
    ----------
    stabilisers : n - k words that generate the group
    logicals : 2 k words that change what is stored
    """

    stabilisers: tuple[str, ...]
    logicals: tuple[str, ...]

    @property
    def n(self) -> int:
        """Qubits that store."""
        return len(self.logicals[0])

    @property
    def k(self) -> int:
        """Qubits that are stored."""
        return len(self.logicals) // 2


#: R. Laflamme et al., Phys. Rev. Lett. 77, 198 (1996); A. Steane, Proc. R. Soc. A 452, 2551 (1996); L. Vaidman,
#: L. Goldenberg, S. Wiesner, Phys. Rev. A 54, R1745 (1996); the rotated surface code of distance 3.
CODES = {
    "bare qubit": PauliCode((), ("X", "Z")),
    "repetition 3": PauliCode(("ZZI", "IZZ"), ("XXX", "ZII")),
    "four-qubit": PauliCode(("XXXX", "ZZZZ"), ("XXII", "XIXI", "ZIZI", "ZZII")),
    "five-qubit": PauliCode(("XZZXI", "IXZZX", "XIXZZ", "ZXIXZ"), ("XXXXX", "ZZZZZ")),
    "Steane": PauliCode(("IIIXXXX", "IXXIIXX", "XIXIXIX", "IIIZZZZ", "IZZIIZZ", "ZIZIZIZ"), ("XXXXXXX", "ZZZZZZZ")),
    "surface 3": PauliCode(
        ("XXIXXIIII", "IIIIXXIXX", "IIXIIXIII", "IIIXIIXII", "IZZIZZIII", "IIIZZIZZI", "ZZIIIIIII", "IIIIIIIZZ"),
        ("XXXIIIIII", "ZIIZIIZII"),
    ),
}


class Failures(NamedTuple):
    """How many errors of each weight (0 to n) end in a wrong stored state, of ``kinds`` Paulis on each qubit."""

    counts: tuple[int, ...]
    kinds: int

    def probability(self, error: float) -> float:
        """That the stored state is wrong after one round of independent errors.

        Examples
        --------
        >>> Failures((0, 0, 3, 1), 1).probability(0.5)
        0.5
        """
        n = len(self.counts) - 1
        one = error / self.kinds
        return float(sum(count * one**w * (1 - error) ** (n - w) for w, count in enumerate(self.counts)))


def failures(name: str, noise: Noise) -> Failures:
    """Errors by weight that the decoder of smallest weight turns into another stored state.

    Parameters
    ----------
    name : one of ``CODES``
    noise : X on each qubit (``flips``), or X, Y and Z with a third of the probability each

    Raises
    ------
    EntschedError
        If there is no such code.

    Examples
    --------
    >>> failures("five-qubit", "depolarising").counts[:3]
    (0, 0, 90)
    >>> failures("repetition 3", "depolarising").counts[:2]
    (0, 6)
    """
    n = _found(name).n
    counts = np.bincount(_weights(_wrong(name, noise), n), minlength=n + 1)
    return Failures(tuple(int(count) for count in counts), 1 if noise == "flips" else 3)


def sampled_failures(name: str, error: float, words: int, generator: np.random.Generator) -> int:
    """Words whose stored state is wrong after each qubit had X, Y or Z with a third of the probability each.

    Parameters
    ----------
    name : one of ``CODES``
    error : of each qubit, 0 to 1
    words : how many are tried

    Raises
    ------
    EntschedError
        If there is no such code.

    Examples
    --------
    >>> sampled_failures("five-qubit", 0.0, 10, np.random.default_rng(1))
    0
    """
    n, failed = _found(name).n, 0
    wrong = np.zeros(1 << 2 * n, dtype=bool)
    wrong[_wrong(name, "depolarising")] = True
    place = np.arange(n)
    for count in batches(words, BATCH // n):
        kind = generator.integers(1, 4, (count, n)) * (generator.random((count, n)) < error)
        flips, phases = ((part << place).sum(axis=1) for part in (kind & 1, kind >> 1))
        failed += int(wrong[flips << n | phases].sum())
    return failed


def lost_share(name: str) -> tuple[float, ...]:
    """The share of sets of 0 to n lost qubits, known to be lost, after which the stored state is gone.

    A set can be restored when no operator that changes the stored state acts on it alone (D. Gottesman, PhD thesis,
    1997).

    Raises
    ------
    EntschedError
        If there is no such code.

    Examples
    --------
    >>> lost_share("five-qubit")
    (0.0, 0.0, 0.0, 1.0, 1.0, 1.0)
    """
    code = _found(name)
    paulis = _paulis(code.n)
    changing = (_signature(paulis, code.stabilisers) == 0) & (_signature(paulis, code.logicals) != 0)
    supports = np.unique(_support(paulis[changing], code.n))
    sets = np.arange(1 << code.n)
    gone = np.zeros(len(sets), dtype=bool)
    for support in supports:
        gone |= (sets & support) == support
    sizes = _ones(sets, code.n)
    return tuple(float(gone[sizes == size].mean()) for size in range(code.n + 1))


def distance(name: str) -> int:
    """The smallest number of qubits on which some operator changes the stored state unnoticed.

    Examples
    --------
    >>> [distance(name) for name in ("repetition 3", "four-qubit", "five-qubit", "Steane", "surface 3")]
    [1, 2, 3, 3, 3]
    """
    return next(size for size, share in enumerate(lost_share(name)) if share > 0)


def pseudo_threshold(found: Failures) -> float | None:
    """The physical error at which a code fails as often as one bare qubit.

    None if it is worse from 0 on, and also if it is nowhere worse up to an error of 0.75.

    Examples
    --------
    >>> round(pseudo_threshold(failures("repetition 3", "flips")), 6)
    0.5
    >>> pseudo_threshold(failures("repetition 3", "depolarising"))
    """

    def loss(error: float) -> float:
        return found.probability(error) - error

    if loss(LEAST_ERROR) >= -1e-3 * LEAST_ERROR:
        return None
    worse = (float(error) for error in np.linspace(STEP, 0.75, round(0.75 / STEP)) if loss(float(error)) >= -1e-12)
    above = next(worse, None)
    return None if above is None else float(brentq(loss, max(LEAST_ERROR, above - STEP), above + 1e-9))


def _wrong(name: str, noise: Noise) -> NDArray[np.int64]:
    """The errors that the decoder of smallest weight turns into another stored state."""
    code = _found(name)
    errors = _paulis(code.n)
    if noise == "flips":
        errors = errors[(errors & ((1 << code.n) - 1)) == 0]
    errors = errors[np.argsort(_weights(errors, code.n), kind="stable")]
    _, first, inverse = np.unique(_signature(errors, code.stabilisers), return_index=True, return_inverse=True)
    wrong: NDArray[np.int64] = errors[_signature(errors ^ errors[first][inverse], code.logicals) != 0]
    return wrong


def _found(name: str) -> PauliCode:
    if name not in CODES:
        raise EntschedError(f"code: given {name!r}, allowed: {', '.join(CODES)}")
    return CODES[name]


@lru_cache(maxsize=4)
def _paulis(n: int) -> NDArray[np.int64]:
    """All Pauli words without phase: n bits for X above n bits for Z."""
    return np.arange(1 << (2 * n))


def _number(word: str) -> int:
    """A word as in ``_paulis``; the first letter is the lowest bit."""
    bits = [sum(1 << place for place, letter in enumerate(word) if letter in kinds) for kinds in ("XY", "ZY")]
    return bits[0] << len(word) | bits[1]


def _support(paulis: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """The qubits on which a word is not the identity, as bits."""
    return (paulis | paulis >> n) & ((1 << n) - 1)


def _weights(paulis: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return _ones(_support(paulis, n), n)


def _ones(numbers: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """How many of the lowest bits are set."""
    total = np.zeros_like(numbers)
    for place in range(bits):
        total += numbers >> place & 1
    return total


def _signature(paulis: NDArray[np.int64], words: tuple[str, ...]) -> NDArray[np.int64]:
    """One bit for each word: whether it anticommutes."""
    signature = np.zeros(len(paulis), dtype=np.int64)
    for word in words:
        n, number = len(word), _number(word)
        exchanged = number >> n | (number & ((1 << n) - 1)) << n
        signature = signature << 1 | (_ones(paulis & exchanged, 2 * n) & 1)
    return signature
