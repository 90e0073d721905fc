"""What all portraits have in common: the workload, the rewards, the splitting probability, and the parameters."""

from __future__ import annotations

from typing import Any

from entsched.strategies.base import Scenario
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.registry import BUILT_IN
from entsched.workload import Workload
from entsched.workload.baseline import Affine, BaselineReward, Linear, Saturating

#: The splitting probability of strategies that use it: where perfect pairs save most on this workload.
SPLITTING = 0.3

#: What strategies plan for that look at the reward, unless the reward is what varies; and the reward of the index.
PLANNED_FOR = Affine(law="affine", setup_s=1.0)
INDEX_REWARD = Saturating(law="saturating", time_constant_s=10.0, exponent=2)

#: The parameters of strategies that need some. The angles are those of ``quantum-optimal`` at p = 0.3, rounded.
GIVEN: dict[str, dict[str, Any]] = {
    "custom-angles": {"angles_a_deg": (0.0, 78.4), "angles_b_deg": (30.2, -48.2)},
    "static-classical": {"weight": 0.1},
    "static-quantum": {"weight": 0.1},
}


def names() -> list[str]:
    """The strategies that have a portrait, in the order of the registry.

    Examples
    --------
    >>> names()[0]
    'random'
    """
    return list(BUILT_IN)


def choice(name: str) -> StrategyChoice:
    """A built-in strategy with the parameters of its portrait.

    Raises
    ------
    StrategyError
        If it needs parameters that are not given here.

    Examples
    --------
    >>> choice("static-quantum").label
    'static-quantum(weight=0.1)'
    """
    return StrategyChoice(name=name, parameters=GIVEN.get(name, {}))


def workload(load: float = 0.5) -> Workload:
    """Two types, 0.1 s and 1.9 s, half of each; at load 0.5 these are 0.5 pairs per second.

    Parameters
    ----------
    load : rho, between 0 and 1

    Examples
    --------
    >>> workload(0.25).arrival_rate_hz
    0.25
    """
    law: Any = {"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]}
    return Workload(arrival_rate_hz=load, service=law)


def with_setup(setup_s: float) -> BaselineReward:
    """T(t) = max(0, t - setup_s): the longer the set-up, the more convex; without one a line.

    Examples
    --------
    >>> with_setup(0.0).law, with_setup(2.0).formula
    ('linear', '$T(t) = \\\\max(0, t - 2\\\\,s)$')
    """
    return Affine(law="affine", setup_s=setup_s) if setup_s > 0 else Linear(law="linear")


def scenario(chosen: StrategyChoice) -> Scenario:
    """What a strategy is compiled for on the reference workload.

    Examples
    --------
    >>> scenario(choice("random")).splitting, scenario(choice("alternating")).splitting
    (0.3, None)
    """
    splitting = SPLITTING if chosen.strategy.uses_splitting else None
    return Scenario(workload(), splitting, baseline=PLANNED_FOR)
