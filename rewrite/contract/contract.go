// Package contract says what the final image of a Dockerfile promises: the
// effective runtime configuration of its last stage, as BuildKit itself works it
// out, and the warnings of BuildKit's build checks. It is the only room that
// imports BuildKit's converter.
package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/multistage-app/multistage/rewrite/image"
)

// Contract is the runtime configuration of an image.
type Contract struct {
	Entrypoint []string
	Cmd        []string
	User       string
	Workdir    string
	StopSignal string
	Shell      []string
	Health     string // the health check in Dockerfile words; "" for none
	Env        map[string]string
	Labels     map[string]string
	Ports      map[string]bool
	Volumes    map[string]bool
	Base       map[string]string // Env that the base image gives
}

// Argv is what is executed: entrypoint and command as one vector.
func (c Contract) Argv() []string {
	return append(append([]string{}, c.Entrypoint...), c.Cmd...)
}

// Of works out the contract of a Dockerfile's last stage. Base images are taken
// from the image table; one that is not in it counts as an empty configuration.
// The error is BuildKit's.
func Of(path string, source []byte) (c Contract, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: BuildKit's converter gave up: %v", path, p)
		}
	}()
	result, err := dockerfile2llb.Dockerfile2LLB(context.Background(), source, options(path, source))
	if err != nil {
		return Contract{}, fmt.Errorf("%s: %w", path, err)
	}
	return fromImage(result.Image, result.BaseImage), nil
}

func fromImage(img, base *dockerspec.DockerOCIImage) Contract {
	cfg := img.Config
	c := Contract{
		Entrypoint: cfg.Entrypoint, Cmd: cfg.Cmd, User: cfg.User, Workdir: cfg.WorkingDir,
		StopSignal: cfg.StopSignal, Shell: cfg.Shell, Health: health(cfg.Healthcheck),
		Env: env(cfg.Env), Labels: cfg.Labels, Ports: keys(cfg.ExposedPorts), Volumes: keys(cfg.Volumes),
		Base: map[string]string{},
	}
	if c.Workdir == "" {
		c.Workdir = "/"
	}
	if base != nil {
		c.Base = env(base.Config.Env)
	}
	return c
}

func env(list []string) map[string]string {
	vars := make(map[string]string, len(list))
	for _, kv := range list {
		k, v, _ := strings.Cut(kv, "=")
		vars[k] = v
	}
	return vars
}

func keys(set map[string]struct{}) map[string]bool {
	out := make(map[string]bool, len(set))
	for k := range set {
		out[k] = true
	}
	return out
}

// health writes a health check as one line, options first.
func health(h *dockerspec.HealthcheckConfig) string {
	if h == nil || len(h.Test) == 0 {
		return ""
	}
	var b strings.Builder
	for _, o := range []struct {
		name  string
		value fmt.Stringer
		set   bool
	}{
		{"interval", h.Interval, h.Interval != 0}, {"timeout", h.Timeout, h.Timeout != 0},
		{"start-period", h.StartPeriod, h.StartPeriod != 0}, {"start-interval", h.StartInterval, h.StartInterval != 0},
	} {
		if o.set {
			fmt.Fprintf(&b, "--%s=%s ", o.name, o.value)
		}
	}
	if h.Retries != 0 {
		fmt.Fprintf(&b, "--retries=%d ", h.Retries)
	}
	return b.String() + strings.Join(h.Test, " ")
}

// options are BuildKit's, for a conversion that asks nobody.
func options(path string, source []byte) dockerfile2llb.ConvertOpt {
	return dockerfile2llb.ConvertOpt{
		MetaResolver:   table{},
		TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: "amd64"},
		SourceMap: &llb.SourceMap{
			Filename: path, Language: "Dockerfile", Data: source, Definition: &llb.Definition{},
		},
	}
}

// table answers for registries out of the image table.
type table struct{}

// ResolveImageConfig gives a base's configuration (llb.ImageMetaResolver).
func (table) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	base, _ := image.Resolve(ref)
	cfg := base.Config
	var img dockerspec.DockerOCIImage
	img.OS, img.Architecture = "linux", "amd64"
	img.Config.Env = cfg.Env
	img.Config.Entrypoint, img.Config.Cmd = cfg.Entrypoint, cfg.Cmd
	img.Config.User, img.Config.WorkingDir, img.Config.StopSignal = cfg.User, cfg.WorkingDir, cfg.StopSignal
	img.Config.Shell, img.Config.OnBuild = cfg.Shell, cfg.OnBuild
	img.Config.Volumes, img.Config.ExposedPorts = set(cfg.Volumes), set(cfg.ExposedPorts)
	data, err := json.Marshal(img)
	return ref, digest.FromBytes(data), data, err
}

func set(list []string) map[string]struct{} {
	if len(list) == 0 {
		return nil
	}
	out := make(map[string]struct{}, len(list))
	for _, k := range list {
		out[k] = struct{}{}
	}
	return out
}
