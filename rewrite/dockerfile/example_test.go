package dockerfile_test

import (
	"fmt"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
)

func ExampleParse() {
	file, err := dockerfile.Parse("Dockerfile", []byte("FROM alpine\nRUN apk add \\\n    # what the script needs\n    curl\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	run := file.Stages[0].Instructions[0]
	fmt.Println(run.Keyword, file.Lines(run.Span))
	fmt.Print(file.Text(run.Span))
	// Output:
	// RUN {2 4}
	// RUN apk add \
	//     # what the script needs
	//     curl
}
