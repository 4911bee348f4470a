# Everything below sets itself up first: an own Python environment in .venv, with the exact
# versions of requirements-dev.txt. Nothing else is touched, and no key or phone is needed.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup call replay test races faults saboteurs soak bench bench-tools steady capacity guard check lock

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 19

setup: $(READY) ## the environment in .venv

$(READY): requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install it, or run make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11; run make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv with $$($(PYTHON) --version); a minute or two, once."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

call: $(READY) ## replay a recorded call end to end, in real time, as a caller would hear it
	@$(BIN)/python -m bridge replay recordings/book-a-cleaning

replay: $(READY) ## replay every recording in seconds
	@$(BIN)/python -m bridge replay --fast $(sort $(dir $(wildcard recordings/*/recording.toml)))

test: $(READY) ## the whole test suite
	@$(BIN)/python -m pytest -n auto --dist worksteal

guard: $(READY) ## how well claims are told from other sentences, on the labelled sets
	@$(BIN)/python -m tests.claim_figures

races: $(READY) ## many processes at one calendar, on both databases; about nine minutes
	@$(BIN)/python -m tests.races

faults: $(READY) ## every fault at several moments of a booking call; about six minutes
	@$(BIN)/python -m tests.faults

saboteurs: $(READY) ## builds of the server with one bug each, which the harness must notice; about a minute
	@$(BIN)/python -m tests.saboteurs

soak: $(READY) ## many calls for a long time, with faults at random; about seven minutes
	@$(BIN)/python -m tests.soak

bench: $(READY) ## what the relay costs beside a bare one; on a machine that does nothing else, about nine minutes
	@$(BIN)/python -m tests.bench --json bench.json

capacity: $(READY) ## how many calls a process carries, and what more would take; with nothing else running, about eight minutes
	@$(BIN)/python -m tests.bench.capacity --json bench-capacity.json

bench-tools: $(READY) ## how long the tools take, by how late the calendar answers; about a minute and a half
	@$(BIN)/python -m tests.bench.tools

steady: $(READY) ## fifty calls at once for twenty minutes, and whether memory grows with them
	@$(BIN)/python -m tests.bench.steady

check: $(READY) ## formatting, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

lock: ## write the two requirements files anew (needs the program uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q --all-extras pyproject.toml -o requirements-dev.txt
