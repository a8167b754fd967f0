#!/bin/sh
# Runs every fuzz target of the module for a while: .ci/fuzz.sh [TIME], 5s by default.
#
# Each package is built once and its targets run one after another from that binary.
# What guides the fuzzer is the coverage of our own packages and of the parsers under
# them: "go test -fuzz" instruments every dependency, SQLite and gRPC included, which
# costs minutes and leads nowhere. An input that fails is written to testdata/fuzz/ of
# its package, as "go test -fuzz" does it.
set -eu

cd "$(dirname "$0")/.."
fuzztime=${1:-5s}
cache=$(go env GOCACHE)/fuzz # where "go test -fuzz" keeps inputs of interest
instrument=
for packages in "$(go list -m)/..." github.com/moby/buildkit/frontend/dockerfile/parser \
	github.com/moby/buildkit/frontend/dockerfile/instructions mvdan.cc/sh/v3/syntax; do
	instrument="$instrument -gcflags=$packages=-d=libfuzzer" # what -fuzz passes to the compiler
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# fuzz DIR TARGET
fuzz() {
	rc=0
	(cd "$1" && "$work/fuzz.test" -test.run='^$' -test.fuzz="^$2\$" -test.fuzztime="$fuzztime" \
		-test.fuzzminimizetime=5s -test.fuzzcachedir="$corpus") >"$work/log" 2>&1 || rc=$?
	if grep -q 'without coverage guidance' "$work/log"; then
		echo "$1 $2: not instrumented, the compiler's flag must have changed: see .ci/fuzz.sh"
		return 1
	elif [ "$rc" = 0 ]; then
		echo "$1 $2: $(sed -n 's/.*\(execs: [0-9]*\).*/\1/p' "$work/log" | tail -n 1)"
	elif grep -q '^ *context deadline exceeded$' "$work/log" && ! grep -q 'Failing input' "$work/log"; then
		# Up to Go 1.26 the end of the time can be reported as a failure without any
		# input that fails: https://go.dev/issue/75804
		echo "$1 $2: stopped at the time limit"
	else
		cat "$work/log"
		echo "$1 $2: failed"
		return 1
	fi
}

failed=0
for dir in $(find . -path './.*' -prune -o -name '*_test.go' -exec grep -l '^func Fuzz' {} + | xargs -n 1 dirname | sort -u); do
	corpus=$cache/$(go list "$dir")
	go test -c -vet=off $instrument -o "$work/fuzz.test" "$dir"
	for target in $(cd "$dir" && "$work/fuzz.test" -test.list='^Fuzz'); do
		fuzz "$dir" "$target" || failed=1
	done
done
exit $failed
