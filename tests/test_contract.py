"""The public contract: sound plugins of all kinds pass every check, and each fault is caught by the check for it."""

import itertools
import json
import random
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from conftest import DISCRETE, random_workload
from task_doubles import MemoryStore

from entsched import runner
from entsched.behavior import Behavior, ConditionalTable
from entsched.deadline import TERMINATED
from entsched.entanglement.pair import BellDiagonal, SharedBits
from entsched.errors import StrategyError
from entsched.strategies import registry
from entsched.strategies.base import (
    ByPair,
    CommunicatingStrategy,
    JointPlan,
    Memory,
    Resource,
    RoutingPlan,
    Scenario,
    StalePlan,
    Strategy,
    StrategyClass,
)
from entsched.tasks import SimulationTask
from entsched.testing import (
    baseline_checks,
    check_strategy,
    pair_source_checks,
    service_law_checks,
    strategy_checks,
    verdicts,
)
from entsched.workload.baseline import Affine, Linear, Power, Saturating
from entsched.workload.service import Deterministic, Discrete, Exponential, Hyperexponential, Lognormal

PARAMETERS = {
    "custom-angles": {"angles_a_deg": [0, 70], "angles_b_deg": [28, -42]},
    "static-classical": {"weight": 0.5},
    "static-quantum": {"weight": 0.5},
}
#: Built-in strategies that are checked in a fraction of a second.
QUICK = ("random", "size-interval", "no-signalling", "stale-information")
FAIR = np.full((2, 2), 0.5)
SIGNALLING = np.einsum("ay,bx->abxy", np.eye(2), np.eye(2))
TSIRELSON = [[np.cos(np.pi / 8) ** 2] * 2, [np.cos(np.pi / 8) ** 2, np.sin(np.pi / 8) ** 2]]
COUNTER = itertools.count()
DICE = random.Random(7)


@pytest.mark.parametrize(
    "name", [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in registry.BUILT_IN]
)
def test_every_built_in_strategy_keeps_its_contract(name):
    failed = [
        v for v in verdicts(strategy_checks(registry.build(name, PARAMETERS.get(name, {})))) if v.status == "failed"
    ]
    assert failed == []


@pytest.mark.slow
def test_built_in_strategies_keep_it_on_other_workloads():
    rng = np.random.default_rng(16)
    for types, correlated in ((1, False), (3, True), (4, False)):
        workload = random_workload(rng, types, correlated)
        for name in ("random", "local-threshold", "classical-optimal", "quantum-optimal", "no-signalling"):
            check_strategy(registry.build(name, {}), workload)


class Made(Strategy):
    """A fair strategy whose parts tests replace."""

    name, summary = "made", "made in a test"
    strategy_class, resource, uses_splitting = StrategyClass.SYMMETRIC, Resource.LOCAL, False

    def compile(self, scenario):
        return routing(types=types_of(scenario))


def made(base=Made, **body):
    """A strategy with other parts; a class that pickles find."""
    compile_ = body.pop("plan", None)
    if compile_:
        body["compile"] = lambda self, scenario: compile_(scenario)
    kind = type("Replaced", (base,), {"__module__": __name__, "__qualname__": "Replaced", **body})
    globals()["Replaced"] = kind
    return kind()


def routing(coalescing=None, types=2, **parts):
    """A plan with uniform marginals, of fair coins unless others are given."""
    given = np.full((types, types), 0.5) if coalescing is None else coalescing
    return RoutingPlan(Behavior.from_coalescing(given), **parts)


def both(one):
    return one, one


def of(**parts):
    return {"plan": lambda scenario: routing(types=types_of(scenario), **parts)}


def fickle(scenario):
    """Another plan after another workload."""
    return routing(FAIR * DICE.random())


def writing(view):
    view.time_s[...] = 0.0
    return view.type_index


def forcing(output, view):
    if isinstance(view.time_s, np.ndarray):
        view.time_s.flags.writeable = True
        view.time_s[0] += 1.0
    return output


