package github

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// graphQLError is one error in an answer, beside what could be answered.
type graphQLError struct {
	Type    string
	Message string
	Path    []any
}

// tolerable reports an error about something that is done without: the organisation's
// defaults, in a repository out of reach, and check runs, without the permission.
func (e graphQLError) tolerable() bool {
	return len(e.Path) > 0 && (e.Path[0] == "defaults" || slices.Contains(e.Path, any("checkSuites")))
}

// read sends a query and decodes what it answers.
func (c *client) read(ctx context.Context, query string, variables map[string]any, into any) error {
	return c.graphql(context.WithValue(ctx, queryKey{}, true), query, variables, into)
}

// graphql sends a query or a mutation. go-github has none of it.
func (c *client) graphql(ctx context.Context, query string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := github.CheckResponse(resp); err != nil {
		return err
	}
	var answer struct {
		Data   json.RawMessage
		Errors []graphQLError
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("GraphQL's answer: %w", err)
	}
	for _, e := range answer.Errors {
		if err := c.graphqlError(e, resp.Header); err != nil {
			return err
		}
	}
	return json.Unmarshal(answer.Data, into)
}

// graphqlError is an error in our own kinds, nil for a tolerable one. GraphQL tells of a
// used-up limit with status 200
// (https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api).
func (c *client) graphqlError(e graphQLError, h http.Header) error {
	text := fmt.Errorf("GraphQL: %s: %s", e.Type, e.Message)
	switch {
	case e.tolerable():
		return nil
	case strings.HasPrefix(e.Type, "RATE_LIMIT"): // also RATE_LIMITED
		reset, ok := number(h, "X-RateLimit-Reset")
		until := time.Unix(reset, 0)
		if !ok {
			until = c.gate.now().Add(secondaryWait)
		}
		return &RateLimited{Until: until}
	case e.Type == "NOT_FOUND" && slices.Contains(e.Path, any("pullRequest")):
		return fmt.Errorf("%w: %w", errNotYet, text)
	case e.Type == "NOT_FOUND":
		return fmt.Errorf("%w: %w", ErrGone, text)
	case e.Type == "FORBIDDEN" || e.Type == "INSUFFICIENT_SCOPES":
		return fmt.Errorf("%w: %w", ErrPermission, text)
	}
	return text
}
