# The commands of the helpdesk. `make help` is made from the ## comments.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# the first Python that is new enough; `make PYTHON=python3.13 run` takes another
PYTHON = $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
CODE := app models views jobs import_tools tests config.py run.py
WORKERS ?= 2
ARGS ?=

.PHONY: run test check fix bench storm mutants assets i18n pins screenshots help dev

run: $(VENV)/runtime.stamp assets  ## start the helpdesk on this machine (PORT, HOST, DATABASE_URL, REDIS_URL)
	@exec $(BIN)/python run.py

test: dev  ## check and all tests, on SQLite and PostgreSQL, in a real browser (ARGS="-k inbox")
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: dev  ## style, types, layers, rules of the house, translations, migrations
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --config pyproject.toml
	$(BIN)/python -m app.i18n check
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_migrations.py

fix: dev  ## put imports and layout in order
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: dev $(VENV)/bench.stamp  ## what pages cost at 10,000 to 1,000,000 tickets, how good joins are (ARGS=joins)
	$(BIN)/python -m tests.bench $(ARGS)

mutants: dev $(VENV)/mutants.stamp  ## what the tests of the permission module notice (ARGS="--only policy")
	$(BIN)/python -m tests.mutation --workers $(WORKERS) $(ARGS)

storm: dev  ## 10,000 tickets while everything is killed again and again (ARGS="events seconds sqlite seed")
	$(BIN)/python -m tests.storm $(ARGS)

screenshots: dev  ## the pictures of the README, taken from the running program
	$(BIN)/python -m tests.screenshots

assets: $(VENV)/runtime.stamp  ## build the browser's files if they have changed
	@$(BIN)/python -m app.assets_build

i18n: $(VENV)/runtime.stamp  ## extract the texts and merge them into the catalogues
	$(BIN)/python -m app.i18n update

pins: dev  ## compile requirements.in and requirements-dev.in into exact pins
	$(BIN)/pip-compile $(COMPILE) --output-file requirements.txt requirements.in
	$(BIN)/pip-compile $(COMPILE) --output-file requirements-dev.txt requirements-dev.in
	$(BIN)/pip-compile $(COMPILE) --output-file requirements-bench.txt requirements-bench.in
	$(BIN)/pip-compile $(COMPILE) --output-file requirements-saml.txt requirements-saml.in
	$(BIN)/pip-compile $(COMPILE) --output-file requirements-mutants.txt requirements-mutants.in

# addresses of this machine's package index do not belong into the files
COMPILE := --quiet --no-header --strip-extras --annotation-style=line --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host

help:  ## this list
	@sed -n 's/^\([a-z0-9]*\):.*  ## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
	while IFS='|' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

# --- what the commands stand on: each stamp is as old as the pins it was installed from

dev: $(VENV)/dev.stamp assets
	@.ci/packages

$(VENV)/bin/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; there is none on the PATH." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make virtual environments:" \
		"install the package python3-venv (sudo apt-get install python3-venv)." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime.stamp: requirements.txt | $(VENV)/bin/pip
	@echo "Installing the pins of requirements.txt"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/runtime.stamp
	@echo "Installing the pins of requirements-dev.txt"
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(VENV)/bench.stamp: requirements-bench.txt $(VENV)/dev.stamp
	@echo "Installing the pins of requirements-bench.txt"
	@$(PIP) -r requirements-bench.txt
	@touch $@

$(VENV)/mutants.stamp: requirements-mutants.txt $(VENV)/dev.stamp
	@echo "Installing the pins of requirements-mutants.txt"
	@$(PIP) -r requirements-mutants.txt
	@touch $@