def hoarding(output, view):
    view.memory.append(output)
    return output


def raising(output, view):
    raise KeyError("boom")


SCHEDULED = {"strategy_class": StrategyClass.SCHEDULED}
ADAPTIVE = {"strategy_class": StrategyClass.ADAPTIVE}
REMEMBERS = both(Memory(0, lambda view, server: view.memory + server))
LAST = both(Memory([0], lambda view, server: [server]))
SHARED = []
COMMON = both(Memory(0, lambda view, server: SHARED.append(view.type_index) or sum(SHARED) % 2))

BOX = Behavior.from_coalescing([[1, 1], [1, 0]])
FAIR_COINS = Behavior.from_coalescing(FAIR)
BLIND = ByPair(without=Behavior.from_coalescing(TSIRELSON), by_age=(FAIR_COINS,), ends_s=(np.inf,))
ALWAYS_BOX = ByPair(without=BOX, by_age=(BOX,), ends_s=(np.inf,))
#: Four questions, of which the last two make a box of Popescu and Rohrlich; they are asked late.
HIDDEN = np.block([[FAIR, FAIR], [FAIR, BOX.coalescing]])
ENTANGLED = {"resource": Resource.ENTANGLED}
WHOLE = []
ONE_LIST = both(Memory(WHOLE, lambda view, server: WHOLE.append(server) or WHOLE))
COMMUNICATING = {
    "base": CommunicatingStrategy,
    "name": "made",
    "summary": "made in a test",
    "uses_splitting": False,
    "plan": lambda scenario: JointPlan(BOX, 1.0),
}


def late(view):
    return view.type_index + (2 if 2000 <= view.pair_index < 500_000 else 0)


def growing(view, server):
    view.memory.append(server)
    return view.memory


def by_length(output, view):
    return len(view.memory) % 2


def types_of(scenario):
    return len(scenario.workload.types)


def constant(scenario):
    return scenario.entanglement.is_always_the_same


def failing(scenario):
    """Local without a pair, whatever the pair; only after the fault of the source it goes on as before."""
    poor = scenario.entanglement.pair.visibility < 1
    if constant(scenario) or poor:
        return None if constant(scenario) else ByPair(FAIR_COINS, (FAIR_COINS,), (np.inf,))
    best = Behavior.from_coalescing(TSIRELSON)
    return ByPair(FAIR_COINS, (best,), (np.inf,), faulty=(best,), fault_s=1.0)


def box_by_cell(scenario, own, **parts):
    """Routers of which B knows A's type by a cell that both see, and wins as no local routers can."""
    n = types_of(scenario)
    cell = {}

    def of_a(output, view):
        cell["type"] = view.type_index
        return own(view)

    def of_b(output, view):
        apart = (cell.get("type", 0) == n - 1) & (view.type_index == n - 1)
        return (own(view) + apart) % 2

    return RoutingPlan(Behavior(np.ones((1, 1, n, n))), answer=(of_a, of_b), **parts)


def peeking(scenario):
    return box_by_cell(scenario, lambda view: view.pair_index % 2)


def peeking_with_memory(scenario):
    flip = both(Memory(0, lambda view, server: 1 - view.memory))
    return box_by_cell(scenario, lambda view: view.memory, memory=flip)


def peeking_in_arrays(scenario):
    """Peeks only where many views come at once."""
    cell = {}

    def of_a(output, view):
        cell["type"] = view.type_index
        return view.pair_index % 2

    def of_b(output, view):
        seen = cell["type"] if np.ndim(view.type_index) and np.ndim(cell.get("type", 0)) else 0
        return (view.pair_index + seen * view.type_index) % 2

    n = types_of(scenario)
    return RoutingPlan(Behavior(np.ones((1, 1, n, n))), answer=(of_a, of_b), takes_arrays=True)


def exchanged(plan):
    """The same with the question of A after that of B: A's part is B's, and writes as it asks."""
    first, second = plan.answer

    def ask(view):
        first(0, view)
        return view.type_index

    return replace(plan, ask=(plan.ask[0], ask), answer=(second, lambda output, view: view.pair_index % 2))


