"""Workloads that several tests share."""

import sys

import numpy as np
import pytest

from entsched.cli import main
from entsched.workload import Workload

DISCRETE = {"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]}


@pytest.fixture
def two_types() -> Workload:
    return Workload(arrival_rate_hz=0.5, service=DISCRETE)


def exponential(rate: float, bins: int | None, order: str = "random") -> Workload:
    return Workload(arrival_rate_hz=rate, service={"law": "exponential", "mean_s": 1.0, "bins": bins}, order=order)


def random_workload(rng, types: int, correlated: bool = False, order: str = "random") -> Workload:
    """A workload with random requirements and probabilities, and a load between 0.2 and 0.9."""
    values = rng.uniform(0.1, 3.0, types)
    joint = rng.dirichlet(np.ones(types * types)).reshape(types, types)
    probabilities = (joint.sum(0) + joint.sum(1)) / 2 if correlated else rng.dirichlet(np.ones(types))
    rate = rng.uniform(0.2, 0.9) / float(probabilities @ values)
    service = {"law": "discrete", "values_s": values.tolist(), "probabilities": probabilities.tolist()}
    return Workload(
        arrival_rate_hz=rate,
        service=service,
        order=order,
        joint=[tuple(row) for row in joint.tolist()] if correlated else None,
    )


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command in this process; returns exit code, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["entsched", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        printed = capsys.readouterr()
        return caught.value.code or 0, printed.out, printed.err

    return run
