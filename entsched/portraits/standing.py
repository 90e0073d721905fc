"""Where a strategy stands: W, R and p, exact where formulas exist, else simulated with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from entsched.errors import EntschedError, is_overload
from entsched.queueing import evaluate
from entsched.sim.record import RunFigures
from entsched.sim.statistics import Estimate, student_interval
from entsched.sim.task import Replication
from entsched.strategies.base import Scenario, StrategyClass
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.compiling import held_s, is_memoryless, memoryless_table
from entsched.workload import BaselineReward

#: Replications of a simulated point, pairs in each, and of routers with a memory, which cost a call for each pair.
REPLICATIONS, PAIRS, REMEMBERED_PAIRS = 5, 100_000, 12_000

#: All simulations meet the customers of this seed.
SEED = 2026


@dataclass(frozen=True)
class Standing:
    """The figures of one strategy in one scenario.

    Attributes
    ----------
    wait_s : W, seconds; both ends of an exact figure are its mean
    baseline_rate : R, output per second
    splitting : p, as it came out
    """

    wait_s: Estimate
    baseline_rate: Estimate
    splitting: float


def standing(choice: StrategyChoice, scenario: Scenario, reward: BaselineReward) -> Standing | None:
    """The figures of a strategy that was compiled for a scenario; None if a server has load 1 or more.

    Of strategies without a formula, overloads are not known.

    Parameters
    ----------
    reward : for which R is counted; strategies plan for that of the scenario

    Raises
    ------
    StrategyError
        If the strategy cannot be compiled.

    Examples
    --------
    >>> from entsched.portraits import reference
    >>> chosen = reference.choice("size-interval")
    >>> found = standing(chosen, reference.scenario(chosen), reference.INDEX_REWARD)
    >>> round(found.wait_s.mean, 3), found.wait_s.half_width, found.splitting
    (13.789, 0.0, 0.5)
    >>> overloaded = reference.Scenario(reference.workload(0.9), None)
    >>> standing(chosen, overloaded, reference.INDEX_REWARD) is None
    True
    """
    try:
        plan = choice.compiled(scenario)
        if not is_memoryless(choice.strategy, plan):
            return _simulated(choice, scenario, reward)
        metrics = evaluate(scenario.workload, memoryless_table(plan, scenario.workload, choice.name), reward)
    except EntschedError as error:
        if is_overload(error):
            return None
        raise
    wait_s = metrics.mean_wait_s + held_s(plan)
    return Standing(_certain(wait_s), _certain(metrics.baseline_rate), metrics.split_fraction)


def replications(choice: StrategyChoice, scenario: Scenario, reward: BaselineReward) -> list[RunFigures]:
    """What each replication of a strategy measured; all strategies meet the same customers.

    Examples
    --------
    >>> from entsched.portraits import reference
    >>> chosen = reference.choice("alternating")
    >>> [run.split_fraction for run in replications(chosen, reference.scenario(chosen), reference.INDEX_REWARD)]
    [0.0, 0.0, 0.0, 0.0, 0.0]
    """
    remembers = choice.strategy.strategy_class is StrategyClass.ADAPTIVE
    return [
        Replication(
            workload=scenario.workload,
            baseline=reward,
            strategy=choice,
            splitting=scenario.splitting,
            entanglement=scenario.entanglement,
            communication=scenario.communication,
            pairs=REMEMBERED_PAIRS if remembers else PAIRS,
            seed=SEED,
            replication=each,
        ).simulate()
        for each in range(REPLICATIONS)
    ]


def _simulated(choice: StrategyChoice, scenario: Scenario, reward: BaselineReward) -> Standing:
    runs = replications(choice, scenario, reward)
    return Standing(
        student_interval([run.mean_wait_controlled_s for run in runs]),
        student_interval([run.baseline_rate for run in runs]),
        _mean([run.split_fraction for run in runs]),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _certain(value: float) -> Estimate:
    return Estimate(value, value, value)
