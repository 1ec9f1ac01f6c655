# Sellout: `make` lists what there is. Everything runs in .venv, which is built from the pinned requirements.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
READY_CLUSTER := $(VENV)/.ready-cluster
READY_PAGES := $(VENV)/.ready-pages
READY_SITE := $(VENV)/.ready-site
CHROMIUM ?= $(firstword $(shell command -v chromium chromium-browser google-chrome))
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup serve prove torture mutants test torture-test cluster-test test-pages pictures bench-test load-test fuzz check format bench peers soak reference site requirements clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## build .venv; afterwards .venv/bin/sellout is the command

serve: $(READY) ## serve on http://127.0.0.1:8000 (ARGS="--port 9000" passes options on)
	$(BIN)/sellout serve $(ARGS)

prove: $(READY) ## throw 1000 buyers at 100 units and print the verdict (ARGS passes options on)
	$(BIN)/sellout prove $(ARGS)

torture: $(READY) ## play 20 sales under faults and judge each history (ARGS passes options on)
	$(BIN)/sellout torture $(ARGS)

mutants: $(READY_DEV) ## send the torture against every planted fault; fails if one is not caught; about ten minutes
	$(BIN)/python -m tests.mutants.hunt.hunt $(ARGS)

test: $(READY_DEV) ## run the tests, some minutes on two cores; those that take long are in torture-test
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not tools and not long" $(ARGS)

torture-test: $(READY_DEV) ## the tests that take long: servers that are killed, real proxies, millions of rows; then minutes of torture on each engine (needs haproxy and nginx)
	@command -v haproxy >/dev/null && command -v nginx >/dev/null || \
		{ echo "make torture-test needs haproxy and nginx; on Debian: apt-get install haproxy nginx" >&2; exit 1; }
	$(BIN)/python -m pytest -n auto --dist loadfile -m long -rs $(ARGS)
	$(BIN)/sellout torture --rounds 60 --seed 1 --stop-at-first
	$(BIN)/python -m tests.postgres $(BIN)/sellout torture --rounds 45 --seed 1 --stop-at-first --database URL

cluster-test: $(READY_CLUSTER) ## sales on a PostgreSQL cluster (three nodes under Patroni) while its parts fail; about six minutes
	$(BIN)/python -m pytest tests/cluster $(ARGS)

test-pages: $(READY_PAGES) ## the pages in a real browser (needs chromium; CHROMIUM=/path names one)
	@$(NEEDS_CHROMIUM)
	CHROMIUM=$(CHROMIUM) $(BIN)/python -m pytest tests/pages -n auto --dist loadfile $(ARGS)

pictures: $(READY_PAGES) ## take pictures of the pages; writes docs/pages/ (needs chromium)
	@$(NEEDS_CHROMIUM)
	CHROMIUM=$(CHROMIUM) $(BIN)/python -m tests.pages.pictures $(ARGS)
NEEDS_CHROMIUM = command -v "$(CHROMIUM)" >/dev/null || \
	{ echo "This needs chromium; on Debian: apt-get install chromium; or name one: CHROMIUM=/path/to/it" >&2; exit 1; }

bench-test: $(READY_DEV) ## short real runs of the benchmark's subjects (needs wrk and redis-server)
	@command -v wrk >/dev/null && command -v redis-server >/dev/null || \
		{ echo "make bench-test needs wrk and redis-server; on Debian: apt-get install wrk redis-server" >&2; exit 1; }
	$(BIN)/python -m pytest tests/benchmarks -m tools $(ARGS)

load-test: $(READY_DEV) ## a minute of overload, slow senders and idle connections, with figures (needs wrk)
	@command -v wrk >/dev/null || { echo "make load-test needs wrk; on Debian: apt-get install wrk" >&2; exit 1; }
	$(BIN)/python -m pytest tests/load -m tools -s $(ARGS)

fuzz: $(READY_DEV) ## 20 000 requests made up from the OpenAPI document; about ten minutes
	$(BIN)/python -m pytest tests/fuzz -s $(ARGS)

check: $(READY_DEV) ## ruff, mypy strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports

format: $(READY_DEV) ## let ruff mend style and formatting
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY_DEV) ## measure against the no-op ceiling and the seed's design; writes docs/benchmarks.md (needs wrk)
	$(BIN)/python -m benchmarks.run $(ARGS)

peers: $(READY_DEV) ## the same rush on other designs, calm and killed in the middle; writes docs/peers.md (needs redis-server)
	$(BIN)/python -m benchmarks.peers $(ARGS)

soak: $(READY_DEV) ## everything at once for half an hour: does anything grow? writes docs/soak.md (ARGS="--minutes 2")
	$(BIN)/python -m benchmarks.soak $(ARGS)

reference: $(READY_DEV) ## write the pages of docs/ that are made from the program: settings, commands, problems, metrics, routes
	$(BIN)/python -m tests.cli.reference

site: $(READY_SITE) ## build the documentation's site into build/site; fails at a dead link or a page outside the navigation
	rm -rf build/site
	$(BIN)/python -m sphinx -c docs -W --keep-going -E -q -d build/site-doctrees . build/site
	$(BIN)/python -m pytest tests/site -q $(ARGS)

requirements: $(READY_DEV) ## pin the newest dependencies, with hashes
	$(BIN)/python -m uv pip compile --upgrade --quiet $(PIN) --extra build pyproject.toml -o requirements.txt
	$(BIN)/python -m uv pip compile --upgrade --quiet $(PIN) --extra build --extra otel --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	$(BIN)/python -m uv pip compile --upgrade --quiet $(PIN) --extra build --extra otel -c requirements-dev.txt pyproject.toml -o requirements-otel.txt
	$(BIN)/python -m uv pip compile --upgrade --quiet $(PIN) --extra build --extra dev --extra cluster -c requirements-dev.txt pyproject.toml -o requirements-cluster.txt
	$(BIN)/python -m uv pip compile --upgrade --quiet $(PIN) --extra build --extra dev --extra pages -c requirements-dev.txt pyproject.toml -o requirements-pages.txt
	$(BIN)/python -m uv pip compile --upgrade --quiet $(PIN) --extra build --extra dev --extra site -c requirements-dev.txt pyproject.toml -o requirements-site.txt
	echo 'patroni[etcd3,psycopg3]' | $(BIN)/python -m uv pip compile --upgrade --quiet $(PIN) -c requirements-cluster.txt - -o deploy/patroni-requirements.txt
PIN := --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links

clean: ## remove .venv and the caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Sellout needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(READY): requirements.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEV): requirements-dev.txt $(READY)
	$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

$(READY_CLUSTER): requirements-cluster.txt $(READY_DEV)
	$(PIP) install --quiet --require-hashes -r requirements-cluster.txt
	@touch $@

$(READY_PAGES): requirements-pages.txt $(READY_DEV)
	$(PIP) install --quiet --require-hashes -r requirements-pages.txt
	@touch $@

$(READY_SITE): requirements-site.txt $(READY_DEV)
	$(PIP) install --quiet --require-hashes -r requirements-site.txt
	@touch $@
