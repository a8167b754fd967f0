package buildkit

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
)

// ownDaemon is a daemon of the test's own, which it may kill.
type ownDaemon struct {
	host, root, size string
	parent           *exec.Cmd // in whose namespaces the daemon is the first process
	output           bytes.Buffer
}

// startOwn starts a buildkitd in namespaces of its own, so that nothing outlives it. A
// size, such as "64m", gives it a disk of that size.
func startOwn(t *testing.T, size string) *ownDaemon {
	t.Helper()
	for _, name := range []string{"buildkitd", "runc", "unshare", "nsenter"} {
		if _, err := exec.LookPath(name); err != nil {
			lacking(t, fmt.Sprintf("no %s on PATH for a daemon of the test's own", name))
		}
	}
	if os.Getuid() != 0 {
		lacking(t, "only root can start a daemon of the test's own")
	}
	dir, err := os.MkdirTemp("", "own")
	if err != nil {
		t.Fatal(err)
	}
	d := &ownDaemon{host: "unix://" + dir + "/sock", root: dir + "/root", size: size}
	t.Cleanup(func() {
		d.kill()
		d.removeGroups()
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("the daemon left something: %v", err)
		}
	})
	for _, name := range []string{d.root, dir + "/tmp"} {
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d.start(t)
	return d
}

func (d *ownDaemon) start(t *testing.T) {
	t.Helper()
	config := filepath.Join(filepath.Dir(d.root), "buildkitd.toml")
	text := "[worker.oci]\n  enabled = true\n  gc = false\n  networkMode = \"host\"\n  defaultCgroupParent = \"" + d.group() +
		"\"\n[worker.containerd]\n  enabled = false\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("exec buildkitd --config %s --root %s --addr %s", config, d.root, d.host)
	if d.size != "" {
		script = fmt.Sprintf("mount -t tmpfs -o size=%s tmpfs %s && %s", d.size, d.root, script)
	}
	d.parent = exec.Command("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script)
	d.parent.Stdout, d.parent.Stderr = &d.output, &d.output
	d.parent.Env = append(os.Environ(), "TMPDIR="+filepath.Dir(d.root)+"/tmp")
	if err := d.parent.Start(); err != nil {
		lacking(t, fmt.Sprintf("a daemon of the test's own: %v", err))
	}
	c, err := client.New(t.Context(), d.host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err = c.Info(ctx)
		cancel()
		if err == nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	d.kill()
	lacking(t, fmt.Sprintf("a daemon of the test's own does not come up here: %v\n%s", err, d.output.String()))
}

// kill ends the daemon as a crash does.
func (d *ownDaemon) kill() {
	if d.parent.ProcessState == nil {
		d.signal(syscall.SIGKILL)
		d.parent.Process.Kill()
		d.parent.Wait()
	}
}

// group names the control group of the daemon's containers.
func (d *ownDaemon) group() string { return "multistage-test-" + filepath.Base(filepath.Dir(d.root)) }

// removeGroups removes what a killed daemon has left of its containers: their processes
// ended with the namespace.
func (d *ownDaemon) removeGroups() {
	for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		for _, depth := range []string{"/*/*", "/*", ""} {
			groups, _ := filepath.Glob(pattern + d.group() + depth)
			for _, group := range groups {
				os.Remove(group) // files in it cannot be removed, and need not be
			}
		}
	}
}

// signal sends a signal to the daemon itself.
func (d *ownDaemon) signal(s syscall.Signal) {
	if pid := d.pid(); pid > 0 {
		syscall.Kill(pid, s)
	}
}

// pid is the daemon's, the one child of unshare; 0 where it is gone.
func (d *ownDaemon) pid() int {
	pid, child := d.parent.Process.Pid, 0
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	fmt.Sscan(string(children), &child)
	return child
}

// resize gives the daemon's disk another size.
func (d *ownDaemon) resize(t *testing.T, size string) {
	t.Helper()
	out, err := exec.Command("nsenter", "--target", fmt.Sprint(d.pid()), "--mount", "mount", "-o", "remount,size="+size, d.root).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
