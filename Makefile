# Everything begins with `make run`. Variables: PORT, DATA_DIR, KAFKA=1, PYTHON=/path/to/python3.12

PORT ?= 8080
DATA_DIR ?= .tradepost
KAFKA ?=
UPGRADE ?=
INTERPRETER := $(if $(PYTHON),$(PYTHON),python3)

export PORT DATA_DIR KAFKA

.DEFAULT_GOAL := help
.PHONY: help run test check bench clean lock bootstrap

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

run: bootstrap ## start everything on PORT (8080), data in DATA_DIR (.tradepost); KAFKA=1 for a real broker
	@exec .venv/bin/tradepost up

test: bootstrap ## the whole suite; TESTS="tests/ground -k lock" for a part of it
	@.venv/bin/pytest $(TESTS)

check: bootstrap ## format, lint, types, import contracts, lock
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports
	@$(INTERPRETER) bootstrap.py check-lock

bench: bootstrap ## measure it
	@.venv/bin/python -m bench

lock: bootstrap ## rewrite requirements.lock; versions stay, but for UPGRADE="name name" or UPGRADE=ALL
	@$(INTERPRETER) bootstrap.py lock $(UPGRADE)

clean: ## remove .venv and caches; data stays
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

bootstrap:
	@command -v $(INTERPRETER) >/dev/null || { \
	  echo "$(INTERPRETER) is not installed; install Python 3.11 or newer, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(INTERPRETER) bootstrap.py
