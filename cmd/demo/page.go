package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

//go:embed templates style.css icon.svg
var pageFiles embed.FS

// page shows the pull requests and takes what a person does to them. It works
// without scripts: forms, and a redirect after each.
type page struct {
	w         *world
	url       string // without a slash at the end
	host      string
	server    *http.Server
	templates map[string]*template.Template
}

// startPage serves the page on an address of this machine until ctx ends or it is closed.
func startPage(ctx context.Context, w *world, address string) (*page, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	host := listener.Addr().String()
	p := &page{w: w, url: "http://" + host, host: host}
	if p.templates, err = parseTemplates(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	w.gh.SetHTMLURL(p.url)
	p.server = &http.Server{
		Handler: p.handler(), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	go p.server.Serve(listener)
	return p, nil
}

func (p *page) close() { _ = p.server.Close() }

func parseTemplates() (map[string]*template.Template, error) {
	all := map[string]*template.Template{}
	for _, name := range []string{"list", "pull", "files", "commit", "problem"} {
		t, err := template.New(name).Funcs(template.FuncMap{
			"markdown": markdown, "prose": prose, "emoji": emoji, "face": face, "short": short, "subject": subject, "lines": lineRange, "lower": strings.ToLower,
		}).ParseFS(pageFiles, "templates/layout.html", "templates/parts.html", "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		all[name] = t
	}
	return all, nil
}

func (p *page) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.list)
	mux.Handle("GET /style.css", http.FileServerFS(pageFiles))
	mux.Handle("GET /icon.svg", http.FileServerFS(pageFiles))
	mux.HandleFunc("GET /{owner}/{repo}/pull/{number}", p.conversation)
	mux.HandleFunc("GET /{owner}/{repo}/pull/{number}/files", p.files)
	mux.HandleFunc("GET /{owner}/{repo}/commit/{sha}", p.commit)
	mux.HandleFunc("POST /{owner}/{repo}/pull/{number}/comment", p.form(p.postComment))
	mux.HandleFunc("POST /{owner}/{repo}/pull/{number}/suggestion", p.form(p.postSuggestion))
	mux.HandleFunc("POST /{owner}/{repo}/pull/{number}/check", p.form(p.postCheck))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.problem(w, http.StatusNotFound, "There is no page here. The demo has the pull requests alone.")
	})
	return p.guard(http.NewCrossOriginProtection().Handler(mux))
}

// guard lets only requests through that name this machine, so that no site can reach
// the page by a name of its own, and forbids scripts and everything from elsewhere.
func (p *page) guard(next http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(p.host)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if r.Host != p.host && r.Host != "localhost:"+port {
			http.Error(w, "this page is served to "+p.url+" alone", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		next.ServeHTTP(w, r)
	})
}

// show renders a page in whole before the first byte is sent.
func (p *page) show(w http.ResponseWriter, status int, name string, view any) {
	var out bytes.Buffer
	if err := p.templates[name].ExecuteTemplate(&out, "layout", view); err != nil {
		http.Error(w, "the page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

func (p *page) problem(w http.ResponseWriter, status int, text string) {
	p.show(w, status, "problem", problemView{Title: http.StatusText(status), Text: text})
}

// pull finds the pull request that the path names.
func (p *page) pull(r *http.Request) (githubtest.Pull, error) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return githubtest.Pull{}, err
	}
	return p.w.gh.Pull(r.PathValue("owner")+"/"+r.PathValue("repo"), number)
}

// form does what a form asks for as one of the two people, waits for the App's
// answer, and goes back to the conversation.
func (p *page) form(do func(pull githubtest.Pull, login string, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		pull, err := p.pull(r)
		if err != nil {
			p.problem(w, http.StatusNotFound, "There is no such pull request.")
			return
		}
		login := r.PostFormValue("as")
		if login != writer && login != reader {
			p.problem(w, http.StatusBadRequest, "You can be "+writer+" or "+reader+" here.")
			return
		}
		// The App goes on where the browser is closed.
		ctx := context.WithoutCancel(r.Context())
		if err := p.w.act(ctx, func() error { return do(pull, login, r) }); err != nil {
			p.problem(w, http.StatusConflict, sentence(err))
			return
		}
		http.Redirect(w, r, pullPath(pull)+"#end", http.StatusSeeOther)
	}
}

// sentence is an error of the stand-in in words for the page.
func sentence(err error) string {
	text := strings.TrimPrefix(err.Error(), "githubtest: ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func (p *page) postComment(pull githubtest.Pull, login string, r *http.Request) error {
	body := strings.ReplaceAll(r.PostFormValue("body"), "\r\n", "\n")
	if strings.TrimSpace(body) == "" {
		return errors.New("there is nothing in the comment")
	}
	_, err := p.w.gh.Comment(pull.Repository, pull.Number, login, body)
	return err
}

func (p *page) postSuggestion(pull githubtest.Pull, login string, r *http.Request) error {
	id, _ := strconv.ParseInt(r.PostFormValue("comment"), 10, 64)
	_, err := p.w.gh.ApplySuggestion(pull.Repository, pull.Number, id, login)
	return err
}

// postCheck presses a button of a check run, or "Re-run".
func (p *page) postCheck(pull githubtest.Pull, login string, r *http.Request) error {
	id, _ := strconv.ParseInt(r.PostFormValue("run"), 10, 64)
	if action := r.PostFormValue("action"); action != "" {
		return p.w.gh.RequestAction(pull.Repository, id, action, login)
	}
	return p.w.gh.Rerequest(pull.Repository, id, login)
}
