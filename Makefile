# The two commands of a newcomer are `make demo` and `make test`. Nothing is needed but Python 3.11, make and git.

PORT ?= 8000
PYTHON ?= python3
SIZE ?= 100000
ONLY ?=
# Of the tests: more than two processors, since many tests wait for a server or a browser
PROCESSES ?= 6
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py

# An environment as in production, to hold `check --deploy` against
PRODUCTION := PUBLIC_URL=https://observatory.example.org TRUST_PROXY=true DEBUG=false \
	SECRET_KEY=only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH \
	DATABASE_URL=postgresql://nobody@localhost/nothing MIGRATION_DATABASE_URL=postgresql://owner@localhost/nothing \
	SECURITY_CONTACT=security@example.org \
	SECURITY_CONTACT_UNTIL=$$($(BIN)/python -c "import datetime as d; print(d.date.today() + d.timedelta(300))")

.DEFAULT_GOAL := help
.PHONY: help demo test attack bench bench-picture lint lint-types lint-style lint-templates lint-layers lint-django \
	audit sbom format messages lock

help:
	@echo "make demo      install, load the countries and Peru, serve on http://127.0.0.1:$(PORT) (PORT=8001 for another)"
	@echo "make test      run every test on a real PostgreSQL and in a real browser"
	@echo "make attack    kill, fill and flood a site of its own, and say what visitors would notice (ONLY=\"kill\" for some)"
	@echo "make bench     measure every path at SIZE=$(SIZE) entries (10000, 100000, 1000000) against its peers (ONLY=\"list pages\")"
	@echo "make lint      style, types, layers, templates, migrations, translations, settings for production"
	@echo "make audit     known vulnerabilities in what the locks install (asks osv.dev)"
	@echo "make sbom      what an installation consists of, as .data/sbom.json"
	@echo "make format    put Python into shape"
	@echo "make messages  collect the texts to translate into locale/ (needs gettext)"
	@echo "make lock      lock what pyproject.toml asks for (UPGRADE=--upgrade: in its newest versions)"

demo: .venv/installed
	@$(MANAGE) demo --port $(PORT)

test: .venv/installed
	$(BIN)/pytest --numprocesses $(PROCESSES) --dist loadgroup --no-loadscope-reorder --durations 25 --durations-min 5 $(TESTS)

attack: .venv/installed
	@$(BIN)/python -m tests.attacks.heavy $(ONLY)

bench: .venv/installed
	@$(BIN)/python -m tests.bench --size $(SIZE) $(if $(ONLY),--only $(ONLY))

bench-picture: .venv/installed
	@$(BIN)/python -m tests.bench --picture

lint: lint-types lint-style lint-templates lint-layers lint-django

lint-types: .venv/installed
	$(BIN)/mypy

lint-style: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check

lint-templates: .venv/installed
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/djlint templates --lint --quiet --extension=jinja --profile=jinja

lint-layers: .venv/installed
	$(BIN)/lint-imports

lint-django: .venv/installed
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) translations check
	$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

audit: .venv/installed
	@$(BIN)/python .ci/audit.py deploy/requirements.lock requirements.lock

sbom: .venv/installed
	@.ci/sbom .data/sbom.json

format: .venv/installed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

messages: .venv/installed
	$(MANAGE) translations collect

# Hashes of every file of every platform, so that the same lock serves all; no address of an index
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: .venv/installed
	$(COMPILE) $(UPGRADE) --all-extras --output-file requirements.lock
	$(COMPILE) --constraints requirements.lock --no-annotate --output-file deploy/requirements.lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; $$($(PYTHON) --version 2>&1) is what $(PYTHON) runs." \
		"Install a newer one and say: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/installed: requirements.lock | .venv/bin/python
	@echo "Installing what requirements.lock lists, which takes about a minute."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@
