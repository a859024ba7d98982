# Regulars. `make run` starts everything, `make test` proves it. See README.md.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
UV     := $(PY) -m uv
RUN    := $(VENV)/.run-installed
DEV    := $(VENV)/.dev-installed

.DEFAULT_GOAL := run
.PHONY: run test check bench clean lock messages format venv dev

lock:  ## Resolve the dependencies again, with hashes, without naming any registry.
	$(UV) pip compile pyproject.toml --universal --python-version 3.11 --extra demo --extra dev --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -q -o requirements/dev.lock
	$(UV) pip compile pyproject.toml --universal --python-version 3.11 --extra demo --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -q \
	  -c requirements/dev.lock -o requirements/run.lock
