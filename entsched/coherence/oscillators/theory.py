"""What infinitely many all-to-all oscillators do: stationary order, and fluctuations of the incoherent state."""

from __future__ import annotations

import math
from functools import lru_cache

from entsched.coherence.oscillators.frequencies import SymmetricLaw
from entsched.errors import EntschedError

#: Ends of beta / nu and of nu, for laws that are smooth with their maximum at 0 (Gaussian and Lorentzian): H. Hong et
#: al., Phys. Rev. Lett. 99, 184101 (2007) for random frequencies, Phys. Rev. E 92, 022122 (2015) for quantiles.
#: Random frequencies: a field of width s sees the N s oscillators that it could lock, whose number fluctuates by a
#: share d = (N s)^(-1/2), and so does the critical coupling. Where r follows, r^2 = s^2 = d: r falls as N^(-1/5). But
#: half of the systems lie below their own critical coupling; there r is noise, (N d)^(-1/2), from resonances of width
#: s = d, so that d = N^(-1/3) and r falls as N^(-1/3). The mean, a N^(-1/5) + b N^(-1/3), shows a power in between.
SCALING_THEORY = {"random": ((1 / 5, 1 / 3), (5 / 2, 5 / 2)), "quantiles": ((2 / 5, 2 / 5), (5 / 4, 5 / 4))}

#: Of the quadrature, relative.
TOLERANCE = 1e-11

#: A smaller field K r, in widths of the law, counts as none.
LEAST_FIELD = 1e-7


@lru_cache(maxsize=4096)
def stationary_order(law: SymmetricLaw, coupling: float) -> float:
    """The order r of the synchronised state: the largest root of r = K r int cos^2(t) g(K r sin t) dt; 0 up to K_c.

    Y. Kuramoto, Lecture Notes in Physics 39, 420 (1975). For the Lorentzian law it is sqrt(1 - K_c / K).

    Parameters
    ----------
    law : of the frequencies
    coupling : K, rad/s, finite, 0 or more

    Returns
    -------
    r, from 0 to 1

    Raises
    ------
    EntschedError
        If the coupling is negative or not finite.

    Examples
    --------
    >>> from entsched.coherence.oscillators.frequencies import Lorentzian, Uniform
    >>> stationary_order(Lorentzian(), 1.9), round(stationary_order(Lorentzian(), 4.0) ** 2, 9)
    (0.0, 0.5)
    >>> round(stationary_order(Uniform(), Uniform().critical_coupling * (1 + 1e-9)) / math.pi, 6)
    0.25
    """
    from scipy.optimize import brentq

    if not (math.isfinite(coupling) and coupling >= 0):
        raise EntschedError(f"coupling: given {coupling}, allowed: finite, 0 or more")
    if coupling <= law.critical_coupling:
        return 0.0
    least = LEAST_FIELD * law.width_rad_s
    if coupling * _locked(law, least) <= 1:
        return 0.0
    return float(brentq(lambda field: coupling * _locked(law, field) - 1, least, coupling, xtol=1e-14)) / coupling


def order_curve(law: SymmetricLaw, largest: float, points: int) -> list[tuple[float, float]]:
    """(K, r) of the synchronised state from K_c to about a coupling, closer near K_c: exact, without a root to find.

    Parameters
    ----------
    law : of the frequencies
    largest : coupling, rad/s, above K_c
    points : 1 or more

    Examples
    --------
    >>> from entsched.coherence.oscillators.frequencies import Lorentzian
    >>> [(round(k, 6), round(r, 6)) for k, r in order_curve(Lorentzian(), 4.0, 1)]
    [(4.0, 0.707107)]
    """
    end = largest * stationary_order(law, largest)
    fields = [end * place / points for place in range(1, points + 1)]
    couplings = [1 / _locked(law, field) for field in fields]
    return [(coupling, field / coupling) for field, coupling in zip(fields, couplings, strict=True)]


def _locked(law: SymmetricLaw, field: float) -> float:
    """int cos^2(t) g(field sin t) dt over the oscillators that a field K r locks."""
    from scipy.integrate import quad

    end = math.asin(min(1.0, law.largest_rad_s / field))
    value, _ = quad(
        lambda t: 2 * math.cos(t) ** 2 * float(law.density(field * math.sin(t))),
        0.0,
        end,
        epsabs=0.0,
        epsrel=TOLERANCE,
        limit=200,
    )
    return float(value)


def incoherent_enhancement(relative_coupling: float) -> float:
    """N E|Z|^2 of N incoherent oscillators with Lorentzian frequencies in linear theory: 1 / (1 - K / K_c).

    A field Z(W) at frequency W moves the mean by K/2 / (G + iW) Z(W), with G the half width; so the free sum of all
    phasors, whose power is g(W) / N, is enhanced by (G^2 + W^2) / ((G - K/2)^2 + W^2). In all, G / (G - K/2) / N.

    Parameters
    ----------
    relative_coupling : K / K_c, from 0 to below 1

    Raises
    ------
    EntschedError
        If K / K_c is outside.

    Examples
    --------
    >>> incoherent_enhancement(0.0), incoherent_enhancement(0.75)
    (1.0, 4.0)
    """
    if not 0 <= relative_coupling < 1:
        raise EntschedError(f"coupling over critical coupling: given {relative_coupling}, allowed: 0 to below 1")
    return 1 / (1 - relative_coupling)
