"""Figure 3: the largest certified gain in mean wait, over load and variability of service."""

from common import run

if __name__ == "__main__":
    run("gain-map")
