"""One strategy at one splitting probability, simulated without a folder."""

from __future__ import annotations

import tempfile
from collections import Counter
from typing import Any

from pydantic import ValidationError

from entsched import report, sweep
from entsched.completing import StartProgress, Workers, quiet, try_out
from entsched.config import Experiment
from entsched.errors import ConfigError, StrategyError
from entsched.sim.task import QUANTILE_COLUMNS
from entsched.store import Store
from entsched.strategies.choice import StrategyChoice
from entsched.validation import first_problem

#: The ends of an estimate, and how their columns end.
ENDS = {"mean": "", "low": "_low", "high": "_high"}


def single(
    experiment: Experiment, choice: StrategyChoice, splitting: float | None, settings: dict[str, Any]
) -> Experiment:
    """The experiment cut down to one strategy at one splitting probability, with other settings.

    Raises
    ------
    ConfigError
        If a setting is out of range, or the strategy needs a splitting probability.
    """
    if splitting is None and choice.strategy.uses_splitting:
        raise ConfigError(f"--p: missing, allowed: a splitting probability for strategy {choice.name!r}")
    given = experiment.model_dump(exclude={"strategies", "splitting", "simulation", "map", "qos"})
    old = experiment.simulation.model_dump(exclude={"splitting"}) if experiment.simulation else {}
    try:
        return Experiment(
            **given,
            strategies=(choice,),
            splitting=(splitting or 0.0,),
            simulation=old | settings,  # type: ignore[arg-type]
        )
    except ValidationError as error:
        raise ConfigError(first_problem(error).replace("simulation.", "--")) from None


def simulate(one: Experiment, workers: Workers = Workers(), progress: StartProgress = quiet) -> dict[str, Any]:  # noqa: B008
    """Simulated estimates with 95 % intervals, and the exact figures, of a single-strategy experiment.

    Raises
    ------
    StrategyError
        If the strategy cannot be compiled or routed.
    """
    tasks = sweep.plan(one)
    try_out(one)
    with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
        while todo := [task for task in sweep.missing([one], store) if task.kind in ("exact", "simulation")]:
            outcome = workers.run(todo, store, progress(dict(Counter(task.group for task in todo))))
            if outcome.failed:
                raise StrategyError(outcome.failed[0].error)
        made = report.build(one, store)
        details = store.rows([tasks.exact[0].key])[tasks.exact[0].key]["details"]
    row = made.strategies[0]
    names = ["mean_wait_s", "baseline_rate", "split_fraction", *QUANTILE_COLUMNS]
    names += [name for name in ("bell_pair_share", "mean_bell_age_s") if f"sim_{name}" in row]
    return {
        **{name: {end: _finite(row[f"sim_{name}{place}"]) for end, place in ENDS.items()} for name in names},
        "exact": {name: row.get(name) for name in names},
        "replications": row["sim_replications"],
        "intervals": row["sim_intervals"],
        "notes": made.notes,
        "details": details,
    }


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
