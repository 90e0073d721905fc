"""Figure 1: excess wait against splitting probability, for two types of requests."""

from common import run

if __name__ == "__main__":
    run("two-types")
