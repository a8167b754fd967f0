package image_test

import (
	"strings"
	"testing"

	"github.com/multistage-app/multistage/rewrite/image"
)

func TestLibraryPackage(t *testing.T) {
	for _, c := range []struct {
		family        image.Family
		suite, soname string
		want          string // "" for not known
	}{
		{image.Debian, "bookworm", "libpq.so.5", "libpq5"},
		{image.Debian, "bookworm", "libssl.so.3", "libssl3"},
		{image.Debian, "trixie", "libssl.so.3", "libssl3t64"},
		{image.Debian, "bullseye", "libssl.so.3", ""},
		{image.Debian, "bullseye", "libssl.so.1.1", "libssl1.1"},
		{image.Debian, "bookworm", "libssl.so.1.1", ""},
		{image.Debian, "trixie", "/usr/lib/libgobject-2.0.so.0", "libglib2.0-0t64"},
		{image.Debian, "bookworm", "libvips.so", "libvips42"},
		{image.Debian, "bookworm", "libicuuc.so", "libicu72"},
		{image.Debian, "bookworm", "libnothing.so.9", ""},
		{image.Debian, "forky", "libpq.so.5", ""},
		{image.Ubuntu, "jammy", "libpq.so.5", ""},
		{image.Alpine, "3.20", "libpq.so.5", "so:libpq.so.5"},
		{image.Alpine, "3.20", "libpq.so", ""},
		{image.Alpine, "3.20", "libpq.so.5; rm -rf /", ""},
		{image.Alpine, "3.20", "libpq.so.5\nRUN x", ""},
		{image.Alpine, "3.20", "lib$(id).so.1", ""},
	} {
		got, ok := image.LibraryPackage(c.family, c.suite, c.soname)
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s %s %s: got %q, %v, want %q", c.family, c.suite, c.soname, got, ok, c.want)
		}
	}
}

func TestCommandPackage(t *testing.T) {
	for _, c := range []struct {
		family        image.Family
		command, want string
	}{
		{image.Debian, "curl", "curl"},
		{image.Debian, "/usr/bin/curl", "curl"},
		{image.Ubuntu, "psql", "postgresql-client"},
		{image.Alpine, "bash", "bash"},
		{image.Debian, "bash", ""}, // the slim image has it
		{image.RHEL, "curl", ""},
		{image.Debian, "husky", ""},
		{image.Debian, "", ""},
	} {
		got, ok := image.CommandPackage(c.family, c.command)
		if ok != (c.want != "") || got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.family, c.command, got, c.want)
		}
	}
}

// A soname that every suite has under one package is one that the distroless images
// list too.
func TestDistrolessLibraries(t *testing.T) {
	for _, name := range strings.Fields("libstdc++.so.6 libgcc_s.so.1 libgomp.so.1") {
		if image.InDistrolessBase(name) || !image.InDistrolessCC(name) {
			t.Errorf("%s is in cc and not in base", name)
		}
	}
	if !image.InDistrolessBase("libc.so.6") || image.InDistrolessCC("libpq.so.5") {
		t.Error("base has the C library, and cc no client of PostgreSQL")
	}
}
