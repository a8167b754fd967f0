package githubtest

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Rule orders something to go wrong with calls of the API. The first rule that
// fits a call and is not used up acts; the zero Rule fits all and changes nothing.
type Rule struct {
	// Method is "" for any.
	Method string
	// Path is an operation's template or a real path; {anything} and * stand for
	// one part, ** at the end for the rest. "" is any.
	Path string
	// Contains is a text that the request's body must have, such as the name of
	// a GraphQL mutation. "" is any.
	Contains string
	// Skip lets so many fitting calls through first.
	Skip int
	// Times is how often the rule acts, 0 for always.
	Times int

	// Status, with Headers and Body, is the answer. With 0 the call is answered
	// as usual, after Delay and Do. An empty body becomes GitHub's message for it.
	Status  int
	Headers map[string]string
	Body    string
	// Delay is waited before anything else; less when the caller goes away.
	Delay time.Duration
	// CloseConnection ends the connection without an answer.
	CloseConnection bool
	// AfterApply carries the call out first: the state changes, and the answer is
	// Status, or with 0 a connection that ends.
	AfterApply bool
	// Do is called before the call is carried out, with AfterApply after it. It may
	// use the Server: move a branch, for example.
	Do func()
}

// orders are the ordered failures.
type orders struct {
	list []*activeRule
}

// activeRule is a rule with what is left of it.
type activeRule struct {
	Rule
	seen, acted int
}

// Fail adds a rule and gives the function that takes it away.
func (s *Server) Fail(r Rule) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	active := &activeRule{Rule: r}
	s.orders.list = append(s.orders.list, active)
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, x := range s.orders.list {
			if x == active {
				s.orders.list = append(s.orders.list[:i:i], s.orders.list[i+1:]...)
				return
			}
		}
	})
}

// PrimaryLimit is the answer when the hourly limit is used up. Fill in Method,
// Path and Times.
func PrimaryLimit(reset time.Time) Rule {
	return Rule{Status: http.StatusForbidden, Headers: map[string]string{
		"X-RateLimit-Limit": strconv.Itoa(hourlyLimit), "X-RateLimit-Used": strconv.Itoa(hourlyLimit), "X-RateLimit-Remaining": "0",
		"X-RateLimit-Reset": strconv.FormatInt(reset.Unix(), 10), "X-RateLimit-Resource": "core"},
		Body: `{"message":"API rate limit exceeded for installation ID 1.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api","status":"403"}`}
}

// secondaryBody is what GitHub says when too much content is made, or too quickly.
const secondaryBody = `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`

// SecondaryLimit is a secondary limit with a Retry-After.
func SecondaryLimit(after time.Duration) Rule {
	return Rule{Status: http.StatusForbidden, Headers: map[string]string{"Retry-After": strconv.Itoa(int(after.Seconds()))}, Body: secondaryBody}
}

// SecondaryLimitBodyOnly is a secondary limit that only the message tells of.
func SecondaryLimitBodyOnly() Rule {
	return Rule{Status: http.StatusForbidden, Body: `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`}
}

// TooManyRequests is a secondary limit as 429.
func TooManyRequests(after time.Duration) Rule {
	r := SecondaryLimit(after)
	r.Status = http.StatusTooManyRequests
	return r
}

// fail lets the rules act.
func (s *Server) fail(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rule := s.ruleFor(r)
		if rule == nil {
			h.ServeHTTP(w, r)
			return
		}
		select {
		case <-time.After(rule.Delay):
		case <-r.Context().Done():
			return
		}
		if rule.Do != nil && !rule.AfterApply {
			rule.Do()
		}
		if rule.AfterApply {
			h.ServeHTTP(lost{}, r)
			if rule.Do != nil {
				rule.Do()
			}
		}
		s.disturb(rule, w, r, h)
	})
}

// lost is where an answer goes that nobody gets.
type lost struct{}

func (lost) Header() http.Header         { return http.Header{} }
func (lost) Write(b []byte) (int, error) { return len(b), nil }
func (lost) WriteHeader(int)             {}

// disturb gives the ordered answer, or the usual one when none was ordered. The
// rate limit's headers are on every answer of GitHub's, also on its refusals.
func (s *Server) disturb(rule *Rule, w http.ResponseWriter, r *http.Request, h http.Handler) {
	if rec, ok := w.(*recorder); ok && (rule.CloseConnection || rule.Status != 0) {
		rec.failed = true
	}
	switch {
	case rule.CloseConnection:
		panic(http.ErrAbortHandler)
	case rule.Status != 0:
		s.mu.Lock()
		reset := s.now().Add(50 * time.Minute)
		s.mu.Unlock()
		for k, v := range map[string]string{"Content-Type": "application/json; charset=utf-8",
			"X-RateLimit-Limit": strconv.Itoa(hourlyLimit), "X-RateLimit-Used": "100", "X-RateLimit-Remaining": strconv.Itoa(hourlyLimit - 100),
			"X-RateLimit-Reset": strconv.FormatInt(reset.Unix(), 10), "X-RateLimit-Resource": "core"} {
			w.Header().Set(k, v)
		}
		for k, v := range rule.Headers {
			w.Header().Set(k, v)
		}
		w.WriteHeader(rule.Status)
		body := rule.Body
		if body == "" {
			body = string(encode(object{"message": http.StatusText(rule.Status), "documentation_url": docs, "status": strconv.Itoa(rule.Status)}))
		}
		io.WriteString(w, body)
	case rule.AfterApply:
		panic(http.ErrAbortHandler) // no answer was ordered, so it is lost
	default:
		h.ServeHTTP(w, r)
	}
}

// ruleFor finds the rule that acts on a call and counts it.
func (s *Server) ruleFor(r *http.Request) *Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	var body []byte
	for _, rule := range s.orders.list {
		if rule.Method != "" && rule.Method != r.Method || !matches(rule.Path, r.URL.Path) {
			continue
		}
		if rule.Contains != "" {
			if body == nil {
				body, _ = io.ReadAll(io.LimitReader(r.Body, maxBody))
				r.Body = io.NopCloser(bytes.NewReader(body))
			}
			if !bytes.Contains(body, []byte(rule.Contains)) {
				continue
			}
		}
		rule.seen++
		if rule.seen <= rule.Skip || rule.Times > 0 && rule.acted >= rule.Times {
			continue
		}
		rule.acted++
		found := rule.Rule
		return &found
	}
	return nil
}

// matches compares a path with a pattern, part by part.
func matches(pattern, path string) bool {
	if pattern == "" {
		return true
	}
	want, got := strings.Split(strings.Trim(pattern, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	for i, w := range want {
		last := i == len(want)-1
		switch {
		case w == "**" && last:
			return true
		case (w == "{ref}" || w == "{path}") && last && i < len(got):
			return true // GitHub's templates: these go over several parts
		case i >= len(got):
			return false
		case w != "*" && !strings.HasPrefix(w, "{") && w != got[i]:
			return false
		}
	}
	return len(want) == len(got)
}
