"""Which checks a plugin needs, by its base class."""

from __future__ import annotations

from entsched.entanglement.pair import PairLaw
from entsched.errors import StrategyError
from entsched.strategies.base import BaseStrategy
from entsched.testing.baselines import baseline_checks
from entsched.testing.check import Check
from entsched.testing.pair_sources import pair_source_checks
from entsched.testing.service_laws import service_law_checks
from entsched.testing.strategies import strategy_checks
from entsched.testing.subject import TWO_TYPES
from entsched.workload import BaselineReward, ServiceLaw, Workload


def checks_of(plugin: object, workload: Workload = TWO_TYPES) -> list[Check]:
    """The checks of a plugin of any kind; the workload matters for strategies.

    Raises
    ------
    StrategyError
        If it is no plugin.

    Examples
    --------
    >>> from entsched.workload.baseline import Linear
    >>> len(checks_of(Linear(law="linear")))
    8
    """
    if isinstance(plugin, BaseStrategy):
        return strategy_checks(plugin, workload)
    if isinstance(plugin, ServiceLaw):
        return service_law_checks(plugin)
    if isinstance(plugin, BaselineReward):
        return baseline_checks(plugin)
    if isinstance(plugin, PairLaw):
        return pair_source_checks(plugin)
    raise StrategyError(
        f"given a {type(plugin).__name__}, allowed: a strategy, service law, baseline reward or pair source"
    )
