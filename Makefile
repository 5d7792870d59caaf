# Everything runs from here; `make help` lists it. Needs Python >= 3.11, git and make.
SHELL := /bin/bash
PY := .venv/bin/python
STAMP := .venv/.ready
# The stamp of an environment whose Python is gone (moved, upgraded) says nothing.
ifneq ($(wildcard $(STAMP)),)
ifneq ($(shell $(PY) -c 'print(1)' 2>/dev/null),1)
$(shell rm -f $(STAMP))
endif
endif
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
# Compiled once, as at its users': a shell that forbids it makes every start a third slower.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo serve test test-slow test-unlocked browser check fix bench diagrams golden lock sbom chaos migration clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## make .venv with every dependency, checked against its hash

$(STAMP): requirements-dev.lock pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Needs Python 3.11 or later as python3; this one is: $$(python3 --version 2>&1)"; exit 1; }
	@# Without ensurepip `venv` stops half-way; what it leaves has no pip and would poison every later try.
	@$(PY) -m pip --version >/dev/null 2>&1 || { rm -rf .venv; \
	  python3 -c 'import ensurepip' 2>/dev/null || \
	  { echo "Python lacks venv. On Debian or Ubuntu: sudo apt-get install python3-venv; then make again."; exit 1; }; \
	  python3 -m venv .venv || { rm -rf .venv; exit 1; }; }
	@$(PY) -m pip install --quiet --disable-pip-version-check "uv>=0.5"
	@.venv/bin/uv pip sync --quiet --require-hashes --python $(PY) requirements-dev.lock
	@.venv/bin/uv pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: setup ## rehearse the whole plan, 20/01 to 20/06/2020, on a virtual clock
	@.venv/bin/dondoc demo --out demo

# Nothing of one's own yet, but a rehearsal played: then that is what one wants to see.
serve: setup ## run the service; right after `make demo`, on the rehearsal
	@if [ -z "$$DONDOC_HOME$$DONDOC_DATABASE_URL" ] && [ ! -e .env ] && [ ! -e .dondoc ] && [ -e demo/dondoc.db ]; \
	then DONDOC_HOME=demo exec .venv/bin/dondoc serve; else exec .venv/bin/dondoc serve; fi

test: setup ## the tests (three at a time on two cores: many wait for a server to start)
	@$(PY) -m pytest -n 3 --dist loadgroup

test-slow: setup browser ## the slow and random-heavy tests, those in a real browser too
	@# A browser keeps an event loop running in its process: its tests have processes of their own.
	@$(PY) -m pytest -n 2 --dist loadgroup -m slow --hypothesis-profile=roving --ignore tests/browser; \
	first=$$?; $(PY) -m pytest -n 2 --dist loadgroup -m slow tests/browser && exit $$first

test-unlocked: setup ## install the wheel without the lock (needs a registry) and serve: are today's releases all right?
	@$(PY) -m tests.unlocked

browser: ## find a browser for the slow tests, or install Debian's
	@for name in chromium chromium-browser google-chrome chrome; do \
	  if command -v $$name >/dev/null; then echo "Browser: $$(command -v $$name)"; exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "No browser found: installing Debian's chromium"; \
	  apt-get install -y --no-install-recommends chromium; \
	else echo "No browser found: its tests are skipped (sudo apt-get install chromium)"; fi

check: setup ## lint, types, layers, sizes
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PY) -m tests.house

fix: setup ## what the linter can mend by itself
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench: setup ## the ratios the program promises, as a table and bench.json
	@$(PY) -m tests.benchmarks

chaos: setup ## kill, lie, jump the clock, cut the database off (20 minutes; SIZE=0.05: one)
	@$(PY) -m tests.chaos

diagrams: setup ## draw the state diagram in README.md from the transition table
	@$(PY) -m tests.diagrams

golden: setup ## keep anew what a rehearsal gives people; prints what changed
	@$(PY) -m tests.golden

lock: setup ## compile the lock files again (hashes, no index address)
	@.venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-strip-extras --no-header --quiet --output-file requirements.lock
	@.venv/bin/uv pip compile pyproject.toml --extra cluster --extra dkim --extra objectstore --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --quiet \
	  --output-file deploy/requirements.lock
	@.venv/bin/uv pip compile pyproject.toml --group dev --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-strip-extras --no-header --quiet \
	  --output-file requirements-dev.lock

sbom: setup ## list every library that ships, with version, hashes and licence (CycloneDX): sbom.json
	@$(PY) deploy/sbom.py deploy/requirements.lock > sbom.json
	@echo "sbom.json: $$($(PY) -c 'import json; print(len(json.load(open("sbom.json"))["components"]))') libraries"

migration: setup ## write the next migration from the models: make migration M="what changed"
	@$(PY) -m plan.migrations.new "$(M)"

clean: ## remove what was made (not the data in .dondoc)
	@rm -rf .venv demo dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis bench.json sbom.json chaos.json
