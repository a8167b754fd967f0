package probe

import (
	"net"
	"slices"
	"testing"
)

func TestOwnSockets(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	if !slices.ContainsFunc(listeners("/proc/self/net", nil), func(l Listener) bool { return l.Port == port && l.Loopback }) {
		t.Errorf("port %d of this process is not among its listeners", port)
	}
}
