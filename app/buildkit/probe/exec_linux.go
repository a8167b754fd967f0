package probe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Exec becomes the command argv as the given user, who may bind ports below 1024. It
// returns only where it fails, with the exit code that a shell gives for that: 126 for
// a command that cannot be started, 127 for one that is not there.
//
// A container of BuildKit starts with ip_unprivileged_port_start at 1024, one of Docker
// with 0. The process must start as root: the one capability is carried across the
// change of user by SECBIT_KEEP_CAPS and across execve by the ambient set
// (capabilities(7)). All of it belongs to a thread, and execve makes the calling one
// the process.
func Exec(uid, gid int, groups []int, argv []string) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// A program that opens /dev/stderr by name must own what is behind it: runc gives the
	// three to the user as well, and goes on where it may not.
	for fd := range 3 {
		_ = unix.Fchown(fd, uid, gid)
	}
	if err := become(uid, gid, groups); err != nil {
		return 126, err
	}
	path, err := exec.LookPath(argv[0]) // as runc does: in PATH of the process' environment
	if err == nil || errors.Is(err, exec.ErrDot) {
		err = syscall.Exec(path, argv, os.Environ())
	}
	code := 126
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = 127
	}
	return code, err
}

// become changes the user of the calling thread, keeping CAP_NET_BIND_SERVICE alone.
func become(uid, gid int, groups []int) error {
	if err := unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("keeping capabilities: %w", err)
	}
	list := make([]uint32, len(groups))
	for i, g := range groups {
		list[i] = uint32(g)
	}
	var first unsafe.Pointer
	if len(list) > 0 {
		first = unsafe.Pointer(&list[0])
	}
	// The functions of package syscall change all threads, and a new thread would start
	// without the capability: these are the calls themselves.
	if _, _, e := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(list)), uintptr(first), 0); e != 0 {
		return fmt.Errorf("setting the groups %v: %w", groups, e)
	}
	if _, _, e := unix.RawSyscall(unix.SYS_SETRESGID, uintptr(gid), uintptr(gid), uintptr(gid)); e != 0 {
		return fmt.Errorf("becoming group %d: %w", gid, e)
	}
	if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); e != 0 {
		return fmt.Errorf("becoming user %d: %w", uid, e)
	}
	const bind = uint32(1) << unix.CAP_NET_BIND_SERVICE
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{{Effective: bind, Permitted: bind, Inheritable: bind}}
	if err := unix.Capset(&header, &data[0]); err != nil {
		return fmt.Errorf("keeping the capability to bind ports: %w", err)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, unix.CAP_NET_BIND_SERVICE, 0, 0); err != nil {
		return fmt.Errorf("handing on the capability to bind ports: %w", err)
	}
	return nil
}

// ownGroup gives a command a process group, so that all of it ends together.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}

// exitCode is that of a shell: a signal is 128 and its number.
func exitCode(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}
