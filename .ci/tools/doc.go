// Package tools holds what the repository is checked with and what the App itself does
// not need: the static checker, by the tool line of go.mod, and the test of the Helm
// chart.
package tools
