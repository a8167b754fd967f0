package project

import (
	"path"
	"slices"
	"strings"
)

// script is shell text of a job, a recipe or a package script, in which docker is
// called.
type script struct {
	kind  Kind
	file  string
	line  int    // of the text's first line
	name  string // of the job, target or script
	dir   string // that it runs in, from the root
	each  bool   // every line runs in a shell of its own, as make has it
	text  string
	fixed bool // the whole text stands on one line of the file
}

// consumers are the images that the script builds and runs.
func (s script) consumers() []Service {
	var out []Service
	dir := s.dir
	for _, c := range splitCommands(s.text) {
		if c.first && s.each {
			dir = s.dir
		}
		if len(c.words) == 2 && c.words[0] == "cd" && !variable(c.words[1]) {
			dir = path.Join(dir, c.words[1])
			continue
		}
		service := Service{Kind: s.kind, File: s.file, Line: s.line + c.line, Name: s.name}
		if s.fixed {
			service.Line = s.line
		}
		if service.docker(c.words, dir) && len(out) < maxPerFile {
			out = append(out, service)
		}
	}
	return out
}

// docker reads a call of docker; false where it neither builds nor runs an image.
func (s *Service) docker(words []string, dir string) bool {
	i := slices.IndexFunc(words, func(w string) bool {
		switch path.Base(strings.TrimLeft(w, "@-+")) {
		case "docker", "podman", "docker-compose", "$(DOCKER)", "${DOCKER}", "$(DOCKER_COMPOSE)":
			return true
		}
		return false
	})
	if i < 0 || i > 4 {
		return false
	}
	composes := strings.Contains(strings.ToLower(words[i]), "compose")
	words = words[i+1:]
	for len(words) > 0 && (words[0] == "buildx" || words[0] == "image" || words[0] == "container" || words[0] == "compose") {
		composes = composes || words[0] == "compose"
		words = words[1:]
	}
	if composes {
		return s.composeRun(words)
	}
	if len(words) < 2 {
		return false
	}
	switch words[0] {
	case "build", "b":
		return s.dockerBuild(words[1:], dir)
	case "run":
		return s.dockerRun(words[1:])
	}
	return false
}

// option takes a flag and its value off the words; "" for a word that is no flag.
func option(words []string, valued string) (name, value string, rest []string) {
	w := words[0]
	if len(w) < 2 || w[0] != '-' {
		return "", "", words
	}
	name, value, inline := strings.Cut(w, "=")
	if !strings.HasPrefix(w, "--") { // -p80:80, -itv src:dst
		name, value, inline = w, "", false
		for i := 1; i < len(w); i++ {
			if !strings.Contains(valued, " -"+string(w[i])+" ") {
				continue
			}
			if name = "-" + string(w[i]); i+1 < len(w) {
				return name, strings.TrimPrefix(w[i+1:], "="), words[1:]
			}
			break
		}
	}
	if !inline && len(words) > 1 && strings.Contains(valued, " "+name+" ") {
		return name, words[1], words[2:]
	}
	return name, value, words[1:]
}

// Flags that take a value.
// See https://docs.docker.com/reference/cli/docker/buildx/build/#options.
const buildValued = " -f --file -t --tag --target --build-arg --add-host --allow --annotation --attest --build-context --builder --cache-from --cache-to " +
	"--cgroup-parent --iidfile --label --metadata-file --network --no-cache-filter -o --output --platform --progress --secret --shm-size --ssh --ulimit -m --memory "

func (s *Service) dockerBuild(words []string, dir string) bool {
	context, file := "", ""
	for len(words) > 0 {
		name, value, rest := option(words, buildValued)
		if name == "" {
			context, rest = words[0], words[1:]
		}
		switch name {
		case "-f", "--file":
			file = value
		case "-t", "--tag":
			if s.Image == "" {
				s.Image = value
			}
		case "--target":
			s.Target = value
		case "--build-arg":
			s.Args = append(s.Args, value)
		}
		words = rest
	}
	context = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(context, "${{ github.workspace }}"), "$(CURDIR)"), "$PWD")
	if context == "" || context == "-" || strings.Contains(context, "://") || strings.ContainsAny(context, "$`") || strings.ContainsAny(file, "$`") {
		return false
	}
	s.Builds, s.Context = true, path.Join(dir, context)
	s.Dockerfile = path.Join(s.Context, "Dockerfile")
	if file != "" {
		s.Dockerfile = path.Join(dir, file)
	}
	return !strings.HasPrefix(s.Dockerfile, "..") && !strings.HasPrefix(s.Context, "..")
}

