import numpy as np
import pytest

from entsched.behavior import Behavior, ConditionalTable
from entsched.errors import StrategyError
from entsched.routing import classical_optimum
from entsched.strategies import registry
from entsched.strategies.base import (
    CommunicatingStrategy,
    JointPlan,
    Resource,
    RoutingPlan,
    Scenario,
    Strategy,
    StrategyClass,
)
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.compiling import compile_strategy, memoryless_table
from entsched.testing import is_local


def _strategy(**overrides):
    """A fair strategy class with parts replaced."""
    plan = overrides.pop("plan", lambda scenario: RoutingPlan(Behavior.from_coalescing(np.full((2, 2), 0.5))))
    body = {
        "name": "made",
        "summary": "made in a test",
        "strategy_class": StrategyClass.SYMMETRIC,
        "resource": Resource.LOCAL,
        "uses_splitting": False,
        "compile": lambda self, scenario: plan(scenario),
        "__module__": __name__,
    } | overrides
    return type("Made", (Strategy,), body)()


def test_communicating_strategies_may_signal_and_nothing_else_may(two_types):
    table = ConditionalTable(np.einsum("ay,bx->abxy", np.eye(2), np.eye(2)))

    class Crossed(CommunicatingStrategy):
        name = "crossed"
        summary = "each follows the other's type"
        uses_splitting = False

        def compile(self, scenario):
            return JointPlan(table, latency_s=0.1)

    plan = compile_strategy(Crossed(), Scenario(two_types, None))
    assert memoryless_table(plan, two_types) is table
    with pytest.raises(StrategyError, match="JointPlan"):
        compile_strategy(_strategy(plan=lambda scenario: plan), Scenario(two_types, None))


def test_question_and_answer_maps_are_part_of_the_table(two_types):
    """Swapping the questions and flipping the answers of both parties is seen by the exact formulas."""
    behavior = Behavior.from_coalescing([[0.9, 0.6], [0.5, 0.1]])
    swap, flip = (lambda v: 1 - v.type_index), (lambda output, v: 1 - output)
    plan = RoutingPlan(behavior, ask=(swap, swap), answer=(flip, flip))
    table = memoryless_table(plan, two_types)
    assert np.allclose(table.p, behavior.p[::-1, ::-1, ::-1, ::-1])


def test_local_membership():
    assert is_local(Behavior.from_coalescing(np.full((3, 3), 0.5)))
    assert not is_local(Behavior.from_coalescing([[1, 1], [1, 0]]))


@pytest.mark.parametrize("threshold_b", [0.5, 1.0])
def test_local_thresholds_lie_on_or_above_the_classical_optimum(two_types, threshold_b):
    plan = registry.build("local-threshold", {"threshold_b_s": threshold_b}).compile(Scenario(two_types, None))
    from entsched.routing import routing_game

    p, value = routing_game(two_types).point(plan.behavior.coalescing)
    assert value >= classical_optimum(two_types, p).lower - 1e-12


def test_unknown_names_and_parameters_are_refused():
    for name, parameters, reason in (
        ("quantum", {}, "unknown strategy"),
        ("random", {"x": 1}, "allowed: none"),
        ("quantum-optimal", {"measurements": "best"}, "given 'best'"),
        ("size-interval", {"cut_s": float("nan")}, "cut_s"),
        ("custom-angles", {}, "missing"),
        ("custom-angles", {"angles_a_deg": [1e9], "angles_b_deg": [0]}, "360"),
    ):
        with pytest.raises(StrategyError, match=reason):
            registry.build(name, parameters)


def test_angles_must_fit_the_types(two_types):
    choice = StrategyChoice(name="custom-angles", parameters={"angles_a_deg": [0], "angles_b_deg": [0, 1]})
    with pytest.raises(StrategyError, match="one for each type"):
        choice.compiled(Scenario(two_types, None))
