package probe

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"strings"
	"time"
)

// The HEALTHCHECK is run this often, as Docker's does before it calls a container
// unhealthy; what the last run says counts.
const (
	healthRuns  = 3
	healthPause = time.Second
	keptOutput  = 4 << 10 // bytes of a run's output, its end
)

// runHealth runs the HEALTHCHECK until it passes. It is the image's command in the
// probe's environment, which is the image's.
func runHealth(ctx context.Context, r Request) *Health {
	argv := healthArgs(r.Health, r.Shell)
	if len(argv) == 0 {
		return nil
	}
	var health Health
	for run := range healthRuns {
		if run > 0 && !pause(ctx, healthPause) {
			break
		}
		health = runOnce(ctx, argv, r.Dir, r.Limit)
		if health.ExitCode == 0 || health.ExitCode < 0 || health.ExitCode >= 126 {
			break // passed, or nothing that a second run changes
		}
	}
	return &health
}

// healthArgs is the command of a HEALTHCHECK: {"CMD", argv…} or {"CMD-SHELL", text}.
func healthArgs(test, shell []string) []string {
	if len(test) < 2 {
		return nil
	}
	switch test[0] {
	case "CMD":
		return test[1:]
	case "CMD-SHELL":
		return append(append([]string(nil), shell...), test[1])
	}
	return nil
}

func runOnce(ctx context.Context, argv []string, dir string, limit time.Duration) Health {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	output := &tail{limit: keptOutput}
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	command.Dir = dir
	command.Stdout, command.Stderr = output, output
	command.WaitDelay = time.Second // a child of it may keep the output open
	ownGroup(command)
	err := command.Run()
	health := Health{Output: strings.ToValidUTF8(strings.TrimSpace(output.String()), "�")}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		health.ExitCode = -1
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
	case errors.As(err, &exit):
		health.ExitCode = exitCode(exit)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		health.ExitCode, health.Output = 127, err.Error()
	default:
		health.ExitCode, health.Output = 126, err.Error()
	}
	return health
}

// tail keeps the last bytes that are written to it.
type tail struct {
	limit int
	kept  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if len(t.kept) > t.limit {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-t.limit:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.kept) }
