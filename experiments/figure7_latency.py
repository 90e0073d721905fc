"""Figure 7: pairs against communication: the mean wait against the latency between the routers."""

from common import run

if __name__ == "__main__":
    run("latency")
