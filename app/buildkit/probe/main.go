package probe

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// CannotStart begins the one line that a probe prints where it cannot become the
// command that it was to start.
const CannotStart = "multistage probe: cannot start: "

// Main is the command line "multistage probe": its arguments, and its exit code.
//
// "ask" always exits with 0. BuildKit ends a container when any process in it fails,
// and the application would die of a probe's mistake.
func Main(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(stderr, "multistage probe: ask or exec; it is started in containers only")
		return 2
	}
	flags := flag.NewFlagSet("probe "+args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	switch args[0] {
	case "ask":
		text := flags.String("request", "{}", "what to look at, as JSON")
		var request Request
		if err := flags.Parse(args[1:]); err != nil {
			return 0
		}
		if err := json.Unmarshal([]byte(*text), &request); err != nil {
			fmt.Fprintln(stderr, "multistage probe: the request is no JSON:", err)
			return 0
		}
		Ask(context.Background(), request, stdout)
		return 0
	case "exec":
		uid := flags.Int("uid", 0, "number of the user")
		gid := flags.Int("gid", 0, "number of the group")
		groups := flags.String("groups", "", "numbers of further groups, comma-separated")
		if err := flags.Parse(args[1:]); err != nil || flags.NArg() == 0 {
			fmt.Fprintln(stderr, CannotStart+"no command")
			return 126
		}
		code, err := Exec(*uid, *gid, numbers(*groups), flags.Args())
		fmt.Fprintln(stderr, CannotStart+err.Error())
		return code
	}
	fmt.Fprintf(stderr, "multistage probe: no job named %q\n", args[0])
	return 2
}

func numbers(list string) []int {
	var all []int
	for text := range strings.SplitSeq(list, ",") {
		if n, err := strconv.Atoi(text); err == nil {
			all = append(all, n)
		}
	}
	return all
}
