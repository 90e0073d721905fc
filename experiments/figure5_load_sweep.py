"""Figure 5: the certified advantage, the mean wait and the throughput against the load."""

from common import run

if __name__ == "__main__":
    run("load-sweep")