// Flags of docker run that take a value, and those that take none.
// See https://docs.docker.com/reference/cli/docker/container/run/#options.
const (
	runValued = " -v --volume -p --publish -e --env --env-file --name --network --net --network-alias -w --workdir -u --user --entrypoint --mount --platform -h --hostname " +
		"-l --label --label-file --link --add-host -m --memory --memory-swap --cpus -c --cpu-shares --cpuset-cpus --restart --tmpfs --shm-size --ulimit --cap-add --cap-drop --device --gpus " +
		"--log-driver --log-opt --pull --dns -a --attach --cidfile --expose --group-add --health-cmd --health-interval --ipc --pid --pids-limit --runtime --security-opt " +
		"--stop-signal --stop-timeout --storage-opt --sysctl --userns --uts --volume-driver --volumes-from --ip --cgroupns --annotation --oom-score-adj --isolation "
	runPlain = " --rm --detach --interactive --tty --init --privileged --read-only --no-healthcheck --publish-all --quiet --sig-proxy --oom-kill-disable --help "
)

func (s *Service) dockerRun(words []string) bool {
	for len(words) > 0 {
		name, value, rest := option(words, runValued)
		if name == "" {
			break
		}
		if strings.HasPrefix(name, "--") && !strings.Contains(words[0], "=") && !strings.Contains(runValued+runPlain, " "+name+" ") {
			return false
		}
		switch name {
		case "-v", "--volume":
			s.Volumes = append(s.Volumes, value)
		case "-p", "--publish":
			s.Ports = append(s.Ports, value)
		case "-e", "--env":
			s.Env = append(s.Env, value)
		case "-w", "--workdir":
			s.Workdir = value
		case "-u", "--user":
			s.User = value
		case "--entrypoint":
			s.Entrypoint = value
		case "--read-only":
			s.ReadOnly = true
		case "--health-cmd":
			s.Health = value
		}
		words = rest
	}
	if len(words) == 0 {
		return false
	}
	s.Image, s.Command = words[0], strings.Join(words[1:], " ")
	return true
}

// composeRun reads docker compose run SERVICE COMMAND, and exec.
func (s *Service) composeRun(words []string) bool {
	const globals = " -f --file -p --project-name --profile --env-file --project-directory --ansi --progress --parallel "
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		_, _, words = option(words, globals)
	}
	if len(words) < 3 || words[0] != "run" && words[0] != "exec" {
		return false
	}
	words = words[1:]
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		_, _, words = option(words, runValued)
	}
	if len(words) < 2 {
		return false
	}
	s.service, s.Command = words[0], strings.Join(words[1:], " ")
	return true
}

// commandLine is a simple command of a script.
type commandLine struct {
	words []string
	line  int  // counted from 0
	first bool // of its line
}

// splitCommands takes shell text apart as far as this needs no shell: words,
// quotes, continued lines, and what separates commands. Substitutions stay as text.
func splitCommands(text string) []commandLine {
	var out []commandLine
	line := 0
	for logical := range strings.SplitSeq(joinLines(text), "\n") {
		at, height := line, 1+strings.Count(logical, "\x00")
		line += height
		if !strings.Contains(logical, "docker") && !strings.Contains(logical, "podman") && !strings.Contains(logical, "DOCKER") && !strings.Contains(logical, "cd ") {
			continue
		}
		first := true
		for _, words := range splitLine(strings.ReplaceAll(logical, "\x00", " ")) {
			out = append(out, commandLine{words, at, first})
			first = false
		}
	}
	return out
}

// joinLines puts continued lines together; a NUL stands for each join.
func joinLines(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\x00", ""), "\r\n", "\n")
	return strings.ReplaceAll(text, "\\\n", "\x00")
}

// splitLine gives the words of each command of a line.
func splitLine(line string) [][]string {
	var out [][]string
	var words []string
	var word strings.Builder
	quote, has, depth := byte(0), false, 0
	end := func() {
		if has {
			words = append(words, word.String())
		}
		word.Reset()
		has = false
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '\'' || c == '"':
			quote, has = c, true
		case depth == 0 && c == '#' && !has:
			i = len(line)
		case (c == '(' || c == '{') && i > 0 && (line[i-1] == '$' || depth > 0), depth > 0 && (c == ')' || c == '}'):
			if c == '(' || c == '{' {
				depth++
			} else {
				depth--
			}
			word.WriteByte(c)
			has = true
		case depth > 0:
			word.WriteByte(c)
		case c == ' ' || c == '\t':
			end()
		case c == ';' || c == '|' || c == '&' && (i == 0 || line[i-1] != '>'):
			end()
			if len(words) > 0 {
				out = append(out, words)
			}
			words = nil
		default:
			word.WriteByte(c)
			has = true
		}
	}
	end()
	if len(words) > 0 {
		out = append(out, words)
	}
	return out
}
