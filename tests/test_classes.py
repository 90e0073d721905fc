"""No strategy of the symmetric class beats the certified bound of its class and resource, on random workloads."""

import json

import numpy as np
import pytest

from entsched.config import load_experiment
from entsched.routing import classical_optimum, full_information_optimum, quantum_optimum, routing_game
from entsched.strategies import registry
from entsched.strategies.base import Resource, Scenario, StrategyClass
from entsched.strategies.compiling import compile_strategy, memoryless_table
from entsched.tournament.entries import enter
from entsched.workload import Workload

BOUNDS = {
    Resource.LOCAL: lambda workload, p: classical_optimum(workload, p).lower,
    Resource.ENTANGLED: lambda workload, p: quantum_optimum(workload, p).lower,
    Resource.NO_SIGNALLING: lambda workload, p: full_information_optimum(workload, p).lower,
}
PARAMETERS = {"local-threshold": {"threshold_b_s": 0.4}}


def symmetric():
    """The built-in strategies of the class that fit any number of types."""
    for name in registry.BUILT_IN:
        kind = registry.load(name)
        needs = any(field.is_required() for field in kind.model_fields.values())
        if kind.strategy_class is StrategyClass.SYMMETRIC and not needs:
            yield name


@pytest.mark.parametrize("name", list(symmetric()))
def test_no_symmetric_strategy_beats_its_bound(name):
    rng = np.random.default_rng(sum(map(ord, name)))
    for _ in range(4):
        types = int(rng.integers(2, 6))
        values, weights = np.sort(rng.uniform(0.05, 2.0, types)), rng.dirichlet(np.ones(types))
        workload = Workload(
            arrival_rate_hz=float(rng.uniform(0.1, 0.9) / (values @ weights)),
            service={"law": "discrete", "values_s": values.tolist(), "probabilities": weights.tolist()},
        )
        strategy, game = registry.build(name, PARAMETERS.get(name, {})), routing_game(workload)
        splitting = float(rng.uniform()) if strategy.uses_splitting else None
        table = memoryless_table(compile_strategy(strategy, Scenario(workload, splitting)), workload)
        p, excess_s = game.point(table.p[0, 0] + table.p[1, 1])
        bound_s = BOUNDS[strategy.resource](workload, min(max(p, 0.0), 1.0))
        assert excess_s >= bound_s - 1e-8 * game.scale


FRESH = """
import numpy as np

from entsched.behavior import Behavior
from entsched.strategies import Resource, RoutingPlan, Strategy, StrategyClass


class Fresh(Strategy):
    name, summary = "fresh", "Two fair coins."
    strategy_class, resource, uses_splitting = StrategyClass.SYMMETRIC, Resource.LOCAL, False

    def compile(self, scenario):
        n = len(scenario.workload.types)
        return RoutingPlan(Behavior.from_coalescing(np.full((n, n), 0.5)))
"""


def test_a_new_strategy_is_one_file_and_one_line_of_the_registry(tmp_path, monkeypatch, call):
    """With that alone it is listed, checked, run and in the tournament."""
    (tmp_path / "fresh_idea.py").write_text(FRESH)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(registry.BUILT_IN, "fresh", "fresh_idea:Fresh")
    experiment = load_experiment("configs/two-types.yaml")
    assert "fresh" in registry.names()
    assert "fresh" in {choice.name for choice in enter(experiment, ["fresh"], []).experiment.strategies}
    assert call("strategies", "fresh")[0] == 0
    assert call("check", "fresh")[0] == 0
    code, printed, _ = call("simulate", "configs/two-types.yaml", "--strategy", "fresh", "--pairs", 1000, "--json")
    assert code == 0
    assert json.loads(printed)["exact"]["split_fraction"] == pytest.approx(0.5)
