package github

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// snapshotQuery is everything about a pull request that fits in one call. The %s are the
// candidates whose blobs are asked for, declared and selected.
//
// commits and not headRef: that is null once the branch is gone, and of a fork it is in
// a repository that the token does not reach. A pull request has at most 250 commits
// there, so the head is looked for by headRefOid.
//
// Lists are kept short where other lists hang on them: the query is worth some three
// points of the five thousand an hour
// (https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api).
//
// The organisation's own default is in a repository that the token may not reach;
// GitHub then says so in errors and gives the rest.
const snapshotQuery = `query Snapshot($owner: String!, $name: String!, $number: Int!, $app: Int!, $config: String!, $default: String!, $suggested: String!%s) {
  repository(owner: $owner, name: $name) {
    databaseId
    pullRequest(number: $number) {
      title
      state
      isDraft
      changedFiles
      headRefName
      headRefOid
      baseRefName
      baseRefOid
      author { __typename login }
      headRepository { databaseId name owner { login } }
      baseRef { target { ... on Commit { file(path: $config) { object { ... on Blob { oid text isTruncated } } } } } }
      labels(first: 100) { nodes { name } }
      files(first: 100) { pageInfo { hasNextPage endCursor } nodes { path changeType } }
      commits(last: 10) { nodes { commit { ...commit } } }
      timelineItems(last: 1, itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT]) { nodes { ... on HeadRefForcePushedEvent { createdAt } } }
      reviews(last: 50) { pageInfo { hasPreviousPage startCursor } nodes { ...review } }
      reviewThreads(last: 100) { nodes {
        id
        isResolved
        comments(first: 1) { totalCount nodes { id fullDatabaseId path line startLine body isMinimized viewerDidAuthor pullRequestReview { id } } }
      } }
    }
    suggested: object(expression: $suggested) { ... on Commit { oid message tree { oid } parents(first: 2) { nodes { oid } } } }
  }
  defaults: repository(owner: $owner, name: ".github") { object(expression: $default) { ... on Blob { oid text isTruncated } } }
}
` + reviewFragment + commitFragment

// reviewsQuery asks for older reviews where there are more than fifty.
const reviewsQuery = `query Reviews($owner: String!, $name: String!, $number: Int!, $before: String, $app: Int!%s) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviews(last: 50, before: $before) { pageInfo { hasPreviousPage startCursor } nodes { ...review } }
    }
  }
}
` + reviewFragment + commitFragment

// filesQuery asks for further changed files.
const filesQuery = `query Files($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      headRefOid
      files(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { path changeType } }
    }
  }
}
`

const reviewFragment = `fragment review on PullRequestReview {
  id
  fullDatabaseId
  body
  state
  isMinimized
  viewerDidAuthor
  commit { ...commit }
}
`

const commitFragment = `fragment commit on Commit {
  oid
  tree { oid }%s
  checkSuites(first: 2, filterBy: {appId: $app}) { nodes { checkRuns(first: 10) { nodes {
    databaseId name status conclusion externalId startedAt title summary text
  } } } }
}
`

// query is a query with the blobs of the given paths asked for, and the variables for
// them.
func query(text string, paths []string) (string, map[string]any) {
	var declared, selected strings.Builder
	variables := map[string]any{}
	for i, p := range paths {
		fmt.Fprintf(&declared, ", $path%d: String!", i)
		fmt.Fprintf(&selected, "\n  file%d: file(path: $path%d) { path oid type }", i, i)
		variables["path"+strconv.Itoa(i)] = p
	}
	return fmt.Sprintf(text, declared.String(), selected.String()), variables
}

// The answer, as far as it is asked for.
type (
	snapshotAnswer struct {
		Repository *struct {
			DatabaseID  int64 `json:"databaseId"`
			PullRequest *gqlPull
			Suggested   *struct {
				OID     string
				Message string
				Tree    struct{ OID string }
				Parents struct{ Nodes []struct{ OID string } }
			}
		}
		Defaults *struct{ Object *gqlBlob }
	}

	gqlPull struct {
		Title          string
		State          string
		IsDraft        bool
		ChangedFiles   int
		HeadRefName    string
		HeadRefOID     string `json:"headRefOid"`
		BaseRefName    string
		BaseRefOID     string `json:"baseRefOid"`
		Author         *gqlActor
		HeadRepository *struct {
			DatabaseID int64 `json:"databaseId"`
			Name       string
			Owner      struct{ Login string }
		}
		BaseRef *struct {
			Target *struct {
				File *struct{ Object *gqlBlob }
			}
		}
		Labels        struct{ Nodes []struct{ Name string } }
		TimelineItems struct {
			Nodes []struct{ CreatedAt time.Time }
		} // forced pushes
		Files         gqlFiles
		Commits       struct{ Nodes []struct{ Commit gqlCommit } }
		Reviews       gqlReviews
		ReviewThreads struct{ Nodes []gqlThread }
	}

	gqlActor struct {
		Typename string `json:"__typename"`
		Login    string
	}

	gqlBlob struct {
		OID         string
		Text        *string // null for a binary
		IsTruncated bool
	}

	gqlPage struct {
		HasNextPage     bool
		EndCursor       string
		HasPreviousPage bool
		StartCursor     string
	}

	gqlFiles struct {
		PageInfo gqlPage
		Nodes    []struct{ Path, ChangeType string }
	}

	gqlReviews struct {
		PageInfo gqlPage
		Nodes    []gqlReview
	}

	gqlReview struct {
		ID              string
		FullDatabaseID  bigInt `json:"fullDatabaseId"`
		Body            string
		State           string
		IsMinimized     bool
		ViewerDidAuthor bool
		Commit          *gqlCommit
	}

	gqlThread struct {
		ID         string
		IsResolved bool
		Comments   struct {
			TotalCount int
			Nodes      []struct {
				ID                string
				FullDatabaseID    bigInt `json:"fullDatabaseId"`
				Path              string
				Line, StartLine   int // null once it is outdated
				Body              string
				IsMinimized       bool
				ViewerDidAuthor   bool
				PullRequestReview *struct{ ID string }
			}
		}
	}

	// gqlCommit is a commit; files are those of query's paths.
	gqlCommit struct {
		OID         string
		Tree        struct{ OID string }
		CheckSuites *struct {
			Nodes []struct {
				CheckRuns struct{ Nodes []gqlCheckRun }
			}
		}
		files map[string]string // path → blob
	}

	gqlCheckRun struct {
		DatabaseID int64 `json:"databaseId"`
		Name       string
		Status     string
		Conclusion string
		ExternalID string `json:"externalId"`
		StartedAt  time.Time
		Title      string
		Summary    string
		Text       string
	}
)

// UnmarshalJSON also reads the aliases that query made, which have no names of their
// own. A path that is not there is null.
func (c *gqlCommit) UnmarshalJSON(data []byte) error {
	type plain gqlCommit
	if err := json.Unmarshal(data, (*plain)(c)); err != nil {
		return err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	c.files = map[string]string{}
	for alias, value := range raw {
		if _, err := strconv.Atoi(strings.TrimPrefix(alias, "file")); err != nil || alias[0] != 'f' {
			continue
		}
		var entry *struct{ Path, OID, Type string }
		if err := json.Unmarshal(value, &entry); err != nil {
			return err
		}
		if entry != nil && entry.Type == "blob" {
			c.files[entry.Path] = entry.OID
		}
	}
	return nil
}

// bigInt is GraphQL's BigInt, which is a string of digits.
type bigInt int64

// UnmarshalJSON takes a string, a number or null.
func (b *bigInt) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if text == "null" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	*b = bigInt(n)
	return err
}
