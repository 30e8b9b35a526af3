# Needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: run test check format stack bench image-size clean

# Shows the main job on the local OCI and ends; KEEP=1 leaves it up to try by hand.
run: $(READY)
	@$(BIN)/python -m emulator.story $(if $(KEEP),--keep)

test: $(READY)
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest $(ARGS)
	@$(BIN)/coverage report

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The stack's whole life with Oracle's own Terraform provider against the local OCI; needs terraform, and takes 6 minutes.
stack: $(READY)
	@$(BIN)/python -m deploy.rehearse

# Measures against the alternatives and writes bench/README.md; takes some minutes on a quiet machine.
bench: $(READY)
	$(BIN)/python -m bench $(ARGS)

# What an image of the function holds, and what the slim one of deploy/image saves.
image-size: $(READY)
	@$(BIN)/python -m bench.image

clean:
	rm -rf .venv .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .local-oci

$(READY): requirements.txt pyproject.toml
	@echo "Setting up .venv (a few minutes the first time)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check pip==26.3
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt --group dev
	@$(BIN)/pip download --quiet --disable-pip-version-check -r requirements.txt -d .venv/wheels
	@touch $@
