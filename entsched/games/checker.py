"""Check certificates of game values in exact arithmetic, with the standard library alone.

A certificate names a game and makes claims about it: over the *local*, *quantum* or *no-signalling*
behaviors that meet the side constraints, the largest value is at most (``upper``) or at least (``lower``)
so much. A file in which an entangled strategy is worth more than the local upper end proves an advantage.

Upper ends move the constraints into the objective: for multipliers k, sum G P = sum (G - sum k C) P + sum k C P,
and the last sum is at most its range times k. What remains is bounded over the whole set:

- local, ``tree``: A's answers are searched depth first, B's best response is a maximum for each question; a branch is
  cut when its value plus a proved bound on the questions left (``suffixes``) cannot exceed the claim;
- local, ``threshold``: for routing independent types in random order n thresholds suffice, because whatever B
  does, the price of A's answer to type x is pi_x times an affine function of s_x;
- quantum, ``diagonal``: if [[D, -G], [-G^T, E]] is positive semidefinite, sum G E <= (tr D + tr E) / 2;
- quantum, ``moments``: <Z, M> >= 0 for Z >= 0 and the moment matrix M of words in the projectors; what the
  identity leaves over costs its absolute value, because no moment exceeds 1 (Navascues, Pironio, Acin 2007);
- no-signalling, ``potentials``: f[a, x, y] with sum over y = 0 and g[b, x, y] with sum over x = 0 change no value.

Lower ends are strategies, evaluated exactly: fixed answers, unit vectors with rational coordinates (two coordinates:
measurements on one Bell pair), or a no-signalling table. Every number is a rational; floats are refused. With a
*record* of counts, a model is proved to agree with them, or they to violate a bound, by tails rounded to one side.

This file stands alone: ``python checker.py CERTIFICATE.json``. The format is described in docs/certificates.md.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from itertools import accumulate, product, repeat
from operator import mul
from typing import Any

FORMAT = "entsched-certificate/2"
MAX_BYTES, MAX_DIGITS, MAX_BITS, MAX_VOLUME = 16_000_000, 4_000, 100_000, 400_000_000
MAX_TYPES, MAX_ENTRIES, MAX_ROWS, MAX_CLAIMS = 1_000, 1_000_000, 400, 20
MAX_ROUNDS, MAX_CELLS, MAX_WORK = 2_000_000, 10_000, 100_000_000
SETS = ("local", "quantum", "no-signalling")

Word = tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]


class RefusedError(Exception):
    """The certificate proves nothing; the message is the reason."""


class Work:
    """What checking one certificate has cost so far, in entries touched; too much is refused."""

    def __init__(self) -> None:
        self.done = 0

    def charge(self, entries: int) -> None:
        """Count some more work, or refuse."""
        self.done += entries
        if self.done > MAX_WORK:
            raise RefusedError(f"too large: to check it takes more than {MAX_WORK} steps")


@dataclass(frozen=True)
class Form:
    """A linear form on behaviors: ``numbers[i] / unit`` for each entry, in the order of the game's table."""

    numbers: list[int]
    unit: int

    @classmethod
    def of(cls, values: list[Fraction]) -> Form:
        """The form with these coefficients over their common denominator."""
        unit = math.lcm(*(value.denominator for value in values))
        return cls([value.numerator * (unit // value.denominator) for value in values], unit)

    def minus(self, factor: Fraction, other: Form) -> Form:
        """self - factor other."""
        unit = math.lcm(self.unit, other.unit * factor.denominator)
        if unit.bit_length() * len(self.numbers) > MAX_VOLUME:
            raise RefusedError("the constraints have too many digits together")
        own, its = unit // self.unit, factor.numerator * (unit // (other.unit * factor.denominator))
        return Form([a * own - b * its for a, b in zip(self.numbers, other.numbers, strict=True)], unit)

    def at(self, entries: Sequence[int]) -> Fraction:
        """The value on integer entries."""
        return Fraction(sum(map(mul, self.numbers, entries)), self.unit)


@dataclass(frozen=True)
class Routing:
    """What the threshold argument needs to know of a workload: types by size, and the factors of its game.

    W[x][y] = pi_x pi_y (curvature s_x s_y + slope (s_x + s_y)) before any multiplier; ``independent`` is
    whether it has this form (independent types in random order).
    """

    ascending: list[int]
    values: list[Fraction]
    mass: list[Fraction]
    curvature: Fraction
    slope: Fraction
    independent: bool
    base_wait_s: Fraction
    splitting: Fraction


@dataclass(frozen=True)
class Game:
    """Maximise offset + objective, subject to low <= form <= high for every constraint.

    The shape is (questions to A, questions to B), with correlators E[x][y] as entries, for a game of
    correlators; or (answers of A, answers of B, questions to A, questions to B), with probabilities.
    """

    shape: tuple[int, ...]
    objective: Form
    offset: Fraction
    constraints: list[tuple[Form, Fraction | None, Fraction | None]]
    routing: Routing | None = None
    work: Work = field(default_factory=Work)

    def value(self, entries: Sequence[int], unit: int) -> Fraction:
        """The value at entries / unit."""
        return self.offset + self.objective.at(entries) / unit

    def lagrangian(self, multipliers: list[Fraction]) -> tuple[Form, Fraction]:
        """The objective less the constraints times their multipliers, and the most that adds back."""
        form, constant = self.objective, self.offset
        self.work.charge((1 + len(self.constraints)) * len(form.numbers))
        if len(multipliers) != len(self.constraints):
            raise RefusedError(f"{len(multipliers)} multipliers for {len(self.constraints)} constraints")
        for factor, (coefficients, low, high) in zip(multipliers, self.constraints, strict=True):
            if factor == 0:
                continue
            end = high if factor > 0 else low
            if end is None:
                raise RefusedError("a multiplier has a sign for which its constraint has no bound")
            form = form.minus(factor, coefficients)
            constant += factor * end
        return form, constant


@dataclass(frozen=True)
class Claim:
    """A proved end: the largest value over the set is at most (``upper``) or at least (``lower``) ``value``."""

    correlations: str
    end: str
    value: Fraction


@dataclass(frozen=True)
class Verdict:
    """All claims of a certificate, proved, and what they say of a record of counts if there is one."""

    game: Game
    claims: tuple[Claim, ...]
    record: str = ""

    def end(self, correlations: str, end: str) -> Fraction | None:
        """The best proved value of this end, or None; an upper end of a larger set holds too, a lower of a smaller."""
        here = SETS.index(correlations)
        sets = SETS[here:] if end == "upper" else SETS[: here + 1]
        values = [claim.value for claim in self.claims if claim.end == end and claim.correlations in sets]
        return (min(values) if end == "upper" else max(values)) if values else None

    @property
    def advantage(self) -> Fraction | None:
        """What entanglement gains at least: the quantum lower end less the local upper end."""
        quantum, local = self.end("quantum", "lower"), self.end("local", "upper")
        return None if quantum is None or local is None else quantum - local

    def __str__(self) -> str:
        lines = [self._line(claim) for claim in self.claims]
        if self.advantage is not None and self.advantage > 0:
            gain = decimal(self.advantage, ROUND_FLOOR)
            lines.append(f"entanglement gains at least {gain} over every local strategy")
        return "proved: " + "; ".join([*lines, self.record] if self.record else lines)

    def _line(self, claim: Claim) -> str:
        routing, upper = self.game.routing, claim.end == "upper"
        if routing is None:
            shown = decimal(claim.value, ROUND_CEILING if upper else ROUND_FLOOR)
            return f"{claim.correlations} value {'<=' if upper else '>='} {shown}"
        who, relation, side = ("every", ">=", ROUND_FLOOR) if upper else ("some", "<=", ROUND_CEILING)
        excess, wait = (decimal(each, side) for each in (-claim.value, routing.base_wait_s - claim.value))
        return (
            f"at p = {shown_exactly(routing.splitting)} {who} symmetric {claim.correlations} strategy has "
            f"J {relation} {excess} s (W {relation} {wait} s)"
        )


def decimal(value: Fraction, rounding: str) -> str:
    """Twelve digits of a number, rounded to the side on which the statement stays true."""
    with localcontext(prec=12, rounding=rounding, Emax=10**9, Emin=-(10**9)):
        return f"{Decimal(value.numerator) / Decimal(value.denominator):f}" if value else "0"


def shown_exactly(value: Fraction | None) -> str:
    """A number for a message; Python does not write integers of more than 4,300 digits."""
    if value is None:
        return "no bound"
    short = max(value.numerator.bit_length(), value.denominator.bit_length()) <= 1000
    return str(value) if short else "a number of many digits"


def check_text(text: str) -> Verdict:
    """Check a certificate given as JSON text.

    Raises
    ------
    RefusedError
        If it is not JSON, malformed, too large, or does not prove its claims.
    """
    if len(text) > MAX_BYTES:
        raise RefusedError(f"larger than {MAX_BYTES} bytes")
    try:
        document = json.loads(text, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError):
        raise RefusedError("not a JSON document that can be read") from None
    return check(document)


def check(document: Any) -> Verdict:
    """Check a certificate that was read from JSON.

    Raises
    ------
    RefusedError
        With the first reason found.
    """
    model = isinstance(document, dict) and "model" in document
    required = {"format", "sha256"} | ({"record", "model"} if model else {"game", "claims"})
    _keys(document, required, "certificate", required | {"record"})
    if document["format"] != FORMAT:
        raise RefusedError(f"format is {str(document['format'])[:40]!r}, allowed: {FORMAT!r}")
    verdict = model_of_record(document) if model else _verdict_of_game(document)
    if digest(document) != document["sha256"]:
        raise RefusedError("sha256 does not fit the content: the file was changed after it was written")
    return verdict


def _verdict_of_game(document: dict[str, Any]) -> Verdict:
    game, claims = read_game(document["game"]), _list(document["claims"], "claims", MAX_CLAIMS)
    if not any(game.objective.numbers):
        raise RefusedError("the game pays nothing, so that claims of its value say nothing")
    verdict = Verdict(game, tuple(check_claim(game, claim) for claim in claims))
    return replace(verdict, record=violation_in_record(verdict, document)) if "record" in document else verdict


def digest(document: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of everything but the key ``sha256`` itself."""
    content = {key: value for key, value in document.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check_claim(game: Game, claim: Any) -> Claim:
    """Check one claim about a game.

    Raises
    ------
    RefusedError
        If it is malformed or not proved.
    """
    _keys(claim, {"set", "end", "value"}, "claim", {"set", "end", "value", "multipliers", "proof", "strategy"})
    name, end = claim["set"], claim["end"]
    if name not in SETS or end not in ("lower", "upper"):
        raise RefusedError(f"claim of {str(name)[:20]!r} {str(end)[:20]!r}, allowed: {SETS}, 'lower' or 'upper'")
    value = rational(claim["value"], "claim.value")
    if end == "lower":
        _keys(claim, {"set", "end", "value", "strategy"}, "lower claim")
        reached = strategy_value(game, name, claim["strategy"])
        if reached < value:
            given, reaches = shown_exactly(value), shown_exactly(reached)
            raise RefusedError(f"{name} lower end {given} is not proved: the strategy reaches only {reaches}")
        return Claim(name, end, value)
    _keys(claim, {"set", "end", "value", "multipliers", "proof"}, "upper claim")
    multipliers = _rationals(_list(claim["multipliers"], "multipliers", 1000, 0), "multipliers")
    proved = upper_bound(game, name, multipliers, claim["proof"], value)
    if proved > value:
        given, gives = shown_exactly(value), shown_exactly(proved)
        raise RefusedError(f"{name} upper end {given} is not proved: the proof gives only {gives}")
    return Claim(name, end, value)


# Upper ends -----------------------------------------------------------------------------------------------------------
def upper_bound(game: Game, name: str, multipliers: list[Fraction], proof: Any, claimed: Fraction) -> Fraction:
    """What the proof proves; a tree search proves the claim itself or is refused."""
    if not isinstance(proof, dict) or not isinstance(proof.get("method"), str):
        raise RefusedError("proof must be an object with a method")
    form, constant = game.lagrangian(multipliers)
    method = proof["method"]
    if (name, method) == ("local", "tree"):
        _keys(proof, {"method", "party", "order", "suffixes"}, "proof")
        return _tree(game, form, constant, proof, claimed)
    if (name, method) == ("local", "threshold"):
        _keys(proof, {"method"}, "proof")
        return constant + threshold_maximum(game, form)
    if (name, method) == ("quantum", "diagonal"):
        _keys(proof, {"method", "d", "e"}, "proof")
        return constant + diagonal_bound(game, form, multipliers, proof["d"], proof["e"])
    if (name, method) == ("quantum", "moments"):
        _keys(proof, {"method", "words", "unit", "matrix"}, "proof")
        return constant + moment_bound(game, form, proof)
    if (name, method) == ("no-signalling", "potentials"):
        _keys(proof, {"method", "f", "g"}, "proof")
        return constant + potential_bound(game, form, proof["f"], proof["g"])
    raise RefusedError(f"method {method[:20]!r} proves nothing about the {name} set")


def _tree(game: Game, form: Form, constant: Fraction, proof: dict[str, Any], claimed: Fraction) -> Fraction:
    if proof["party"] not in ("a", "b"):
        raise RefusedError("proof.party must be 'a' or 'b', whose answers are searched")
    rows = answer_rows(game, form, proof["party"])
    n, answers = len(rows), game.shape[1 if proof["party"] == "a" else 0]
    order = _list(proof["order"], "proof.order", MAX_TYPES)
    if not all(type(each) is int for each in order) or sorted(order) != list(range(n)):
        raise RefusedError(f"proof.order must hold each of 0 to {n - 1} once")
    rows = [rows[x] for x in order]
    suffixes = _rationals(_list(proof["suffixes"], "proof.suffixes", n, 0), "proof.suffixes")
    norm = _norm(len(game.shape) == 2, answers)
    goal = math.floor((claimed - constant) * form.unit)
    if suffixes and len(suffixes) != n - 1:
        raise RefusedError(f"proof.suffixes must hold {n - 1} bounds, one for questions k to {n - 1}, k = 1, 2, ...")
    known = [math.floor(each * form.unit) for each in suffixes] if suffixes else trivial_suffixes(rows, norm)
    search = TreeSearch(rows, norm, [goal, *known, 0], signs=len(game.shape) == 4, work=game.work)
    for k in reversed(range(n)) if suffixes else [0]:
        search.prove(k)
    return claimed


def answer_rows(game: Game, form: Form, party: str) -> list[list[list[int]]]:
    """For each question to the party and each of its answers, what it adds to the other party's field.

    The field has a number for each question and each answer of the other; for correlators one a question.
    """
    at = form.numbers
    if len(game.shape) == 2:
        n, m = game.shape
        rows = [at[x * m : (x + 1) * m] for x in range(n)] if party == "a" else [at[y::m] for y in range(m)]
        return [[row, [-each for each in row]] for row in rows]
    na, nb, n, m = game.shape

    def entry(a: int, b: int, x: int, y: int) -> int:
        return at[((a * nb + b) * n + x) * m + y]

    if party == "a":
        return [[[entry(a, b, x, y) for y in range(m) for b in range(nb)] for a in range(na)] for x in range(n)]
    return [[[entry(a, b, x, y) for x in range(n) for a in range(na)] for b in range(nb)] for y in range(m)]


def _norm(correlators: bool, answers: int) -> Callable[[list[int]], int]:
    """What the other party earns against a field."""
    if correlators:
        return lambda field: sum(map(abs, field))
    return lambda field: sum(max(field[at : at + answers]) for at in range(0, len(field), answers))


def trivial_suffixes(rows: list[list[list[int]]], norm: Callable[[list[int]], int]) -> list[int]:
    """Bounds on what questions k, k + 1, ... can add: each alone, at its best."""
    best = [max(map(norm, answers)) for answers in rows]
    return list(accumulate(reversed(best)))[::-1][1:]


class TreeSearch:
    """Depth-first search of A's answers that proves bounds on the best of questions k, k + 1, ..."""

    def __init__(
        self, rows: list[list[list[int]]], norm: Callable[[list[int]], int], bounds: list[int], signs: bool, work: Work
    ) -> None:
        self.rows, self.norm, self.bounds, self.signs_matter, self.work = rows, norm, bounds, signs, work

    def prove(self, first: int) -> None:
        """Refuse unless no answers to questions ``first``, ... earn more than bounds[first]."""
        stack = [(first, [0] * len(self.rows[0][0]))]
        goal, depth = self.bounds[first], len(self.rows)
        while stack:
            question, field = stack.pop()
            self.work.charge(len(field) + 20)
            if question > first and self.norm(field) + self.bounds[question] <= goal:
                continue
            if question == depth:
                raise RefusedError("upper end is not proved: a deterministic strategy exceeds it or a suffix")
            some = None if self.signs_matter or question > first else 1
            for row in self.rows[question][:some]:
                stack.append((question + 1, [a + b for a, b in zip(field, row, strict=True)]))


def threshold_maximum(game: Game, form: Form) -> Fraction:
    """The largest sum W a b over thresholds of A along the types' size and all answers of B."""
    if game.routing is None or not game.routing.independent:
        raise RefusedError("method 'threshold' proves nothing here: types must be independent, order random")
    n, m = game.shape
    rows = [form.numbers[x * m : (x + 1) * m] for x in range(n)]
    field = [sum(column) for column in zip(*rows, strict=True)]
    best = sum(map(abs, field))
    for x in game.routing.ascending:
        field = [value - 2 * weight for value, weight in zip(field, rows[x], strict=True)]
        best = max(best, sum(map(abs, field)))
    return Fraction(best, form.unit)


def diagonal_bound(game: Game, form: Form, multipliers: list[Fraction], d: Any, e: Any) -> Fraction:
    """(sum d + sum e) / 2, if [[D, -G], [-G^T, E]] is positive semidefinite."""
    if len(game.shape) != 2:
        raise RefusedError("method 'diagonal' is for games of correlators")
    n, m = game.shape
    left = _rationals(_list(d, "proof.d", MAX_TYPES), "proof.d")
    right = _rationals(_list(e, "proof.e", MAX_TYPES), "proof.e")
    if len(left) != n or len(right) != m or min(left) <= 0 or min(right) <= 0:
        raise RefusedError(f"proof must have {n} and {m} positive numbers d and e")
    if game.routing is not None and game.routing.independent:
        _refuse_unless_contracting(game.routing, multipliers[0], left, right)
    else:
        diagonal, total = Form.of([*left, *right]), n + m
        unit = math.lcm(diagonal.unit, form.unit)
        matrix = [[0] * (i + 1) for i in range(total)]
        for i in range(total):
            matrix[i][i] = diagonal.numbers[i] * (unit // diagonal.unit)
        for x, y in product(range(n), range(m)):
            matrix[n + y][x] = -form.numbers[x * m + y] * (unit // form.unit)
        game.work.charge(total**3 // 3)
        refuse_unless_positive(matrix)
    return sum(left + right, Fraction(0)) / 2


def _refuse_unless_contracting(r: Routing, factor: Fraction, d: list[Fraction], e: list[Fraction]) -> None:
    """The routing game is F K F^T with rows F_x = pi_x (1, s_x), so two by two matrices decide.

    D^-1/2 F K F^T E^-1/2 has norm at most 1 if and only if both eigenvalues of (F^T D^-1 F) K (F^T E^-1 F) K are.
    Reciprocals are rounded up, which only raises the eigenvalues.
    """
    k = [[-factor, r.slope], [r.slope, r.curvature]]
    p, q = _gram(r, d), _gram(r, e)
    whole = _times(_times(p, k), _times(q, k))
    trace = whole[0][0] + whole[1][1]
    determinant = whole[0][0] * whole[1][1] - whole[0][1] * whole[1][0]
    if trace > 2 or 1 - trace + determinant < 0:
        raise RefusedError("proof.d and proof.e do not make the matrix positive semidefinite")


def _gram(r: Routing, diagonal: list[Fraction]) -> list[list[Fraction]]:
    """F^T D^-1 F, from above."""
    sums = [Fraction(0)] * 3
    for pi, s, size in zip(r.mass, r.values, diagonal, strict=True):
        share = Fraction(math.ceil(pi * pi / size * 2**140), 2**140)
        sums = [sums[0] + share, sums[1] + share * s, sums[2] + share * s * s]
    return [[sums[0], sums[1]], [sums[1], sums[2]]]


def _times(a: list[list[Fraction]], b: list[list[Fraction]]) -> list[list[Fraction]]:
    return [[sum((a[i][k] * b[k][j] for k in range(2)), Fraction(0)) for j in range(2)] for i in range(2)]


def moment_bound(game: Game, form: Form, proof: dict[str, Any]) -> Fraction:
    """t_0 + sum |t_k|, where objective + <Z, M> = sum t_k (moment k) and Z is positive semidefinite."""
    words = read_words(game, proof["words"])
    unit = rational(proof["unit"], "proof.unit")
    rows = _list(proof["matrix"], "proof.matrix", MAX_ROWS)
    matrix = [_list(row, "proof.matrix", MAX_ROWS) for row in rows]
    if unit.denominator != 1 or unit < 1 or [len(row) for row in matrix] != list(range(1, len(words) + 1)):
        raise RefusedError("proof needs a positive integer unit and the lower triangle of a matrix of words")
    values = [[rational(entry, "proof.matrix") for entry in row] for row in matrix]
    if any(entry.denominator != 1 for row in values for entry in row):
        raise RefusedError("proof.matrix must have integers, over the unit")
    integers = [[int(entry) for entry in row] for row in values]
    game.work.charge(len(integers) ** 3 // 3 + 4 * len(form.numbers))
    refuse_unless_positive(integers)
    left = {key: value * int(unit) for key, value in objective_moments(game, form).items()}
    for i, row in enumerate(integers):
        for j, entry in enumerate(row):
            moment = product_of_words(words[i], words[j])
            if moment is not None:
                left[moment] = left.get(moment, 0) + entry * form.unit * (1 if i == j else 2)
    constant = left.pop(((), ()), 0)
    return Fraction(constant + sum(map(abs, left.values())), form.unit * int(unit))


def objective_moments(game: Game, form: Form) -> dict[Word, int]:
    """The form as a sum over moments; the last answer's projector is one minus the others."""
    if len(game.shape) != 4:
        raise RefusedError("method 'moments' is for games with a payoff table")
    na, nb, n, m = game.shape
    moments: dict[Word, int] = {}
    for (a, b, x, y), value in zip(product(range(na), range(nb), range(n), range(m)), form.numbers, strict=True):
        for sign_a, word_a in _projector(x, a, na):
            for sign_b, word_b in _projector(y, b, nb):
                moments[word_a, word_b] = moments.get((word_a, word_b), 0) + sign_a * sign_b * value
    return moments


def _projector(question: int, answer: int, answers: int) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
    if answer < answers - 1:
        return [(1, ((question, answer),))]
    return [(1, ()), *((-1, ((question, other),)) for other in range(answers - 1))]


def product_of_words(left: Word, right: Word) -> Word | None:
    """The moment <left^dagger right>: a word or its adjoint, whichever comes first; None if it is zero."""
    sides = [_reduced((*reversed(one), *two)) for one, two in zip(left, right, strict=True)]
    if sides[0] is None or sides[1] is None:
        return None
    word = sides[0], sides[1]
    return min(word, (word[0][::-1], word[1][::-1]))


def _reduced(letters: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...] | None:
    """Projectors of one question are orthogonal, and each is its own square."""
    word: list[tuple[int, int]] = []
    for letter in letters:
        if word and word[-1][0] == letter[0]:
            if word[-1] != letter:
                return None
        else:
            word.append(letter)
    return tuple(word)


def read_words(game: Game, words: Any) -> list[Word]:
    """Words as pairs of lists of [question, answer], the last answer excluded."""
    if len(game.shape) != 4:
        raise RefusedError("method 'moments' is for games with a payoff table")
    limits = (game.shape[2], game.shape[0] - 1), (game.shape[3], game.shape[1] - 1)
    found = []
    for word in _list(words, "proof.words", MAX_ROWS):
        sides = _list(word, "proof.words", 2)
        if len(sides) != 2 or not all(isinstance(side, list) and len(side) <= 16 for side in sides):
            raise RefusedError("proof.words: a word is a pair of lists of [question, answer]")
        read = (tuple(_letter(each, limit) for each in side) for side, limit in zip(sides, limits, strict=True))
        found.append(tuple(read))
    return found  # type: ignore[return-value]


def _letter(letter: Any, limit: tuple[int, int]) -> tuple[int, int]:
    fits = isinstance(letter, list) and len(letter) == 2
    if not fits or not all(type(each) is int and 0 <= each < end for each, end in zip(letter, limit, strict=True)):
        raise RefusedError("proof.words: a letter is [question, answer] within the game, the last answer excluded")
    return letter[0], letter[1]


def potential_bound(game: Game, form: Form, f: Any, g: Any) -> Fraction:
    """sum over questions of max over answers of G + f[a, x, y] + g[b, x, y]; sum |G| for correlators."""
    if len(game.shape) == 2:
        if f != [] or g != []:
            raise RefusedError("a game of correlators needs no potentials: f and g must be empty")
        return Fraction(sum(map(abs, form.numbers)), form.unit)
    na, nb, n, m = game.shape
    left, right = _table(f, (na, n, m), "proof.f"), _table(g, (nb, n, m), "proof.g")
    at = form.numbers
    if any(sum(left[(a * n + x) * m : (a * n + x + 1) * m]) != 0 for a in range(na) for x in range(n)):
        raise RefusedError("proof.f must sum to zero over B's questions")
    if any(sum(right[(b * n + x) * m + y] for x in range(n)) != 0 for b in range(nb) for y in range(m)):
        raise RefusedError("proof.g must sum to zero over A's questions")
    bound = Fraction(0)
    for x, y in product(range(n), range(m)):
        f_xy, g_xy, pay = (table[x * m + y :: n * m] for table in (left, right, at))
        bound += max(Fraction(pay[a * nb + b], form.unit) + f_xy[a] + g_xy[b] for a in range(na) for b in range(nb))
    return bound


def refuse_unless_positive(lower: list[list[int]]) -> None:
    """Refuse a symmetric integer matrix, given by its lower triangle, unless it is proved positive semidefinite.

    Floats guide, integers decide: L is the Cholesky factor rounded to multiples of 2^-60 after scaling the
    diagonal to about 1; if S A S - L L^T is diagonally dominant, A is a sum of two positive matrices.
    """
    n = len(lower)
    if n > MAX_ROWS:
        raise RefusedError(f"a matrix of {n} rows, allowed: at most {MAX_ROWS}")
    if any(lower[i][i] <= 0 for i in range(n)):
        raise RefusedError("the matrix is not positive semidefinite: its diagonal must be positive")
    shift = 2 * max(row[i].bit_length() for i, row in enumerate(lower)) + 8
    roots = [math.isqrt(row[i] << shift) for i, row in enumerate(lower)]
    scaled = [
        [(entry << (shift + 120)) // (roots[i] * roots[j]) for j, entry in enumerate(row)]
        for i, row in enumerate(lower)
    ]
    if any(abs(entry) >> 121 for row in scaled for entry in row):
        raise RefusedError("the matrix is not positive semidefinite: an entry exceeds its diagonal")
    factor = [[round(each * 2.0**60) for each in row] for row in _cholesky(scaled)]
    slack = [0] * n
    for i, row in enumerate(factor):
        for j in range(i):
            left = abs(scaled[i][j] - sum(map(mul, row, factor[j]))) + 1
            slack[i], slack[j] = slack[i] - left, slack[j] - left
        slack[i] += scaled[i][i] - sum(map(mul, row, row)) - 1
    if min(slack) < 0:
        raise RefusedError("the matrix is not proved positive semidefinite")


def _cholesky(matrix: list[list[int]]) -> list[list[float]]:
    """The factor of matrix / 2^120 with its diagonal lowered a little, to leave room for rounding."""
    factor: list[list[float]] = []
    for i, entries in enumerate(matrix):
        row: list[float] = []
        for j in range(i):
            row.append((entries[j] * 2.0**-120 - sum(map(mul, row, factor[j]))) / factor[j][j])
        pivot = entries[i] * 2.0**-120 - len(matrix) * 2.0**-48 - sum(map(mul, row, row))
        if not pivot > 0:
            raise RefusedError("the matrix is not proved positive semidefinite")
        factor.append([*row, math.sqrt(pivot)])
    return factor


# Lower ends -----------------------------------------------------------------------------------------------------------
def strategy_value(game: Game, name: str, strategy: Any) -> Fraction:
    """The value of a mixture of strategies of the set, refused unless it meets every constraint exactly."""
    total, value = Fraction(0), Fraction(0)
    sums = [Fraction(0)] * len(game.constraints)
    parts = _list(strategy, "strategy", 1000)
    _rationals([part.get("weight") if isinstance(part, dict) else None for part in parts], "strategy.weight")
    for part in parts:
        weight, entries, unit = read_part(game, name, part)
        total, value = total + weight, value + weight * game.value(entries, unit)
        sums = [s + weight * form.at(entries) / unit for s, (form, _, _) in zip(sums, game.constraints, strict=True)]
        if max(each.denominator.bit_length() for each in (value, *sums)) > 4 * MAX_BITS:
            raise RefusedError("strategy: its parts have too many digits together")
    if total != 1:
        raise RefusedError(f"strategy has weights with sum {shown_exactly(total)}, allowed: 1")
    for reached, (_, low, high) in zip(sums, game.constraints, strict=True):
        if (low is not None and reached < low) or (high is not None and reached > high):
            raise RefusedError(f"strategy does not meet a constraint: its sum is {shown_exactly(reached)}")
    return value


def read_part(game: Game, name: str, part: Any) -> tuple[Fraction, list[int], int]:
    """The weight of a part, and its behavior as integers over a unit."""
    kinds = {"answers_a", "answers_b"}, {"vectors_a", "vectors_b"}, {"behavior"}
    given = set(part) - {"weight"} if isinstance(part, dict) else set()
    if given not in kinds or "weight" not in part:
        raise RefusedError("strategy: a part has a weight and answers_a, answers_b or vectors_a, vectors_b or behavior")
    weight = rational(part["weight"], "strategy.weight")
    game.work.charge((3 + len(game.constraints)) * len(game.objective.numbers))
    if weight < 0:
        raise RefusedError("strategy: weights must not be negative")
    if "answers_a" in part:
        return weight, deterministic_entries(game, part["answers_a"], part["answers_b"]), 1
    if "vectors_a" in part and name in ("quantum", "no-signalling"):
        return (weight, *vector_entries(game, part["vectors_a"], part["vectors_b"]))
    if "behavior" in part and name == "no-signalling":
        return (weight, *_behavior_entries(game, part["behavior"]))
    raise RefusedError(f"strategy: this part is none of the {name} set")


def deterministic_entries(game: Game, answers_a: Any, answers_b: Any) -> list[int]:
    """The behavior of fixed answers 0, 1, ... (for correlators 0 stands for +1 and 1 for -1)."""
    na, nb, n, m = (2, 2, *game.shape)[-4:]
    for answers, size, count in ((answers_a, n, na), (answers_b, m, nb)):
        ok = isinstance(answers, list) and len(answers) == size
        if not ok or not all(type(each) is int and 0 <= each < count for each in answers):
            raise RefusedError(f"strategy: answers must be a list of {size} integers below {count}")
    if len(game.shape) == 2:
        return [1 if a == b else -1 for a in answers_a for b in answers_b]
    return [
        int(a == answers_a[x] and b == answers_b[y]) for a, b, x, y in product(range(na), range(nb), range(n), range(m))
    ]


def vector_entries(game: Game, vectors_a: Any, vectors_b: Any) -> tuple[list[int], int]:
    """E[x][y] = <u_x, v_y> for rational unit vectors; probabilities (1 +- E) / 4 for two answers each."""
    if len(game.shape) == 4 and game.shape[:2] != (2, 2):
        raise RefusedError("strategy: vectors are for two answers each")
    n, m = game.shape[-2:]
    if n + m > MAX_ROWS:
        raise RefusedError(f"strategy: vectors for {n} + {m} questions, allowed: {MAX_ROWS} together")
    left, right = _unit_vectors(vectors_a, n, "vectors_a"), _unit_vectors(vectors_b, m, "vectors_b")
    if {len(vector) for vector in left} != {len(vector) for vector in right}:
        raise RefusedError("strategy: all vectors must have the same dimension")
    forms = [Form.of([each for vector in side for each in vector]) for side in (left, right)]
    size = len(left[0])
    u, v = ([form.numbers[i : i + size] for i in range(0, len(form.numbers), size)] for form in forms)
    unit = forms[0].unit * forms[1].unit
    correlators = [sum(map(mul, one, two)) for one in u for two in v]
    if len(game.shape) == 2:
        return correlators, unit
    return [unit + sign * each for sign in (1, -1, -1, 1) for each in correlators], 4 * unit


def _unit_vectors(vectors: Any, count: int, name: str) -> list[list[Fraction]]:
    rows = [
        [rational(each, f"strategy.{name}") for each in _list(vector, f"strategy.{name}", 64)]
        for vector in _list(vectors, f"strategy.{name}", MAX_ROWS)
    ]
    _refuse_many_digits([entry for row in rows for entry in row], f"strategy.{name}")
    if len(rows) != count or len({len(row) for row in rows}) != 1:
        raise RefusedError(f"strategy.{name} must have {count} vectors of one dimension")
    if any(sum(each * each for each in row) != 1 for row in rows):
        raise RefusedError(f"strategy.{name}: every vector must have length exactly 1")
    return rows


def _behavior_entries(game: Game, behavior: Any) -> tuple[list[int], int]:
    """A table of correlators in [-1, 1], or a no-signalling table of probabilities."""
    values = _table(behavior, game.shape, "strategy.behavior")
    if len(game.shape) == 2:
        if any(abs(each) > 1 for each in values):
            raise RefusedError("strategy.behavior: correlators must be between -1 and 1")
    else:
        _refuse_signalling(values, *game.shape)
    form = Form.of(values)
    return form.numbers, form.unit


def _refuse_signalling(p: list[Fraction], na: int, nb: int, n: int, m: int) -> None:
    def at(a: int, b: int, x: int, y: int) -> Fraction:
        return p[((a * nb + b) * n + x) * m + y]

    if min(p) < 0 or any(
        sum(at(a, b, x, y) for a in range(na) for b in range(nb)) != 1 for x in range(n) for y in range(m)
    ):
        raise RefusedError("strategy.behavior: not a table of probabilities")
    for a, x in product(range(na), range(n)):
        if len({sum(at(a, b, x, y) for b in range(nb)) for y in range(m)}) > 1:
            raise RefusedError("strategy.behavior: A's answers depend on B's question")
    for b, y in product(range(nb), range(m)):
        if len({sum(at(a, b, x, y) for a in range(na)) for x in range(n)}) > 1:
            raise RefusedError("strategy.behavior: B's answers depend on A's question")


# Games ----------------------------------------------------------------------------------------------------------------
def read_game(game: Any) -> Game:
    """A game: a workload to route at a splitting probability, xor weights, or a payoff table."""
    if not isinstance(game, dict) or not isinstance(game.get("name", ""), str):
        raise RefusedError("game must be an object, its name text")
    if "workload" in game:
        _keys(game, {"workload", "splitting", "class"}, "game")
        return routing_game(game["workload"], game["splitting"], game["class"])
    _keys(game, {"constraints"}, "game", {"name", "xor", "pi", "payoff", "constraints"})
    if "xor" in game:
        _keys(game, {"xor", "constraints"}, "game", {"name", "xor", "constraints"})
        _keys(game["xor"], {"weights", "offset"}, "game.xor")
        shape = _shape(game["xor"]["weights"], 2, "game.xor.weights")
        objective = Form.of(_table(game["xor"]["weights"], shape, "game.xor.weights"))
        offset = rational(game["xor"]["offset"], "game.xor.offset")
    else:
        _keys(game, {"pi", "payoff", "constraints"}, "game", {"name", "pi", "payoff", "constraints"})
        shape, offset = _shape(game["payoff"], 4, "game.payoff"), Fraction(0)
        payoff, pi = _table(game["payoff"], shape, "game.payoff"), _table(game["pi"], shape[2:], "game.pi")
        objective = Form.of([value * pi[at % len(pi)] for at, value in enumerate(payoff)])
    constraints = [_constraint(each, shape) for each in _list(game["constraints"], "game.constraints", 1000, 0)]
    return Game(shape, objective, offset, constraints)


def _constraint(given: Any, shape: tuple[int, ...]) -> tuple[Form, Fraction | None, Fraction | None]:
    _keys(given, {"coefficients"}, "constraint", {"coefficients", "equals", "at_least", "at_most"})
    form = Form.of(_table(given["coefficients"], shape, "constraint.coefficients"))
    ends = {key: rational(given[key], f"constraint.{key}") for key in ("equals", "at_least", "at_most") if key in given}
    if not ends or ("equals" in ends and len(ends) > 1):
        raise RefusedError("constraint needs equals, or at_least or at_most or both")
    return form, ends.get("equals", ends.get("at_least")), ends.get("equals", ends.get("at_most"))


def routing_game(workload: Any, splitting: Any, strategy_class: Any) -> Game:
    """Maximise -J over the correlators of server-symmetric routing with P(a != b) = splitting.

    J = sum c pi (1 + E) / 2 with the price c of coalescing two types; sum pi E = 1 - 2 p.
    """
    required = {"arrival_rate_hz", "values_s", "order"}
    _keys(workload, required, "workload", required | {"joint", "probabilities"})
    if strategy_class != "symmetric":
        raise RefusedError(f"game.class is {str(strategy_class)[:20]!r}, allowed: 'symmetric'")
    p = rational(splitting, "game.splitting")
    values = _rationals(_list(workload["values_s"], "workload.values_s", MAX_TYPES), "workload.values_s")
    if not 0 <= p <= 1 or min(values) <= 0:
        raise RefusedError("game.splitting must be from 0 to 1 and workload.values_s positive")
    n = len(values)
    mass, single = _masses(workload, n)
    of_type = [
        Fraction(sum(mass.numbers[x * n : (x + 1) * n]) + sum(mass.numbers[x::n]), 2 * mass.unit) for x in range(n)
    ]
    rate = rational(workload["arrival_rate_hz"], "workload.arrival_rate_hz")
    load = rate * sum(map(mul, of_type, values))
    if rate <= 0 or load >= 1:
        given = f"rate {shown_exactly(rate)} and load {shown_exactly(load)}"
        raise RefusedError(f"workload: {given}, allowed: a positive rate and a load below 1")
    alpha = rate / (2 * (1 - load))
    sizes, delay = Form.of(values), _double_delay(workload["order"])
    s, second = sizes.numbers, sizes.unit
    product_, single_ = 4 * alpha.numerator, alpha.denominator * second
    unit = 4 * alpha.denominator * second**2
    cost = [
        each * (product_ * s[at // n] * s[at % n] + single_ * delay(s[at // n], s[at % n]))
        for at, each in enumerate(mass.numbers)
    ]
    routing = Routing(
        ascending=sorted(range(n), key=lambda x: s[x]),
        values=values,
        mass=single or of_type,
        curvature=-alpha / 2,
        slope=Fraction(-1, 8),
        independent=single is not None and workload["order"] == "random",
        base_wait_s=alpha * sum(of_type[x] * values[x] ** 2 for x in range(n)),
        splitting=p,
    )
    objective = Form([-each for each in cost], 2 * unit * mass.unit)
    offset = Fraction(-sum(cost), 2 * unit * mass.unit)
    return Game((n, n), objective, offset, [(mass, 1 - 2 * p, 1 - 2 * p)], routing)


def _double_delay(order: Any) -> Callable[[int, int], int]:
    """Twice the wait inside a coalesced pair, summed over its two customers."""
    if order == "random":
        return lambda a, b: a + b
    if order == "a_first":
        return lambda a, b: 2 * a
    if order == "shortest_first":
        return lambda a, b: 2 * min(a, b)
    raise RefusedError(f"workload.order is {str(order)[:40]!r}, allowed: random, a_first, shortest_first")


def _masses(workload: dict[str, Any], n: int) -> tuple[Form, list[Fraction] | None]:
    """pi[x][y], from ``joint`` or as the product of ``probabilities`` with themselves (returned too)."""
    if ("joint" in workload) == ("probabilities" in workload):
        raise RefusedError("workload must have either probabilities or joint")
    if "probabilities" in workload:
        p = _distribution(_table(workload["probabilities"], (n,), "workload.probabilities"))
        form = Form.of(p)
        return Form([a * b for a in form.numbers for b in form.numbers], form.unit**2), p
    return Form.of(_distribution(_table(workload["joint"], (n, n), "workload.joint"))), None


def _distribution(values: list[Fraction]) -> list[Fraction]:
    if min(values) < 0 or sum(values) != 1:
        raise RefusedError("workload: probabilities must not be negative, with sum exactly 1")
    return values


# Recorded counts ------------------------------------------------------------------------------------------------------
def read_record(record: Any) -> tuple[str, Fraction, tuple[int, ...], list[int]]:
    """The source of a record as it is shown, the significance of its test, and its counts: their shape, and flat."""
    _keys(record, {"source", "significance", "counts"}, "record")
    source, significance = record["source"], rational(record["significance"], "record.significance")
    shape = _shape(record["counts"], 4, "record.counts")
    counts = _table(record["counts"], shape, "record.counts")
    if not isinstance(source, str) or not source.isprintable() or not 1 <= len(source) <= 100:
        raise RefusedError("record.source must be 1 to 100 printable characters")
    whole = min(counts) >= 0 and all(k.denominator == 1 for k in counts) and 1 <= sum(counts) <= MAX_ROUNDS
    if not whole or not 0 < significance < 1 or len(counts) > MAX_CELLS:
        limits = f"{MAX_CELLS} whole counts from 0, with a sum from 1 to {MAX_ROUNDS}"
        raise RefusedError(f"record needs a significance between 0 and 1, and at most {limits}")
    return f"{source!r} ({int(sum(counts)):,} rounds)", significance, shape, [int(k) for k in counts]


def model_of_record(document: dict[str, Any]) -> Verdict:
    """Whether a mixture of fixed answers puts no count in a tail of a probability below significance / (2 cells)."""
    source, significance, shape, counts = read_record(document["record"])
    game, pairs = Game(shape, Form(counts, 1), Fraction(0), []), shape[2] * shape[3]
    strategy_value(game, "local", document["model"])
    parts = [read_part(game, "local", part) for part in document["model"]]
    for at, k in enumerate(counts):
        n, p = sum(counts[at % pairs :: pairs]), sum((w for w, cells, _ in parts if cells[at]), Fraction(0))
        game.work.charge(n + len(parts))
        # The other tail holds a median and is at least 1/2.
        tail = binomial_tail(n, *((k, p) if k <= n * p else (n - k, 1 - p)), ROUND_FLOOR)
        if tail < significance / (2 * len(counts)):
            raise RefusedError(f"the model is not proved: it makes the count {k} of {n} rounds too unlikely")
    level = decimal(significance, ROUND_FLOOR)
    return Verdict(game, (), f"a local model agrees with all {len(counts)} counts of {source} at joint level {level}")


def violation_in_record(verdict: Verdict, document: dict[str, Any]) -> str:
    """What a record earned in a game whose local bound is proved, and how likely that is without entanglement."""
    source, significance, shape, counts = read_record(document["record"])
    game, bound, rounds = verdict.game, verdict.end("local", "upper"), sum(counts)
    if bound is None or game.shape != shape or game.constraints:
        raise RefusedError("a record needs a payoff table of its shape, no constraint, and a local upper end")
    chances = _distribution(_table(document["game"]["pi"], shape[2:], "game.pi"))
    if min(chances) == 0:
        raise RefusedError("game.pi must be positive where there is a record")
    pays = [
        Fraction(at, game.objective.unit) / chances[i % len(chances)] for i, at in enumerate(game.objective.numbers)
    ]
    total = sum(map(mul, counts, pays), Fraction(0))
    if total <= bound * rounds:
        raise RefusedError("the record does not exceed the local bound")
    mean, most = decimal(total / rounds, ROUND_FLOOR), decimal(bound, ROUND_CEILING)
    if set(pays) != {Fraction(0), Fraction(1)}:
        return f"{source} earned {mean} a round, above {most}; no p-value is proved"
    game.work.charge(rounds)
    p_value = binomial_tail(rounds, rounds - int(total), 1 - bound, ROUND_CEILING)
    if p_value > significance:
        raise RefusedError("the record exceeds the local bound by too little for its significance")
    even = shape == (2, 2, 2, 2) and pays[:4] == pays[12:] and all(pays[q] + pays[4 + q] == 1 for q in range(4))
    chsh = even and pays[4:8] == pays[8:12] and sum(pays[:4]) % 2 == 1 and set(chances) == {Fraction(1, 4)}
    shown = f" (S = {decimal(8 * total / rounds - 4, ROUND_FLOOR)} against 2)" if chsh else ""
    with localcontext(prec=3, rounding=ROUND_CEILING, Emax=10**9, Emin=-(10**9)):
        chance = f"a chance of at most {+p_value} for local strategies"
    return (
        f"{source} won {mean} of the rounds, above {most}{shown}: {chance}, if questions were fresh and answers in time"
    )


def binomial_tail(n: int, k: int, p: Fraction, rounding: str) -> Decimal:
    """P[Bin(n, p) <= k] for k <= n p: from below with ROUND_FLOOR, from above with ROUND_CEILING.

    All steps are of numbers from 0 up, rounded to one side; terms fall, so that j are at most j times the first.
    """
    with localcontext(prec=40, rounding=rounding, Emax=10**9, Emin=-(10**9)):
        won, lost, odds = (Decimal(x.numerator) / x.denominator for x in (p, 1 - p, (1 - p) / p if k else p))
        term = math.prod(repeat(won, k), start=Decimal(1)) * math.prod(repeat(lost, n - k), start=Decimal(1))
        for i in range(min(k, n - k)):
            term = term * (n - i) / (i + 1)
        total = term
        for j in range(k, 0, -1):
            term = term * j * odds / (n - j + 1)
            total += term
            if term * j <= total * Decimal("1e-20"):
                return total + term * j if rounding == ROUND_CEILING else total
        return total


# JSON -----------------------------------------------------------------------------------------------------------------
def rational(text: Any, name: str) -> Fraction:
    """A rational number from its text ``-12/5`` or ``3``; nothing else is a number here."""
    if not isinstance(text, str):
        raise RefusedError(f"{name} must be a rational number as text, like '3/4'")
    over, slash, under = text.partition("/")
    if max(len(over), len(under)) > MAX_DIGITS:
        raise RefusedError(f"{name} must be a rational number, like '3/4', with at most {MAX_DIGITS} digits a side")
    digits = (over[1:] if over.startswith("-") else over, under if slash else "1")
    if not all(part.isascii() and part.isdigit() for part in digits) or int(digits[1]) == 0:
        raise RefusedError(f"{name} is {text[:40]!r}, allowed: a rational number as text, like '3/4'")
    return Fraction(int(over), int(digits[1]))


def _shape(table: Any, axes: int, name: str) -> tuple[int, ...]:
    shape = []
    for _ in range(axes):
        shape.append(len(_list(table, name, MAX_ENTRIES)))
        table = table[0]
    if math.prod(shape) > MAX_ENTRIES:
        raise RefusedError(f"{name} has {math.prod(shape)} entries, allowed: at most {MAX_ENTRIES}")
    return tuple(shape)


def _table(table: Any, shape: tuple[int, ...], name: str) -> list[Fraction]:
    """Nested lists of rationals of this shape, flat."""
    flat = [table]
    for size in shape:
        if any(not isinstance(each, list) or len(each) != size for each in flat):
            raise RefusedError(f"{name} must be nested lists of shape {list(shape)}")
        flat = [entry for each in flat for entry in each]
    return _rationals(flat, name)


def _rationals(texts: list[Any], name: str) -> list[Fraction]:
    """Numbers whose common denominator is not too large to calculate with."""
    values = [rational(each, name) for each in texts]
    _refuse_many_digits(values, name)
    return values


def _refuse_many_digits(values: list[Fraction], name: str) -> None:
    unit = 1
    for value in values:
        unit = math.lcm(unit, value.denominator)
        if unit.bit_length() > MAX_BITS or unit.bit_length() * len(values) > MAX_VOLUME:
            raise RefusedError(f"{name} has a common denominator of too many digits")


def _list(value: Any, name: str, most: int, least: int = 1) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise RefusedError(f"{name} must be a list of {least} to {most} entries")
    return value


def _keys(value: Any, required: set[str], name: str, allowed: set[str] | None = None) -> None:
    allowed = allowed or required
    if not isinstance(value, dict) or not required <= set(value) <= allowed:
        raise RefusedError(f"{name} must be an object with the keys {', '.join(sorted(allowed))}")


def _no_float(text: str) -> None:
    raise RefusedError(f"{text[:40]} is not a rational number")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise RefusedError("a key stands twice in one object")
    return dict(pairs)


def main(path: str, shown: str = "") -> int:
    """Check one file and print the verdict after ``shown``; return 0 if it is proved and 1 if it is refused."""
    try:
        with open(path, encoding="utf-8") as file:
            print(f"{shown}{check_text(file.read(MAX_BYTES + 1))}")
    except (OSError, ValueError, RefusedError) as error:
        reason = f"{path} cannot be read: {error.strerror}" if isinstance(error, OSError) else error
        print(f"{shown}refused: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else "usage: python checker.py CERTIFICATE.json")
