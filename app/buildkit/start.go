package buildkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"

	"github.com/multistage-app/multistage/app/buildkit/probe"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// startRequest is how to look at a container: see [askOriginal] and [askRewrite]. Zero
// fields are as for an original.
type startRequest struct {
	Env     []string      // KEY=value, over the image's own
	Wait    time.Duration // until an application that means to listen must listen
	Idle    time.Duration // until one that is not expected to listen counts as running
	Partial time.Duration // until an expected port that is missing is given up, where others listen
	Expect  []string      // ports, "8080/tcp"
	Paths   []string      // to ask for
	Grace   time.Duration // between the stop signal and the kill
}

// Times of one start.
const (
	idleTime    = 8 * time.Second
	stopGrace   = 3 * time.Second // Docker's are 10, which a plain Node server, deaf as process 1, would take in full, twice
	healthLimit = 15 * time.Second
	probeSlack  = 2 * time.Minute        // for all that a probe does beyond its wait
	lastGasp    = 100 * time.Millisecond // in which an application dies of what it was asked
	deathLimit  = 10 * time.Second       // until the end of a container that lost its probe is known
	headStart   = 3 * time.Second        // of an application that ended while the probe was being started
)

// startImage runs a container of the image, without network, and says what it did. The
// error is never about the image: a command that is not there is a state.
func startImage(ctx context.Context, gw gateway.Client, img *image, probeRef gateway.Reference, ask startRequest) (proof.Start, error) {
	switch {
	case len(img.argv()) == 0:
		return proof.Start{State: proof.NotStartable, Error: "the image has no command"}, nil
	case img.ref == nil:
		return proof.Start{State: proof.NotStartable, Error: "the image has no files"}, nil
	}
	ask = ask.withDefaults(img)
	s, err := startOnce(ctx, gw, img, probeRef, ask, 0)
	if errors.Is(err, errCodeLost) {
		s, err = startOnce(ctx, gw, img, probeRef, ask, headStart)
	}
	return s, err
}

// errCodeLost is the end of a container whose exit code BuildKit does not know: the
// probe was just being started in it, failed for that, and ended what had ended.
var errCodeLost = errors.New("the exit code of the container is not known")

// startOnce runs one container; the probe comes a while after the application.
func startOnce(ctx context.Context, gw gateway.Client, img *image, probeRef gateway.Reference, ask startRequest, delay time.Duration) (proof.Start, error) {
	ctr, err := newContainer(ctx, gw, img, probeRef)
	if err != nil {
		return proof.Start{}, fmt.Errorf("making a container: %w", err)
	}
	r := &run{container: ctr, image: img, ask: ask, output: &capture{}, reports: &lastLine{}, complaint: &capture{}}
	defer r.release()
	r.prepare(ctx)
	if err := r.launch(ctx, delay); err != nil {
		return proof.Start{}, err
	}
	return r.watch(ctx)
}

// run is one container while it runs.
type run struct {
	container gateway.Container
	image     *image
	ask       startRequest
	app       gateway.StartRequest
	user      string // of the probe; "" is the application's
	began     time.Time
	output    *capture
	reports   *lastLine
	complaint *capture // what the probe, or runc for it, says of its own trouble
	process   gateway.ContainerProcess
	cancel    context.CancelFunc // of the probe
	ended     chan error         // of the application
	probed    chan error         // the probe's end
}

// prepare says how the application is started. A user other than root that may need a
// port below 1024 is given it as Docker would: see [probe.Exec].
func (r *run) prepare(ctx context.Context) {
	config := r.image.config
	r.app = gateway.StartRequest{
		Args: r.image.argv(), Cwd: config.WorkingDir, User: config.User,
		Env:    environment(config.Env, []string{"OTEL_TRACES_EXPORTER=none"}, r.ask.Env),
		Stdout: r.output, Stderr: r.output,
	}
	if r.app.Cwd == "" {
		r.app.Cwd = "/"
	}
	if !r.low() {
		return
	}
	user, ok := r.image.user(ctx)
	if !ok {
		return
	}
	groups := []string{strconv.Itoa(user.gid)} // runc's caller lists it among the others
	for _, g := range user.groups {
		groups = append(groups, strconv.Itoa(g))
	}
	r.app.Args = append([]string{probePath, "probe", "exec", "--uid", strconv.Itoa(user.uid), "--gid", strconv.Itoa(user.gid),
		"--groups", strings.Join(groups, ","), "--"}, r.app.Args...)
	r.app.Env = environment([]string{"HOME=" + user.home}, r.app.Env)
	r.app.User, r.user = "0:0", config.User
}

