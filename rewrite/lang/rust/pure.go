package rust

import (
	"path"

	"github.com/multistage-app/multistage/rewrite/compiled"
)

// pure are crates that link to no library of the system, with all crates that they
// depend on, whatever their features. They decide where there is no lock file.
var pure = compiled.Words("serde serde_json serde_derive serde_yaml serde_urlencoded toml ron csv tokio tokio-stream tokio-util axum axum-extra actix-web actix-rt actix-files actix-cors actix warp hyper hyper-util http " +
	"http-body-util tower tower-http rocket rocket_dyn_templates rocket_cors tide tracing tracing-subscriber tracing-log log env_logger simple_logger pretty_env_logger clap structopt anyhow thiserror eyre color-eyre rand " +
	"chrono chrono-tz time uuid futures futures-util bytes regex lazy_static once_cell dotenv dotenvy tera askama askama_axum handlebars minijinja config itertools async-trait url base64 sha2 sha1 md5 hex " +
	"rayon crossbeam crossbeam-channel num num-traits num-bigint bitflags smallvec indexmap dashmap parking_lot mime mime_guess percent-encoding unicode-segmentation strum strum_macros derive_more either " +
	"colored textwrap indoc validator bcrypt argon2 jsonwebtoken rust-embed include_dir tinytemplate maud async-stream arc-swap humantime walkdir glob semver nom pest pest_derive juniper async-graphql")

// onlyPure reports a program all of whose dependencies are pure, those of the
// packages beside it looked at too. There is no lock file that would tell more.
func (d *design) onlyPure() bool {
	for _, a := range d.programs {
		if a.dir == "" || !d.pureManifest(a.dir, 0) {
			return false
		}
	}
	return len(d.programs) > 0
}

func (d *design) pureManifest(dir string, depth int) bool {
	m := d.manifest(dir)
	if m == nil || depth > 4 || len(m.Target) > 0 {
		return false
	}
	for _, name := range compiled.SortedKeys(m.Dependencies) {
		table, _ := m.Dependencies[name].(map[string]any)
		_, git := table["git"]
		if local, ok := table["path"].(string); ok {
			if !d.pureManifest(path.Join(dir, local), depth+1) {
				return false
			}
			continue
		}
		if real, ok := table["package"].(string); ok {
			name = real
		}
		if git || !pure[name] {
			return false
		}
	}
	return true
}
