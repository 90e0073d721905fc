"""The contract of a pair source: it delivers a mixture of the four Bell states."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from entsched.entanglement.pair import PairLaw
from entsched.errors import StrategyError
from entsched.testing import laws
from entsched.testing.check import Check
from entsched.testing.laws import title_of


def pair_source_checks(source: PairLaw) -> list[Check]:
    """The checks of one pair source.

    Examples
    --------
    >>> from entsched.entanglement.pair import Werner
    >>> [check.run() for check in pair_source_checks(Werner(visibility=0.9))]
    [None, None, None, None]
    """
    contract: tuple[tuple[str, str, Callable[[PairLaw], None]], ...] = (
        ("travels", "It and its parameters travel to workers.", laws.require_travel),
        ("weights", "Its weights are four probabilities.", _require_weights),
        ("deterministic", "They are the same whenever they are asked for.", _require_determinism),
        ("state", "The mixture of Bell states is a state.", _require_state),
    )
    return [Check(name, verifies, title_of(source), partial(body, source)) for name, verifies, body in contract]


def _require_weights(source: PairLaw) -> None:
    weights = tuple(source.weights)
    if len(weights) != 4 or not all(0 <= weight <= 1 for weight in weights) or abs(sum(weights) - 1) > 1e-9:
        raise StrategyError(f"{title_of(source)}: given weights {weights}, allowed: four probabilities that sum to 1")


def _require_determinism(source: PairLaw) -> None:
    if any(tuple(source.weights) != tuple(source.weights) for _ in range(3)):
        raise StrategyError(f"{title_of(source)}: its weights change, allowed: a function of its parameters")


def _require_state(source: PairLaw) -> None:
    from entsched.quantum.bell import bell_diagonal

    state = bell_diagonal(source.weights)
    if abs(state.tr() - 1) > 1e-9 or min(state.eigenenergies()) < -1e-9:
        raise StrategyError(f"{title_of(source)}: its weights {tuple(source.weights)} make no density matrix")