// low reports whether a port below 1024 is exposed or expected.
func (r *run) low() bool {
	ports := slices.Clone(r.ask.Expect)
	for port := range r.image.config.ExposedPorts {
		ports = append(ports, port)
	}
	return slices.ContainsFunc(ports, func(p string) bool { n := portNumber(p); return 0 < n && n < 1024 })
}

// launch starts the application, and the probe beside it.
func (r *run) launch(ctx context.Context, delay time.Duration) error {
	r.began = time.Now()
	process, err := r.container.Start(ctx, r.app)
	if err != nil {
		return fmt.Errorf("starting the container: %w", err)
	}
	r.process, r.ended, r.probed = process, waitFor(process), make(chan error, 1)
	request, err := json.Marshal(probe.Request{
		Wait: r.ask.Wait, Idle: r.ask.Idle, Partial: r.ask.Partial, Expect: r.ask.Expect, Paths: r.ask.Paths,
		Health: r.healthTest(), Dir: r.app.Cwd, Shell: r.image.config.Shell, Limit: r.healthLimit(),
	})
	if err != nil {
		return err
	}
	ctx, r.cancel = context.WithCancel(ctx)
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		// Start blocks where the container has ended meanwhile: nobody waits for it.
		second, err := r.container.Start(ctx, gateway.StartRequest{
			Args: []string{probePath, "probe", "ask", "--request", string(request)},
			Env:  r.app.Env, Cwd: "/", User: r.user, Stdout: r.reports, Stderr: r.complaint,
		})
		if err != nil {
			r.probed <- err
			return
		}
		r.probed <- second.Wait()
	}()
	return nil
}

// waitFor is a process' end as a channel: Wait may never return.
func waitFor(p gateway.ContainerProcess) chan error {
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	return ended
}

// watch waits for the probe or the application to end, and stops the application where
// it has not.
func (r *run) watch(ctx context.Context) (proof.Start, error) {
	limit := time.NewTimer(r.ask.Wait + probeSlack)
	defer limit.Stop()
	var failed error
	select {
	case <-ctx.Done():
		return proof.Start{}, context.Cause(ctx)
	case err := <-r.ended:
		return r.exited(err)
	case <-limit.C:
		return proof.Start{}, errors.New("the probe in the container does not end")
	case failed = <-r.probed:
		r.probed <- failed // for culprit
	}
	grace := lastGasp
	report, whole := r.report()
	if failed != nil || !whole {
		grace = deathLimit // the probe ended before its time: most likely with its container
	}
	select {
	case <-ctx.Done():
		return proof.Start{}, context.Cause(ctx)
	case err := <-r.ended:
		return r.exited(err)
	case <-time.After(grace):
	}
	if !whole {
		return proof.Start{}, r.lost(failed)
	}
	s := r.seen(report)
	s.State = proof.Running
	if len(s.Ports) > 0 {
		s.State = proof.Listening
	}
	var err error
	s.Stopped, err = r.stop(ctx, report.Signals)
	s.Log = r.output.tail()
	return s, err
}

// lost is why the probe gave no whole report though the application runs on.
func (r *run) lost(failed error) error {
	if failed == nil {
		return &Unavailable{Reason: NoProbe, Detail: "the program that is to run in the containers gave no report: it is no multistage of this version"}
	}
	if r.foreign() {
		return &Unavailable{Reason: NoProbe, Detail: "the program that is to run in the containers is for another platform than the daemon's", Err: failed}
	}
	if r.alien(failed) {
		return &Unavailable{Reason: NoProbe, Detail: "the program that is to run in the containers is no multistage of this version: it says " +
			strconv.Quote(lastWords(r.complaint.text())), Err: failed}
	}
	return fmt.Errorf("the probe in the container: %w", failed)
}

// culprit is the error where the probe's own failure ended the container: BuildKit ends
// one when any of its processes fails. nil is an application that was killed.
func (r *run) culprit(code uint32) error {
	select {
	case failed := <-r.probed:
		if failed != nil && (r.foreign() || r.alien(failed)) {
			return r.lost(failed)
		}
	case <-time.After(time.Second):
	}
	if code == codeLost {
		return errCodeLost
	}
	return nil
}

