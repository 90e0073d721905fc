"""The contract of a strategy, check by check."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from entsched.strategies.base import BaseStrategy
from entsched.testing import declarations, latencies, maps, more_types, poor_pairs, resources, running, sharing, tables
from entsched.testing.check import Check, run_all
from entsched.testing.subject import TWO_TYPES, Subject
from entsched.workload import Workload

#: Name, what it verifies, and how.
CONTRACT: tuple[tuple[str, str, Callable[[Subject], None]], ...] = (
    ("declares", "It has a name, a summary, a class and a resource.", declarations.require_declarations),
    ("compiles", "It compiles to plans that simulations accept.", declarations.require_compiling),
    ("tables", "Its tables are probabilities of the right shapes.", tables.require_tables),
    ("ranges", "Its maps name questions and servers that exist.", maps.require_ranges),
    ("views unchanged", "Its maps do not write to what they are shown.", maps.require_views_unchanged),
    ("no state", "Its maps say the same whenever they are asked.", maps.require_no_state),
    ("same plan", "It compiles to the same plan again, whatever was compiled before.", declarations.require_same_plan),
    ("travels", "It and its parameters travel to workers.", declarations.require_travel),
    ("no signalling", "A server says nothing about the other router's request.", tables.require_no_signalling),
    ("separation", "With the same coins A's server is the same whatever B is asked.", maps.require_separation),
    ("nothing shared", "A router decides the same whatever the other one meets.", sharing.require_nothing_shared),
    ("splitting", "It splits pairs with the probability it is asked for.", tables.require_splitting),
    ("timeless", "In a memoryless class it looks at the own type alone.", maps.require_timeless),
    ("no memory", "It keeps a memory only in the class adaptive.", maps.require_no_memory),
    ("own memory", "What a router remembers is its own history, afresh in each run.", running.require_own_memory),
    ("symmetric", "In the class symmetric both servers are treated alike.", tables.require_symmetry),
    ("local", "With the resource local it has a local model.", resources.require_local),
    ("quantum", "With the resource entangled it passes level 1 + AB of the NPA hierarchy.", resources.require_quantum),
    ("poor pairs", "Without entanglement it does what shared randomness can do.", poor_pairs.require_local_then),
    ("latency", "Routers that communicate wait for it, or hear old news.", latencies.require_latency),
    ("three types", "On a workload of three types it keeps the same word.", more_types.require_three_types),
    ("arrays", "Maps that take arrays agree with themselves one by one.", maps.require_arrays),
    ("engines", "Both engines have the same waits, pair by pair.", running.require_engines),
    ("supply", "So they do with Bell pairs that run out.", running.require_engines_with_supply),
)


def strategy_checks(strategy: BaseStrategy, workload: Workload = TWO_TYPES) -> list[Check]:
    """The checks of one strategy against what it declares, on one workload.

    Examples
    --------
    In a test, ``@pytest.mark.parametrize("check", strategy_checks(MyStrategy()), ids=str)`` names every check:

    >>> from entsched.strategies.registry import build
    >>> checks = strategy_checks(build("random", {}))
    >>> str(checks[4]), checks[4].run()
    ('views-unchanged', None)
    >>> dict(zip(map(str, checks), checks))["quantum"].run()
    'it declares the resource local'
    """
    subject = Subject(strategy, workload)
    return [Check(name, verifies, subject.title, partial(body, subject)) for name, verifies, body in CONTRACT]


def check_strategy(strategy: BaseStrategy, workload: Workload = TWO_TYPES) -> None:
    """Run all checks of one strategy, up to the first that fails.

    Raises
    ------
    StrategyError
        With the part of the contract that is broken.

    Examples
    --------
    >>> from entsched.strategies.registry import build
    >>> check_strategy(build("classical-optimal", {}))
    """
    run_all(strategy_checks(strategy, workload))
