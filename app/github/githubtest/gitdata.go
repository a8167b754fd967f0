package githubtest

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxBlob is the size up to which the blob endpoint answers.
const maxBlob = 100 << 20

// getBlob is GET /repos/{owner}/{repo}/git/blobs/{file_sha}.
func (s *Server) getBlob(c *call) (any, error) {
	sha := c.PathValue("file_sha")
	if !isSHA(sha) {
		return nil, unprocessable("The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
	}
	blob, err := c.repo.object(sha)
	if errors.Is(err, errNoObject) || err == nil && blob.Type != "blob" {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	if len(blob.Data) > maxBlob {
		return nil, &apiError{status: 403, message: "This API returns blobs up to 100 MB in size.",
			errors: []fieldError{{"Blob", "too_large", "data", ""}}}
	}
	if c.wantsRaw() {
		c.raw = blob.Data
		return nil, nil
	}
	return object{"sha": sha, "node_id": nodeID("B", c.repo.ID) + sha[:8], "size": len(blob.Data), "url": c.repo.at("git", "blobs", sha),
		"content": wrapped(blob.Data), "encoding": "base64"}, nil
}

// wrapped is base64 in lines of 60 characters, as GitHub sends it.
func wrapped(data []byte) string {
	text := base64.StdEncoding.EncodeToString(data)
	var b strings.Builder
	for len(text) > 0 {
		n := min(60, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	return b.String()
}

// createBlob is POST /repos/{owner}/{repo}/git/blobs.
func (s *Server) createBlob(c *call) (any, error) {
	var body struct{ Content, Encoding string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	data := []byte(body.Content)
	switch body.Encoding {
	case "", "utf-8":
	case "base64":
		var err error
		if data, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(body.Content, "\n", "")); err != nil {
			return nil, unprocessable("content is not valid Base64")
		}
	default:
		return nil, unprocessable("encoding must be utf-8 or base64")
	}
	sha, err := c.repo.writeBlob(data)
	if err != nil {
		return nil, err
	}
	c.created(c.repo.at("git", "blobs", sha))
	return object{"sha": sha, "url": c.repo.at("git", "blobs", sha)}, nil
}

// getTree is GET /repos/{owner}/{repo}/git/trees/{tree_sha}. Any value of recursive,
// even 0 or false, lists the folders below.
func (s *Server) getTree(c *call) (any, error) {
	name := c.PathValue("tree_sha")
	if !isSHA(name) {
		sha, ok := c.repo.resolve(name)
		if !ok {
			return nil, errNotFound
		}
		name = sha
	}
	tree, err := c.repo.line("rev-parse", "--verify", "--quiet", name+"^{tree}")
	if err != nil {
		return nil, errNotFound
	}
	entries, err := c.repo.lsTree(tree, c.URL.Query().Has("recursive"))
	if err != nil {
		return nil, err
	}
	truncated := c.repo.trunc > 0 && len(entries) > c.repo.trunc
	if truncated {
		entries = entries[:c.repo.trunc]
	}
	return c.repo.treeJSON(tree, entries, truncated), nil
}

// treeJSON is a tree's listing.
func (r *repository) treeJSON(sha string, entries []treeEntry, truncated bool) object {
	return object{"sha": sha, "url": r.at("git", "trees", sha), "truncated": truncated, "tree": list(entries, func(e treeEntry) object {
		o := object{"path": e.Path, "mode": e.Mode, "type": e.Type, "sha": e.SHA}
		switch e.Type {
		case "blob":
			o["size"], o["url"] = e.Size, r.at("git", "blobs", e.SHA)
		case "tree":
			o["url"] = r.at("git", "trees", e.SHA)
		}
		return o
	})}
}

// newTree is the body of a request for a tree.
type newTree struct {
	BaseTree string `json:"base_tree"`
	Tree     []struct {
		Path, Mode, Type string
		SHA              *string
		Content          *string
	}
}

// createTree is POST /repos/{owner}/{repo}/git/trees.
func (s *Server) createTree(c *call) (any, error) {
	var body newTree
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	base := ""
	if body.BaseTree != "" {
		var err error
		if base, err = c.repo.line("rev-parse", "--verify", "--quiet", body.BaseTree+"^{tree}"); err != nil || !isSHA(body.BaseTree) {
			return nil, unprocessable("base_tree is not a valid tree oid")
		}
	}
	entries, err := c.repo.entries(body)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Path, ".github/workflows/") && !reaches(c.token.permissions["workflows"], "write") {
			return nil, errNotAccessible // an App needs a permission of its own for workflows
		}
	}
	sha, err := c.repo.writeTree(base, entries)
	if err != nil {
		return nil, unprocessable("GitRPC::BadObjectState", err.Error())
	}
	made, err := c.repo.lsTree(sha, false)
	if err != nil {
		return nil, err
	}
	c.created(c.repo.at("git", "trees", sha))
	return c.repo.treeJSON(sha, made, false), nil
}

// entries checks the entries of a new tree. What is given as content becomes a
// blob, with U+FFFD for bytes that are not UTF-8, as JSON makes of them.
func (r *repository) entries(body newTree) ([]treeEntry, error) {
	types := map[string]string{"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree", "160000": "commit"}
	var out []treeEntry
	for _, e := range body.Tree {
		if e.Path == "" || strings.HasPrefix(e.Path, "/") || strings.HasSuffix(e.Path, "/") {
			return nil, unprocessable("tree.path contains a malformed path component")
		}
		for part := range strings.SplitSeq(e.Path, "/") {
			if part == "" || part == "." || part == ".." || strings.EqualFold(part, ".git") {
				return nil, unprocessable("tree.path contains a malformed path component")
			}
		}
		entry := treeEntry{Mode: e.Mode, Path: e.Path}
		if e.SHA == nil && e.Content == nil {
			out = append(out, entry) // the path goes
			continue
		}
		want, ok := types[e.Mode]
		switch {
		case !ok:
			return nil, unprocessable("Must supply a valid tree.mode")
		case e.SHA != nil && e.Content != nil:
			return nil, unprocessable("Must supply either tree.sha or tree.content, not both")
		case e.Content != nil:
			sha, err := r.writeBlob([]byte(strings.ToValidUTF8(*e.Content, string(utf8.RuneError))))
			if err != nil {
				return nil, err
			}
			entry.SHA = sha
		default:
			entry.SHA = *e.SHA
			if got, err := r.object(*e.SHA); want != "commit" && (err != nil || got.Type != want) {
				return nil, unprocessable("tree.sha " + *e.SHA + " is not a valid " + want)
			}
		}
		out = append(out, entry)
	}
	return out, nil
}

// escapePath escapes each part of a path for an address.
func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}
