"""Figure 10: the best static routing with and without entanglement, for one workload and over loads and spreads."""

from common import run

if __name__ == "__main__":
    run("static")
    run("static-map")
