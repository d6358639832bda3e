# Two commands do everything: `make run` serves the demonstration shop, `make test` runs all checks and
# tests. Both install what is missing; all they need is make, git, and uv or a Python 3 with pip.

SHELL := /bin/bash
.DELETE_ON_ERROR:

# A uv from the PATH, else one of our own under .tools.
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
PYTHON := .venv/bin/python
# Compiled at set-up: the first start would otherwise take a quarter of a minute.
export UV_COMPILE_BYTECODE := 1
export UV_LINK_MODE := copy
unexport PYTHONDONTWRITEBYTECODE

PORT ?= 8000

.PHONY: help setup develop run train test coverage check check-web graph format node bench faults fuzz mutations evaluate browser proxies clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make setup    installs what the server needs into .venv
setup: .venv/.done

## make develop  installs the tests' tools, Rasa's own and what draws pictures too: a gigabyte
develop: .venv/.develop

# The smaller set leaves alone what is there of the larger one.
.venv/.done: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet --no-dev --inexact
	@touch $@

.venv/.develop: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet --all-extras
	@touch .venv/.done $@

.tools/bin/uv:
	@echo "no uv found: installing one into .tools"
	python3 -m pip install --quiet --disable-pip-version-check --target .tools uv
	@test -x $@

## make run      trains the model if need be and serves the demonstration shop (PORT=8000)
run: train
	.venv/bin/aftercare run --port $(PORT)

## make train    trains the model, if anything it is made from has changed
train: setup
	@.venv/bin/aftercare train

## make test     all checks and tests
test: develop check train browser
	$(PYTHON) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

## make coverage all tests, with what they cover: the total, and modules below 90 % (takes twice as long)
coverage: develop train browser
	$(PYTHON) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder \
		--cov --cov-report=json:.cache/coverage.json
	$(PYTHON) -m tests.uncovered .cache/coverage.json

## make check    format, lint, types, import rules, dead links, known advisories: quick
check: develop check-web
	$(PYTHON) -m ruff format --check --quiet .
	$(PYTHON) -m ruff check --quiet .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports
	$(PYTHON) -m tests.graph >/dev/null || $(PYTHON) -m tests.graph
	$(PYTHON) -m tests.links
	$(PYTHON) -m tests.audit $(UV)

# The same for the JavaScript under web/. Nothing but this needs Node.
check-web: node
	@command -v npm >/dev/null || exit 0; $(MAKE) --silent node_modules/.done \
	&& node_modules/.bin/biome check --error-on-warnings --log-level=warn && node_modules/.bin/tsc

node_modules/.done: package.json package-lock.json
	@npm ci --loglevel=error --no-audit --no-fund >/dev/null
	@touch $@

# Debian's Node is installed where that is possible; without any the JavaScript stays unchecked.
node:
	@command -v npm >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	     && echo "installing nodejs and npm for the checks of the JavaScript" \
	     && { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nodejs npm >/dev/null; }; } \
	|| { echo "*** no npm found: the JavaScript is NOT CHECKED; install Node.js with npm ***"; [ "$$CI" != true ]; }

## make graph    prints the import graph: the rooms, their order, their sizes
graph: develop
	$(PYTHON) -m tests.graph

## make format   puts the code into shape
format: develop
	$(PYTHON) -m ruff format --quiet .
	$(PYTHON) -m ruff check --quiet --fix .
	@if [ -x node_modules/.bin/biome ]; then node_modules/.bin/biome check --write --log-level=warn; fi

## make bench    compares this server with stock Rasa (long: the rival trains once)
bench: develop train
	$(PYTHON) -m bench

## make faults   kills the server at random instants under load, 150 times; 11,000 courses of events at the desk, 10,000 of cases
faults: develop train
	$(PYTHON) -m tests.faults.kills --kills 50
	$(PYTHON) -m tests.faults.case_kills --kills 100
	[ -z "$$TEST_DATABASE_URL" ] || $(PYTHON) -m tests.faults.case_kills --kills 50 --database postgresql --processes 2
	[ -z "$$TEST_DATABASE_URL" ] || $(PYTHON) -m tests.faults.outages --outages 30
	[ -z "$$TEST_DATABASE_URL" ] || $(PYTHON) -m tests.faults.outages --outages 30 --pooler
	THOROUGH=1 $(PYTHON) -m pytest --numprocesses 2 tests/desk/test_races.py tests/desk/test_nobody_waits.py tests/mirror/test_chatwoot.py \
		tests/web/test_case_courses.py tests/store/cases/test_courses.py tests/attacks

## make fuzz     100,000 odd payloads to each channel and 20,000 requests to the APIs: no error, no hang, flat memory
fuzz: develop
	nice $(PYTHON) -m tests.fuzz

## make mutations makes faults on purpose in the critical places, one after another: does a test catch each?
mutations: develop train
	$(PYTHON) -m tests.mutations

## make evaluate measures the understanding of messages: docs/understanding.md
evaluate: setup
	$(UV) sync --frozen --quiet --no-dev --inexact --extra evaluate
	.venv/bin/aftercare evaluate

# The browser tests need a Chromium; Debian's is installed where that is possible.
browser:
	@command -v chromium-headless-shell >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	     && echo "installing chromium-headless-shell for the browser tests" \
	     && { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell >/dev/null; }; } \
	|| command -v chromium >/dev/null \
	|| echo "*** no Chromium found: the browser tests will be SKIPPED; install the package chromium ***"

## make proxies  installs nginx, Caddy and HAProxy, so that docs/deploy.md is tested with them
proxies:
	@need=; for one in nginx caddy haproxy; do PATH="$$PATH:/usr/sbin" command -v $$one >/dev/null || need="$$need $$one"; done; \
	[ -z "$$need" ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	     && echo "installing$$need for the tests of docs/deploy.md" \
	     && { [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; own=1; }; } \
	     && { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$need >/dev/null; done=$$?; \
	          [ -z "$$own" ] || rm /usr/sbin/policy-rc.d; [ $$done = 0 ]; }; } \
	|| echo "*** not installed:$$need; the tests of docs/deploy.md with them will be SKIPPED ***"

clean:
	rm -rf .venv .tools node_modules .rasa .mypy_cache .ruff_cache .pytest_cache .hypothesis models/*.tar.gz*
