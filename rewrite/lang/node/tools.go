package node

import "strings"

// binaries are programs whose package has another name.
var binaries = map[string]string{
	"tsc": "typescript", "nest": "@nestjs/cli", "ng": "@angular/cli", "nuxi": "nuxt", "sequelize": "sequelize-cli", "dotenv": "dotenv-cli",
	"run-s": "npm-run-all", "run-p": "npm-run-all", "vue-cli-service": "@vue/cli-service", "remix-serve": "@remix-run/serve",
	"remix": "@remix-run/dev", "react-router": "@react-router/dev", "react-router-serve": "@react-router/serve", "tsnd": "ts-node-dev",
	"babel-node": "@babel/node", "babel": "@babel/cli", "swc-node": "@swc-node/register", "swc": "@swc/cli", "webpack": "webpack-cli", "craco": "@craco/craco", "strapi": "@strapi/strapi",
	"pm2-runtime": "pm2", "cross-env-shell": "cross-env", "sirv": "sirv-cli", "ws": "local-web-server", "typeorm-ts-node-commonjs": "typeorm", "typeorm-ts-node-esm": "typeorm",
	"svelte-kit": "@sveltejs/kit", "conc": "concurrently", "mikro-orm": "@mikro-orm/cli", "storybook": "storybook",
	"sucrase-node": "sucrase", "esr": "esbuild-runner", "dotenvx": "@dotenvx/dotenvx", "prisma-client-js": "prisma", "ncc": "@vercel/ncc",
	"directus": "directus", "medusa": "@medusajs/cli", "tailwindcss": "@tailwindcss/cli", "angular-http-server": "angular-http-server",
}

// packageOfBin is the package that a program comes from.
func packageOfBin(bin string) string {
	if name, ok := binaries[bin]; ok {
		return name
	}
	return bin
}

// compilers run sources that are not compiled, or watch them.
var compilers = set("ts-node ts-node-dev tsnd tsx nodemon babel-node swc-node esr vite-node sucrase-node")

// watchers start the program anew at each change; they are for working with.
var watchers = set("nodemon ts-node-dev tsnd")

// staticServers send the files of a folder to browsers.
var staticServers = set("serve http-server live-server lite-server sirv ws superstatic angular-http-server spa-http-server http-server-spa")

// migrators change a database before the program starts. They read what the
// project keeps for them.
var migrators = set("prisma typeorm typeorm-ts-node-commonjs typeorm-ts-node-esm sequelize sequelize-cli knex drizzle-kit migrate-mongo db-migrate node-pg-migrate mikro-orm umzug graphile-migrate")

// devServers reports a program that serves a project while people work on it,
// with the words that make it so. production is true where the same program
// serves a finished build, or another thing.
func devServer(bin string, args []string) bool {
	sub := ""
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			sub = a
			break
		}
	}
	switch bin {
	case "vite":
		return sub != "build" && sub != "preview" && sub != "optimize"
	case "react-scripts", "craco", "react-app-rewired", "expo":
		return sub == "start"
	case "ng":
		return sub == "serve" || sub == "s"
	case "next", "nuxt", "nuxi", "astro", "remix", "react-router", "svelte-kit", "wrangler", "vinxi", "netlify", "vercel":
		return sub == "dev" || sub == "" && (bin == "next" || bin == "astro")
	case "vue-cli-service":
		return sub == "serve"
	case "webpack", "rspack", "rsbuild", "farm":
		return sub == "serve" || sub == "dev"
	case "webpack-dev-server", "storybook", "start-storybook", "parcel":
		return sub != "build"
	case "gatsby", "strapi":
		return sub == "develop" || sub == "dev"
	case "quasar", "ionic", "medusa", "adonis", "ace":
		return sub == "dev" || sub == "serve" || sub == "develop"
	case "nest":
		return sub == "start" && (contains(args, "--watch") || contains(args, "--debug") || contains(args, "-w"))
	case "tsx":
		return sub == "watch"
	}
	return false
}

func contains(words []string, want ...string) bool {
	for _, w := range words {
		for _, x := range want {
			if w == x {
				return true
			}
		}
	}
	return false
}

// fullTools are programs that the full image of Node.js has (it is made from
// buildpack-deps) and the slim one has not, with the Debian package that brings
// each. "" marks one for which no package is added. See
// https://github.com/docker-library/buildpack-deps.
var fullTools = map[string]string{
	"curl": "curl", "wget": "wget", "git": "git", "openssl": "openssl", "python3": "python3", "python": "", "ssh": "openssh-client", "scp": "openssh-client",
	"ssh-keygen": "openssh-client", "gpg": "gnupg", "unzip": "unzip", "zip": "zip", "convert": "imagemagick", "identify": "imagemagick", "mogrify": "imagemagick", "magick": "imagemagick",
	"ps": "procps", "top": "procps", "pgrep": "procps", "pkill": "procps", "free": "procps", "make": "", "gcc": "", "g++": "", "svn": "subversion", "hg": "mercurial",
	"xz": "xz-utils", "bzip2": "bzip2", "patch": "patch", "file": "file", "netstat": "", "envsubst": "",
	"update-ca-certificates": "ca-certificates",
}

// wrappedTools are packages that start a program of the full image, or link to a
// library of it, with the Debian packages that a slim image needs for them.
var wrappedTools = map[string][]string{
	"simple-git": {"git", "ca-certificates"}, "nodegit": {"git", "ca-certificates"}, "gm": {"imagemagick"}, "imagemagick": {"imagemagick"},
	"easyimage": {"imagemagick"}, "python-shell": {"python3"}, "pg-native": {"libpq5"}, "libpq": {"libpq5"}, "kerberos": {"libgssapi-krb5-2"},
	"@prisma/client": {"openssl"}, "prisma": {"openssl"}, "pidusage": {"procps"}, "ps-tree": {"procps"}, "systeminformation": {"procps"},
	"find-process": {"procps"}, "pem": {"openssl"}, "ssh-exec": {"openssh-client"},
}
