# Every target sets up what it needs first; see "make help".

# The first interpreter that really runs (a pyenv shim may not).
PYTHON ?= $(shell for p in python3.11 python3 python; do \
	$$p -c '' 2>/dev/null && { command -v $$p; break; }; done)
VENV := $(or $(MMSSL_VENV),.venv)
PY := $(VENV)/bin/python
SETUP := $(PYTHON) tools/dev/setup_env.py
# Two processes, a file of tests in one of them: half of the time on two cores.
WORKERS ?= 2
PYTEST := $(PY) -m pytest -n $(WORKERS) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup study test test-fast test-core lint format docs demo benchmark \
	clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo '  Settings: PYTHON=<interpreter>  MMSSL_VENV=<folder>  MMSSL_CACHE=<folder>'
	@echo '            WORKERS=<processes of the tests, 2; 0: none apart>'
	@echo '            ARGS=<for pytest>, e.g. make test ARGS="-k flow"'

setup:  ## install everything into .venv, mim into .venv/mim (the others call it)
	@$(SETUP) all --venv $(VENV)

demo: setup  ## main job: real video -> pretrained backbone, in minutes
	$(PY) tools/demo.py

benchmark: setup  ## generated world -> pretrained -> downstream table, plot
	$(PY) tools/benchmark_demo.py

study: setup  ## the four methods compared: docs/results.md, some hours
	$(PY) tools/study.py $(ARGS)

test: setup  ## all tests
	$(PYTEST) $(ARGS)

test-fast: setup  ## all tests but the slow ones
	$(PYTEST) -m "not slow" $(ARGS)

test-core: CORE := $(VENV)-core-$(notdir $(PYTHON))
test-core:  ## pretraining's quick tests without mmdet and co.: PYTHON=python3.12
	@$(SETUP) core --venv $(CORE)
	$(CORE)/bin/python -m pytest -m "not slow and not downstream" $(ARGS)

lint: setup  ## ruff, mypy, codespell
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m codespell_lib

format: setup  ## let ruff put the code into its format
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

docs: setup  ## docs/ and the API as a site in docs/_build; warnings fail
	$(PY) -m pip install -q -c requirements/constraints.txt \
		-r requirements/docs.txt
	$(PY) -m sphinx -q -W --keep-going docs docs/_build

clean:  ## delete what builds and tests leave (not .venv, data, work_dirs)
	rm -rf build dist mmssl.egg-info docs/_build docs/api
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find mmssl configs tools tests -name __pycache__ -type d -prune -exec rm -rf {} +
