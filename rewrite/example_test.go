package rewrite_test

import (
	"fmt"
	"testing/fstest"

	"github.com/multistage-app/multistage/rewrite"
)

func ExampleRewrite() {
	source := []byte("FROM golang:1.24\nWORKDIR /app\nCOPY . .\nRUN go build -o server .\nCMD [\"./server\"]\n")
	repository := fstest.MapFS{
		"Dockerfile": {Data: source},
		"go.mod":     {Data: []byte("module example.com/server\n\ngo 1.24\n")},
		"main.go":    {Data: []byte("package main\n\nfunc main() {}\n")},
	}
	result := rewrite.Rewrite("Dockerfile", source, repository, rewrite.Options{})
	fmt.Println(result.Verdict)
	for _, s := range result.Plan.Stages {
		fmt.Println(s.Name, "from", s.Base)
	}
	// Output:
	// rewrite
	// builder from golang:1.24
	// production from gcr.io/distroless/static-debian13:nonroot
}
