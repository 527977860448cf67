# From a bare checkout: `make run`, `make test`, `make check`, `make bench`, `make prove`. See CONTRIBUTING.md.
# Another interpreter: `make run PYTHON=/path/to/python3.12`. Another port: `make run PORT=9000`.

.DEFAULT_GOAL := help
.PHONY: help run widget-demo test quick check figures bench prove cover install install-dev lock clean
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
QUICK := not browser and not broker and not database and not process and not app and not training and not random
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --generate-hashes \
	--custom-compile-command "make lock"

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

run: install ## start the app on 127.0.0.1, port PORT or 8000
	@exec $(BIN)/ultracore serve

widget-demo: install ## Anya with a sample page of a bank that has her widget, on BANK_PORT or PORT + 1
	@exec $(BIN)/python examples/bank-page/demo.py

test: install-dev ## every test that this machine can run
	@$(BIN)/python -m tests.support.kafka || true
	@exec $(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

quick: install-dev ## the tests without a browser, a broker, a PostgreSQL, a whole app or a process: for the inner loop
	@exec $(BIN)/python -m pytest -q -n logical --dist worksteal -m "$(QUICK)" $(ARGS)

check: install-dev ## lint, formatting, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy scripts
	$(BIN)/python scripts/unused.py
	$(BIN)/python -m pytest -q tests/test_architecture.py

figures: install-dev ## sizes, cycles and English of this checkout; ARGS=/path/of/another
	@$(BIN)/python -m tests.support.house_figures $(ARGS)

bench: install-dev ## each benchmark, as a ratio against its baseline in the same run
	@exec $(BIN)/python -m benchmarks $(ARGS)

prove: install-dev ## seeded proofs in full: ARGS="kill --runs 200 --seed 7" for one of them
	@exec $(BIN)/python -m tests.prove $(ARGS)

cover: install-dev ## the tests with branch coverage
	@exec $(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term-missing:skip-covered

install: ## .venv with the packages that running needs
	@sh scripts/bootstrap.sh run

install-dev: ## .venv with the packages that development needs
	@sh scripts/bootstrap.sh dev

lock: install-dev ## the lock files anew from pyproject.toml; existing pins stay unless UPGRADE=--upgrade
	$(COMPILE) $(UPGRADE) --output-file requirements/uv.txt requirements/uv.in
	$(COMPILE) $(UPGRADE) --output-file requirements/run.txt pyproject.toml requirements/build.in
	$(COMPILE) $(UPGRADE) --output-file requirements/dev.txt --extra dev --constraint requirements/run.txt \
		pyproject.toml requirements/build.in

clean: ## what can be made again; the data directory stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .coverage build *.egg-info
	find ultracore tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