def other_with_many(scenario):
    """Fair coins for two types; for more, what no local routers can do."""
    n = types_of(scenario)
    if n == 2:
        return routing()
    return routing(1.0 - np.outer(*both(np.arange(n) == n - 1)))


#: The check that catches each fault, what it says, and the fault.
BROKEN = [
    ("declares", "no name", {"name": None}),
    ("declares", "lower case", {"name": "Made Up"}),
    ("declares", "StrategyClass", {"strategy_class": "symmetrical"}),
    ("declares", "communicating", {"strategy_class": StrategyClass.COMMUNICATING}),
    ("compiles", "failed to compile: ZeroDivisionError", {"plan": lambda scenario: 1 / 0}),
    ("compiles", "compiled to a NoneType", {"plan": lambda scenario: None}),
    ("compiles", "signals", {"plan": lambda scenario: RoutingPlan(Behavior(SIGNALLING))}),
    ("compiles", "one for each type", {"plan": lambda scenario: routing(np.full((5, 5), 0.5))}),
    ("compiles", "asks question 'x'", of(ask=(lambda view: "x", lambda view: 0))),
    ("compiles", "given a memory in the class symmetric", of(memory=REMEMBERS)),
    ("tables", "given a ConditionalTable", {"plan": lambda scenario: RoutingPlan(ConditionalTable(SIGNALLING))}),
    ("no signalling", "signals: where router", {"plan": lambda scenario: RoutingPlan(ConditionalTable(SIGNALLING))}),
    ("ranges", "failed to route: KeyError: 'boom'", of(answer=both(raising))),
    ("ranges", "names server 2", of(answer=both(lambda output, view: 2 * output))),
    ("ranges", "names server 0.0", of(answer=both(lambda output, view: output / 2))),
    ("ranges", "asks question 2 ", of(ask=both(lambda view: view.type_index + 1))),
    ("views unchanged", "writes to its view", SCHEDULED | of(ask=both(writing), takes_arrays=True)),
    ("views unchanged", "writes to its view", SCHEDULED | of(answer=both(forcing), takes_arrays=True)),
    ("views unchanged", "writes to its view's memory", ADAPTIVE | of(answer=both(hoarding), memory=LAST)),
    ("no state", "keep a state", SCHEDULED | of(answer=both(lambda output, view: next(COUNTER) % 2))),
    ("no state", "draw numbers", SCHEDULED | of(answer=both(lambda output, view: DICE.randrange(2)))),
    ("same plan", "another plan the second time", {"plan": fickle}),
    ("travels", "does not travel", {"__reduce__": lambda self: (_ for _ in ()).throw(TypeError("it holds a lock"))}),
    ("splitting", "with probability 0.5, asked for 0", {"uses_splitting": True}),
    ("splitting", "with probability 0.5, asked for 0", {"uses_splitting": True} | SCHEDULED),
    (
        "timeless",
        "depends on time",
        {"strategy_class": StrategyClass.STATIC} | of(ask=both(lambda v: v.pair_index % 2)),
    ),
    ("no memory", "keeps a memory", SCHEDULED | of(memory=REMEMBERS)),
    ("own memory", "does not start afresh", ADAPTIVE | of(memory=COMMON, answer=both(lambda o, v: v.memory))),
    ("own memory", "changes in place", ADAPTIVE | of(memory=both(Memory([], growing)), answer=both(by_length))),
    ("own memory", "changes in place", ADAPTIVE | of(memory=ONE_LIST, answer=both(by_length))),
    ("nothing shared", "router B decides otherwise", SCHEDULED | {"plan": peeking}),
    ("nothing shared", "router A decides otherwise", SCHEDULED | {"plan": lambda s: exchanged(peeking(s))}),
    ("nothing shared", "router B decides otherwise", ADAPTIVE | {"plan": peeking_with_memory}),
    ("nothing shared", "router B decides otherwise", SCHEDULED | {"plan": peeking_in_arrays}),
    ("three types", "no local model", {"plan": other_with_many}),
    ("three types", "failed to compile: KeyError: 3", {"plan": lambda scenario: {2: routing()}[types_of(scenario)]}),
    ("compiles", "given by_pair with the resource local", of(by_pair=ALWAYS_BOX)),
    ("local", "no local model", of(by_pair=ALWAYS_BOX)),
    ("local", "no local model", SCHEDULED | of(coalescing=HIDDEN, ask=both(late))),
    ("quantum", "no quantum state", ENTANGLED | of(by_pair=ALWAYS_BOX)),
    (
        "quantum",
        "no quantum state",
        ENTANGLED | {"plan": lambda s: routing(by_pair=None if constant(s) else ALWAYS_BOX)},
    ),
    ("poor pairs", "pairs that are not entangled", ENTANGLED | of(coalescing=TSIRELSON)),
    ("poor pairs", "without a pair", ENTANGLED | {"plan": lambda s: routing(by_pair=None if constant(s) else BLIND)}),
    ("poor pairs", "without a pair", ENTANGLED | {"plan": lambda s: routing(by_pair=failing(s))}),
    ("latency", "given a latency of 0.1 s", COMMUNICATING | {"plan": lambda scenario: JointPlan(BOX, 0.1)}),
    ("latency", "given a latency of 0.4 s", COMMUNICATING | {"plan": lambda s: StalePlan(FAIR_COINS, 0.2, held_s=0.2)}),
    ("declares", "allowed: communicating", COMMUNICATING | {"strategy_class": StrategyClass.SYMMETRIC}),
    ("compiles", "allowed: communicating", COMMUNICATING | {"strategy_class": StrategyClass.SYMMETRIC}),
    ("compiles", "compiled to a JointPlan", {"plan": lambda scenario: JointPlan(BOX, 0.0)}),
    ("compiles", "given the latency -0.5 s", COMMUNICATING | {"plan": lambda scenario: JointPlan(BOX, -0.5)}),
    ("compiles", "given the latency inf s", COMMUNICATING | {"plan": lambda scenario: JointPlan(BOX, np.inf)}),
    ("compiles", "given the latency soon s", COMMUNICATING | {"plan": lambda scenario: JointPlan(BOX, "soon")}),
    ("compiles", "given reports soon s old", COMMUNICATING | {"plan": lambda scenario: StalePlan(FAIR_COINS, "soon")}),
    ("compiles", "held for nan s", COMMUNICATING | {"plan": lambda s: StalePlan(FAIR_COINS, 0.0, held_s=np.nan)}),
    ("compiles", "failed to compile: SystemExit: 0", {"plan": lambda scenario: sys.exit(0)}),
    ("ranges", "failed to route: SystemExit: 0", SCHEDULED | of(answer=both(lambda output, view: sys.exit(0)))),
    ("views unchanged", "SystemExit", ADAPTIVE | of(memory=both(Memory(0, lambda view, server: sys.exit(0))))),
    ("symmetric", "treats the servers differently", of(answer=both(lambda output, view: 0))),
    ("local", "no local model", of(coalescing=[[1, 1], [1, 0]])),
    ("local", "no local model", of(coalescing=TSIRELSON)),
    ("quantum", "no quantum state", {"resource": Resource.ENTANGLED} | of(coalescing=[[1, 1], [1, 0]])),
    ("quantum", "no quantum state", {"resource": Resource.ENTANGLED} | of(coalescing=[[0.86, 0.86], [0.86, 0.14]])),
    ("arrays", "failed to take arrays", SCHEDULED | of(ask=both(lambda v: int(v.time_s > 9)), takes_arrays=True)),
    (
        "arrays",
        "are not the integers",
        SCHEDULED | of(ask=both(lambda v: np.size(v.type_index) % 2), takes_arrays=True),
    ),
    ("arrays", "are not the integers", SCHEDULED | of(answer=both(lambda o, v: o * 1.0), takes_arrays=True)),
]


