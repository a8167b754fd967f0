package buildkit

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"sort"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/multistage-app/multistage/app/buildkit/rootfs"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// image builds the session's last stage.
func (s *session) image(ctx context.Context) (*image, proof.Image, error) {
	s.log.begin(s.source.label)
	result, took, err := s.solve(ctx, "")
	if err != nil {
		return nil, proof.Image{}, err
	}
	ref, err := result.SingleRef()
	if err != nil {
		return nil, proof.Image{}, err
	}
	var spec dockerspec.DockerOCIImage
	if err := json.Unmarshal(result.Metadata["containerimage.config"], &spec); err != nil {
		return nil, proof.Image{}, fmt.Errorf("reading the image's configuration: %w", err)
	}
	seen := proof.Image{Built: true, Seconds: took.seconds, Steps: took.steps, Cached: took.cached}
	img := &image{ref: ref, config: spec.Config, architecture: spec.Architecture, timing: took.timing}
	return img, seen, s.look(ctx, img, &seen)
}

// look lists the image's files and says what is in it.
func (s *session) look(ctx context.Context, img *image, seen *proof.Image) (err error) {
	defer s.log.say("reading the files of the image")()
	if img.ref == nil { // FROM scratch and nothing after it
		img.tree, err = rootfs.Walk(ctx, nothing{})
	} else {
		img.tree, err = rootfs.Walk(ctx, files{img.ref})
	}
	if err != nil {
		return s.explain(ctx, err)
	}
	seen.Contents = img.tree.Contents(ctx)
	seen.Sizes.Unpacked = img.tree.Unpacked()
	return nil
}

// inspect says whether what the image starts can be found and loaded.
func (s *session) inspect(ctx context.Context, img *image) (*rootfs.Inspection, error) {
	defer s.log.say("looking for what the image starts")()
	c := img.config
	question := rootfs.Config{
		Entrypoint: c.Entrypoint, Cmd: c.Cmd, Env: c.Env, User: c.User, WorkingDir: c.WorkingDir, Shell: c.Shell,
		Architecture: img.architecture,
	}
	if c.Healthcheck != nil {
		question.Healthcheck = c.Healthcheck.Test
	}
	seen := img.tree.Inspect(ctx, question)
	if ctx.Err() != nil {
		return nil, interrupted(ctx)
	}
	return seen, nil
}

// files reads a root file system through the gateway.
type files struct{ ref gateway.Reference }

var _ rootfs.Reader = files{}

func (f files) ReadDir(ctx context.Context, dir string) ([]*fstypes.Stat, error) {
	return f.ref.ReadDir(ctx, gateway.ReadDirRequest{Path: dir})
}

func (f files) ReadFile(ctx context.Context, name string, offset, length int) ([]byte, error) {
	return f.ref.ReadFile(ctx, gateway.ReadRequest{Filename: name, Range: &gateway.FileRange{Offset: offset, Length: length}})
}

// nothing is the root file system of an empty image.
type nothing struct{}

func (nothing) ReadDir(context.Context, string) ([]*fstypes.Stat, error) { return nil, nil }

func (nothing) ReadFile(_ context.Context, name string, _, _ int) ([]byte, error) {
	return nil, fmt.Errorf("%s: no such file", path.Clean(name))
}

// buildCheck says that an image was built and what it cost.
func buildCheck(name string, img proof.Image) proof.Check {
	detail := fmt.Sprintf("%d steps in %.1f s", img.Steps, img.Seconds)
	if img.Cached > 0 {
		detail += fmt.Sprintf(", %d of them from the cache", img.Cached)
	}
	return proof.Check{Name: name, Passed: true, Detail: detail}
}

// causes are what the difference in size is made of, the largest first.
func causes(before, after map[string]int64) []proof.Cause {
	names := map[string]bool{}
	for n := range before {
		names[n] = true
	}
	for n := range after {
		names[n] = true
	}
	var list []proof.Cause
	for n := range names {
		if before[n] != after[n] {
			list = append(list, proof.Cause{Name: n, Before: before[n], After: after[n]})
		}
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i].Before-list[i].After, list[j].Before-list[j].After
		if a != b {
			return a > b
		}
		return list[i].Name < list[j].Name
	})
	return list
}
