"""What tasks cost, on a clock that passes only as they say, against what they say."""

from dataclasses import dataclass, field

import pytest
from conftest import DISCRETE

from entsched.durations import FEW_PAIRS, MOST_TASKS, cost_of
from entsched.tasks import BoundTask, SimulationTask
from entsched.workload import Workload


@dataclass
class Clock:
    """Time that passes only where tasks say so."""

    now_s: float = 0.0
    prepared: set = field(default_factory=set)

    def __call__(self):
        return self.now_s


CLOCK = Clock()


class Timed(SimulationTask):
    """Takes 20 ms, a microsecond for each pair, and 0.3 s for the first of a point."""

    def evaluate(self):
        CLOCK.now_s += 0.02 + 1e-6 * self.pairs
        if self.splitting not in CLOCK.prepared:
            CLOCK.prepared.add(self.splitting)
            CLOCK.now_s += 0.3
        return {}


class Checked(BoundTask):
    """Takes 10 ms, and 2 s for the first ever."""

    def evaluate(self):
        CLOCK.now_s += 0.01 if CLOCK.prepared else 2.0
        CLOCK.prepared.add("begun")
        return {}


@pytest.fixture
def clock():
    CLOCK.now_s, CLOCK.prepared = 0.0, set()
    return CLOCK


@pytest.mark.parametrize("pairs", [100, FEW_PAIRS, 10_000, 10**9])
def test_simulations_are_cut_short_and_scaled(clock, pairs):
    strategy = {"name": "random"}
    first = Timed(
        workload=Workload(arrival_rate_hz=0.5, service=DISCRETE),
        baseline={"law": "linear"},
        strategy=strategy,
        splitting=0.0,
        pairs=pairs,
        replication=0,
    )
    points = [first.model_copy(update={"splitting": p / 40}) for p in range(40)]
    tasks = [point.model_copy(update={"replication": number}) for point in points for number in range(50)]
    begin_s, all_s = cost_of(tasks, 1e9, clock)
    assert begin_s == pytest.approx(0.3)
    least = 2000 * (0.02 + 1e-6 * pairs)
    assert least < all_s * (1 + 1e-9) <= least + 40 * 0.3 * (1 + 1e-6)
    assert len(clock.prepared) <= MOST_TASKS + 1


def test_timing_ends_with_its_budget(clock):
    workload = Workload(arrival_rate_hz=0.5, service=DISCRETE)
    tasks = [Checked(workload=workload, splitting=p / 1000) for p in range(1000)]
    assert cost_of(tasks, 2.05, clock) == pytest.approx((1.99, 10.0))
    assert clock.now_s < 2.1
    clock.now_s, clock.prepared = 0.0, set()
    assert cost_of(tasks, 1.0, clock) == (0.0, 2000.0)
    assert clock.now_s == 2.0


def test_a_task_that_fails_has_no_cost(clock):
    class Failing(BoundTask):
        def evaluate(self):
            raise LookupError("no such plugin")

    workload = Workload(arrival_rate_hz=0.5, service=DISCRETE)
    assert cost_of([Failing(workload=workload, splitting=0.5)], 1.0, clock) is None
