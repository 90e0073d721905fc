"""Check a certificate of a classical bound in exact arithmetic, with the standard library alone.

The claim: for this workload, every memoryless, server-symmetric, communication-free classical
routing strategy with splitting probability P(a != b) = p has a mean excess wait J of at least
``bound_s`` seconds per customer, and ``strategy`` attains ``attained_s``.

The proof: for a multiplier mu, J = sum (cost - mu pi) C + mu (1 - p) with C = P(a = b | x, y), and a
mixture of deterministic pairs is never below the best pair. Router A's answers are enumerated, router
B's best response is computed. ``enumeration`` goes through all 2^(n-1) answers of A (up to a common
sign); ``threshold`` goes through the n thresholds only, which suffices for independent types in random
order: for any answers of B, the price of A's answer to type x is pi_x times an affine function of s_x,
so its sign changes at most once along s. Every number is a rational; floats are refused.

This file stands alone: ``python checker.py CERTIFICATE.json`` needs nothing but Python. The format is
described in docs/certificates.md.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

FORMAT = "entsched-classical-bound/1"
KEYS = {"format", "claim", "workload", "multiplier", "method", "strategy", "sha256"}
CLAIM_KEYS = {"class", "splitting", "bound_s", "attained_s"}
WORKLOAD_KEYS = {"arrival_rate_hz", "values_s", "probabilities", "joint", "order"}

MAX_BYTES = 16_000_000
MAX_DIGITS = 4_000
MAX_TYPES = 1_000
MAX_ENUMERATED = 20

Integers = list[list[int]]


class RefusedError(Exception):
    """The certificate proves nothing; the message is the reason."""


@dataclass(frozen=True)
class Game:
    """A routing game in integers: pi[x][y] = mass / mass_unit, and the price of coalescing
    c[x][y] = price / price_unit seconds; with alpha E[s^2] in seconds and the types by size."""

    mass: Integers
    mass_unit: int
    price: Integers
    price_unit: int
    base_wait_s: Fraction
    ascending: list[int]

    def pair(self, answers_a: list[int], answers_b: list[int]) -> tuple[Fraction, Fraction]:
        """P(a != b) and J of one deterministic pair of strategies."""
        split = value = 0
        for a, masses, prices in zip(answers_a, self.mass, self.price, strict=True):
            for b, mass, price in zip(answers_b, masses, prices, strict=True):
                split += mass * (a != b)
                value += mass * price * (a == b)
        return Fraction(split, self.mass_unit), Fraction(value, self.mass_unit * self.price_unit)


@dataclass(frozen=True)
class Verdict:
    """What was proved: J and W of every strategy of the class are at least these, in seconds."""

    splitting: Fraction
    bound_s: Fraction
    attained_s: Fraction
    base_wait_s: Fraction

    def __str__(self) -> str:
        return (
            f"proved: symmetric classical routing with P(a != b) = {float(self.splitting):.6g} has mean "
            f"excess wait J >= {float(self.bound_s):.12g} s, so W >= "
            f"{float(self.base_wait_s + self.bound_s):.12g} s; "
            f"J = {float(self.attained_s):.12g} s is attained"
        )


def check_text(text: str) -> Verdict:
    """Check a certificate given as JSON text; raise :class:`RefusedError` with the reason."""
    if len(text) > MAX_BYTES:
        raise RefusedError(f"the file is larger than {MAX_BYTES} bytes")
    try:
        document = json.loads(text, parse_constant=_no_float, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"not a JSON document: {error}") from None
    return check(document)


def check(document: Any) -> Verdict:
    """Check a certificate given as a parsed JSON document; raise :class:`RefusedError` with the reason."""
    _keys(document, KEYS, "the certificate")
    if document["format"] != FORMAT:
        raise RefusedError(f"format is {document['format']!r}, allowed: {FORMAT!r}")
    claim = document["claim"]
    _keys(claim, CLAIM_KEYS, "claim")
    if claim["class"] != "symmetric":
        raise RefusedError(f"claim.class is {claim['class']!r}, allowed: 'symmetric'")
    p = rational(claim["splitting"], "claim.splitting")
    if not 0 <= p <= 1:
        raise RefusedError(f"claim.splitting is {p}, allowed: 0 to 1")
    game = routing_game(document["workload"])
    _refuse_method(document["method"], document["workload"], len(game.mass))
    bound = rational(claim["bound_s"], "claim.bound_s")
    proved = dual_value(game, document["method"], rational(document["multiplier"], "multiplier"), p)
    if bound > proved:
        raise RefusedError(f"claim.bound_s = {bound} is not proved: the multiplier proves only {proved}")
    attained = _attained(game, document["strategy"], p)
    if attained != rational(claim["attained_s"], "claim.attained_s"):
        raise RefusedError(f"claim.attained_s = {claim['attained_s']}, but the strategy attains {attained}")
    if digest(document) != document["sha256"]:
        raise RefusedError("sha256 does not fit the content: the file was changed after it was written")
    return Verdict(p, bound, attained, game.base_wait_s)


def digest(document: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of everything but the key ``sha256`` itself."""
    content = {key: value for key, value in document.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def routing_game(workload: Any) -> Game:
    """The exact game of a workload whose numbers are rationals written as strings."""
    _keys(workload, WORKLOAD_KEYS - {"joint", "probabilities"}, "workload", WORKLOAD_KEYS)
    values = [rational(v, "workload.values_s") for v in _list(workload["values_s"], "workload.values_s")]
    if len(values) > MAX_TYPES or min(values) <= 0:
        raise RefusedError(f"workload.values_s must be 1 to {MAX_TYPES} positive numbers")
    n = range(len(values))
    s, second = _integers(values)
    mass, mass_unit = _masses(workload, len(values))
    of_type = [Fraction(sum(mass[x]) + sum(row[x] for row in mass), 2 * mass_unit) for x in n]
    rate = rational(workload["arrival_rate_hz"], "workload.arrival_rate_hz")
    load = rate * sum(of_type[x] * values[x] for x in n)
    if rate <= 0 or load >= 1:
        raise RefusedError(f"workload: rate {rate} and load {load}, allowed: a positive rate and a load below 1")
    alpha = rate / (2 * (1 - load))
    delay = _double_delay(workload["order"])
    product, single = 4 * alpha.numerator, alpha.denominator * second
    price = [[product * s[x] * s[y] + single * delay(s[x], s[y]) for y in n] for x in n]
    base = alpha * sum(of_type[x] * values[x] ** 2 for x in n)
    unit = 4 * alpha.denominator * second**2
    return Game(mass, mass_unit, price, unit, base, sorted(n, key=lambda x: s[x]))


def dual_value(game: Game, method: Any, multiplier: Fraction, splitting: Fraction) -> Fraction:
    """The proved lower bound on J at p: the best deterministic pair at the multiplier, shifted back."""
    over, under = multiplier.numerator * game.price_unit, multiplier.denominator
    weights = [
        [mass * (price * under - over) for mass, price in zip(masses, prices, strict=True)]
        for masses, prices in zip(game.mass, game.price, strict=True)
    ]
    unit = game.mass_unit * game.price_unit * under
    flips = game.ascending if method == "threshold" else _gray_code(len(weights))
    field = [sum(column) for column in zip(*weights, strict=True)]
    answers = [1] * len(weights)
    best = -sum(map(abs, field))
    for x in flips:
        change = -2 * answers[x]
        answers[x] = -answers[x]
        field = [value + change * weight for value, weight in zip(field, weights[x], strict=True)]
        best = min(best, -sum(map(abs, field)))
    total = sum(map(sum, weights))
    return Fraction(total + best, 2 * unit) + multiplier * (1 - splitting)


def _refuse_method(method: Any, workload: dict[str, Any], n: int) -> None:
    """The threshold argument needs independent types in random order, enumeration a small size."""
    if method == "threshold":
        if "joint" in workload or workload["order"] != "random":
            raise RefusedError("method 'threshold' proves nothing here: types must be independent, order random")
    elif method != "enumeration":
        raise RefusedError(f"method is {str(method)[:40]!r}, allowed: 'threshold', 'enumeration'")
    elif n > MAX_ENUMERATED:
        raise RefusedError(f"enumeration of {n} types, allowed: at most {MAX_ENUMERATED}")


def rational(text: Any, name: str) -> Fraction:
    """A rational number from its text ``-12/5`` or ``3``; nothing else is a number here."""
    if not isinstance(text, str) or len(text) > MAX_DIGITS:
        raise RefusedError(f"{name} must be a rational number as text, like '3/4', of at most {MAX_DIGITS} digits")
    over, slash, under = text.partition("/")
    digits = (over[1:] if over.startswith("-") else over, under if slash else "1")
    if not all(part.isascii() and part.isdigit() for part in digits) or int(digits[1]) == 0:
        raise RefusedError(f"{name} is {text[:40]!r}, allowed: a rational number as text, like '3/4'")
    return Fraction(int(over), int(digits[1]))


def _double_delay(order: Any) -> Callable[[int, int], int]:
    """Twice the wait inside a coalesced pair, summed over its two customers."""
    if order == "random":
        return lambda a, b: a + b
    if order == "a_first":
        return lambda a, b: 2 * a
    if order == "shortest_first":
        return lambda a, b: 2 * min(a, b)
    raise RefusedError(f"workload.order is {str(order)[:40]!r}, allowed: random, a_first, shortest_first")


def _masses(workload: dict[str, Any], n: int) -> tuple[Integers, int]:
    """pi[x][y] over a unit, from ``joint`` or as the product of ``probabilities`` with themselves."""
    if ("joint" in workload) == ("probabilities" in workload):
        raise RefusedError("workload must have either probabilities or joint")
    if "probabilities" in workload:
        p, unit = _distribution(workload["probabilities"], "workload.probabilities", n)
        return [[a * b for b in p] for a in p], unit**2
    rows = [_list(row, "workload.joint") for row in _list(workload["joint"], "workload.joint")]
    if len(rows) != n or any(len(row) != n for row in rows):
        raise RefusedError(f"workload.joint must have {n} rows of {n} probabilities")
    p, unit = _distribution([value for row in rows for value in row], "workload.joint", n * n)
    return [p[x * n : (x + 1) * n] for x in range(n)], unit


def _distribution(values: Any, name: str, size: int) -> tuple[list[int], int]:
    p = [rational(value, name) for value in _list(values, name)]
    if len(p) != size or min(p) < 0 or sum(p) != 1:
        raise RefusedError(f"{name} must be {size} nonnegative probabilities with sum exactly 1")
    return _integers(p)


def _integers(values: list[Fraction]) -> tuple[list[int], int]:
    """Rationals as integers over their common denominator."""
    unit = lcm(*(value.denominator for value in values))
    return [value.numerator * (unit // value.denominator) for value in values], unit


def _attained(game: Game, strategy: Any, splitting: Fraction) -> Fraction:
    """J of the stated mixture of deterministic pairs, whose splitting probability must be p."""
    total = split = value = Fraction(0)
    for part in _list(strategy, "strategy"):
        _keys(part, {"weight", "answers_a", "answers_b"}, "strategy")
        weight = rational(part["weight"], "strategy.weight")
        answers = part["answers_a"], part["answers_b"]
        if weight < 0 or not all(_are_answers(each, len(game.mass)) for each in answers):
            raise RefusedError("strategy: weights must be nonnegative and answers a list of 1 and -1, one a type")
        pair_split, pair_value = game.pair(*answers)
        total, split, value = total + weight, split + weight * pair_split, value + weight * pair_value
    if total != 1 or split != splitting:
        raise RefusedError(f"strategy has weights with sum {total} and P(a != b) = {split}, not {splitting}")
    return value


def _are_answers(answers: Any, size: int) -> bool:
    return (
        isinstance(answers, list)
        and len(answers) == size
        and all(type(answer) is int and answer in (1, -1) for answer in answers)
    )


def _gray_code(n: int) -> Iterator[int]:
    """Which answer to flip at each step, to pass through all answers to questions 1 to n - 1."""
    return ((step & -step).bit_length() for step in range(1, 2 ** (n - 1)))


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_TYPES**2:
        raise RefusedError(f"{name} must be a list that is not empty")
    return value


def _keys(value: Any, required: set[str], name: str, allowed: set[str] | None = None) -> None:
    allowed = allowed or required
    if not isinstance(value, dict) or not required <= set(value) <= allowed:
        raise RefusedError(f"{name} must be an object with the keys {', '.join(sorted(allowed))}")


def _no_float(text: str) -> None:
    raise RefusedError(f"{text} is not a rational number")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise RefusedError("a key stands twice in one object")
    return dict(pairs)


def main(path: str) -> int:
    """Check one file and print the verdict; return 0 if it is proved and 1 if it is refused."""
    try:
        with open(path, encoding="utf-8") as file:
            print(check_text(file.read(MAX_BYTES + 1)))
    except (OSError, UnicodeError, RefusedError) as error:
        reason = f"{path} cannot be read: {error.strerror}" if isinstance(error, OSError) else error
        print(f"refused: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
