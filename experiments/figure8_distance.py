"""Figure 8: pairs over fibre: rate, fidelity, entangled bits and the budget of errors, with and without repeaters."""

from common import run

if __name__ == "__main__":
    run("distance")
