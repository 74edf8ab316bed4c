# Two commands do everything: `make up` and `make test`. Bare `make` explains the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
LAKEHOUSE := $(PY) -m ops.cli
PYTEST := $(PY) -m pytest

.PHONY: help
help: ## Show this list
	@printf 'Millrace: a self-hosted Spark Connect lakehouse, on AWS and whole on one machine.\n\n'
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2} /^##@ / {printf "\n%s\n", substr($$0, 5)}' $(MAKEFILE_LIST)
	@printf '\nStart with `make up`. It needs Debian 12, root, Python 3.11, git and make.\n'

.PHONY: setup
setup: ## Bring the Python environment (every other target does this itself)
	@sh toolchain/bootstrap.sh

##@ Run it
.PHONY: up down status connect demo smoke
up: setup ## Bring the whole lakehouse up on this machine and answer a first query
	@$(LAKEHOUSE) local up

down: setup ## Remove everything that `make up` made on this machine
	@$(LAKEHOUSE) local down

status: setup ## Generations, machines, health, sessions and versions on one screen
	@$(LAKEHOUSE) status

connect: setup ## Print the URL, the CA and a snippet to connect with
	@$(LAKEHOUSE) connect

demo: setup ## Load TPC-H and check 22 answers against a second engine
	@$(LAKEHOUSE) demo

smoke: setup ## Prove the running stack from its outputs only
	@$(LAKEHOUSE) smoke

##@ Build it
.PHONY: tools image
tools: setup ## Bring pulumi, its aws plugin and packer
	@$(PY) -m toolchain ensure

image: setup ## Bake the machine image (only what changed)
	@$(LAKEHOUSE) image bake

##@ Check it
.PHONY: test check lint types unit engine cluster docs
test: setup ## Everything: lint, types, unit, components, image, engine and the booted cluster
	@$(PY) -m tests.ladder

check: lint types unit ## The quick part of `make test`: no network, no root

lint: setup ## Style of every language in the tree
	@$(PY) -m tests.ladder lint

types: setup ## mypy --strict
	@$(PY) -m tests.ladder types

unit: setup ## Unit and component tests
	@$(PY) -m tests.ladder unit components

engine: setup ## Only stacks on Pulumi's engine in emulated accounts
	@$(PY) -m tests.ladder engine

cluster: setup ## Only the booted cluster tier (root)
	@$(PY) -m tests.ladder cluster

docs: setup ## Write the generated reference pages
	@$(PY) -m ops.reference
