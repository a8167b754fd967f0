package githubtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object of an answer.
type object = map[string]any

// docs is the documentation_url of every error.
const docs = "https://docs.github.com/rest"

// maxBody caps the body of a request. GitHub's own limit for a blob is 100 MB.
const maxBody = 150 << 20

// apiError is an answer that is not a success, in GitHub's shape.
type apiError struct {
	status  int
	message string
	errors  any
	header  http.Header
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.status, e.message) }

var (
	errNotFound       = &apiError{status: http.StatusNotFound, message: "Not Found"}
	errBadCredentials = &apiError{status: http.StatusUnauthorized, message: "Bad credentials"}
	errNotAccessible  = &apiError{status: http.StatusForbidden, message: "Resource not accessible by integration"}
)

// unprocessable is a 422 whose errors are plain sentences, as reviews and refs have it.
func unprocessable(message string, sentences ...string) error {
	e := &apiError{status: http.StatusUnprocessableEntity, message: message}
	if len(sentences) > 0 {
		e.errors = sentences
	}
	return e
}

// fieldError is one entry of a validation error.
type fieldError struct {
	Resource string `json:"resource"`
	Code     string `json:"code"`
	Field    string `json:"field"`
	Message  string `json:"message,omitempty"`
}

// invalid is a 422 "Validation Failed" about one field.
func invalid(resource, field, code, message string) error {
	return &apiError{status: http.StatusUnprocessableEntity, message: "Validation Failed",
		errors: []fieldError{{resource, code, field, message}}}
}

// call is one request on its way through a handler.
type call struct {
	*http.Request
	s      *Server
	token  *token      // nil for an App's JWT
	repo   *repository // of {owner}/{repo} in the path
	status int         // 0 for 200
	header http.Header
	raw    []byte // an answer that is not JSON
}

// created marks the answer as 201 with its place.
func (c *call) created(location string) {
	c.status = http.StatusCreated
	c.header.Set("Location", location)
}

// decode reads the request's JSON.
func (c *call) decode(into any) error {
	body, err := io.ReadAll(io.LimitReader(c.Body, maxBody))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return &apiError{status: http.StatusBadRequest, message: "Problems parsing JSON"}
	}
	return nil
}

// number reads a number from the path; what is none gives 0, which nothing has.
func (c *call) number(name string) int64 {
	n, _ := strconv.ParseInt(c.PathValue(name), 10, 64)
	return n
}

// wantsRaw tells whether the caller asked for bytes instead of JSON.
func (c *call) wantsRaw() bool {
	accept := c.Header.Get("Accept")
	return strings.Contains(accept, "raw") && strings.Contains(accept, "vnd.github")
}

// page cuts one page out of a list and sets the Link header. per_page is 30
// unless it is asked for, and 100 at most.
func page[T any](c *call, all []T) []T {
	per, at := 30, 1
	if n, err := strconv.Atoi(c.FormValue("per_page")); err == nil && n > 0 {
		per = min(n, 100)
	}
	if n, err := strconv.Atoi(c.FormValue("page")); err == nil && n > 0 {
		at = n
	}
	last := max(1, (len(all)+per-1)/per)
	c.link(at, last)
	from := min((at-1)*per, len(all))
	return all[from:min(from+per, len(all))]
}

// link sets the Link header of a list that has several pages.
func (c *call) link(at, last int) {
	if last <= 1 {
		return
	}
	rel := func(name string, page int) string {
		q := c.URL.Query()
		q.Set("page", strconv.Itoa(page))
		u := url.URL{Path: c.URL.Path, RawQuery: q.Encode()}
		return fmt.Sprintf("<%s%s>; rel=%q", c.s.apiURL, u.String(), name)
	}
	var links []string
	if at > 1 {
		links = append(links, rel("prev", at-1))
	}
	if at < last {
		links = append(links, rel("next", at+1), rel("last", last))
	}
	if at > 1 {
		links = append(links, rel("first", 1))
	}
	c.header.Set("Link", strings.Join(links, ", "))
}

// list turns the members of a list into JSON.
func list[T any](all []T, render func(T) object) []object {
	out := make([]object, 0, len(all))
	for _, x := range all {
		out = append(out, render(x))
	}
	return out
}

// answer writes what a handler returned.
func (c *call) answer(w http.ResponseWriter, value any, err error) {
	for k, v := range c.header {
		w.Header()[k] = v
	}
	if err != nil {
		writeError(w, err)
		return
	}
	status := c.status
	if status == 0 {
		status = http.StatusOK
	}
	if status == http.StatusNoContent || status == http.StatusFound {
		w.WriteHeader(status)
		return
	}
	body := c.raw
	if body == nil {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		body = encode(value)
	} else {
		w.Header().Set("Content-Type", "application/vnd.github.raw+json; charset=utf-8")
	}
	if c.Method == http.MethodGet {
		sum := sha256.Sum256(body)
		etag := `W/"` + hex.EncodeToString(sum[:]) + `"`
		w.Header().Set("ETag", etag)
		if c.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

// writeError writes an error in GitHub's shape. What is not an apiError is a
// fault of the stand-in and says so.
func writeError(w http.ResponseWriter, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{status: http.StatusInternalServerError, message: "githubtest: " + err.Error()}
	}
	body := object{"message": e.message, "documentation_url": docs, "status": strconv.Itoa(e.status)}
	if e.errors != nil {
		body["errors"] = e.errors
	}
	for k, v := range e.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(e.status)
	w.Write(encode(body))
}

// encode renders JSON as GitHub does: no escaped angle brackets.
func encode(value any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return []byte(`{"message":"githubtest: ` + err.Error() + `"}`)
	}
	return bytes.TrimRight(buf.Bytes(), "\n")
}

// nodeID makes a global node identifier in the form of GitHub's.
func nodeID(prefix string, id int64) string {
	return prefix + "_kwDO" + base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(id, 36)))
}

// stamp is a time as GitHub writes it, nil for none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// orNull is a string, or null for an empty one.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
