package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app"
	"github.com/multistage-app/multistage/app/github/githubtest"
)

// The two people that the user can be on the page.
const (
	writer = "you"   // may write to every repository
	reader = "guest" // may only read
)

// world is the stand-in for GitHub and the App, which talk to each other over HTTP.
type world struct {
	dir   string // removed by close
	gh    *githubtest.Server
	app   *app.Process
	bot   string     // the App's login
	pulls []pullName // in the order in which they were opened
	ended chan error // the App's end
	stop  context.CancelFunc

	turn   sync.Mutex // one person acts at a time
	failed int        // deliveries that were given up
}

// pullName names a pull request.
type pullName struct {
	Repository string
	Number     int
	Expect     outcome
}

// startWorld starts both. The App's log goes to log: all of it, or what is wrong.
func startWorld(ctx context.Context, log io.Writer, all bool) (*world, error) {
	dir, err := os.MkdirTemp("", "multistage-demo-")
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir, ended: make(chan error, 1), stop: func() {}}
	if err := w.start(ctx, logger(log, all)); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func logger(w io.Writer, all bool) zerolog.Logger {
	level := zerolog.WarnLevel
	if all {
		level = zerolog.DebugLevel
	}
	return zerolog.New(zerolog.ConsoleWriter{Out: w, NoColor: true, TimeFormat: time.TimeOnly}).Level(level).With().Timestamp().Logger()
}

func (w *world) start(ctx context.Context, logger zerolog.Logger) error {
	gh, err := githubtest.New(githubtest.Options{Dir: filepath.Join(w.dir, "github")})
	if err != nil {
		return err
	}
	w.gh, w.bot = gh, gh.App().Bot.Login
	secret := rand.Text()
	key := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(gh.PrivateKey())})
	process, err := app.New(ctx, app.Config{
		AppID: gh.App().ID, PrivateKey: app.Secret(key), WebhookSecrets: []app.Secret{app.Secret(secret)},
		Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0",
		Database: app.Secret("sqlite:" + filepath.Join(w.dir, "queue.db")), WorkDir: filepath.Join(w.dir, "work"),
		GitHubURL: gh.URL(), Verify: app.VerifyOff, Pace: -1,
	}, logger)
	if err != nil {
		return err
	}
	process.Grace = 3 * time.Second
	w.app = process
	ctx, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() { w.ended <- process.Run(ctx) }()
	gh.SetWebhook("http://"+process.Server.Addr()+"/webhook", secret)
	return nil
}

// close ends the App, then the stand-in, and removes what they wrote.
func (w *world) close() error {
	var err error
	w.stop()
	if w.app != nil {
		err = <-w.ended
	}
	if w.gh != nil {
		err = errors.Join(err, w.gh.Close())
	}
	return errors.Join(err, os.RemoveAll(w.dir))
}

// addRepository makes a repository that some may write to, with the App installed.
func (w *world) addRepository(o githubtest.RepositoryOptions, writers ...string) error {
	repo, err := w.gh.AddRepository(o)
	if err != nil {
		return err
	}
	for _, login := range append(writers, writer) {
		if err := w.gh.SetPermission(o.Name, login, "write"); err != nil {
			return err
		}
	}
	if err := w.gh.SetPermission(o.Name, reader, "read"); err != nil {
		return err
	}
	for _, p := range w.pulls {
		if owner, _, _ := strings.Cut(p.Repository, "/"); owner == repo.Owner {
			return nil // the account has the App already
		}
	}
	_, err = w.gh.Install(repo.Owner)
	return err
}

func (w *world) openPull(o githubtest.PullOptions, expect outcome) error {
	p, err := w.gh.OpenPull(o)
	if err != nil {
		return err
	}
	w.pulls = append(w.pulls, pullName{Repository: p.Repository, Number: p.Number, Expect: expect})
	return nil
}

// act lets a person do something and waits until the App has done its part.
func (w *world) act(ctx context.Context, do func() error) error {
	w.turn.Lock()
	defer w.turn.Unlock()
	if err := do(); err != nil {
		return err
	}
	return w.settle(ctx)
}

// patience is how long the App may take to answer. It takes a second or two.
const patience = time.Minute

// settle sends the webhooks that wait, those that the App's own answers lead to
// among them, until every lane is idle.
func (w *world) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if err := w.gh.DeliverAll(ctx); err != nil {
			return err
		}
		if err := w.app.Queue.Idle(ctx); err != nil {
			return fmt.Errorf("waiting for the App: %w", err)
		}
		stats, err := w.app.Queue.Stats(ctx)
		if err != nil {
			return fmt.Errorf("waiting for the App: %w", err)
		}
		if stats.Failed > w.failed {
			w.failed = stats.Failed
			return errors.New("the App gave up on a delivery; its log says why")
		}
		if w.gh.Waiting() == 0 && stats.Waiting == 0 {
			return nil
		}
		select { // what waits for a later time, such as after a push in between
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("waiting for the App: %w", ctx.Err())
		}
	}
}
