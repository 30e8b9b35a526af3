# Needs Python 3.11 or newer and make; everything else is installed into .venv. `make` alone tells what there is.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
PIP := $(BIN)/pip --disable-pip-version-check
# KEEP=0 and KEEP=no mean no, as anybody would expect.
KEPT := $(filter-out 0 no off false,$(KEEP))

define REQUIRE_PYTHON
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  version=$$($(PYTHON) --version 2>&1) || version="not there"; \
  echo "Python 3.11 or newer is needed, but $(PYTHON) is $$version: name another as in" \
    "make $(or $(MAKECMDGOALS),run) PYTHON=python3.12" >&2; exit 1; }
endef

.DEFAULT_GOAL := help
.PHONY: help run test check format samples picture screenshot stack bench estates mutants image-size clean

help: ## tells what there is
	@echo "What make does here; the first target that needs .venv sets it up:"
	@sed -n 's/^\([a-z-]*\):.*## /  \1|/p' Makefile | awk -F'|' '{ printf "%-14s%s\n", $$1, $$2 }'

run: $(READY) ## shows the main job on the local OCI and ends; KEEP=1 leaves it up to try by hand
	@$(BIN)/python -m emulator.story $(if $(KEPT),--keep)

# One test says nothing about coverage, so only the whole suite is measured.
test: $(READY) ## runs all tests and measures coverage; ARGS="tests/test_alarms.py -k repeat" runs some
ifeq ($(strip $(ARGS)),)
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest
	@$(BIN)/coverage report
else
	$(BIN)/python -m pytest $(ARGS)
endif

check: $(READY) ## checks format, lint, types, and which module imports which
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## mends format and lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

stack: $(READY) ## applies and destroys the stack with Terraform against the local OCI; takes six minutes
	@$(BIN)/python -m deploy.rehearse

samples: ## writes events to send, with your OCIDs: VOLUME=ocid1.volume... INSTANCE=ocid1.instance...
	$(REQUIRE_PYTHON)
	@$(PYTHON) docs/samples.py volume=$(VOLUME) bootvolume=$(BOOT_VOLUME) volumegroup=$(VOLUME_GROUP) \
	  instance=$(INSTANCE) backup=$(BACKUP) compartment=$(COMPARTMENT)

picture: ## draws docs/way-of-an-event.svg
	@$(PYTHON) docs/way_of_an_event.py

screenshot: $(READY) ## takes docs/console.png, the local OCI's page in a browser, as its tests drive it
	@CONSOLE_PICTURE=docs/console.png BROWSER_REQUIRED=1 $(BIN)/python -m pytest -q -n 0 \
	  tests/test_console_in_browser.py -k "a_tag_goes_through or an_alarm_fires"

bench: $(READY) ## measures against the alternatives and writes bench/README.md; takes minutes on a quiet machine
	$(BIN)/python -m bench $(ARGS)

estates: $(READY) ## measures whole estates and writes bench/estates.md; takes ten minutes on a quiet machine
	$(BIN)/python -m bench.estates $(ARGS)

mutants: $(READY) ## changes handlers/ in thousands of ways and tells what no test noticed; ARGS="handlers.domain*" for a part
	$(BIN)/mutmut run $(ARGS)
	@$(BIN)/mutmut results

image-size: $(READY) ## lays out the function's images and tells what they hold
	@$(BIN)/python -m bench.image

clean: ## removes all that these targets made
	rm -rf .venv .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache mutants samples

# The last step alone makes the stamp: what broke off before it is begun anew, whatever it left there.
$(READY): requirements.txt pyproject.toml
	$(REQUIRE_PYTHON)
	@echo "Setting up .venv, which takes a few minutes the first time. 1 of 3: an empty environment"
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install --quiet pip==26.3
	@echo "2 of 3: what the function needs, and what its tests and the local OCI need"
	@$(PIP) install --progress-bar off -r requirements.txt --group dev
	@echo "3 of 3: the function's packages once more, as files, for the tests of its image"
	@$(PIP) download --quiet -r requirements.txt -d .venv/wheels
	@touch $@
