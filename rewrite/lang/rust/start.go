package rust

import "github.com/multistage-app/multistage/rewrite/compiled"

// cargoTools need the tool chain or are part of it.
var cargoTools = compiled.Words("cargo rustc rustup trunk wasm-pack cargo-watch cargo-shuttle cross just")
