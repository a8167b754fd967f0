package inside

import (
	"reflect"
	"testing"
	"testing/fstest"

	"github.com/multistage-app/multistage/rewrite/project"
)

func TestTree(t *testing.T) {
	proj, err := project.Open(fstest.MapFS{"Dockerfile": {}, "web/a.html": {}, "web/old/b.html": {}}, "Dockerfile", ".")
	if err != nil {
		t.Fatal(err)
	}
	tr := NewTree(proj)
	tr.copyDir("web", "/srv/web", proj.Sources("web"))
	tr.Move("/srv/web/old", "/srv/new", false)
	tr.Remove("/srv/web/*.html")
	if want := []string{"/srv/new/b.html"}; !reflect.DeepEqual(tr.Paths(), want) {
		t.Errorf("the tree has %q, want %q", tr.Paths(), want)
	}
	if tr.IsDir("/srv/web") || !tr.IsDir("/srv/new") {
		t.Error("folders do not follow their files")
	}
}

func TestWhatIsKeptOfRemovedFiles(t *testing.T) {
	proj, err := project.Open(fstest.MapFS{"Dockerfile": {}, "a.rs": {Data: []byte("fn main")}, "b.txt": {}}, "Dockerfile", ".")
	if err != nil {
		t.Fatal(err)
	}
	tr := NewTree(proj)
	tr.Keep = func(name string) bool { return name == "/src/a.rs" }
	tr.copyDir("", "/src", []string{"a.rs", "b.txt"})
	before := tr.Version
	tr.Remove("/src")
	if data, ok := tr.Read("/src/a.rs"); !ok || string(data) != "fn main" || tr.IsFile("/src/a.rs") {
		t.Errorf("the source: %q, %v", data, ok)
	}
	if _, ok := tr.Read("/src/b.txt"); ok {
		t.Error("a file that nobody keeps is still read")
	}
	if tr.Version == before {
		t.Error("the version does not say that something changed")
	}
}
