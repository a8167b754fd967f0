package node

import (
	"fmt"
	"strings"
)

// fileTypes are the types of the files that web builds make, a line of the
// configuration each, as each server says them: serve by mime-db 1.33, Vite by mrmime
// and some of its own.
// Files of another ending have no type there.
var fileTypes = [][]fileType{
	{{"html", "text/html", "text/html"}, {"css", "text/css", "text/css"}, {"js mjs", "application/javascript", "text/javascript"},
		{"txt", "text/plain", "text/plain"}, {"xml", "application/xml", "text/xml"}},
	{{"json map", "application/json", "application/json"}, {"webmanifest", "application/manifest+json", "application/manifest+json"},
		{"wasm", "application/wasm", "application/wasm"}, {"pdf", "application/pdf", "application/pdf"}},
	{{"svg", "image/svg+xml", "image/svg+xml"}, {"png", "image/png", "image/png"}, {"jpg jpeg", "image/jpeg", "image/jpeg"},
		{"gif", "image/gif", "image/gif"}, {"webp", "image/webp", "image/webp"}, {"avif", "", "image/avif"}, {"ico", "image/x-icon", "image/x-icon"}},
	{{"woff", "application/font-woff", "font/woff"}, {"woff2", "font/woff2", "font/woff2"}, {"ttf", "font/ttf", "font/ttf"}, {"otf", "font/otf", "font/otf"},
		{"eot", "application/vnd.ms-fontobject", "application/vnd.ms-fontobject"}},
	{{"mp3", "audio/mpeg", "audio/mpeg"}, {"mp4", "video/mp4", "video/mp4"}, {"webm", "video/webm", "video/webm"}},
}

// fileType is a type by the endings of files.
type fileType struct{ ext, serve, vite string }

func (t fileType) name(server string) string {
	if server == "serve" {
		return t.serve
	}
	return t.vite
}

// config is the configuration of nginx that answers as the author's server does. See
// https://nginx.org/en/docs/http/ngx_http_core_module.html.
func (s *site) config() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("server {")
	line("    listen %d;", s.port)
	line("    root %s;", s.dir)
	line("    charset utf-8;")
	line("    absolute_redirect off;")
	line("    default_type \"\";")
	line("    types {")
	for _, types := range fileTypes {
		var row []string
		for _, t := range types {
			if name := t.name(s.server); name != "" {
				row = append(row, name+" "+t.ext+";")
			}
		}
		line("        %s", strings.Join(row, " "))
	}
	line("    }")
	line("    gzip on;")
	line("    gzip_types text/css text/plain text/javascript application/javascript application/json image/svg+xml;")
	line("")
	if s.server == "serve" {
		line("    # As serve -s: no .html in addresses, and the page for what is no file.")
		line("    location = /index { return 301 /; }")
		line("    location ~ ^(.+)(\\.html|/index)$ { return 301 $1; }")
		line("    location ~ [^/]\\.[^./]+$ { try_files $uri @page; }")
		line("    location / { rewrite ^ /index.html break; }")
		line("    location @page { rewrite ^ /index.html break; }")
	} else {
		line("    # As vite preview: a file, one with .html behind it, or the page.")
		line("    location = /favicon.ico { }")
		line("    location / { try_files $uri ${uri}index.html $uri.html /index.html; }")
	}
	line("}")
	return b.String()
}
