package githubtest

import (
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// GitHub's limits for a check run
// (https://docs.github.com/rest/checks/runs#create-a-check-run). Summary and text
// are counted in bytes.
const (
	maxAnnotations       = 50
	maxActions           = 3
	maxActionLabel       = 20
	maxActionDescription = 40
	maxActionIdentifier  = 20
	maxOutput            = 65_535
)

// Annotation is a remark of a check run at lines of a file.
type Annotation struct {
	Path            string `json:"path"`
	StartLine       int    `json:"start_line"`
	EndLine         int    `json:"end_line"`
	AnnotationLevel string `json:"annotation_level"`
	Message         string `json:"message"`
	Title           string `json:"title"`
	RawDetails      string `json:"raw_details"`
}

// Action is a button of a check run.
type Action struct {
	Label       string `json:"label"`
	Description string `json:"description"`
	Identifier  string `json:"identifier"`
}

// Output is what a check run shows.
type Output struct {
	Title, Summary, Text string
	Annotations          []Annotation // of all requests together
}

// checkRun is a check run.
type checkRun struct {
	CheckRun
	repo  *repository
	suite int64
}

// checkRequest is the body of a request for a check run. What is not given stays.
type checkRequest struct {
	Name        *string
	HeadSHA     *string `json:"head_sha"`
	Status      *string
	Conclusion  *string
	ExternalID  *string    `json:"external_id"`
	DetailsURL  *string    `json:"details_url"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct {
		Title, Summary, Text string
		Annotations          []Annotation
	}
	Actions *[]Action
}

// createCheckRun is POST /repos/{owner}/{repo}/check-runs.
func (s *Server) createCheckRun(c *call) (any, error) {
	var body checkRequest
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	switch {
	case body.Name == nil || *body.Name == "":
		return nil, invalid("CheckRun", "name", "missing_field", "")
	case body.HeadSHA == nil || !isSHA(*body.HeadSHA):
		return nil, unprocessable("No commit found for SHA")
	}
	if o, err := c.repo.object(*body.HeadSHA); err != nil || o.Type != "commit" {
		return nil, unprocessable("No commit found for SHA: " + *body.HeadSHA)
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	sha := *body.HeadSHA
	if c.repo.suites[sha] == 0 {
		c.repo.suites[sha] = s.id()
	}
	run := &checkRun{CheckRun: CheckRun{ID: s.id(), HeadSHA: sha, Status: "queued", StartedAt: s.now()}, repo: c.repo, suite: c.repo.suites[sha]}
	run.take(body, s.now())
	c.repo.runs = append(c.repo.runs, run)
	s.sendCheckRun(run, "created", s.app.bot, nil)
	if run.Status == "completed" {
		s.sendCheckRun(run, "completed", s.app.bot, nil)
	}
	c.status = 201
	return s.checkRunJSON(run), nil
}

// updateCheckRun is PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}.
func (s *Server) updateCheckRun(c *call) (any, error) {
	run, err := c.checkRun()
	if err != nil {
		return nil, err
	}
	var body checkRequest
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	before := run.Status
	run.take(body, s.now())
	if before != "completed" && run.Status == "completed" {
		s.sendCheckRun(run, "completed", s.app.bot, nil)
	}
	return s.checkRunJSON(run), nil
}

// check holds a request against GitHub's limits.
func (b checkRequest) check() error {
	if b.Conclusion == nil && b.Status != nil && *b.Status == "completed" {
		return unprocessable("Invalid request.\n\nConclusion is required when status is completed.")
	}
	if b.Actions != nil {
		if len(*b.Actions) > maxActions {
			return unprocessable("Invalid request.\n\nNo more than 3 items are allowed.")
		}
		for _, a := range *b.Actions {
			if utf8.RuneCountInString(a.Label) > maxActionLabel || utf8.RuneCountInString(a.Description) > maxActionDescription ||
				utf8.RuneCountInString(a.Identifier) > maxActionIdentifier || a.Label == "" || a.Identifier == "" {
				return unprocessable(fmt.Sprintf("Invalid request.\n\nAction %q: label and identifier have 1 to 20 characters, description up to 40.", a.Label))
			}
		}
	}
	o := b.Output
	if o == nil {
		return nil
	}
	switch {
	case o.Summary == "":
		return unprocessable("Invalid request.\n\n\"summary\" wasn't supplied.")
	case len(o.Summary) > maxOutput || len(o.Text) > maxOutput:
		return invalid("CheckRun", "output", "custom", "Only 65535 characters are allowed for summary and text")
	case len(o.Annotations) > maxAnnotations:
		return unprocessable("Invalid request.\n\nNo more than 50 items are allowed.")
	}
	for _, a := range o.Annotations {
		if a.Path == "" || a.Message == "" || a.StartLine < 1 || a.EndLine < a.StartLine ||
			!slices.Contains([]string{"notice", "warning", "failure"}, a.AnnotationLevel) {
			return invalid("CheckAnnotation", "annotations", "custom", "annotation of "+a.Path+" is not valid")
		}
	}
	return nil
}

// take applies a request. Annotations add up over requests; a conclusion completes.
func (r *checkRun) take(b checkRequest, now time.Time) {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&r.Name, b.Name)
	set(&r.Status, b.Status)
	set(&r.Conclusion, b.Conclusion)
	set(&r.ExternalID, b.ExternalID)
	set(&r.DetailsURL, b.DetailsURL)
	if b.Conclusion != nil {
		r.Status = "completed"
	} else if r.Status != "completed" {
		r.Conclusion, r.CompletedAt = "", time.Time{}
	}
	if r.Status == "completed" && r.CompletedAt.IsZero() {
		r.CompletedAt = now
	}
	if b.StartedAt != nil {
		r.StartedAt = *b.StartedAt
	}
	if b.CompletedAt != nil {
		r.CompletedAt = *b.CompletedAt
	}
	if b.Output != nil {
		r.Output.Title, r.Output.Summary, r.Output.Text = b.Output.Title, b.Output.Summary, b.Output.Text
		r.Output.Annotations = append(r.Output.Annotations, b.Output.Annotations...)
	}
	if b.Actions != nil {
		r.Actions = *b.Actions
	}
}

// checkRun finds the check run in the path.
func (c *call) checkRun() (*checkRun, error) {
	for _, run := range c.repo.runs {
		if run.ID == c.number("check_run_id") {
			return run, nil
		}
	}
	return nil, errNotFound
}

// getCheckRun is GET /repos/{owner}/{repo}/check-runs/{check_run_id}.
func (s *Server) getCheckRun(c *call) (any, error) {
	run, err := c.checkRun()
	if err != nil {
		return nil, err
	}
	return s.checkRunJSON(run), nil
}

// listCheckRuns is GET /repos/{owner}/{repo}/commits/{ref}/check-runs. Without
// filter=all it gives the latest of each name.
func (s *Server) listCheckRuns(c *call) (any, error) {
	sha, ok := c.repo.resolve(c.PathValue("ref"))
	if !ok {
		return nil, unprocessable("No commit found for SHA: " + c.PathValue("ref"))
	}
	var found []*checkRun
	seen := map[string]bool{}
	for _, run := range slices.Backward(c.repo.runs) {
		name, status := c.FormValue("check_name"), c.FormValue("status")
		if run.HeadSHA != sha || name != "" && name != run.Name || status != "" && status != run.Status {
			continue
		}
		if c.FormValue("filter") != "all" && seen[run.Name] {
			continue
		}
		seen[run.Name] = true
		found = append(found, run)
	}
	return object{"total_count": len(found), "check_runs": list(page(c, found), s.checkRunJSON)}, nil
}

// checkRunJSON is a check run. It names the pull requests of the same
// repository only: for forks the list is empty, as on GitHub.
func (s *Server) checkRunJSON(r *checkRun) object {
	pulls := []object{}
	for _, p := range r.repo.numbered() {
		if p.headSHA == r.HeadSHA && p.head == p.repo && !p.closed {
			pulls = append(pulls, s.pullMinimal(p))
		}
	}
	url := r.repo.at("check-runs", r.ID)
	html := r.repo.html() + "/runs/" + strconv.FormatInt(r.ID, 10)
	return object{
		"id": r.ID, "node_id": nodeID("CR", r.ID), "head_sha": r.HeadSHA, "external_id": r.ExternalID, "url": url, "html_url": html,
		"details_url": orElse(r.DetailsURL, html), "status": r.Status, "conclusion": orNull(r.Conclusion), "started_at": stamp(r.StartedAt),
		"completed_at": stamp(r.CompletedAt), "name": r.Name, "check_suite": object{"id": r.suite}, "app": s.appJSON(), "pull_requests": pulls,
		"output": object{"title": orNull(r.Output.Title), "summary": orNull(r.Output.Summary), "text": orNull(r.Output.Text),
			"annotations_count": len(r.Output.Annotations), "annotations_url": url + "/annotations"},
	}
}
