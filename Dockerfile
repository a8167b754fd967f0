# syntax=docker/dockerfile:1

# docker build .                       the image that serves
# docker build --target test .         the tests; "make fixtures" first
# docker build --call=targets .        what each stage is for

# The go.mod and go.sum are mounted and not copied: this stage runs again only when
# they change, and the modules land in a cache that every stage below shares.
#
# modules downloads the Go modules into a cache that all builds share
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS modules
WORKDIR /src
RUN --mount=type=bind,source=go.mod,target=go.mod \
    --mount=type=bind,source=go.sum,target=go.sum \
    --mount=type=cache,target=/go/pkg/mod \
    go mod download

# Only Go sources are copied, so a change to the documentation, the chart or the
# workflows compiles nothing. The compiler runs on the builder's own platform and
# writes for the target's: no emulation.
#
# builder compiles the static binary for the target platform
FROM modules AS builder
COPY go.mod go.sum ./
COPY app/ app/
COPY cmd/ cmd/
COPY review/ review/
COPY rewrite/ rewrite/
ARG TARGETOS TARGETARCH
# VERSION is what multistage --version prints
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags="-s -w -X main.version=$VERSION" -o /out/multistage ./cmd/multistage \
    && mkdir /out/data

# Nothing below copies from this stage, so the image never waits for it. The whole
# context is mounted, for the tests also read app.yml, this file and .cache.
#
# test runs the tests with the race detector
FROM modules AS test
RUN --mount=type=bind,target=. \
    --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=1 go test -race ./...

# serve and its queue need no shell and no program of the system:
# certificates, a user and /tmp are all of distroless. "multistage review" works on
# a repository on disk and calls git, which is not here: it is a command for people.
#
# production serves the App without root, shell or package manager
FROM gcr.io/distroless/static-debian13:nonroot AS production
COPY --from=builder /out/multistage /multistage
# The SQLite file of the queue. An empty folder is copied because a volume takes its
# owner from the image; mount one here, or every delivery that waits is lost with
# the container.
COPY --from=builder --chown=65532:65532 /out/data /data
WORKDIR /data
VOLUME ["/data"]
# By number, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 65532:65532
# 8080 takes GitHub's webhooks. 8081 has /healthz, /readyz and /metrics: keep it private.
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["/multistage", "health"]
ENTRYPOINT ["/multistage"]
CMD ["serve"]
