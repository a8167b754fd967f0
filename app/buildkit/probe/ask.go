package probe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of one answer.
const (
	maxBody      = 256 << 10 // bytes that are read
	maxNormal    = 64 << 10  // bytes of a text that are compared
	keptBody     = 400       // bytes that are reported
	maxLocation  = 512       // bytes
	dialLimit    = time.Second
	firstLimit   = 10 * time.Second // for "/": some servers compile at the first request
	laterLimit   = 4 * time.Second
	warmUpPeriod = time.Second // before a server that says 503 is asked once more
)

// askPort asks one port for each of the paths, and for what the page at "/" loads.
func askPort(ctx context.Context, l Listener, paths []string) []Answer {
	a := asker{listener: l}
	first, page := a.first(ctx)
	if first.Protocol == "other" {
		return []Answer{first}
	}
	answers := []Answer{first}
	if first.Status == http.StatusServiceUnavailable && pause(ctx, warmUpPeriod) {
		if again, body, err := a.get(ctx, a.protocol, "/", firstLimit); err == nil {
			answers[0], page = again, body
		}
	}
	rest := paths
	if answers[0].Type == "text/html" {
		rest = append(append([]string(nil), paths...), assets(page)...)
	}
	asked := map[string]bool{"/": true}
	for _, path := range rest {
		if asked[path] || !strings.HasPrefix(path, "/") || ctx.Err() != nil {
			continue
		}
		asked[path] = true
		answer, _, err := a.get(ctx, a.protocol, path, laterLimit)
		if err != nil {
			answer = Answer{Port: l.Port, Path: path, Protocol: a.protocol, Body: "no answer"}
		}
		answers = append(answers, answer)
	}
	return answers
}

// asker asks one port.
type asker struct {
	listener Listener
	protocol string
}

// first finds out which protocol the port speaks, by asking for "/".
func (a *asker) first(ctx context.Context) (Answer, []byte) {
	answer, body, err := a.get(ctx, "http", "/", firstLimit)
	// A server of TLS answers plain HTTP with an alert, or with 400 in plain text: Go's
	// and nginx' do.
	if err != nil && !isTimeout(err) || err == nil && answer.Status == http.StatusBadRequest {
		secure, secureBody, secureErr := a.get(ctx, "https", "/", firstLimit)
		if secureErr == nil {
			a.protocol = "https"
			return secure, secureBody
		}
	}
	if err != nil {
		return Answer{Port: a.listener.Port, Protocol: "other"}, nil
	}
	a.protocol = "http"
	return answer, body
}

// get asks once. No redirect is followed, no certificate is verified, no proxy is used.
func (a *asker) get(ctx context.Context, protocol, path string, limit time.Duration) (Answer, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	target, err := url.Parse(protocol + "://localhost:" + strconv.Itoa(a.listener.Port) + path)
	if err != nil {
		return Answer{}, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return Answer{}, nil, err
	}
	request.Header.Set("User-Agent", "multistage-probe")
	request.Header.Set("Accept", "text/html,*/*")
	response, err := a.transport().RoundTrip(request)
	if err != nil {
		return Answer{}, nil, err
	}
	defer response.Body.Close()
	// An answer that ends early is an answer: an event stream never ends.
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxBody))
	answer := Answer{
		Port: a.listener.Port, Path: path, Protocol: protocol, Status: response.StatusCode,
		Type: mediaType(response.Header.Get("Content-Type")), Length: int64(len(body)),
		Location: clip(Normalise([]byte(clip([]byte(response.Header.Get("Location")), maxLocation))), maxLocation),
	}
	normal := body
	if isText(answer.Type, body) {
		normal = Normalise(body[:min(len(body), maxNormal)])
		answer.Body = clip(normal, keptBody)
	}
	sum := sha256.Sum256(normal)
	answer.Digest = hex.EncodeToString(sum[:])
	return answer, body, nil
}

func (a *asker) transport() *http.Transport {
	dialer := net.Dialer{Timeout: dialLimit}
	address := net.JoinHostPort(a.listener.address, strconv.Itoa(a.listener.Port))
	other := net.JoinHostPort("::1", strconv.Itoa(a.listener.Port))
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err != nil && a.listener.address == "127.0.0.1" { // a socket on [::] for IPv6 alone
				conn, err = dialer.DialContext(ctx, "tcp", other)
			}
			return conn, err
		},
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: true}, // the port is asked what it is, not who
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// mediaType is the header's value without parameters.
func mediaType(header string) string {
	media, _, err := mime.ParseMediaType(header)
	if err != nil && media == "" {
		media, _, _ = strings.Cut(header, ";")
		media = strings.ToLower(strings.TrimSpace(media))
	}
	return clip([]byte(media), 100)
}

// isText reports whether a body is compared as text that a program writes anew each
// time. Scripts and style sheets are files, and compared byte by byte. A server that
// names no type is judged by what it sent.
func isText(media string, body []byte) bool {
	switch {
	case media == "text/css", strings.Contains(media, "javascript"):
		return false
	case strings.HasPrefix(media, "text/"), strings.Contains(media, "json"), strings.HasSuffix(media, "xml"):
		return true
	case media == "":
		return utf8.Valid(body) && !bytes.ContainsRune(body, 0)
	}
	return false
}

// clip is at most n bytes of the text, whole characters and valid ones.
func clip(text []byte, n int) string {
	if len(text) > n {
		text = text[:n]
		for len(text) > 0 {
			if r, size := utf8.DecodeLastRune(text); r != utf8.RuneError || size > 1 {
				break
			}
			text = text[:len(text)-1]
		}
	}
	return strings.ToValidUTF8(string(text), "�")
}
