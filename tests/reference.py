"""Values that the package must reproduce, each with its tolerance and source."""

from typing import NamedTuple


class Reference(NamedTuple):
    """A number, how closely it is known, and where it comes from."""

    value: float
    tolerance: float
    source: str


DERIVED = "derived in docs/design.md and checked there by brute force"

#: J in seconds for types (0.1, 1.9) s, probability 1/2 each, 0.5 pairs/s: {p: (classical, quantum, full)}.
TWO_TYPES = {
    0.25: tuple(Reference(v, 1e-5, DERIVED) for v in (0.58125, 0.48885, 0.31125)),
    0.5: tuple(Reference(v, 1e-5, DERIVED) for v in (0.1625, 0.1625, 0.1625)),
    0.75: tuple(Reference(v, 1e-5, DERIVED) for v in (0.08125, 0.06394, 0.01375)),
}

#: The same for Exp(1) service in 40 equiprobable bins: {(lambda, p): (classical, quantum, full)}.
EXPONENTIAL_40 = {
    (0.5, 0.5): tuple(Reference(v, 1e-5, DERIVED) for v in (0.24007, 0.21813, 0.15965)),
    (0.9, 0.55): tuple(Reference(v, 1e-5, DERIVED) for v in (0.68279, 0.56146, 0.34486)),
}

#: Expected CHSH value of a Bell pair, 2 sqrt 2.
TSIRELSON = Reference(2.8284271247461903, 1e-9, "B. S. Cirel'son, Lett. Math. Phys. 4, 93 (1980)")

#: Size interval routing of Exp(1) at 0.5 pairs/s with cut 1.678 s, T = t^2: p, W, R of both servers together.
#: q = 1 - exp(-1.678) of the requests are short; batches come at 0.5 (1 - (1-q)^2) and 0.5 (1 - q^2) per second.
SIZE_INTERVAL = {
    "split_fraction": Reference(0.3037, 2e-3, "2 q (1 - q)"),
    "mean_wait_s": Reference(1.17, 1e-2, DERIVED),
    "baseline_rate": Reference(7.979, 3e-2, "sum of (1 - load) 2 / batch rate over the servers"),
}

#: Values of named games: {(name, set, options): reference}.
GAMES = {
    ("chsh", "local", ""): Reference(0.75, 1e-12, "Clauser, Horne, Shimony, Holt, PRL 23, 880 (1969)"),
    ("chsh", "quantum", ""): Reference((2 + 2**0.5) / 4, 1e-12, "Tsirelson, Lett. Math. Phys. 4, 93 (1980)"),
    ("chsh", "no-signalling", ""): Reference(1.0, 1e-12, "Popescu, Rohrlich, Found. Phys. 24, 379 (1994)"),
    ("odd-cycle:5", "local", ""): Reference(0.9, 1e-12, "Cleve, Hoyer, Toner, Watrous, quant-ph/0404076"),
    ("odd-cycle:5", "quantum", ""): Reference(0.975528258147577, 1e-9, "cos^2(pi / 20), quant-ph/0404076"),
    ("magic-square", "local", ""): Reference(8 / 9, 1e-12, "computed here by enumeration; Mermin, Peres 1990"),
    ("magic-square", "quantum", ""): Reference(1.0, 1e-8, "Mermin, PRL 65, 3373 (1990); Peres, PLA 151, 107 (1990)"),
    ("i3322", "local", ""): Reference(0.0, 1e-12, "Collins, Gisin, quant-ph/0306129"),
    ("i3322", "quantum", "1+ab"): Reference(0.2514709, 2e-8, "upper end; Navascues, Pironio, Acin 2008"),
    ("i3322", "quantum", "2"): Reference(0.25093972, 1e-8, "upper end; Pal, Vertesi, arXiv:1006.3032"),
    ("cglmp:3", "local", ""): Reference(2.0, 1e-12, "Collins et al., quant-ph/0106024"),
    ("cglmp:3", "quantum", "1+ab"): Reference(
        1 + (11 / 3) ** 0.5, 1e-7, "Acin, Durt, Gisin, Latorre, quant-ph/0111143"
    ),
    ("cglmp:3", "no-signalling", ""): Reference(4.0, 1e-12, "Collins et al., quant-ph/0106024"),
    ("elegant", "local", ""): Reference(6.0, 1e-12, "Gisin, quant-ph/0702021"),
    ("elegant", "quantum", ""): Reference(4 * 3**0.5, 1e-8, "Gisin, quant-ph/0702021"),
    ("ffl", "quantum", "1+ab"): Reference(2 / 3, 1e-8, "Watrous, lecture notes on the game of Fortnow, Feige, Lovasz"),
}
