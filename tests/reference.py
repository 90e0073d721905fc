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
