"""Figure 6: what pairs must be to help: visibility, rate, memory, distance and latency."""

from common import run

if __name__ == "__main__":
    run("envelope")
