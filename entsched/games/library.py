"""Named games of the literature, and random ones, each with its source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from entsched.errors import GameError
from entsched.games.forms import Form, functional_from_correlators
from entsched.games.nonlocal_game import MAX_ENTRIES, NonlocalGame, XorGame


def chsh() -> XorGame:
    """P(a xor b = x and y), questions uniform (Clauser, Horne, Shimony, Holt 1969, as a game).

    Examples
    --------
    >>> float(np.abs(chsh().weights).sum() + chsh().offset)
    1.0
    """
    return XorGame(np.array([[1, 1], [1, -1]]) / 8, 0.5, name="chsh")


def weighted_chsh(alpha: float) -> XorGame:
    """alpha <A0 B0> + alpha <A0 B1> + <A1 B0> - <A1 B1> (Acin, Massar, Pironio 2012, arXiv:1107.2754).

    Quantum value 2 sqrt(1 + alpha^2) for alpha >= 1.
    """
    _check("alpha", alpha, -1e6, 1e6)
    return XorGame(np.array([[alpha, alpha], [1, -1]]), name=f"weighted-chsh:{alpha:g}")


def tilted_chsh(beta: float) -> NonlocalGame:
    """beta <A0> + <A0 B0> + <A0 B1> + <A1 B0> - <A1 B1> (Acin, Massar, Pironio 2012, arXiv:1107.2754).

    Local value 2 + beta, quantum value sqrt(8 + 2 beta^2), for 0 <= beta < 2.

    Examples
    --------
    >>> always = np.zeros((2, 2, 2, 2))
    >>> always[0, 0] = 1
    >>> tilted_chsh(0.5).evaluate(always)
    2.5
    """
    _check("beta", beta, -1e6, 1e6)
    form = Form(0.0, np.array([beta, 0.0]), np.zeros(2), np.array([[1.0, 1.0], [1.0, -1.0]]))
    return NonlocalGame(functional_from_correlators(form), np.ones((2, 2)), name=f"tilted-chsh:{beta:g}")


def odd_cycle(n: int) -> XorGame:
    """Winning probability of 2-colouring an odd cycle (Cleve, Hoyer, Toner, Watrous 2004, quant-ph/0404076).

    A gets vertex x, B gets x (answers must agree) or x + 1 (must differ), all 2 n pairs equally
    likely. Classical value 1 - 1/(2n), quantum value cos^2(pi/(4n)).
    """
    _check("n", n, 3, 2999)
    if n % 2 == 0:
        raise GameError(f"odd-cycle given n = {n}, allowed: an odd number")
    return XorGame((np.eye(n) - np.roll(np.eye(n), 1, axis=1)) / (4 * n), 0.5, name=f"odd-cycle:{n}")


def chained(n: int) -> XorGame:
    """Winning probability of the chain A0 B0 A1 B1 ... A0, the last link reversed (Braunstein, Caves 1990).

    2 n links equally likely; classical value 1 - 1/(2n), quantum value cos^2(pi/(4n)).

    Examples
    --------
    >>> bool(np.array_equal(np.abs(chained(2).weights), np.abs(chsh().weights)))
    True
    """
    _check("n", n, 2, 3000)
    links = np.eye(n) + np.eye(n, k=-1)
    links[0, n - 1] = -1
    return XorGame(links / (4 * n), 0.5, name=f"chained:{n}")


def magic_square() -> NonlocalGame:
    """Rows of even and columns of odd parity must agree on the shared cell (Mermin, Peres 1990).

    A fills a row of a 3 x 3 square, B a column; as a game: Aravind 2002, quant-ph/0206070.
    Quantum value 1.

    Examples
    --------
    >>> magic_square().answers, magic_square().questions
    ((4, 4), (3, 3))
    """
    first, second = np.divmod(np.arange(4), 2)
    rows = np.stack([first, second, first ^ second])
    columns = np.stack([first, second, 1 ^ first ^ second])
    payoff = rows.T[:, None, None, :] == columns.T[None, :, :, None]  # A's cell y, B's cell x
    return NonlocalGame(payoff, name="magic-square")


def i3322() -> NonlocalGame:
    """The inequality I3322 <= 0 for three questions of two answers (Collins, Gisin 2004, quant-ph/0306129).

    Local value 0, quantum value 0.2508754... A marginal stands at the other party's first question.
    """
    payoff = np.zeros((2, 2, 3, 3))
    payoff[0, 0] = [[1, 1, 1], [1, 1, -1], [1, -1, 0]]
    payoff[0, :, :, 0] -= [2, 1, 0]
    payoff[:, 0, 0, 0] -= 1
    return NonlocalGame(payoff, np.ones((3, 3)), name="i3322")


def cglmp(d: int) -> NonlocalGame:
    """I_d for two questions of d answers (Collins, Gisin, Linden, Massar, Popescu 2002, quant-ph/0106024).

    Local value 2, no-signalling value 4.
    """
    _check("d", d, 2, 100)
    a, b, x, y = np.indices((d, d, 2, 2))
    shift = np.where((x == 1) & (y == 0), b - a - 1, np.where((x == 0) & (y == 1), b - a, a - b)) % d
    # I_d gives 1 - 2k/(d-1) to a shift of k < d/2 and -(1 - 2k/(d-1)) to -k-1: both are one line
    return NonlocalGame(1 - 2 * shift / (d - 1), np.ones((2, 2)), name=f"cglmp:{d}")


def elegant() -> XorGame:
    """The elegant inequality: a tetrahedron of questions to A, three axes for B (Gisin 2007, quant-ph/0702021).

    Local value 6, quantum value 4 sqrt(3).
    """
    return XorGame(np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]), name="elegant")


def ffl() -> NonlocalGame:
    """Win if (a or x) != (b or y), questions 00, 01, 10 equally likely (Fortnow; Feige, Lovasz 1992).

    Neither entanglement nor anything that does not signal helps: every value is 2/3.
    """
    a, b, x, y = np.indices((2, 2, 2, 2))
    return NonlocalGame((a | x) != (b | y), np.array([[1, 1], [1, 0]]) / 3, name="ffl")


def graph_colouring(edges: Sequence[tuple[int, int]], colours: int, name: str = "graph-colouring") -> NonlocalGame:
    """Same vertex: same colour; neighbours: different colours (Cameron et al. 2007, quant-ph/0608016).

    Parameters
    ----------
    edges : pairs of different vertices 0, 1, ...; each vertex and each edge, in both directions,
        is asked equally often
    colours : at least 1

    Examples
    --------
    >>> triangle = graph_colouring([(0, 1), (1, 2), (2, 0)], colours=3)
    >>> triangle.answers, triangle.questions
    ((3, 3), (3, 3))
    """
    if not edges or any(u == v or min(u, v) < 0 for u, v in edges):
        raise GameError(
            f"graph-colouring given edges {list(edges)[:5]}, allowed: pairs of different vertices 0, 1, ..."
        )
    n = 1 + max(max(edge) for edge in edges)
    _check("colours", colours, 1, 100)
    _check("colours^2 vertices^2", (colours * n) ** 2, 1, MAX_ENTRIES)
    asked = np.eye(n)
    for u, v in edges:
        asked[u, v] = asked[v, u] = 1.0
    equal = np.eye(colours, dtype=bool)[:, :, None, None]
    return NonlocalGame(equal == np.eye(n, dtype=bool), asked / asked.sum(), name=name)


def cycle_colouring(n: int, colours: int) -> NonlocalGame:
    """Colouring the cycle with n vertices (Cameron et al. 2007, quant-ph/0608016)."""
    _check("n", n, 3, 1000)
    return graph_colouring([(i, (i + 1) % n) for i in range(n)], colours, f"cycle-colouring:{n}:{colours}")


def random_xor(n: int, seed: int) -> XorGame:
    """Independent normal weights, n x n, scaled so that sum |weights| = 1.

    Examples
    --------
    >>> random_xor(3, seed=1).questions
    (3, 3)
    """
    _check("n", n, 1, 3000)
    _check("seed", seed, 0, 2**63)
    weights = np.random.default_rng(seed).normal(size=(n, n))
    return XorGame(weights / np.abs(weights).sum(), name=f"random-xor:{n}:{seed}")


def random_game(answers: int, questions: int, seed: int) -> NonlocalGame:
    """Payoffs independent and uniform in [0, 1], questions uniform, the same sizes for both parties.

    Examples
    --------
    >>> random_game(2, 3, seed=1).payoff.shape
    (2, 2, 3, 3)
    """
    _check("answers", answers, 1, 1000)
    _check("questions", questions, 1, 1000)
    _check("answers^2 questions^2", (answers * questions) ** 2, 1, MAX_ENTRIES)
    _check("seed", seed, 0, 2**63)
    payoff = np.random.default_rng(seed).random((answers, answers, questions, questions))
    return NonlocalGame(payoff, name=f"random:{answers}:{questions}:{seed}")


class Entry(NamedTuple):
    """How a named game is built from the numbers after its name."""

    build: Callable[..., NonlocalGame | XorGame]
    parameters: tuple[str, ...] = ()
    kind: type[int] | type[float] = int


#: Every name that :func:`named` knows.
REGISTRY: dict[str, Entry] = {
    "chsh": Entry(chsh),
    "weighted-chsh": Entry(weighted_chsh, ("alpha",), float),
    "tilted-chsh": Entry(tilted_chsh, ("beta",), float),
    "odd-cycle": Entry(odd_cycle, ("n",)),
    "chained": Entry(chained, ("n",)),
    "magic-square": Entry(magic_square),
    "i3322": Entry(i3322),
    "cglmp": Entry(cglmp, ("d",)),
    "elegant": Entry(elegant),
    "ffl": Entry(ffl),
    "cycle-colouring": Entry(cycle_colouring, ("n", "colours")),
    "random-xor": Entry(random_xor, ("n", "seed")),
    "random": Entry(random_game, ("answers", "questions", "seed")),
}


def usages() -> list[str]:
    """How each name is written, for messages.

    Examples
    --------
    >>> usages()[3]
    'odd-cycle:n'
    """
    return [":".join((name, *entry.parameters)) for name, entry in REGISTRY.items()]


def catalogue() -> list[dict[str, str]]:
    """The name, with its parameters, and one line on each named game.

    Examples
    --------
    >>> catalogue()[0]["name"], catalogue()[0]["summary"][:25]
    ('chsh', 'P(a xor b = x and y), que')
    """
    documented = [(entry.build.__doc__ or "").split("\n")[0] for entry in REGISTRY.values()]
    return [
        {"name": usage, "summary": line.removesuffix(".")} for usage, line in zip(usages(), documented, strict=True)
    ]


def named(text: str) -> NonlocalGame | XorGame:
    """The game that a name like ``chsh``, ``odd-cycle:5`` or ``random-xor:20:1`` stands for.

    Raises
    ------
    GameError
        If the name is unknown, a number is missing, or a size is out of range.

    Examples
    --------
    >>> named("odd-cycle:5").questions
    (5, 5)
    >>> named("hex")
    Traceback (most recent call last):
    ...
    entsched.errors.GameError: game given 'hex', allowed: chsh, weighted-chsh:alpha, tilted-chsh:beta, \
odd-cycle:n, chained:n, magic-square, i3322, cglmp:d, elegant, ffl, cycle-colouring:n:colours, \
random-xor:n:seed, random:answers:questions:seed
    """
    name, *numbers = text.split(":")
    entry = REGISTRY.get(name)
    if entry is None:
        raise GameError(f"game given {text[:80]!r}, allowed: {', '.join(usages())}")
    usage = ":".join((name, *entry.parameters))
    if len(numbers) != len(entry.parameters) or any(len(number) > 20 for number in numbers):
        raise GameError(f"game given {text[:80]!r}, allowed: {usage}")
    try:
        values = [entry.kind(number) for number in numbers]
    except ValueError:
        raise GameError(f"game given {text[:80]!r}, allowed: {usage} with numbers") from None
    return entry.build(*values)


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise GameError(f"{name} given as {value}, allowed: {low:g} to {high:g}")
