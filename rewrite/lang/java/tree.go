package java

import "github.com/multistage-app/multistage/rewrite/inside"

// tree is what the author copies into the image.
type tree = inside.Copies