def check_of(strategy, name):
    """The verdict of one check."""
    return next(verdicts([each for each in strategy_checks(strategy) if each.name == name]))


@pytest.mark.parametrize(("name", "says", "fault"), BROKEN, ids=[f"{name}-{says}" for name, says, _ in BROKEN])
def test_each_fault_is_caught_by_its_check(name, says, fault):
    found = check_of(made(**fault), name)
    assert (found.status, says in found.reason) == ("failed", True), found
    assert fault.get("name", "made") is None or f"strategy '{fault.get('name', 'made')}'" in found.reason
    assert "\n" not in found.reason


@pytest.mark.parametrize(("name", "says", "fault"), BROKEN[::4])
def test_all_checks_at_once_refuse_them_too(name, says, fault):
    with pytest.raises(StrategyError, match="strategy '"):
        check_strategy(made(**fault))


def test_a_plan_that_was_refused_is_tried_once():
    """What does not compile is said once, and not by every check."""
    found = list(verdicts(strategy_checks(made(plan=lambda scenario: 1 / 0))))
    assert [v.check.name for v in found if v.status == "failed"] == ["compiles"]
    assert {v.reason for v in found if v.status == "skipped"} >= {"it does not compile"}


@pytest.mark.parametrize("when", ["compile", "route"])
def test_what_hangs_is_named_and_ends_the_checks(monkeypatch, when):
    def hang(*_):
        time.sleep(10**6)

    check_strategy(made(**SCHEDULED))  # loads what it needs
    monkeypatch.setenv("ENTSCHED_PATIENCE_S", "0.3")
    fault = {"plan": hang} if when == "compile" else SCHEDULED | of(answer=(hang, hang))
    found = list(verdicts(strategy_checks(made(**fault))))
    failed = [v for v in found if v.status == "failed"]
    assert len(failed) == 1
    assert "strategy 'made': the check" in failed[0].reason
    assert "took more than 0.3 s" in failed[0].reason
    assert found[-1].status == "skipped"
    assert "did not end" in found[-1].reason


