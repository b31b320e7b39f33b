# Everything runs from .venv, which the first target that needs it makes; nothing need be there but Python 3.11.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-compose check bench lock

.venv/installed: requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

demo: .venv/installed  ## four simulated tenants, from nothing to published tables
	$(BIN)/avesa demo

test: .venv/installed  ## every test; those that need Docker are skipped without it
	$(BIN)/pytest -n 2 --dist loadgroup -m "not compose"

test-compose: .venv/installed  ## the compose stack, from build to tables
	$(BIN)/pytest -m compose

check: .venv/installed  ## lint, format, types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: .venv/installed  ## the README's figures, as ratios in one run
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-bench.lock
	$(BIN)/python benchmarks/run.py

lock:  ## pin again what pyproject.toml allows
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml --group bench -c requirements-dev.lock -o requirements-bench.lock
