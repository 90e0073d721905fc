"""Theory of the onset on graphs: critical couplings from degrees and eigenvalues, and r(K) of annealed networks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import ive

from entsched.coherence.graphs.links import Degrees

Floats = NDArray[np.float64]

#: The smallest order parameter that is looked for.
LEAST = 1e-6
#: Fields at which a curve is computed.
FIELDS = 600


def onset_by_eigenvalue(found: Degrees) -> float:
    """The critical coupling over that of the mean field: mean degree / largest eigenvalue.

    J. G. Restrepo, E. Ott and B. R. Hunt, Phys. Rev. E 71, 036151 (2005).

    Examples
    --------
    >>> onset_by_eigenvalue(Degrees(mean=10.0, mean_square=110.0, largest_eigenvalue=12.5))
    0.8
    """
    return found.mean / found.largest_eigenvalue


def onset_by_degrees(found: Degrees) -> float:
    """The critical coupling over that of the mean field: <k>^2 / <k^2>.

    T. Ichinomiya, Phys. Rev. E 70, 026116 (2004).

    Examples
    --------
    >>> onset_by_degrees(Degrees(mean=10.0, mean_square=125.0, largest_eigenvalue=12.5))
    0.8
    """
    return found.mean**2 / found.mean_square


def locked(pull: ArrayLike, width_rad_s: float) -> Floats:
    """Mean of cos(theta) of oscillators with Gaussian frequencies in a field that pulls with a rad/s.

    a times the integral of cos^2(t) g(a sin t) over a half turn, in closed form; the shape of ``pull``.

    Parameters
    ----------
    pull : a, rad/s, not negative
    width_rad_s : standard deviation of the frequencies, positive

    Examples
    --------
    >>> [round(float(value), 6) for value in locked([0.0, 1.0, 100.0], 1.0)]
    [0.0, 0.557179, 0.99995]
    """
    ratio = np.asarray(pull, dtype=float) / width_rad_s
    halves = np.square(ratio) / 4
    return np.sqrt(np.pi / 8) * ratio * (ive(0, halves) + ive(1, halves))


def annealed_order(degrees: ArrayLike, coupling: float, width_rad_s: float) -> float:
    """r of infinitely many oscillators with these degrees, each linked at random ever anew; 0 below the onset.

    A node with k links feels the field K k q / <k>, where q, the mean of e^(i theta) over links, follows from itself
    (Ichinomiya 2004); r is the mean over nodes.

    Parameters
    ----------
    degrees : of the nodes, shape (n,)
    coupling : K, rad/s
    width_rad_s : standard deviation of the Gaussian frequencies, positive

    Examples
    --------
    >>> annealed_order([10, 10], 1.0, 1.0), round(annealed_order([10, 10], 2.0, 1.0), 6)
    (0.0, 0.715174)
    """
    own, counts = np.unique(np.asarray(degrees, dtype=float), return_counts=True)
    share, relative = counts / counts.sum(), own / (own @ counts) * counts.sum()

    def surplus(field: float) -> float:
        return float(share @ (relative * locked(coupling * relative * field, width_rad_s))) - field

    if surplus(LEAST) <= 0:
        return 0.0
    field = brentq(surplus, LEAST, 1.0)
    return float(share @ locked(coupling * relative * field, width_rad_s))


def annealed_curve(degrees: ArrayLike, couplings: ArrayLike, width_rad_s: float) -> Floats:
    """The same at many couplings, to 1e-4: the square of the field that pulls is nearly straight in K and interpolated.

    Parameters
    ----------
    degrees : of the nodes, shape (n,)
    couplings : K, rad/s, shape (m,)
    width_rad_s : standard deviation of the Gaussian frequencies, positive

    Returns
    -------
    r, shape (m,)

    Examples
    --------
    >>> annealed_curve([10, 10], [1.0, 2.0], 1.0).round(4).tolist()
    [0.0, 0.7152]
    """
    own, counts = np.unique(np.asarray(degrees, dtype=float), return_counts=True)
    share, relative = counts / counts.sum(), own / (own @ counts) * counts.sum()
    wanted = np.asarray(couplings, dtype=float)
    fields = wanted.max() * np.geomspace(LEAST, 1.0, FIELDS)
    reached = fields / (locked(np.outer(fields, relative), width_rad_s) @ (share * relative))
    pulls = np.sqrt(np.interp(wanted, reached, np.square(fields)))
    return np.where(wanted <= reached[0], 0.0, locked(np.outer(pulls, relative), width_rad_s) @ share)
