"""How often a majority is up, if nodes come and go independently of each other: what redundancy alone explains."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm
from scipy.stats import binom


def majority_up(nodes: int, down_share: float) -> float:
    """The probability that a majority is up at an instant.

    Examples
    --------
    >>> round(majority_up(3, 0.4), 3)
    0.648
    """
    return float(binom.sf(nodes // 2, nodes, 1 - down_share))


def majority_within(nodes: int, down_share: float, mean_down_s: float, patience_s: float) -> float:
    """The probability that a majority is up at any instant of so many seconds.

    Nodes are down for exponential times; the number of those that are up is a birth-death chain, and what is sought is
    the chance that it does not stay below a majority all the time.

    Parameters
    ----------
    nodes : of the cluster
    down_share : of the time that each is down, 0 up to below 1
    mean_down_s, patience_s : mean length of a crash, length of the window, seconds

    Examples
    --------
    >>> round(majority_within(3, 0.4, 2.0, 0.0), 3), round(majority_within(3, 0.4, 2.0, 1.0), 3)
    (0.648, 0.837)
    """
    if down_share == 0:
        return 1.0
    up = np.arange(nodes // 2 + 1)
    repairs, crashes = (nodes - up) / mean_down_s, up * down_share / (mean_down_s * (1 - down_share))
    rates = np.diag(repairs[:-1], 1) + np.diag(crashes[1:], -1) - np.diag(repairs + crashes)
    start = binom.pmf(up, nodes, 1 - down_share)
    return float(1 - start @ expm(rates * patience_s).sum(axis=1))
