package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// buildEnv are variables that only cargo, rustc, build scripts and package managers
// read; cargo's are those of https://doc.rust-lang.org/cargo/reference/environment-variables.html.
var buildEnv = compiled.Words("RUSTFLAGS RUSTDOCFLAGS RUSTC RUSTC_WRAPPER RUSTUP_HOME RUSTUP_TOOLCHAIN RUST_VERSION DEBIAN_FRONTEND SQLX_OFFLINE SQLX_OFFLINE_DIR CC CXX AR CFLAGS " +
	"CXXFLAGS LDFLAGS PROTOC PROTOC_INCLUDE LIBCLANG_PATH LLVM_CONFIG_PATH OPENSSL_DIR OPENSSL_LIB_DIR OPENSSL_INCLUDE_DIR OPENSSL_STATIC OPENSSL_NO_VENDOR " +
	"PKG_CONFIG_PATH PKG_CONFIG_ALLOW_CROSS PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALL_STATIC BINDGEN_EXTRA_CLANG_ARGS CMAKE_GENERATOR")

// buildKey reports a variable of the build's own.
func buildKey(key string) bool { return buildEnv[key] || strings.HasPrefix(key, "CARGO_") }

// buildOnlyEnv reports a pair that the running program has no use for: one of
// the build's variables that neither the program nor its start command reads.
func (d *design) buildOnlyEnv(p dockerfile.Pair, item int) bool {
	if p.Key == "PATH" {
		return d.cargoPathOnly(d.In.Items[item], p)
	}
	if !buildKey(p.Key) || d.source.env[p.Key] {
		return false
	}
	for i, it := range d.In.Items {
		switch it.Keyword {
		case "CMD", "ENTRYPOINT", "HEALTHCHECK", "USER", "LABEL", "EXPOSE", "VOLUME":
			if shell.Mentions(d.In.File.Text(it.Span), p.Key) {
				return false
			}
		case "ENV":
			for _, other := range it.Pairs {
				if i > item && other.Key != p.Key && !buildKey(other.Key) && other.Key != "PATH" && shell.Mentions(other.Value, p.Key) {
					return false
				}
			}
		}
	}
	return true
}

// cargoPathOnly reports a PATH that adds nothing but folders of the tool chain's own,
// in which no program that is started lies.
func (d *design) cargoPathOnly(it plan.Item, p dockerfile.Pair) bool {
	before := map[string]bool{}
	for _, dir := range strings.Split(it.Scope.Vars["PATH"], ":") {
		before[dir] = true
	}
	for _, dir := range strings.Split(dockerfile.Expand(dockerfile.Unquote(p.Value), it.Scope.Vars), ":") {
		if before[dir] || dir == "" {
			continue
		}
		if dir = path.Clean(dir); !strings.HasSuffix(dir, "/.cargo/bin") && !strings.HasSuffix(dir, "/cargo/bin") {
			return false
		}
	}
	return true
}

// envInBuilder reports a pair that the builder needs: a build variable, or one
// that a later step of it mentions. What a script or build.rs reads is not known.
func (d *design) envInBuilder(item int, p dockerfile.Pair, l layout) bool {
	if buildKey(p.Key) || d.buildOnlyEnv(p, item) {
		return true
	}
	if item > l.last {
		return false
	}
	if d.Scripted || d.source.compiled[p.Key] || strings.Contains(strings.ToLower(p.Key), "proxy") || p.Key == "PATH" || p.Key == "USER" || p.Key == "HOME" {
		return true
	}
	for i := item + 1; i < len(d.In.Items); i++ {
		it := d.In.Items[i]
		text := d.In.File.Text(it.Span)
		switch {
		case it.Keyword == "WORKDIR" || it.Keyword == "ARG" || d.inBuilder(i):
			if shell.Mentions(text, p.Key) || it.Keyword == "RUN" && d.Kinds(i)[compiled.Generate] {
				return true
			}
		case it.Keyword == "ENV" && shell.Mentions(text, p.Key) && i < l.last:
			return true
		}
	}
	return false
}

// runtimeEnv is an ENV of the running image: without the build's own variables,
// each named as a change, and with values put in that only the build image knows.
func (d *design) runtimeEnv(i int) (plan.Step, bool) {
	it := d.In.Items[i]
	for _, p := range it.Pairs {
		if d.buildOnlyEnv(p, i) && d.LastPair(i, p.Key) && !d.keptElsewhere(p.Key) {
			after := d.runtimeVars()[p.Key]
			if before := d.In.End.Vars[p.Key]; before != after {
				d.Changes = append(d.Changes, plan.Change{Field: plan.FieldEnv, Key: p.Key, Before: before, After: after, Evidence: d.In.Evidence(it, "only the build reads it")})
			}
		}
	}
	d.changedPath(i)
	step, ok := d.EnvStep(i, func(p dockerfile.Pair) bool { return !d.buildOnlyEnv(p, i) })
	if !ok {
		return nil, false
	}
	return d.fixedEnv(it, step, i), true
}

