package python

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/multistage-app/multistage/rewrite/shell"
)

func command(t *testing.T, text string) shell.Command {
	t.Helper()
	script, err := shell.Parse(text, 0)
	if err != nil || len(script.Commands) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	return script.Commands[0]
}

func TestParseCall(t *testing.T) {
	for text, want := range map[string]call{
		"pip install flask==3.0 Uvicorn[standard]":      {Tool: "pip", Verb: "install", Names: []string{"flask", "uvicorn"}},
		"pip3.11 --no-cache-dir install -r reqs.txt":    {Tool: "pip", Verb: "install", Files: []string{"reqs.txt"}},
		"pip install -rreqs.txt":                        {Tool: "pip", Verb: "install", Files: []string{"reqs.txt"}},
		"python -m pip install --user -c c.txt .":       {Tool: "pip", Verb: "install", Files: []string{"c.txt"}, Local: []string{"."}, User: true},
		"python3 -u -m pip install --target=/x y":       {Tool: "pip", Verb: "install", Names: []string{"y"}, Target: "/x"},
		"/venv/bin/pip install -e ./lib":                {Tool: "pip", Verb: "install", Editable: []string{"./lib"}, Bin: "/venv/bin"},
		"sudo -H pip install --index-url https://x/s y": {Tool: "pip", Verb: "install", Names: []string{"y"}},
		"pip install poetry==$POETRY_VERSION":           {Tool: "pip", Verb: "install", Names: []string{"poetry"}},
		"python -m venv --copies /opt/venv":             {Tool: "venv", Verb: "create", Venv: "/opt/venv"},
		"virtualenv -p python3 env":                     {Tool: "venv", Verb: "create", Venv: "env"},
		"uv venv":                                       {Tool: "venv", Verb: "create", Venv: ".venv"},
		"uv pip install --system -r reqs.txt":           {Tool: "uv", Verb: "pip install", Files: []string{"reqs.txt"}, System: true},
		"uv sync --frozen --no-dev":                     {Tool: "uv", Verb: "sync"},
		"poetry install --only main --no-root":          {Tool: "poetry", Verb: "install"},
		"pipenv install --system --deploy":              {Tool: "pipenv", Verb: "install", System: true},
		"python setup.py build_ext --inplace":           {Tool: "setup", Verb: "build_ext", Local: []string{"."}},
	} {
		got, ok := parseCall(command(t, text))
		if !ok {
			t.Errorf("%s: no call", text)
			continue
		}
		if diff := cmp.Diff(&want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: -want +got\n%s", text, diff)
		}
	}
	for _, text := range []string{"python app.py", "python -c 'import pip'", "piper install x", "echo pip install x"} {
		if n, ok := parseCall(command(t, text)); ok {
			t.Errorf("%s: %+v", text, n)
		}
	}
}

func TestOnlyTools(t *testing.T) {
	for text, want := range map[string]bool{
		"pip install --upgrade pip setuptools wheel": true,
		"pip install poetry==1.8.3":                  true,
		"pip install poetry gunicorn":                false,
		"pip install -r requirements.txt":            false,
		"pip install .":                              false,
		"uv pip install --system pip":                true,
	} {
		n, _ := parseCall(command(t, text))
		if got := n.onlyTools(); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestRequiresOther(t *testing.T) {
	for _, c := range []struct {
		requires, version string
		want              bool
	}{
		{">=3.11", "3.12", false}, {">=3.13", "3.12", true}, {"==3.11.*", "3.12", true}, {"==3.11.*", "3.11.9", false},
		{">=3.9,<3.12", "3.12", true}, {">=3.9,<3.12", "3.11", false}, {"<=3.10", "3.11", true}, {">3.10", "3.11", false},
		{"~=3.8", "3.12", false}, {">=3.13", "3", false}, {">=3", "3.8", false},
	} {
		manifest := "[project]\nrequires-python = \"" + c.requires + "\"\n"
		if got := requiresOther(manifest, c.version); got != c.want {
			t.Errorf("%s on %s: %v, want %v", c.requires, c.version, got, c.want)
		}
	}
}

func TestPackageName(t *testing.T) {
	for text, want := range map[string]string{
		"Flask_SQLAlchemy>=3": "flask-sqlalchemy", "zope.interface": "zope-interface", "uvicorn[standard]==0.30": "uvicorn",
		"ovens @ git+https://git.example.org/ovens": "ovens", "x;python_version<'3'": "x", "y~=1": "y",
	} {
		if got := packageName(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
