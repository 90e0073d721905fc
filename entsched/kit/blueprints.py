"""What can be begun: each kind of plugin with its group of entry points and the checks of its contract."""

from __future__ import annotations

from dataclasses import dataclass

from entsched.entanglement.pair import PairLaw
from entsched.plugins import Kinds
from entsched.strategies.registry import STRATEGIES
from entsched.workload import BaselineReward, ServiceLaw


@dataclass(frozen=True, eq=False)
class Blueprint:
    """One kind of plugin to begin.

    Attributes
    ----------
    kinds : those that there are
    folder : of its templates
    checks : the function of ``entsched.testing`` that lists the checks
    """

    kinds: Kinds
    folder: str
    checks: str


BLUEPRINTS = {
    "strategy": Blueprint(STRATEGIES, "strategy", "strategy_checks"),
    "service-law": Blueprint(ServiceLaw.kinds, "service-law", "service_law_checks"),
    "baseline-reward": Blueprint(BaselineReward.kinds, "baseline-reward", "baseline_checks"),
    "pair-source": Blueprint(PairLaw.kinds, "pair-source", "pair_source_checks"),
}