// changedPath names the difference that the new base image makes to a PATH that
// the author adds to.
func (d *design) changedPath(i int) {
	it := d.In.Items[i]
	for _, p := range it.Pairs {
		before, after := d.In.End.Vars["PATH"], d.runtimePath()
		if p.Key == "PATH" && !d.buildOnlyEnv(p, i) && d.LastPair(i, "PATH") && before != after {
			d.Changes = append(d.Changes, plan.Change{Field: plan.FieldEnv, Key: "PATH", Before: before, After: after, Evidence: d.In.Evidence(it, "the folders of the tool chain are not there any more")})
		}
	}
}

func (d *design) keptElsewhere(key string) bool {
	for i, it := range d.In.Items {
		if it.Keyword == "ENV" {
			for _, p := range it.Pairs {
				if p.Key == key && !d.buildOnlyEnv(p, i) {
					return true
				}
			}
		}
	}
	return false
}

// fixedEnv writes out the values that would read otherwise in the new image,
// because they refer to variables of the build image.
func (d *design) fixedEnv(it plan.Item, step plan.Step, item int) plan.Step {
	var edits []plan.Edit
	for _, p := range it.Pairs {
		if p.Key == "PATH" || d.buildOnlyEnv(p, item) || d.sameInProduction(dockerfile.Unquote(p.Value), it) {
			continue
		}
		value := dockerfile.Expand(dockerfile.Unquote(p.Value), it.Scope.Vars)
		edits = append(edits, plan.Edit{Span: p.Span, Text: p.Key + "=" + `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`).Replace(value) + `"`})
	}
	if len(edits) == 0 {
		return step
	}
	if cut, ok := step.(plan.Cut); ok {
		edits = append(edits, cut.Edits...)
	}
	compiled.SortEdits(edits)
	return plan.Cut{Span: it.Span, Edits: compiled.Joined(edits), Evidence: d.In.Evidence(it, "the value refers to variables of the build image")}
}

// sameInProduction reports whether a text expands in the new image to what it
// expanded to in the old.
func (d *design) sameInProduction(text string, it plan.Item) bool {
	if !strings.Contains(text, "$") {
		return true
	}
	return dockerfile.Expand(text, it.Scope.Vars) == dockerfile.Expand(text, d.varsBefore(it))
}

// varsBefore are the variables of the new image just before an item.
func (d *design) varsBefore(it plan.Item) map[string]string {
	vars := d.BaseVars()
	for i, other := range d.In.Items {
		if other.Span.Start >= it.Span.Start {
			break
		}
		d.setVars(vars, i)
	}
	return vars
}

func (d *design) setVars(vars map[string]string, i int) {
	it := d.In.Items[i]
	if it.Keyword != "ENV" && !(it.Keyword == "ARG" && d.argInProduction(i)) {
		return
	}
	for _, p := range it.Pairs {
		if p.HasValue && !(it.Keyword == "ENV" && d.buildOnlyEnv(p, i)) {
			scope := it.Scope.Vars
			if p.Key == "PATH" {
				scope = vars
			}
			vars[p.Key] = dockerfile.Expand(dockerfile.Unquote(p.Value), scope)
		}
	}
}

func (d *design) runtimeVars() map[string]string {
	vars := d.BaseVars()
	for i := range d.In.Items {
		d.setVars(vars, i)
	}
	return vars
}

func (d *design) runtimePath() string { return d.runtimeVars()["PATH"] }

// argInProduction reports an ARG that an instruction of the running image refers
// to (H80).
func (d *design) argInProduction(item int) bool {
	for _, p := range d.In.Items[item].Pairs {
		for i := item + 1; i < len(d.In.Items); i++ {
			it := d.In.Items[i]
			switch it.Keyword {
			case "LABEL", "EXPOSE", "USER", "VOLUME", "STOPSIGNAL", "WORKDIR":
				if shell.Mentions(d.In.File.Text(it.Span), p.Key) {
					return true
				}
			case "ENV":
				for _, pair := range it.Pairs {
					if shell.Mentions(pair.Value, p.Key) && !d.buildOnlyEnv(pair, i) {
						return true
					}
				}
			case "COPY", "ADD":
				if d.onlyRuntime(i) && shell.Mentions(d.In.File.Text(it.Span), p.Key) {
					return true
				}
			}
		}
	}
	return false
}
