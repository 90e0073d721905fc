"""Figure 2: Pareto fronts of throughput against wait, for T = t^2 and for a saturating reward."""

from common import RESULTS, run

from entsched import experiment

if __name__ == "__main__":
    folders = [run("two-types"), run("two-types-saturating")]
    for path in experiment.plot(folders, RESULTS / "figures"):
        print(path)
