# Regulars. `make run` starts everything, `make test` proves it; the rest is in CONTRIBUTING.md.
PY := .venv/bin/python
UV := $(PY) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet

# Python's compiled files go to var/: the source is only read. They are kept even where the environment says not to
# (containers often do): each of the many processes that the tests start would compile everything anew.
export PYTHONPYCACHEPREFIX := $(CURDIR)/var/pycache
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := run
.PHONY: run test check lint pytest explore bench clean install-run install-dev lock messages format

run: install-run  ## Start everything: database, demo shop, web, worker, scheduler.
	@$(PY) manage.py run

test: check pytest  ## Everything that must hold.

check: install-dev lint  ## Lint, types, layers, migrations, translations.
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py lintmigrations --settings config.testing --quiet ok ignore
	$(PY) manage.py check_translations

lint: install-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	.venv/bin/lint-imports

pytest: install-dev
	$(PY) -m pytest -n auto $(ARGS)

explore: install-dev  ## Laws and properties at random: make explore MINUTES=60, or SEED=... to see one again
	$(PY) -m tests.explore $(if $(SEED),--seed $(SEED),--minutes $(or $(MINUTES),10)) $(ARGS)

bench: install-dev  ## Every benchmark beside its floor; one alone: make bench ONLY=checkout
	@for file in benchmarks/$(or $(ONLY),[a-z]*).py; do \
		[ ! -f $$file ] || { echo "== $$file"; $(PY) $$file || exit 1; }; done

format: install-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

messages: install-dev  ## Collect the texts to translate, and compile the translations (needs gettext).
	$(PY) manage.py check_translations --update

lock:  ## Resolve the dependencies again; the files name no registry and no machine.
	$(UV) --extra demo --extra dev --output-file requirements/dev.lock
	$(UV) --extra demo --constraint requirements/dev.lock --output-file requirements/run.lock

clean:  ## Remove the environment, the database and everything else that was made here.
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install-run:
	@sh requirements/install.sh run

install-dev:
	@sh requirements/install.sh dev