// alien reports whether a program ended as the probe never does: it knows no probe, and
// is something else or of another version. One that its container took along was killed.
func (r *run) alien(failed error) bool {
	var exit *gwpb.ExitError
	return errors.As(failed, &exit) && 0 < exit.ExitCode && exit.ExitCode < 126
}

// foreign reports whether the kernel cannot execute the probe.
func (r *run) foreign() bool { return strings.Contains(r.complaint.text(), "exec format error") }

// Exit codes that BuildKit has no code for. It takes 255 for what it does not know as
// well, and an application that ended so is told by the words.
const (
	codeLost      = math.MaxUint32 // runc itself was killed
	exitedWith255 = "exit code: 255"
)

// exited says how the application ended by itself.
func (r *run) exited(err error) (proof.Start, error) {
	report, _ := r.report()
	s := r.seen(report)
	s.State, s.Health, s.Log = proof.Exited, nil, r.output.tail()
	s.Seconds = time.Since(r.began).Seconds()
	var exit *gwpb.ExitError
	log := r.output.text()
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode == gwpb.UnknownExitStatus && !strings.Contains(err.Error(), exitedWith255)) {
		if reason, ok := notStarted(1, err.Error()); ok {
			return proof.Start{State: proof.NotStartable, Error: reason, Log: s.Log}, nil
		}
		return proof.Start{}, fmt.Errorf("running the container: %w", err)
	}
	if exit != nil {
		if reason, ok := notStarted(int(exit.ExitCode), log); ok {
			return proof.Start{State: proof.NotStartable, Error: reason, Log: s.Log}, nil
		}
		if exit.ExitCode == codeLost || exit.ExitCode == 137 {
			if err := r.culprit(exit.ExitCode); err != nil {
				return proof.Start{}, err
			}
		}
		s.ExitCode = int(exit.ExitCode)
		s.Error = firstError(log)
		if s.ExitCode == 137 {
			s.Error = strings.TrimSuffix("killed (137), out of memory perhaps: "+s.Error, ": ")
		}
	}
	return s, nil
}

// stop ends the application with the image's STOPSIGNAL and says how it ended. A signal
// that process 1 neither catches nor holds back does nothing to it: no need to wait.
func (r *run) stop(ctx context.Context, signals uint64) (string, error) {
	signal := stopSignal(r.image.config.StopSignal)
	if signals&(1<<(signal-1)) == 0 {
		return "killed", nil
	}
	if err := r.process.Signal(ctx, signal); err != nil {
		return "killed", nil // it ended just now, or BuildKit does not know the signal
	}
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case <-time.After(r.ask.Grace):
		return "killed", nil
	case err := <-r.ended:
		var exit *gwpb.ExitError
		switch {
		case err == nil:
			return "exit 0", nil
		case errors.As(err, &exit):
			return "exit " + strconv.Itoa(int(exit.ExitCode)), nil
		}
		return "", fmt.Errorf("stopping the container: %w", err)
	}
}

// stopSignal reads STOPSIGNAL: a name with or without SIG, or a number.
func stopSignal(text string) syscall.Signal {
	if n, err := strconv.Atoi(text); err == nil && 0 < n && n < 65 {
		return syscall.Signal(n)
	}
	known := map[string]syscall.Signal{
		"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "KILL": syscall.SIGKILL, "ABRT": syscall.SIGABRT,
		"USR1": syscall.Signal(10), "USR2": syscall.Signal(12), "TERM": syscall.SIGTERM, "WINCH": syscall.Signal(28), "PWR": syscall.Signal(30),
		"RTMIN": 34, "RTMIN+3": 37, "RTMIN+4": 38, "RTMIN+5": 39, // of systemd
	}
	if signal, ok := known[strings.TrimPrefix(strings.ToUpper(text), "SIG")]; ok {
		return signal
	}
	return syscall.SIGTERM
}

// release ends the container: it kills what still runs. It gives back what the first
// process exited with, which is no news.
func (r *run) release() {
	if r.cancel != nil {
		r.cancel()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), deathLimit)
		defer cancel()
		_ = r.container.Release(ctx)
	}()
	select {
	case <-done:
	case <-time.After(deathLimit):
	}
}
