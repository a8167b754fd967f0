package buildkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strconv"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil"
)

// source is what one image is built from.
type source struct {
	label   string      // "original", "rewrite": the Dockerfile's name in the daemon
	file    []byte      // the Dockerfile
	ignore  []byte      // its own .dockerignore, nil for none
	context fsutil.FS   // of the build
	limit   *capped     // which ends it
	job     *Job        // whose build arguments and caches are used
	watcher func(Event) // may be nil
}

// A session is one connection of a build to the daemon: its files, its logs, and the
// images that are built in it, which live as long as it does.
type session struct {
	client *Client
	source source
	gw     gateway.Client
	log    *progress
	probe  gateway.Reference // nil until something is started
}

// open opens a session and calls fn in it. Everything that fn started ends with it.
func (c *Client) open(ctx context.Context, src source, fn func(context.Context, *session) error) error {
	files, err := dockerfileFS(src)
	if err != nil {
		return err
	}
	probe, key, err := probeFS(c.config.Probe)
	if err != nil {
		return err
	}
	s := &session{client: c, source: src, log: newProgress(src.label, src.watcher)}
	option := client.SolveOpt{
		LocalMounts:  map[string]fsutil.FS{"context": src.context, "dockerfile": files, probeMount: probe},
		SharedKey:    "multistage-" + src.job.cacheName(),
		SourcePolicy: c.policy,
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	src.limit.stop = cancel
	var inner error // as it is: what Build gives back has been to the daemon and lost its type
	_, err = c.buildkit.Build(ctx, option, "", func(ctx context.Context, gw gateway.Client) (*gateway.Result, error) {
		s.gw = gw
		if inner = s.loadProbe(ctx, key); inner == nil {
			inner = fn(ctx, s)
		}
		return gateway.NewResult(), inner
	}, s.log.channel())
	s.log.wait()
	if inner != nil {
		err = inner
	}
	return s.explain(ctx, err)
}

// loadProbe brings the probe to the daemon. It is sent once for each of its versions.
func (s *session) loadProbe(ctx context.Context, key string) error {
	definition, err := llb.Local(probeMount, llb.SharedKeyHint(key), llb.WithCustomName("[internal] load the probe")).Marshal(ctx)
	if err != nil {
		return err
	}
	result, err := s.gw.Solve(ctx, gateway.SolveRequest{Definition: definition.ToPB(), Evaluate: true})
	if err != nil {
		return err
	}
	s.probe, err = result.SingleRef()
	return err
}

// options are the frontend's for one target; "" is the last stage.
func (c *Client) options(src source, target string) map[string]string {
	job := src.job
	options := map[string]string{}
	for k, v := range job.BuildArgs {
		options["build-arg:"+k] = v
	}
	maps.Copy(options, map[string]string{
		"filename": src.label,
		// With a command line the daemon's own frontend reads the file: a "# syntax" line
		// of the repository would run an image as a frontend, before anything is built.
		"cmdline":                           "multistage",
		"build-arg:BUILDKIT_CACHE_MOUNT_NS": job.cacheName(),
		// The caches are apart, but BuildKit leaves the name of one that has an id out of
		// the key of the step's result (checkShouldClearCacheOpts in v0.34): another
		// repository with the same step would be given what this one's cache made of it. The
		// name of a host that nobody asks for is in the key of every RUN.
		"add-hosts": job.cacheName() + ".invalid=127.0.0.1",
	})
	if target != "" {
		options["target"] = target
	}
	if memory := c.config.Limits.Memory; memory > 0 {
		options["memory"] = strconv.FormatInt(memory, 10)
	}
	return options
}

// cacheName names the caches of a repository.
func (j *Job) cacheName() string {
	sum := sha256.Sum256([]byte(j.Repository))
	return hex.EncodeToString(sum[:8])
}

// checkArgs refuses build arguments that would reach into other repositories' caches.
func (j *Job) checkArgs() error {
	for k := range j.BuildArgs {
		switch k {
		case "BUILDKIT_CACHE_MOUNT_NS", "BUILDKIT_SYNTAX":
			return fmt.Errorf("the build argument %s is not for a proof to set", k)
		}
	}
	return nil
}
