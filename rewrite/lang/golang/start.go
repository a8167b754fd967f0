package golang

import "github.com/multistage-app/multistage/rewrite/compiled"

// reloaders are programs that build the sources and start them again on changes.
var reloaders = compiled.Words("air CompileDaemon reflex fresh realize gin nodemon modd wgo arelo watcher entr gow bra bee refresh dlv watchexec gowatch godemon dogo " +
	"compile-daemon go-watcher glu aircmd")

// goTools are programs that need the Go tool chain or are part of it.
var goTools = compiled.Words("go gofmt golangci-lint gopls dlv mage task ginkgo gotestsum staticcheck")
