# The README's commands. `make setup` is safe to run again: it does nothing when nothing changed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/installed
CODE   := cli.py stylegram_names.py stylegram_start.py $(filter-out benchmarks/ tests/,$(dir $(wildcard */__init__.py)))

.PHONY: setup demo test lint bench manual clean

setup: $(STAMP)
	@$(BIN)/python -m compileall -q $(CODE)
	@$(BIN)/python -m scraper.provision

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "stylegram needs Python 3.11 or newer; say which with: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 78; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[demo,gallery,dev]'
	@touch $(STAMP)

demo: setup
	$(BIN)/python cli.py demo --keep demo-library

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n 3 --dist worksteal

bench: setup
	$(BIN)/python -m benchmarks.cost

manual: setup
	$(BIN)/python -m console.manual > docs/commands.md

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
