# Plain make and sh. "make" alone shows what there is.
.POSIX:
.SUFFIXES:

# Arguments of the demo: make demo DEMO=--once, make demo DEMO='--repo ../shop'.
DEMO =
# How long each fuzz target runs in make check.
FUZZTIME = 5s
# What the binary says of itself; from git when empty.
VERSION =

# The tools' versions are pinned in a module of their own, so that ours needs none of
# them. The go command keeps what it builds in its cache, one for each version.
STATICCHECK = go tool -modfile=.ci/tools/go.mod staticcheck

help:
	@echo 'make demo      the App against a local stand-in for GitHub, no account needed'
	@echo '               DEMO=--once runs the story and exits'
	@echo "               DEMO='--repo DIR --head BRANCH' shows it on a repository of yours"
	@echo 'make build     bin/multistage'
	@echo 'make test      all tests'
	@echo 'make check     what must hold before a change lands: format, modules, vet,'
	@echo '               staticcheck, tests with the race detector, fuzzing ($(FUZZTIME) a target)'
	@echo 'make bench     the benchmarks'
	@echo "make picture   docs/images/pull-request.png anew, with Chromium"
	@echo "make corpus    the designer and the proof over a folder of repositories: DIR=FOLDER,"
	@echo "               JOBS=2 at a time, ONLY=PATTERN of them, FRESH=1 forgets what is known"
	@echo "make fixtures  brings GitHub's API description to .cache, for the tests"

demo:
	@echo 'building, some two minutes the first time'
	@go build -buildvcs=false -o bin/demo ./cmd/demo
	@bin/demo $(DEMO)

# The picture in the README: the page of the demo in a headless Chromium.
picture:
	@mkdir -p docs/images
	@DEMO_PICTURE=$$PWD/docs/images/pull-request.png go test -count=1 -run '^TestPicture$$' ./cmd/demo
	@ls -l docs/images/pull-request.png

build:
	@v='$(VERSION)'; v=$${v:-$$(git describe --tags --always --dirty 2>/dev/null || echo dev)}; \
	echo "building bin/multistage $$v"; \
	CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-s -w -X main.version=$$v" \
		-o bin/multistage ./cmd/multistage

# Needs a BuildKit daemon (BUILDKIT_HOST). Interrupted, the next run goes on.
corpus:
	@[ -n "$$DIR" ] || { echo 'DIR names no folder: make corpus DIR=~/corpus'; exit 2; }
	@$(MAKE) build
	@bin/multistage corpus $${JOBS:+--jobs "$$JOBS"} $${ONLY:+--only "$$ONLY"} $${FRESH:+--fresh} \
		$${FORMAT:+--format "$$FORMAT"} "$$DIR"

fixtures:
	@sh .ci/fixtures.sh

test: fixtures
	@echo '== go test'
	@# Proofs build images: the first time, with empty caches, they take minutes.
	@go test -timeout 30m ./...
	@[ -n "$$TEST_POSTGRES" ] || echo 'skipped: the queue on Postgres (TEST_POSTGRES names no database)'
	@[ -n "$$BUILDKIT_HOST" ] || echo 'skipped: the proofs, everything that needs a daemon (BUILDKIT_HOST names none)'
	@echo '== go test, the chart (.ci/tools)'
	@# The go command does not see a change of files outside the module: no cached result.
	@cd .ci/tools && go test -count=1 ./...

# The quickest come first. That imports run one way is a test of package app.
check: format modules vet staticcheck race fuzz
	@echo 'check: all good'

format:
	@echo '== gofmt'
	@bad=$$(find . -path './.cache' -prune -o -path '*/testdata' -prune -o -name '*.go' -exec gofmt -l {} +) \
	&& if [ -n "$$bad" ]; then echo 'not formatted, gofmt -w mends it:'; echo "$$bad"; exit 1; fi

modules:
	@echo '== go mod tidy -diff'
	@go mod tidy -diff
	@cd .ci/tools && go mod tidy -diff

vet:
	@echo '== go vet'
	@go vet ./...
	@cd .ci/tools && go vet ./...

staticcheck:
	@echo '== staticcheck'
	@$(STATICCHECK) ./...

race: fixtures
	@echo '== go test -race'
	@go test -race ./...
	@[ -n "$$BUILDKIT_HOST" ] || echo 'skipped: the proofs (BUILDKIT_HOST names no daemon); make test runs them where there is one'

fuzz:
	@echo '== fuzz targets, $(FUZZTIME) each'
	@sh .ci/fuzz.sh $(FUZZTIME)

bench:
	@dirs=$$(find . -path './.*' -prune -o -name '*_test.go' -exec grep -l '^func Benchmark' {} + | xargs -n 1 dirname | sort -u); \
	[ -n "$$dirs" ] || { echo 'no benchmarks'; exit 0; }; \
	go test -run '^$$' -bench . -benchmem $$dirs

clean:
	rm -rf bin

.PHONY: help demo picture build corpus fixtures test check format modules vet staticcheck race fuzz bench clean
