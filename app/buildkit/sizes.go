package buildkit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/content/proxy"
	"github.com/moby/buildkit/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"
)

// compressed is the size of an image's layers as a registry would store them, in
// bytes. The build comes from the cache; the layers are compressed by the daemon and
// stay there: nothing is pushed, downloaded or named. Base images may come with
// layers that were compressed by something better than gzip: so every layer counts as
// it is stored.
func (c *Client) compressed(ctx context.Context, src source) (int64, error) {
	files, err := dockerfileFS(src)
	if err != nil {
		return 0, err
	}
	response, err := c.buildkit.Solve(ctx, nil, client.SolveOpt{
		Frontend: "dockerfile.v0", FrontendAttrs: c.options(src, ""),
		LocalMounts:  map[string]fsutil.FS{"context": src.context, "dockerfile": files},
		SharedKey:    "multistage-" + src.job.cacheName(),
		SourcePolicy: c.policy,
		Exports:      []client.ExportEntry{{Type: client.ExporterImage, Attrs: map[string]string{"store": "false", "oci-mediatypes": "true"}}},
	}, nil)
	if err != nil {
		return 0, err
	}
	return c.layers(ctx, response.ExporterResponse["containerimage.descriptor"])
}

// layers adds up a manifest's layers.
func (c *Client) layers(ctx context.Context, encoded string) (int64, error) {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return 0, fmt.Errorf("reading the image's descriptor: %w", err)
	}
	var descriptor ocispecs.Descriptor
	if err := json.Unmarshal(raw, &descriptor); err != nil {
		return 0, fmt.Errorf("reading the image's descriptor: %w", err)
	}
	blob, err := content.ReadBlob(ctx, proxy.NewContentStore(c.buildkit.ContentClient()), descriptor)
	if err != nil {
		return 0, fmt.Errorf("reading the image's manifest: %w", err)
	}
	var manifest ocispecs.Manifest
	if err := json.Unmarshal(blob, &manifest); err != nil {
		return 0, fmt.Errorf("reading the image's manifest: %w", err)
	}
	var total int64
	for _, l := range manifest.Layers {
		total += l.Size
	}
	return total, nil
}
