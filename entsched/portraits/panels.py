"""The three panels of a portrait: the wait against load, the output against set-up, and what the strategy lives on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from entsched.communication import Communication
from entsched.entanglement import Entanglement
from entsched.entanglement.pair import Werner
from entsched.figures.portrait import Line, Panel
from entsched.games.split.correlations import PERFECT, PairCorrelations
from entsched.portraits import reference
from entsched.portraits.standing import Standing, replications, standing
from entsched.queueing import symmetric_baseline_rate
from entsched.routing import classical_optimum, full_information_optimum, quantum_optimum, random_value
from entsched.sim.statistics import Estimate, student_interval
from entsched.strategies.base import Resource, Scenario, StrategyClass
from entsched.strategies.choice import StrategyChoice
from entsched.strategies.compiling import is_memoryless
from entsched.workload import Workload

Floats = NDArray[np.float64]

#: Where lines have points: exact ones, and those that cost a simulation or a search each.
LOADS = (np.linspace(0.1, 0.9, 33), np.linspace(0.1, 0.9, 9))
SETUPS_S = (np.linspace(0.0, 3.0, 25), np.linspace(0.0, 3.0, 7))
SPLITTINGS = (np.linspace(0.0, 1.0, 41), np.linspace(0.0, 1.0, 11))
VISIBILITIES = (np.linspace(0.5, 1.0, 41), np.linspace(0.5, 1.0, 21))
LATENCIES_S = (np.geomspace(1e-3, 10.0, 41), np.geomspace(1e-3, 10.0, 13))

#: Strategies that search for their plan.
SEARCHING = ("static-classical", "static-quantum")

#: The best local strategies that are known in the classes whose routers can do without a coin.
RIVALS = {StrategyClass.SCHEDULED: StrategyChoice(name="alternating-classical")}

#: How many times the longest wait of ``random`` a wait must be for its panel to be logarithmic.
FAR = 1.5


def panels(choice: StrategyChoice) -> list[Panel]:
    """The panels of a strategy on the reference workload.

    Raises
    ------
    StrategyError
        If it cannot be compiled.
    """
    strategy = choice.strategy
    if strategy.resource is Resource.ENTANGLED:
        third = against_visibility(choice)
    elif strategy.strategy_class is StrategyClass.COMMUNICATING:
        third = against_latency(choice)
    else:
        third = against_splitting(choice)
    return [against_load(choice), against_setup(choice), third]


def against_load(choice: StrategyChoice) -> Panel:
    """W (1 - rho) against the load rho, with symmetric routers that split as many pairs."""
    scenario = reference.scenario(choice)

    def at(load: float) -> Scenario:
        return replace(scenario, workload=reference.workload(load))

    found = _swept(choice, _grid(choice, LOADS), at)
    own = _line([(load, _scaled(each.wait_s, 1 - load)) for load, each in found])
    loads = [load for load, _ in found]
    compared = {
        name: Line(loads, [OPTIMA[name](reference.workload(x), each.splitting) * (1 - x) for x, each in found])
        for name in SILENT
    }
    label = "mean wait $W$ times $1 - \\rho$ (s)"
    return Panel("load $\\rho$", label, (0.1, 0.9), own, compared, logarithmic=_far(own, compared["random"]))


def against_setup(choice: StrategyChoice) -> Panel:
    """R against the set-up time of the baseline task, in units of what it is without interruptions."""
    scenario = reference.scenario(choice)
    most = 2 * (1 - scenario.workload.load)

    def at(setup_s: float) -> Scenario:
        return replace(scenario, baseline=reference.with_setup(setup_s))

    found = _swept(choice, _grid(choice, SETUPS_S), at)
    setups_s = SETUPS_S[0].tolist()
    low, high = ([_symmetric_share(x, splitting) for x in setups_s] for splitting in (1.0, 0.0))
    return Panel(
        "set-up $t_0$ (s) of $T(t) = \\max(0,\\,t - t_0)$",
        "productive share of idle time",
        (0.0, 3.0),
        _line([(x, _scaled(each.baseline_rate, 1 / most)) for x, each in found]),
        {"random": Line([x for x, _ in found], [_symmetric_share(x, each.splitting) for x, each in found])},
        ("symmetric routing, $p$ from 1 to 0", Line(setups_s, high, low, high)),
    )


def against_splitting(choice: StrategyChoice) -> Panel:
    """W against p, with the bounds of symmetric routing; a point if the strategy has its own p."""
    scenario, workload = reference.scenario(choice), reference.workload()
    if choice.strategy.uses_splitting:
        found = _swept(choice, _grid(choice, SPLITTINGS), lambda p: replace(scenario, splitting=p))
    else:
        one = standing(choice, scenario, reference.PLANNED_FOR)
        found = [] if one is None else [(one.splitting, one)]
    p, own = SPLITTINGS[0].tolist(), _line([(x, each.wait_s) for x, each in found])
    compared = {name: Line(p, [wait(workload, each) for each in p]) for name, wait in OPTIMA.items()}
    logarithmic = _far(own, compared["random"])
    return Panel("splitting probability $p$", "mean wait $W$ (s)", (0.0, 1.0), own, compared, logarithmic=logarithmic)


def against_latency(choice: StrategyChoice) -> Panel:
    """W against the one-way latency, with symmetric routers that do not talk and split as many pairs."""
    scenario, workload = reference.scenario(choice), reference.workload()

    def at(latency_s: float) -> Scenario:
        return replace(scenario, communication=Communication(latency_s=latency_s))

    found = _swept(choice, _grid(choice, LATENCIES_S), at)
    compared = {
        name: Line([x for x, _ in found], [OPTIMA[name](workload, each.splitting) for _, each in found])
        for name in SILENT
    }
    own = _line([(x, each.wait_s) for x, each in found])
    logarithmic = "x" + _far(own, compared["random"])
    return Panel("one-way latency (s)", "mean wait $W$ (s)", (1e-3, 10.0), own, compared, logarithmic=logarithmic)


def against_visibility(choice: StrategyChoice) -> Panel:
    """What is saved beside the best local strategy known at the same p, against the visibility of Werner pairs."""
    scenario, workload = reference.scenario(choice), reference.workload()
    rival = RIVALS.get(choice.strategy.strategy_class)

    def at(visibility: float) -> Scenario:
        return replace(scenario, entanglement=Entanglement(pair=Werner(visibility=visibility)))

    grid, limits, label = _grid(choice, VISIBILITIES), (0.5, 1.0), "visibility of Werner pairs"
    if rival is not None:
        saved = _line([(float(v), _paired(choice, rival, at(float(v)))) for v in grid])
        return Panel(label, f"saved against\n{rival.name} (s)", limits, saved, zero=True)
    found = [(v, each, _classical_s(workload, each.splitting)) for v, each in _swept(choice, grid, at)]
    saved = _line([(v, _saved(each.wait_s, classical_s)) for v, each, classical_s in found])
    best = [
        classical_s - _quantum_s(workload, each.splitting, PairCorrelations(v, v)) for v, each, classical_s in found
    ]
    compared = {"quantum": Line(saved.x, best)}
    return Panel(label, "saved against the\nclassical optimum (s)", limits, saved, compared, zero=True)


def _paired(choice: StrategyChoice, rival: StrategyChoice, scenario: Scenario) -> Estimate:
    """How much less customers wait than under a rival, on the same customers, seconds."""
    waits_s = [
        np.array([run.mean_wait_s for run in replications(each, scenario, reference.PLANNED_FOR)])
        for each in (rival, choice)
    ]
    return student_interval(waits_s[0] - waits_s[1])


def _grid(choice: StrategyChoice, grids: tuple[Floats, Floats]) -> Floats:
    """The finer grid for what formulas give at once, every other point of it for searches."""
    fine, coarse = grids
    if choice.name in SEARCHING:
        return fine[::2]
    plan = choice.compiled(reference.scenario(choice))
    return fine if is_memoryless(choice.strategy, plan) else coarse


def _swept(choice: StrategyChoice, grid: Floats, at: Callable[[float], Scenario]) -> list[tuple[float, Standing]]:
    """The standings along a grid, where the strategy is stable."""
    found: list[tuple[float, Standing]] = []
    for x in grid:
        scenario = at(float(x))
        reward = scenario.baseline or reference.PLANNED_FOR
        one = standing(choice, scenario, reward)
        if one is not None:
            found.append((float(x), one))
    return found


def _line(found: Sequence[tuple[float, Estimate]]) -> Line:
    """A line with intervals where there are any."""
    x, estimates = [x for x, _ in found], [each for _, each in found]
    y = [each.mean for each in estimates]
    if all(each.half_width == 0 for each in estimates):
        return Line(x, y)
    return Line(x, y, [each.low for each in estimates], [each.high for each in estimates])


def _far(own: Line, usual: Line) -> str:
    """The axes that are logarithmic: the vertical one if somewhere the strategy is far above what is usual."""
    return "y" if own.y and max(own.y) > FAR * max(usual.y) else ""


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    return Estimate(factor * estimate.mean, factor * estimate.low, factor * estimate.high)


def _saved(wait_s: Estimate, usual_s: float) -> Estimate:
    return Estimate(usual_s - wait_s.mean, usual_s - wait_s.high, usual_s - wait_s.low)


def _symmetric_share(setup_s: float, splitting: float) -> float:
    workload = reference.workload()
    return symmetric_baseline_rate(workload, splitting, reference.with_setup(setup_s)) / (2 * (1 - workload.load))


def _random_s(workload: Workload, splitting: float) -> float:
    return workload.base_wait_s + random_value(workload, splitting)


def _classical_s(workload: Workload, splitting: float) -> float:
    return workload.base_wait_s + classical_optimum(workload, splitting).upper


def _quantum_s(workload: Workload, splitting: float, correlations: PairCorrelations = PERFECT) -> float:
    return workload.base_wait_s + quantum_optimum(workload, splitting, correlations).upper


def _full_information_s(workload: Workload, splitting: float) -> float:
    return workload.base_wait_s + full_information_optimum(workload, splitting).upper


#: The waits of symmetric routing at p, seconds; and those of routers that do not talk.
OPTIMA: dict[str, Callable[[Workload, float], float]] = {
    "random": _random_s,
    "classical": _classical_s,
    "quantum": _quantum_s,
    "full information": _full_information_s,
}
SILENT = ("random", "classical", "quantum")
