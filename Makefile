# Each target sets up what it needs in the virtual environment .venv first.
PYTHON ?= python3
PEER_PYTHON ?= $(PYTHON)
VENV := .venv
BIN := $(VENV)/bin
RESULTS ?= results

.PHONY: run test check figures figure-pairs figure-latency figure-distance figure-tournament figure-static coherence coherence-quick portraits bench gate lock wheel clean

run: $(VENV)/ready  ## the main job: figures 1 and 2 with certificates
	$(BIN)/python experiments/figure1_excess_wait.py $(RESULTS)
	$(BIN)/python experiments/figure2_pareto_front.py $(RESULTS)

test: $(VENV)/ready  ## all tests, the long simulations included
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(VENV)/ready  ## format, lint, types, fast tests and doctests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

figures: run figure-pairs figure-latency figure-distance figure-tournament figure-static coherence  ## all figures
	$(BIN)/python experiments/figure3_gain_map.py $(RESULTS)
	$(BIN)/python experiments/figure4_llm_trace.py $(RESULTS)
	$(BIN)/python experiments/figure5_load_sweep.py $(RESULTS)

figure-pairs: $(VENV)/ready  ## where pairs help: visibility, rate, memory, distance, latency
	$(BIN)/python experiments/figure6_pairs.py $(RESULTS)

figure-latency: $(VENV)/ready  ## pairs against communication
	$(BIN)/python experiments/figure7_latency.py $(RESULTS)

figure-distance: $(VENV)/ready  ## pairs over fibre, with and without repeaters
	$(BIN)/python experiments/figure8_distance.py $(RESULTS)

figure-tournament: $(VENV)/ready  ## every strategy against every other
	$(BIN)/python experiments/figure9_tournament.py $(RESULTS)

figure-static: $(VENV)/ready  ## the best static routing: where entanglement helps, and where provably not
	$(BIN)/python experiments/figure10_static.py $(RESULTS)

coherence: $(VENV)/ready  ## the predictions of distributed coherence: figures and verdicts
	$(BIN)/python experiments/figure11_coherence.py $(RESULTS)

coherence-quick: $(VENV)/ready  ## the same, smaller, in a minute
	$(BIN)/python experiments/figure11_coherence.py $(RESULTS) coherence-quick

portraits: $(VENV)/ready  ## docs/portraits.md: every strategy on one workload, with a figure each
	$(BIN)/python experiments/portraits.py

bench: $(VENV)/ready .venv-peer/ready  ## measured speed beside Ciw, simpy, numpy and toqito (PEER_PYTHON=python3.12 for its newest)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.engines
	$(BIN)/python -m benchmarks.scaling
	$(BIN)/python -m benchmarks.static
	$(BIN)/python -m benchmarks.oscillators
	$(BIN)/python -m benchmarks.peers

gate: $(VENV)/ready  ## the release gate: 10,000 random games, no lower end above an upper end
	$(BIN)/python -m benchmarks.gate

lock:  ## pin all dependencies again, with hashes (needs uv)
	uv pip compile --universal --generate-hashes --no-header --extra dev --python-version 3.11 --output-file requirements.lock pyproject.toml

wheel: $(VENV)/ready  ## build a wheel into dist
	$(BIN)/python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist .

clean:
	rm -rf $(VENV) .venv-peer $(RESULTS) dist

$(VENV)/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv-peer/ready: Makefile
	$(PEER_PYTHON) -m venv --clear .venv-peer
	.venv-peer/bin/python -m pip install --quiet --disable-pip-version-check toqito ciw
	touch $@
