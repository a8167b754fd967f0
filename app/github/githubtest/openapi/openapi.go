// Package openapi holds requests and answers against GitHub's own description of
// its REST API, so that a stand-in for GitHub and the program that talks to it
// cannot drift away from the real one.
//
// The description is the file generated/api.github.com.json of the npm package
// @octokit/openapi. It is too large for the repository: "make fixtures" brings it.
package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Validator checks HTTP traffic. It may be used by several goroutines. Loading one
// takes a second or two; a test process needs one.
type Validator struct {
	router routers.Router
}

// manySegments are the wildcards that stand for several parts of a path. The
// description does not tell them from the others.
var manySegments = regexp.MustCompile(`\{(ref|path)\}$`)

// Load reads GitHub's description. A file that is not there is an error that
// names the command that brings it.
func Load(path string) (*Validator, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("openapi: %s is not there: run \"make fixtures\" first", path)
	}
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("openapi: %s: %w", path, err)
	}
	doc.Servers = nil // any host
	if err := correct(doc); err != nil {
		return nil, fmt.Errorf("openapi: %s: %w", path, err)
	}
	paths := openapi3.NewPaths()
	for name, item := range doc.Paths.Map() {
		paths.Set(manySegments.ReplaceAllString(name, "{$1:.+}"), item)
	}
	doc.Paths = paths
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("openapi: %s: %w", path, err)
	}
	return &Validator{router}, nil
}

// correct changes what is wrong in the description: it wants an installation's
// account to be a user and an enterprise at once where it is in a list.
func correct(doc *openapi3.T) error {
	list := doc.Paths.Find("/app/installations")
	if list == nil || list.Get == nil || list.Get.Responses.Status(http.StatusOK) == nil {
		return errors.New("GET /app/installations is missing: is this GitHub's description?")
	}
	media := list.Get.Responses.Status(http.StatusOK).Value.Content.Get("application/json")
	if account := media.Schema.Value.Items.Value.Properties["account"]; account != nil {
		account.Value.AnyOf = append(account.Value.AnyOf, account.Value.AllOf...)
		account.Value.AllOf = nil
	}
	return nil
}

// maxBody is how much of a request is read.
const maxBody = 150 << 20

// Wrap gives a handler that checks each request and each answer of another and
// reports what does not fit, with the operation, to onError. The traffic itself
// is passed on unchanged. /graphql is not in the description and is not checked.
//
// An answer of 400 or more that the description does not list for the operation
// is let through: GitHub may answer so anywhere. Any other one that is not
// listed is reported.
func (v *Validator) Wrap(h http.Handler, onError func(error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/graphql" {
			h.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			onError(fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err))
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		input, err := v.request(r, body)
		if err != nil {
			onError(fmt.Errorf("request %s %s: %w", r.Method, r.URL.Path, err))
		}
		seen := &answer{header: http.Header{}}
		h.ServeHTTP(seen, r)
		if input != nil {
			if err := v.response(input, seen); err != nil {
				onError(fmt.Errorf("answer %d to %s %s: %w", seen.status, r.Method, r.URL.Path, err))
			}
		}
		seen.copyTo(w)
	})
}

// options are those of every check.
func options() *openapi3filter.Options {
	o := &openapi3filter.Options{
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
		SkipSettingDefaults:   true,
		IncludeResponseStatus: true,
		MultiError:            true,
	}
	o.WithCustomSchemaErrorFunc(func(err *openapi3.SchemaError) string {
		return "/" + strings.Join(err.JSONPointer(), "/") + ": " + err.Reason // without the schema, which is pages long
	})
	return o
}

// request checks a request. The input is nil for what the description does not have.
func (v *Validator) request(r *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	route, params, err := v.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	copied := r.Clone(r.Context())
	copied.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{Request: copied, PathParams: params, Route: route, Options: options()}
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		return input, err
	}
	if spec := route.Operation.RequestBody; spec != nil && len(body) > 0 {
		return input, unknown(spec.Value.Content.Get("application/json"), body)
	}
	return input, nil
}

// response checks an answer.
func (v *Validator) response(in *openapi3filter.RequestValidationInput, a *answer) error {
	spec := in.Route.Operation.Responses.Status(a.status)
	if spec == nil && a.status >= 400 {
		return nil
	}
	if strings.Contains(a.header.Get("Content-Type"), "raw") {
		return nil // the description has the JSON form only
	}
	err := openapi3filter.ValidateResponse(in.Request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: a.status, Header: a.header,
		Body: io.NopCloser(bytes.NewReader(a.body.Bytes())), Options: options(),
	})
	if err != nil || spec == nil || a.body.Len() == 0 || a.status >= 400 {
		return err // GitHub's errors have a status that the description leaves out here and there
	}
	return unknown(spec.Value.Content.Get("application/json"), a.body.Bytes())
}

// answer is an answer that is held back until it was checked.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// copyTo sends the answer on its way.
func (a *answer) copyTo(w http.ResponseWriter) {
	for k, values := range a.header {
		w.Header()[k] = values
	}
	a.WriteHeader(http.StatusOK)
	w.WriteHeader(a.status)
	w.Write(a.body.Bytes())
}