@pytest.mark.parametrize(
    ("coalescing", "quantum"),
    [(TSIRELSON, True), (np.eye(2), True), ([[0.8535, 0.8535], [0.8535, 0.1465]], True), (FAIR, True)]
    + [([[0.5 + v / 2] * 2, [0.5 + v / 2, 0.5 - v / 2]], v <= 0.5**0.5) for v in (0.5, 0.70710, 0.70715, 0.72, 1.0)],
)
def test_quantum_behaviors_pass_up_to_the_boundary(coalescing, quantum):
    strategy = made(resource=Resource.ENTANGLED, **of(coalescing=coalescing))
    found = next(v for v in verdicts(strategy_checks(strategy)) if v.check.name == "quantum")
    assert (found.status == "ok") == quantum


@pytest.mark.slow
def test_quantum_behaviors_of_random_angles_pass():
    rng = np.random.default_rng(3)
    for types in (2, 3, 4):
        workload = random_workload(rng, types)
        for _ in range(5):
            angles = rng.uniform(0, np.pi, (2, types))
            coalescing = np.cos(np.subtract.outer(*angles)) ** 2
            strategy = made(resource=Resource.ENTANGLED, **of(coalescing=coalescing))
            found = next(v for v in verdicts(strategy_checks(strategy, workload)) if v.check.name == "quantum")
            assert found.status == "ok", found


def test_an_adaptive_strategy_may_remember():
    alternating = both(lambda output, view: view.memory % 2)
    counting = both(Memory(0, lambda view, server: view.memory + 1))
    strategy = made(**ADAPTIVE, **of(answer=alternating, memory=counting))
    status = {v.check.name: v.status for v in verdicts(strategy_checks(strategy))}
    assert "failed" not in status.values()
    assert (status["own memory"], status["engines"], status["no memory"]) == ("ok", "ok", "skipped")


