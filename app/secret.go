package app

import "fmt"

// Secret is a text that no log, error or dump shows: every way of formatting or
// encoding it gives [redacted]. [Secret.Reveal] is the only way to the text.
type Secret string

const redacted = "[redacted]"

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

// Format writes [redacted] for every verb. A String method alone is not enough:
// fmt prints the plain value for a verb that does not fit, such as %d.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String returns [redacted].
func (s Secret) String() string { return redacted }

// MarshalText returns [redacted], so that JSON and YAML show nothing either.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
