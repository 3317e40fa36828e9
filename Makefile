# Everything a developer runs. Each target makes .venv by itself; nothing else on the machine is touched.
SHELL  := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed-$(shell cat requirements-dev.lock | cksum | cut -d' ' -f1)
OPS_VENV  := .venv-ops
OPS_STAMP := $(OPS_VENV)/.installed-$(shell cat requirements-ops.lock | cksum | cut -d' ' -f1)
TOGETHER  := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder -m "not alone and not minute"

# Some machines say not to keep compiled modules; the tests start some thousand processes, and each would compile anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-staging check check-ops audit sbom bench eval chaos fuzz fmt lock clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(STAMP)  ## a simulated customer talks with the agent on a real Asterisk
	@$(BIN)/python -m ops.demo

test: $(STAMP)  ## all tests but the minute of fuzzing, the acceptance tests on a real Asterisk among them
	@$(BIN)/python -m ops.devstack --fetch || true  # the tests themselves tell what is missing
	@# Talks keep real time and mostly wait; a browser takes all the processor it gets: one after the other.
	@$(TOGETHER) -n 5 tests/chaos tests/acceptance $(ARGS)
	@$(TOGETHER) -n 2 tests/browser $(ARGS)
	@$(TOGETHER) -n 4 --ignore=tests/acceptance --ignore=tests/chaos --ignore=tests/browser $(ARGS)
	@$(BIN)/python -m pytest -m alone tests/acceptance $(ARGS)

check: $(STAMP)  ## formatting, lint, types, import direction, unit tests with coverage
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/unit -n 2 --cov --cov-report=term:skip-covered $(ARGS)

test-staging: $(STAMP)  ## the staging stack from nothing to nothing, with Docker: up, seed, smoke test, down; ARGS=--failures breaks it, too
	@ops/test_staging.sh $(ARGS)

check-ops: $(OPS_STAMP)  ## compose files, Dockerfiles, scripts, workflow, alerts, dashboards, manifests; names what this machine cannot check
	@$(OPS_VENV)/bin/python -m ops.check_ops $(ARGS)

audit: $(OPS_STAMP)  ## holes that are known in what the locks name; asks the package index
	@set -e; for lock in requirements*.lock; do echo "$$lock"; $(OPS_VENV)/bin/pip-audit --strict --progress-spinner off --require-hashes --disable-pip -r $$lock; done

bench: $(STAMP)  ## set-up time, latency on the wire, jitter and CPU for 1, 10 and 50 calls at once; --capacity, --overload N, --upgrade N: several workers
	@$(BIN)/python -m ops.bench $(ARGS)

eval: $(STAMP)  ## scripted customers ring the shop and are judged by what is left behind; with ANTHROPIC_API_KEY the real model answers
	@$(BIN)/python -m ops.eval $(ARGS)

chaos: $(STAMP)  ## everything killed, stopped and cut under live talks, judged by an oracle; RUNS=n SEED=s, a minute a run
	@$(BIN)/python -m ops.chaos --runs $(or $(RUNS),10) --seed $(or $(SEED),1) $(ARGS)

fuzz: $(STAMP)  ## hostile input, new each time, for everything that reads what a stranger wrote; SECONDS=60 in all
	@$(BIN)/python -m ops.fuzz --seconds $(or $(SECONDS),60) $(ARGS)

sbom: $(OPS_STAMP)  ## what it consists of, as CycloneDX, in sbom/
	@$(OPS_VENV)/bin/python -m ops.sbom sbom

fmt: $(STAMP)  ## format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock:  ## resolve the dependencies anew (needs uv on the PATH)
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements.lock
	uv pip compile -q pyproject.toml --extra standins --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -c requirements.lock -o requirements-standins.lock
	uv pip compile -q pyproject.toml --extra demo --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements-dev.lock
	uv pip compile -q --group ops --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements-ops.lock

clean:  ## remove the virtual environments and every cache
	rm -rf $(VENV) $(OPS_VENV) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

$(STAMP):
	@echo "Preparing $(VENV) with $$($(PYTHON) --version) (once; later runs take it as it is) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { echo "python3-venv is missing: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes --no-deps -r requirements-dev.lock | grep --line-buffered -E '^(Collecting|Installing|Successfully)' | cut -c1-120
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.installed-* && touch $(STAMP)

$(OPS_STAMP):
	@echo "Preparing $(OPS_VENV) with $$($(PYTHON) --version) (once; later runs take it as it is) ..."
	@$(PYTHON) -m venv --clear $(OPS_VENV) || { echo "python3-venv is missing: apt install python3-venv" >&2; exit 1; }
	@$(OPS_VENV)/bin/python -m pip install --disable-pip-version-check -qq --require-hashes --no-deps -r requirements-ops.lock
	@touch $(OPS_STAMP)
