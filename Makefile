# Everything starts here: `make run`, `make test`. Needs Python 3.11 (or newer) and make, nothing else.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
NAME ?=
WITHOUT ?=

.PHONY: install run test bench proof lint lock clean

install: .venv/.installed

.venv/.installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Linli needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: install
	$(BIN)/linli run

test: install
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: install
	$(BIN)/python -m tests.bench $(NAME)

proof: install
	$(BIN)/python -m tests.proof $(if $(NAME),--name $(NAME)) $(if $(WITHOUT),--without $(WITHOUT))

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Only needed after a change of dependencies; needs `uv`. The files hold no index address.
lock:
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --universal --python-version 3.11 pyproject.toml -o requirements.lock
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --universal --python-version 3.11 --extra dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv build *.egg-info