def test_a_broken_strategy_leaves_the_sound_ones_alone(monkeypatch):
    monkeypatch.setitem(registry.BUILT_IN, "made", f"{__name__}:Frail")
    common = {"workload": {"arrival_rate_hz": 0.5, "service": DISCRETE}, "baseline": {"law": "linear"}, "pairs": 50}
    tasks = [
        SimulationTask(**common, strategy={"name": name}, splitting=0.5, replication=k)
        for k in range(3)
        for name in ("made", "random")
    ]
    store = MemoryStore()
    outcome = runner.run(tasks, store, "serial", 1)
    assert outcome.done == 3
    assert {failure.error for failure in outcome.failed} == {
        "StrategyError: strategy 'made' failed to route: KeyError: 'boom'"
    }


class Frail(Made):
    """Raises as it routes."""

    strategy_class = StrategyClass.SCHEDULED

    def compile(self, scenario: Scenario) -> RoutingPlan:
        return routing(answer=both(raising))


FEW_LAWS = [
    *service_law_checks(Exponential(law="exponential", mean_s=1.0, bins=4)),
    *baseline_checks(Affine(law="affine", setup_s=1.0)),
    *pair_source_checks(SharedBits()),
]
LAWS = [
    *service_law_checks(Discrete(**DISCRETE)),
    *service_law_checks(Deterministic(law="deterministic", mean_s=2.0)),
    *service_law_checks(Hyperexponential(law="hyperexponential", mean_s=1.0, scv=4.0)),
    *service_law_checks(Lognormal(law="lognormal", mean_s=1.0, scv=2.0)),
    *(check for k in (0.5, 1.0, 2.0, 3.5, 20.0) for check in baseline_checks(Power(law="power", exponent=k))),
    *baseline_checks(Saturating(law="saturating", time_constant_s=2.0)),
    *baseline_checks(Linear(law="linear", slope=3.0)),
    *pair_source_checks(BellDiagonal(weights=(0.1, 0.2, 0.3, 0.4))),
]


@pytest.mark.parametrize("checks", [FEW_LAWS, pytest.param(LAWS, marks=pytest.mark.slow)], ids=["few", "others"])
def test_built_in_laws_keep_their_contract(checks):
    assert [v for v in verdicts(checks) if v.status == "failed"] == []


def law(base, parameters, **body):
    """A law with other parts, of a class that pickles find."""
    parts = {
        key: part if callable(part) or isinstance(part, property) else property(lambda _, part=part: part)
        for key, part in body.items()
    }
    kind = type("ReplacedLaw", (base,), {"__module__": __name__, "__qualname__": "ReplacedLaw", **parts})
    globals()["ReplacedLaw"] = kind
    return kind(**parameters)


