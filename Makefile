# Portillon. `make demo` shows it, `make test` proves it; both set themselves up.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.set-up

.PHONY: help setup demo play test check bench chaos fuzz lock bundle clean

help:  ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(STAMP)  ## libzbar0 and .venv/ with everything pinned; run by the others when needed

$(STAMP): requirements/dev.txt pyproject.toml .ci/setup
	@.ci/setup "$(PYTHON)"
	@touch $@

demo: $(STAMP)  ## the whole way on rendered frames and mock pins; no hardware
	@$(BIN)/portillon-kiosk demo

play: $(STAMP)  ## hold up tickets with the mouse before a simulated gate, in your own browser
	@$(BIN)/portillon-kiosk play

test: check  ## checks, then all tests
	@.ci/grounds  # what the tests run on beside this machine; of what can't be had here the tests say so, and fail in CI
	@$(BIN)/python -m tests.run

check: $(STAMP)  ## lint, types, shellcheck, units
	@.ci/check

bench: $(STAMP)  ## ratios measured side by side in one run
	@$(BIN)/python -m benchmarks

chaos: $(STAMP)  ## 2,000 presentations through lost packets, kills and power cuts; nobody twice, nobody lost
	@$(BIN)/python -m tests.chaos

fuzz: $(STAMP)  ## an hour of mutated frames for the reader in its process; no ticket that isn't there, never dead
	@$(BIN)/python -m tests.fuzz

bundle: $(STAMP)  ## all that install.sh --offline needs, in a folder: FOR=trixie|bookworm CPU=aarch64|x86_64 TO=DIR SCREEN=no|yes
	@install/bundle.sh "$(or $(FOR),trixie)" "$(or $(CPU),aarch64)" "$(or $(TO),build/bundle)" "$(or $(SCREEN),no)"

lock:  ## pin the dependencies anew, with hashes and no addresses
	@.ci/lock

clean:  ## remove what setup and the tests made
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
