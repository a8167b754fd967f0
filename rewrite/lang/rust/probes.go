package rust

import "github.com/multistage-app/multistage/rewrite/compiled"

// toolchain is cargo, as pipelines name it.
var toolchain = compiled.Toolchain{Name: "cargo", Official: []string{"rust:", "muslrust", "rust-musl"}}