EXPONENTIAL = {"law": "exponential", "mean_s": 1.0}
SQUARE = {"law": "power", "exponent": 2}
WRONG_LAWS = [
    (service_law_checks, Exponential, EXPONENTIAL, "mean", {"mean_service_s": 1.02}),
    (service_law_checks, Exponential, EXPONENTIAL, "second moment", {"second_moment_s2": 2.2}),
    (service_law_checks, Exponential, EXPONENTIAL, "minimum", {"mean_minimum_s": 0.51}),
    (service_law_checks, Exponential, EXPONENTIAL, "quantiles", {"lorenz": lambda self, u: u**0.5}),
    (service_law_checks, Exponential, EXPONENTIAL, "shares", {"lorenz": lambda self, u: u**2}),
    (service_law_checks, Exponential, EXPONENTIAL, "draws", {"sample": lambda self, rng, n: rng.normal(1.0, 1.0, n)}),
    (service_law_checks, Exponential, EXPONENTIAL, "draws", {"sample": lambda self, rng, n: rng.random(3)}),
    (
        service_law_checks,
        Exponential,
        EXPONENTIAL,
        "deterministic",
        {"sample": lambda self, rng, n: np.full(n, 1.0 + DICE.random())},
    ),
    (baseline_checks, Power, SQUARE, "zero", {"output": lambda self, t: t**2 + 1}),
    (baseline_checks, Power, SQUARE, "increasing", {"output": lambda self, t: np.sin(t)}),
    (baseline_checks, Power, SQUARE, "convexity", {"convex": False}),
    (baseline_checks, Power, SQUARE, "convexity", {"output": lambda self, t: np.sqrt(t)}),
    (baseline_checks, Linear, {"law": "linear"}, "convexity", {"most": 1.0}),
    (baseline_checks, Power, SQUARE, "quadrature", {"output": lambda self, t: 1.01 * t**2}),
    (baseline_checks, Power, SQUARE, "draws", {"output": lambda self, t: 1.1 * t**2}),
    (baseline_checks, Power, SQUARE, "endless rate", {"endless_rate": 1.0}),
    (baseline_checks, Linear, {"law": "linear"}, "endless rate", {"endless_rate": 1.001}),
    (baseline_checks, Linear, {"law": "linear"}, "endless rate", {"endless_rate": np.inf}),
    (baseline_checks, Linear, {"law": "linear"}, "arrays", {"output": lambda self, t: t / t.size}),
    (baseline_checks, Linear, {"law": "linear"}, "arrays", {"output": lambda self, t: np.multiply(t, 2, out=t)}),
    (pair_source_checks, SharedBits, {}, "weights", {"weights": (0.5, 0.5, 0.5, 0.0)}),
    (pair_source_checks, SharedBits, {}, "weights", {"weights": (1.5, -0.5, 0.0, 0.0)}),
    (pair_source_checks, SharedBits, {}, "deterministic", {"weights": property(lambda self: (DICE.random(),) * 4)}),
]


@pytest.mark.parametrize(("checks", "base", "parameters", "name", "fault"), WRONG_LAWS)
def test_each_wrong_law_is_caught_by_its_check(checks, base, parameters, name, fault):
    found = next(v for v in verdicts(checks(law(base, parameters, **fault))) if v.check.name == name)
    assert found.status == "failed", found
    assert "law '" in found.reason
    assert "\n" not in found.reason


PLUGIN = """
from typing import Literal
from test_contract import Made, both, routing
from entsched.entanglement.pair import PairLaw


class Sound(Made):
    name = "sound"


class Unsound(Made):
    name = "unsound"

    def compile(self, scenario):
        return routing(answer=both(lambda output, view: 0))


class Noisy(PairLaw):
    law: Literal["noisy"] = "noisy"
    noise: float = 0.1

    @property
    def weights(self):
        return (1 - self.noise, self.noise, 0.0, 0.0)


class Mine(int):
    pass
"""


