import numpy as np
import pytest

from entsched import pareto


def test_fronts_and_hypervolume_against_brute_force():
    rng = np.random.default_rng(18)
    for _ in range(50):
        r, w = rng.random((2, 12)).round(1)
        front = pareto.on_front(r, w)
        for i in range(12):
            dominated = any(r[j] >= r[i] and w[j] <= w[i] and (r[j] > r[i] or w[j] < w[i]) for j in range(12))
            assert front[i] == (not dominated)
        grid_r, grid_w = np.meshgrid(np.arange(0.005, 1, 0.01), np.arange(0.005, 1, 0.01))
        covered = np.any([(grid_r < a) & (grid_w > b) for a, b in zip(r, w, strict=True)], axis=0)
        assert pareto.hypervolume(r, w, (0.0, 1.0)) == pytest.approx(covered.mean(), abs=1e-9)


def test_qos_takes_the_least_split_when_the_rate_falls_with_it():
    reading = pareto.qos(lambda p: (1 - p) ** 2, lambda p: 3 - p, budget=0.04)
    assert reading == pytest.approx((0.8, 2.2, 0.04))


def test_qos_finds_a_rate_that_peaks_inside_and_the_ends():
    peaked = pareto.qos(lambda p: 1 - p, lambda p: -((p - 0.7) ** 2), budget=0.5)
    assert peaked.splitting == pytest.approx(0.7, abs=1e-4)
    assert pareto.qos(lambda p: 1 - p, lambda p: p, budget=0.5).splitting == 1.0
    assert pareto.qos(lambda p: 1 - p, lambda p: -p, budget=2.0).splitting == 0.0


def test_qos_that_cannot_be_kept():
    assert pareto.qos(lambda p: 2 - p, lambda p: 1.0, budget=0.5) is None
