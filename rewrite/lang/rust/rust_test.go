package rust_test

import (
	"testing"

	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

func TestStories(t *testing.T) { rewritetest.Run(t, "testdata") }
