# Likeness: two commands to start (`make demo`, `make test`), each does its own set-up.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# On Linux without a GPU, TORCH_INDEX=https://download.pytorch.org/whl/cpu spares gigabytes of CUDA packages.
TORCH_INDEX ?=
PHOTOS ?=
NAME ?=
KIND ?=
CLASS ?=
OUT ?= demo-output

.PHONY: demo run test check bench bench-gpu plots chaos format clean

demo: $(VENV)/.runtime
	$(BIN)/likeness demo --out "$(OUT)" $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(NAME),--name "$(NAME)") \
		$(if $(KIND),--kind "$(KIND)") $(if $(CLASS),--class "$(CLASS)")

run: $(VENV)/.runtime
	$(BIN)/likeness run

# Everything on SQLite, then what uses the database on PostgreSQL; two processes for each core, because the long
# stories wait for most of their time, but no more than a server with 100 connections serves; each file in one of them.
# Exit status 5 is "no such tests among ARGS".
PYTEST = $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder \
	--numprocesses $(shell $(BIN)/python -c 'import os; print(min(8, 2 * os.cpu_count()))')
test: $(VENV)/.development
	OMP_NUM_THREADS=1 $(PYTEST) $(ARGS)
	OMP_NUM_THREADS=1 LIKENESS_TEST_DIALECT=postgres $(PYTEST) $(ARGS) -m database || test $$? = 5

check: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

bench: $(VENV)/.development
	$(BIN)/python -m benchmarks

# SDXL and FLUX.1 at their true size on a CUDA device; says so where there is none. ARGS=--small runs it small on the CPU.
bench-gpu: $(VENV)/.development
	$(BIN)/python -m benchmarks gpu $(ARGS)

# Draws benchmarks/results for docs/performance.md, and fills in the page's figures.
plots: $(VENV)/.development
	$(PIP) --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m benchmarks plots

# ARGS="--seed N" repeats the plan of an earlier run; ARGS=--help tells the rest.
chaos: $(VENV)/.development
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.chaos $(ARGS)

format: $(VENV)/.development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.runtime: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Likeness needs Python 3.11 or later: install it, or set PYTHON=path."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# torch first and pinned: with it there, nothing else brings another build.
	$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch==2.13.0
	$(PIP) --constraint constraints.txt --editable '.[worker]'
	@touch $@

$(VENV)/.development: $(VENV)/.runtime
	$(PIP) --constraint constraints.txt --editable '.[worker,dev]'
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache demo-output
