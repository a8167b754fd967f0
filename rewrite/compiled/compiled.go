// Package compiled is what the designers of compiled languages have in common: a
// program is made by a toolchain that stays in the builder, and goes into an image
// with what it reads and runs. What a language's own tools do, and what its sources
// say, is the language package's.
package compiled
