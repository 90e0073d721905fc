"""All-to-all oscillators beside numpy, scipy and the memory, in turns: ``python -m benchmarks.oscillators``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.integrate import solve_ivp

from entsched.coherence.oscillators.frequencies import Floats, Gaussian
from entsched.coherence.oscillators.mean_field import order_parameter

ROUNDS = 5
COUPLING, STEP_S = 2.0, 0.05

#: Oscillators and steps of the comparison, and of the large run.
SIZE, STEPS = 100_000, 40
LARGE, LARGE_STEPS = 1_000_000, 1000

#: What one step reads and writes for each oscillator: phasor twice, rotation once, two numbers each.
BYTES = 48


def speed(frequencies: Floats, phases: Floats) -> Floats:
    """dtheta/dt, rad/s."""
    field = np.exp(1j * phases).mean()
    return frequencies + COUPLING * abs(field) * np.sin(np.angle(field) - phases)


def kernel(frequencies: Floats, phases: Floats, steps: int) -> complex:
    """The last order of the kernel of this package."""
    return complex(order_parameter(frequencies, COUPLING, steps * STEP_S, STEP_S, phases)[-1])


def runge_kutta(frequencies: Floats, phases: Floats, steps: int) -> complex:
    """The classical method of fourth order in numpy."""
    now = phases.copy()
    for _ in range(steps):
        first = speed(frequencies, now)
        second = speed(frequencies, now + STEP_S / 2 * first)
        third = speed(frequencies, now + STEP_S / 2 * second)
        fourth = speed(frequencies, now + STEP_S * third)
        now += STEP_S / 6 * (first + 2 * second + 2 * third + fourth)
    return complex(np.exp(1j * now).mean())


def scipy_adaptive(frequencies: Floats, phases: Floats, steps: int) -> complex:
    """scipy's RK45 with tolerances that give about the error of the kernel."""
    end = steps * STEP_S
    found = solve_ivp(lambda _, now: speed(frequencies, now), (0, end), phases, rtol=1e-4, atol=1e-4, t_eval=[end])
    return complex(np.exp(1j * found.y[:, -1]).mean())


def copied(frequencies: Floats, phases: Floats, steps: int) -> complex:
    """As many bytes as the kernel moves, by copying arrays: what the memory allows."""
    words = frequencies.size * BYTES // 16
    source, target = np.ones(words), np.empty(words)
    for _ in range(steps):
        np.copyto(target, source)
    return complex(target[-1])


CONTENDERS: dict[str, Callable[[Floats, Floats, int], complex]] = {
    "this package": kernel,
    "numpy, Runge-Kutta 4": runge_kutta,
    "scipy, RK45": scipy_adaptive,
    "memory copied": copied,
}


def drawn(n: int) -> tuple[Floats, Floats]:
    """Frequencies, rad/s, and phases, radians."""
    stream = np.random.default_rng(1)
    return Gaussian().draw(stream, n), stream.uniform(0, 2 * np.pi, n)


def comparison() -> None:
    """Nanoseconds for each oscillator and step, medians of ratios within rounds, and errors of the order."""
    start = drawn(SIZE)
    end = STEPS * STEP_S
    exact = solve_ivp(
        lambda _, now: speed(start[0], now), (0, end), start[1], method="DOP853", rtol=1e-9, atol=1e-9, t_eval=[end]
    )
    order = np.exp(1j * exact.y[:, -1]).mean()
    kernel(*start, 2)
    times: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    errors = {}
    for _ in range(ROUNDS):
        for name, run in CONTENDERS.items():
            began = time.process_time()
            errors[name] = abs(run(*start, STEPS) - order)
            times[name].append((time.process_time() - began) * 1e9 / (SIZE * STEPS))
    for name, spent in times.items():
        ratio = median(a / b for a, b in zip(spent, times["this package"], strict=True))
        error = "" if CONTENDERS[name] is copied else f"   error of Z {errors[name]:.1e}"
        print(f"{name:24}{median(spent):8.2f} ns   {ratio:6.2f} of ours{error}")


def large() -> None:
    """Time and peak memory of a large run, in a process of its own, as JSON."""
    kernel(*drawn(100), 2)
    start = drawn(LARGE)
    tracemalloc.start()
    began = time.process_time()
    kernel(*start, LARGE_STEPS)
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    print(json.dumps({"seconds": spent, "bytes": peak / LARGE}))


def main() -> None:
    """Print the comparison and the large run."""
    print(f"{SIZE} oscillators, {STEPS} steps, Gaussian frequencies, one core")
    comparison()
    report = subprocess.run(
        [sys.executable, "-m", "benchmarks.oscillators", "large"], capture_output=True, check=True, text=True
    )
    found = json.loads(report.stdout)
    print(
        f"{LARGE} oscillators, {LARGE_STEPS} steps: {found['seconds']:.1f} s, "
        f"peak memory {found['bytes']:.0f} bytes for each oscillator, beyond frequencies and phases"
    )


if __name__ == "__main__":
    large() if sys.argv[1:] == ["large"] else main()
