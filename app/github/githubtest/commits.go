package githubtest

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// newIdentity is an author or committer in a request.
type newIdentity struct {
	Name, Email string
	Date        *time.Time
}

// createCommit is POST /repos/{owner}/{repo}/git/commits. A commit without author,
// committer and signature is the App's own and GitHub signs it
// (https://docs.github.com/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots);
// one with an author is not signed.
func (s *Server) createCommit(c *call) (any, error) {
	var body struct {
		Message, Tree, Signature string
		Parents                  []string
		Author, Committer        *newIdentity
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if got, err := c.repo.object(body.Tree); err != nil || got.Type != "tree" {
		return nil, unprocessable("Tree SHA does not exist")
	}
	for _, p := range body.Parents {
		if got, err := c.repo.object(p); err != nil || got.Type != "commit" {
			return nil, unprocessable("Parent SHA does not exist or is not a commit object")
		}
	}
	own := identity{Name: s.app.bot.Login, Email: s.app.bot.email(), Date: s.now()}
	author := body.Author.or(own)
	sha, err := c.repo.commitTree(body.Tree, body.Message, body.Parents, author, body.Committer.or(author))
	if err != nil {
		return nil, err
	}
	if body.Author == nil && body.Committer == nil && body.Signature == "" {
		s.verified[sha] = s.now()
	}
	c.created(c.repo.at("git", "commits", sha))
	return s.commitJSON(c.repo, sha)
}

// or is the identity that was given, or another where nothing was.
func (n *newIdentity) or(other identity) identity {
	if n == nil {
		return other
	}
	date := other.Date
	if n.Date != nil {
		date = *n.Date
	}
	return identity{Name: n.Name, Email: n.Email, Date: date}
}

// getCommit is GET /repos/{owner}/{repo}/git/commits/{commit_sha}.
func (s *Server) getCommit(c *call) (any, error) {
	return s.commitJSON(c.repo, c.PathValue("commit_sha"))
}

// rawCommit is a commit object, read.
type rawCommit struct {
	SHA, Tree, Message string
	Parents            []string
	Author, Committer  identity
}

// commitOf reads a commit object.
func (r *repository) commitOf(sha string) (rawCommit, error) {
	o, err := r.object(sha)
	if err != nil || o.Type != "commit" {
		return rawCommit{}, errNoObject
	}
	head, message, _ := strings.Cut(string(o.Data), "\n\n")
	made := rawCommit{SHA: o.SHA, Message: strings.TrimSuffix(message, "\n")}
	for line := range strings.SplitSeq(head, "\n") {
		field, value, _ := strings.Cut(line, " ")
		switch field {
		case "tree":
			made.Tree = value
		case "parent":
			made.Parents = append(made.Parents, value)
		case "author":
			made.Author = readIdentity(value)
		case "committer":
			made.Committer = readIdentity(value)
		}
	}
	return made, nil
}

// readIdentity reads "Name <email> seconds zone".
func readIdentity(text string) identity {
	name, rest, _ := strings.Cut(text, " <")
	email, when, _ := strings.Cut(rest, "> ")
	seconds, _, _ := strings.Cut(when, " ")
	n, _ := strconv.ParseInt(seconds, 10, 64)
	return identity{Name: name, Email: email, Date: time.Unix(n, 0).UTC()}
}

func (s *Server) commitJSON(r *repository, sha string) (any, error) {
	if !isSHA(sha) {
		return nil, errNotFound
	}
	raw, err := r.commitOf(sha)
	if errors.Is(err, errNoObject) {
		return nil, errNotFound
	}
	who := func(i identity) object { return object{"name": i.Name, "email": i.Email, "date": stamp(i.Date)} }
	verification := object{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
	if at, ok := s.verified[sha]; ok {
		verification = object{"verified": true, "reason": "valid", "payload": "tree " + raw.Tree, "verified_at": stamp(at),
			"signature": "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n"}
	}
	return object{
		"sha": sha, "node_id": nodeID("C", r.ID) + sha[:8], "url": r.at("git", "commits", sha), "html_url": r.html() + "/commit/" + sha,
		"author": who(raw.Author), "committer": who(raw.Committer), "message": raw.Message,
		"tree": object{"sha": raw.Tree, "url": r.at("git", "trees", raw.Tree)},
		"parents": list(raw.Parents, func(p string) object {
			return object{"sha": p, "url": r.at("git", "commits", p), "html_url": r.html() + "/commit/" + p}
		}),
		"verification": verification,
	}, nil
}
