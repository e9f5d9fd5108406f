# Genesis. `make` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

DATA     ?= .genesis
CAMPAIGN ?=
ONCE     ?=
YES      ?=

RUN_FLAGS := --data "$(DATA)"
RUN_FLAGS += $(if $(CAMPAIGN),--campaign "$(CAMPAIGN)")
RUN_FLAGS += $(if $(ONCE),--once)
RUN_FLAGS += $(if $(YES),--approve-with-development-key)

GO_BUILD := CGO_ENABLED=0 go build -trimpath

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: setup build ## start Genesis (ONCE=1 ends with the example campaign, YES=1 approves with a development key, CAMPAIGN=file, DATA=dir)
	@exec bin/genesis run $(RUN_FLAGS)

.PHONY: build
build: ## build bin/genesis and bin/tile
	@$(GO_BUILD) -o bin/genesis ./cmd/genesis
	@$(GO_BUILD) -o bin/tile ./cmd/tile

.PHONY: setup
setup: ## install what is missing: a C compiler, Coq, the workflow engine, npm packages
	@deploy/setup

.PHONY: test
test: setup build ## all tests, with the race detector; solvers once more without
	@go test -race -timeout 10m ./...
	@go test -timeout 10m ./verifiers/score ./examples/limiter

.PHONY: check
check: ## formatting, vet, lint, module files, workflow determinism
	@deploy/check

.PHONY: bench
bench: setup build ## the figures of docs/performance.md
	@deploy/bench

.PHONY: nightly
nightly: setup build ## long fuzzing, many seeds, kill -9 in every station
	GENESIS_NIGHTLY=1 go test -race -count=1 -timeout 6h ./...

.PHONY: clean
clean: ## remove what was built; keeps $(DATA)
	rm -rf bin build deploy/npm/node_modules
