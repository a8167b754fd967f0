#!/bin/sh
# Brings GitHub's own descriptions to .cache/, which git ignores. The tests of
# app/github/githubtest hold the stand-in against them:
#
#   .cache/openapi/api.github.com.json     the REST API, OpenAPI 3.0
#   .cache/webhooks/index.json             one example payload or more for each event
#   .cache/graphql/schema.graphql          the public GraphQL schema
#
# The files are not in the repository because of their size (18 MB together).
# Versions and checksums are pinned here; a file that is already there in the
# pinned version costs nothing. Needs npm, tar and sha256sum.
set -eu

cd "$(dirname "$0")/.."
cache=$PWD/.cache

# fetch PACKAGE VERSION FILE-IN-PACKAGE TARGET SHA256-OF-FILE
fetch() {
	target=$cache/$4
	if [ -f "$target" ] && [ "$(cat "$target.version" 2>/dev/null)" = "$1@$2 $5" ]; then
		return
	fi
	echo "fixtures: $1@$2 -> .cache/$4"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT INT TERM
	(cd "$work" && npm pack --silent "$1@$2" >name)
	tar -xzf "$work/$(tail -n 1 "$work/name")" -C "$work" "package/$3"
	echo "$5  $work/package/$3" | sha256sum -c --quiet - || {
		echo "fixtures: $1@$2: $3 is not the file that was pinned" >&2
		exit 1
	}
	mkdir -p "$(dirname "$target")"
	mv "$work/package/$3" "$target"
	echo "$1@$2 $5" >"$target.version"
	rm -rf "$work"
	trap - EXIT INT TERM
}

fetch @octokit/openapi 23.0.2 generated/api.github.com.json openapi/api.github.com.json \
	829b4bebb19a53133289f7b0bc819f4f1118115821db2ca9f25e9ee995a7da2a
fetch @octokit/webhooks-examples 7.6.1 api.github.com/index.json webhooks/index.json \
	09d8f0c617876ae9dad22e26fea5510bfcaad50ee7e602659f6db25b87b25815
fetch @octokit/graphql-schema 15.26.1 schema.graphql graphql/schema.graphql \
	3c62d0526d133cee53221c89de9b455ade24db78b9e7ad56d642c4c15bce2654
