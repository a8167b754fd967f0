package githubtest

import (
	"errors"
	"strconv"
	"strings"
)

// changeTypes translates git's letters.
var changeTypes = map[byte]string{'A': "ADDED", 'M': "MODIFIED", 'D': "DELETED", 'R': "RENAMED", 'C': "COPIED", 'T': "CHANGED"}

// filesNode is the connection of a pull request's changed files.
func (p *pull) filesNode(args map[string]any) (any, error) {
	files, err := p.files(p.headSHA)
	if err != nil {
		return nil, err
	}
	return connection("PullRequestChangedFileConnection", "files",
		func(map[string]any) []diffFile { return files[:min(len(files), maxFiles)] },
		func(f diffFile) *gqlObject {
			return &gqlObject{"PullRequestChangedFile", map[string]any{"path": f.Path, "additions": f.Added, "deletions": f.Removed,
				"changeType": changeTypes[f.Status]}}
		})(args)
}

// commitsNode is the connection of a pull request's commits. GitHub has the first 250.
func (p *pull) commitsNode(args map[string]any) (any, error) {
	out, err := p.repo.line("rev-list", "--reverse", p.headSHA, "^"+p.baseSHA())
	if err != nil {
		return nil, err
	}
	shas := strings.Fields(out)
	return connection("PullRequestCommitConnection", "commits",
		func(map[string]any) []string { return shas[:min(len(shas), 250)] },
		func(sha string) *gqlObject {
			return &gqlObject{"PullRequestCommit", map[string]any{"id": nodeID("PRC", p.ID) + sha[:8], "commit": p.repo.commitNode(sha)}}
		})(args)
}

// commitFields are what a commit has beside its name.
func (r *repository) commitFields(sha string, fields map[string]any) error {
	raw, err := r.commitOf(sha)
	if err != nil {
		return err
	}
	fields["message"], fields["tree"] = raw.Message, gqlField(func(map[string]any) (any, error) { return r.objectNode(raw.Tree) })
	fields["parents"] = connection("CommitConnection", "parents", func(map[string]any) []string { return raw.Parents },
		func(parent string) *gqlObject { return &gqlObject{"Commit", map[string]any{"oid": parent}} })
	fields["file"] = gqlField(func(args map[string]any) (any, error) {
		at, _ := args["path"].(string)
		e, err := r.entryAt(sha, at)
		if errors.Is(err, errNoObject) || errors.Is(err, errNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		mode, _ := strconv.ParseInt(e.Mode, 8, 32)
		return &gqlObject{"TreeEntry", map[string]any{"path": at, "name": at[strings.LastIndex(at, "/")+1:], "oid": e.SHA, "type": e.Type, "mode": mode,
			"object": gqlField(func(map[string]any) (any, error) { return r.objectNode(e.SHA) })}}, nil
	})
	fields["checkSuites"] = connection("CheckSuiteConnection", "checkSuites", func(args map[string]any) []int64 {
		filter, _ := args["filterBy"].(map[string]any)
		if id, ok := filter["appId"]; ok && int64(count(id)) != r.server.app.ID || r.suites[sha] == 0 {
			return nil
		}
		return []int64{r.suites[sha]}
	}, func(suite int64) *gqlObject { return r.suiteNode(suite, sha) })
	return nil
}

// suiteNode is a check suite of the App.
func (r *repository) suiteNode(suite int64, sha string) *gqlObject {
	var runs []*checkRun
	for _, run := range r.runs {
		if run.HeadSHA == sha {
			runs = append(runs, run)
		}
	}
	return &gqlObject{"CheckSuite", map[string]any{"id": nodeID("CS", suite), "databaseId": suite,
		"checkRuns": connection("CheckRunConnection", "checkRuns", func(map[string]any) []*checkRun { return runs }, func(run *checkRun) *gqlObject {
			return &gqlObject{"CheckRun", map[string]any{"id": nodeID("CR", run.ID), "databaseId": run.ID, "name": run.Name,
				"status": strings.ToUpper(run.Status), "conclusion": orNull(strings.ToUpper(run.Conclusion)), "externalId": orNull(run.ExternalID), "startedAt": stamp(run.StartedAt),
				"title": orNull(run.Output.Title), "summary": orNull(run.Output.Summary), "text": orNull(run.Output.Text)}}
		})}}
}
