.DEFAULT_GOAL := help
.PHONY: help install demo docs test check lint bench pace torture superset clean

SHELL := /bin/bash
# Files of tests are in memory where there is room: tests of the journal and of whole runs took 97 instead of 110 s.
TESTS_TMPDIR := $(shell df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 8000 { print "/dev/shm" }')
# tests/conftest.py gives the tests of one world to one worker.
PYTEST = $(if $(TESTS_TMPDIR),TMPDIR=$(TESTS_TMPDIR)) $(BIN)/python -m pytest -n auto
PYTHON ?= python3
BIN := .venv/bin
PUBLICATION ?= demo/exports/hashtags.duckdb
# Only folders that exist, so that a partial checkout can be linted too.
CODE := $(wildcard pipelines tests bench bi tools)
SQL := $(wildcard dbt_project/models dbt_project/tests)

help:  ## show this list
	@echo "Targets (PYTHON=$(PYTHON), 3.11 or newer):"
	@sed -nE 's/^([a-z]+):.*## (.*)$$/  make \1\t\2/p' Makefile | expand -t 18

install: .venv/.installed  ## create .venv and install everything at the versions in constraints.txt

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = ".".join(map(str, sys.version_info[:3])); sys.exit(0 if sys.version_info >= (3, 11) else f"$(PYTHON) is Python {v}; 3.11 or newer is needed. Name one: make install PYTHON=python3.12")'
	@echo "==> Creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@echo "==> Installing tiktok-hashtags and about 100 packages into .venv (a minute or two)"
	@# As a variable the constraints also hold for the isolated environment that builds the project.
	@PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --progress-bar off -e '.[dev]' \
		| while read -r line; do case "$$line" in Collecting*) printf . ;; "Installing collected"*) printf ' unpacking' ;; esac; done; \
		failed=$${PIPESTATUS[0]}; echo; exit $$failed
	@touch $@
	@echo "==> Installed. Next: make demo, or $(BIN)/tiktags --help"

demo: install  ## run 14 days of a made-up world through all four providers
	@echo "==> Running the demo"
	@$(BIN)/tiktags demo

docs: install  ## build the documents as a site in build/site, strict about links
	@echo "==> Writing docs/commands.md"
	@$(BIN)/python tools/commands_page.py > docs/commands.md
	@echo "==> Building the site"
	@$(BIN)/zensical build --clean --strict
	@echo "==> Built. Open build/site/index.html; with search: $(BIN)/python -m http.server -d build/site"

test: install  ## run the tests
	@echo "==> Running the tests"
	@$(PYTEST)

check: install  ## run the tests that need no PostgreSQL, no browser, no killed runs and no patience
	@echo "==> Running the quick tests"
	@$(PYTEST) -m "not kill and not postgres and not browser and not slow"

lint: install  ## check style, types, import directions, SQL, dependencies and spelling
	@echo "==> ruff check"
	@$(BIN)/ruff check $(CODE)
	@echo "==> ruff format --check"
	@$(BIN)/ruff format --check $(CODE)
	@echo "==> mypy"
	@$(BIN)/mypy $(CODE)
	@echo "==> import-linter"
	@$(BIN)/lint-imports
	@echo "==> sqlfluff"
	@$(if $(SQL),$(BIN)/sqlfluff lint --disable-progress-bar $(SQL),echo "no SQL yet")
	@echo "==> sizes, rooms and the path of a request"
	@$(BIN)/python bench/house.py
	@echo "==> deptry"
	@$(BIN)/deptry .
	@echo "==> codespell"
	@$(BIN)/codespell
	@echo "==> Lint passed"

bench: install  ## measure the load against a bare reference
	@echo "==> Running the benchmark"
	@$(BIN)/python bench/run.py

pace: install  ## run two folders with one key against strict limits of 120 and 300 requests a minute (5 minutes)
	@echo "==> Keeping pace"
	@$(BIN)/python bench/pace.py 120
	@$(BIN)/python bench/pace.py 300

torture: install  ## kill 400 runs at random moments, live dates under faults, read beside 30 runs, page a feed without end (two hours or more)
	@echo "==> Killing runs, with the next start on the same date"
	@$(BIN)/python bench/torture.py --kills 200
	@echo "==> Killing runs, with the next start a day later"
	@$(BIN)/python bench/torture.py --next-day 200
	@echo "==> Living 14 dates under faults of every layer (also: --postgres, and --seed for others)"
	@$(BIN)/python bench/torture.py --dates 14
	@echo "==> Making small runs whose threads take turns all the time"
	@$(BIN)/python bench/small_runs.py 200
	@echo "==> Reading beside 30 runs, and paging a feed without end"
	@READERS_E2E_RUNS=30 ENDLESS_PAGES=4000 $(BIN)/python -m pytest tests -k "test_readers or endless_feed"

superset: install  ## start Apache Superset with the dashboard on the demo's publication (PUBLICATION=... for another)
	@bash bi/superset/start.sh --publication $(PUBLICATION)

clean:  ## remove .venv, builds and the tools' caches; data/, exports/ and reports/ stay
	@echo "==> Removing .venv, builds and caches"
	@rm -rf .venv build dist .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		dbt_project/target dbt_project/logs tests/.cache
	@find pipelines tests bench bi tools -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
