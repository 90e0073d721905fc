"""Figure 4: the Pareto front for requests to a language-model service, from a measured trace."""

from common import run

if __name__ == "__main__":
    run("llm-trace")
