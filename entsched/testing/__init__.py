"""Checks that a plugin keeps the contract it declares: for authors of plugins and for our own tests."""

from entsched.testing.baselines import baseline_checks
from entsched.testing.check import Check, Verdict, verdicts
from entsched.testing.kinds import checks_of
from entsched.testing.pair_sources import pair_source_checks
from entsched.testing.resources import is_local
from entsched.testing.service_laws import service_law_checks
from entsched.testing.strategies import check_strategy, strategy_checks
from entsched.testing.subject import TWO_TYPES

__all__ = [
    "TWO_TYPES",
    "Check",
    "Verdict",
    "baseline_checks",
    "check_strategy",
    "checks_of",
    "is_local",
    "pair_source_checks",
    "service_law_checks",
    "strategy_checks",
    "verdicts",
]