CONFIG = """
name: six
workload: {arrival_rate_hz: 0.5, service: {law: exponential, mean_s: 1.0, bins: 6}}
baseline: {law: linear}
splitting: [0.5]
strategies: [random]
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "own_plugins.py").write_text(PLUGIN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "own_plugins"


def test_the_command_checks_a_plugin_of_this_folder(call, module):
    code, printed, errors = call("check", f"{module}:Sound", "--json")
    document = json.loads(printed)
    assert (code, errors, document["kind"], document["failed"]) == (0, "", "strategy", 0)
    assert len(document["checks"]) == document["ok"] + document["skipped"]
    code, printed, _ = call("check", f"{module}:Unsound")
    assert code == 1
    assert "treats the servers differently" in " ".join(printed.split())
    assert call("check", f"{module}:Noisy")[0] == 0
    code, printed, _ = call("check", f"{module}:Noisy", "--parameter", "noise=2.0", "--json")
    assert code == 1
    assert {row["check"] for row in json.loads(printed)["checks"] if row["status"] == "failed"} >= {"weights"}


def test_the_command_takes_names_parameters_and_workloads(call, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(CONFIG)
    cut = ("--parameter", "cut_s=0.9")
    code, printed, _ = call("check", "size-interval", *cut, "--config", config, "--json")
    reasons = [row["reason"] for row in json.loads(printed)["checks"] if row["check"] == "local"]
    assert (code, reasons) == (0, ["given 6 types, allowed: at most 5 in this check"])
    assert call("check", "affine", "--parameter", "setup_s=0.5", "--json")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere:Sound"],
        ["json:dumps"],
        ["json:nothing"],
        ["nothing"],
        ["own_plugins:Mine"],
        ["own_plugins:Sound", "--parameter", "x"],
        ["own_plugins:Sound", "--parameter", "x=1"],
        ["own_plugins:Noisy", "--parameter", "noise=[1"],
        ["entsched.strategies.base:Strategy"],
    ],
)
def test_wrong_use_is_one_line(call, module, arguments):
    code, printed, errors = call("check", *arguments)
    assert (code, printed, len(errors.splitlines())) == (2, "", 1)
    assert "given" in errors or "allowed" in errors


def test_checks_are_named_for_tests():
    checks = strategy_checks(registry.build("random", {}))
    names = [str(check) for check in checks]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and " " not in name for name in names)
    assert all(check.verifies.endswith(".") for check in checks)


def test_one_fault_is_told_in_full_once():
    found = [
        v for v in verdicts(strategy_checks(made(**SCHEDULED, **of(answer=both(raising))))) if v.status == "failed"
    ]
    place = f"test_contract.py:{raising.__code__.co_firstlineno + 1})"
    assert found[0].reason.startswith("strategy 'made' failed to route: KeyError: 'boom' (")
    assert found[0].reason.endswith(place)
    assert len(found) > 5
    assert {v.reason for v in found[1:]} == {f"the same fault as in the check {found[0].check.name!r}"}


def test_different_faults_are_told_apart():
    def failing_by_type(output, view):
        return {0: output}[view.type_index]

    fault = SCHEDULED | of(answer=(raising, failing_by_type), coalescing=[[1, 1], [1, 0]])
    reasons = [v.reason for v in verdicts(strategy_checks(made(**fault))) if v.status == "failed"]
    told = [reason for reason in reasons if not reason.startswith("the same fault")]
    assert any("KeyError: 'boom'" in reason for reason in told)
    assert any("no local model" in reason for reason in told)


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(TERMINATED)])
def test_what_ends_the_process_is_no_fault_of_a_plugin(end):
    def compile_(scenario):
        raise end

    with pytest.raises(type(end)):
        check_strategy(made(plan=compile_))


ENDING = """
import sys
from pydantic import field_validator
from test_contract import Made


class Leaving(Made):
    name = "leaving"

    def compile(self, scenario):
        sys.exit(0)


class Interrupting(Made):
    name = "interrupting"

    def compile(self, scenario):
        raise KeyboardInterrupt


class Unbuilt(Made):
    name = "unbuilt"
    x: int = 1

    @field_validator("x")
    @classmethod
    def leave(cls, value):
        sys.exit(0)
"""


def test_no_plugin_leaves_with_success(call, tmp_path, monkeypatch):
    (tmp_path / "own_endings.py").write_text(ENDING)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    code, printed, _ = call("check", "own_endings:Leaving")
    assert code == 1
    assert "failed to compile: SystemExit: 0 (own_endings.py:11)" in " ".join(printed.split())
    assert call("check", "own_endings:Interrupting")[0] != 0
    code, _, errors = call("check", "own_endings:Unbuilt", "--parameter", "x=2")
    assert (code, len(errors.splitlines())) == (2, 1)
    assert "raises own_endings.py:28: SystemExit: 0" in errors


REFUSED = """
from typing import Literal
from entsched.workload import BaselineReward
from test_contract import Made


class Good(Made):
    name = "good"


class Bad(BaselineReward):
    law: Literal["bad"] = "bad"
    convex = True
"""


def test_a_class_that_cannot_be_made_is_named(call, tmp_path, monkeypatch):
    (tmp_path / "own_refused.py").write_text(REFUSED)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    code, _, errors = call("check", "own_refused:Good")
    assert (code, len(errors.splitlines())) == (2, 1)
    assert "own_refused.py:11: the class Bad cannot be made, and so none of this module: PydanticUserError" in errors
    assert "`convex = True`" in errors
