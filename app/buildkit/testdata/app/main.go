// Command app is what the images of the tests run: its first argument says what it
// does.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	arg := func(n int) string {
		if n < len(os.Args) {
			return os.Args[n]
		}
		return ""
	}
	switch arg(1) {
	case "listen": // ADDRESS
		listen(arg(2))
	case "exit": // CODE TEXT
		code, _ := strconv.Atoi(arg(2))
		fmt.Fprintln(os.Stderr, arg(3))
		os.Exit(code)
	case "sleep":
		time.Sleep(time.Hour)
	case "deaf": // SIGTERM does nothing to it, and it says so to the kernel
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(time.Hour)
	case "stubborn": // listens, and takes no notice of SIGTERM
		signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
		serve(arg(2))
	case "shout": // 64 MB of output, then listens
		line := bytes.Repeat([]byte("0123456789abcde\n"), 4096)
		for range 1024 {
			os.Stdout.Write(line)
		}
		listen(arg(2))
	case "crash-when-asked": // ADDRESS
		serveWith(arg(2), func(http.ResponseWriter, *http.Request) {
			fmt.Fprintln(os.Stderr, "panic: asked")
			os.Exit(2)
		})
	case "kill": // ends by a signal, as for want of memory
		child := exec.Command("/app", "sleep")
		must(child.Start())
		syscall.Kill(child.Process.Pid, syscall.SIGKILL)
		os.Exit(137)
	case "orphans": // leaves processes that hold its output, and ends
		for range 20 {
			child := exec.Command("/app", "sleep")
			child.Stdout, child.Stderr = os.Stdout, os.Stderr
			must(child.Start())
		}
		fmt.Println("children are left")
	case "whoami": // listens and answers with its user
		serveWith(arg(2), func(w http.ResponseWriter, _ *http.Request) {
			groups, _ := os.Getgroups()
			fmt.Fprintf(w, "uid %d gid %d groups %v home %s\n", os.Getuid(), os.Getgid(), groups, os.Getenv("HOME"))
		})
	}
}

// listen serves until SIGTERM, and then ends with 0.
func listen(address string) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go serve(address)
	<-stop
}

func serve(address string) {
	serveWith(address, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<link rel="stylesheet" href="/style.css"><p>%s`, time.Now().Format(time.RFC3339Nano))
		case "/style.css":
			w.Header().Set("Content-Type", "text/css")
			fmt.Fprint(w, "p{}")
		default:
			http.NotFound(w, r)
		}
	})
}

func serveWith(address string, handler http.HandlerFunc) {
	listener, err := net.Listen("tcp", address)
	must(err)
	if err := http.Serve(listener, handler); !errors.Is(err, http.ErrServerClosed) {
		must(err)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
