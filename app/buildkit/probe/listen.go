package probe

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// States of a socket in /proc/net, in the kernel's numbers (include/net/tcp_states.h).
const (
	stateListen = "0A"
	stateClosed = "07" // what a bound UDP socket without a peer has
)

const (
	pollEvery   = 40 * time.Millisecond
	maxProcRead = 1 << 20 // of one file under /proc/net
)

// waitForListeners waits until the listeners have stayed the same for long enough and
// gives them by number, with the seconds until the first was there.
//
// How long is enough grows with the time that the application took: one that needed
// eight seconds to its first port may take two more to the next.
func waitForListeners(ctx context.Context, r Request) ([]Listener, float64) {
	begin := time.Now()
	var last []Listener
	var first time.Duration
	changed := begin
	for {
		now := listeners(filepath.Join(r.Proc, r.Pid, "net"), r.Expect)
		if !slices.Equal(now, last) {
			last, changed = now, time.Now()
		}
		elapsed, stable := time.Since(begin), time.Since(changed)
		if len(now) > 0 && first == 0 {
			first = elapsed
		}
		if elapsed >= r.Wait || settled(r, now, first, elapsed, stable) {
			return now, first.Seconds()
		}
		select {
		case <-ctx.Done():
			return now, first.Seconds()
		case <-time.After(pollEvery):
		}
	}
}

func settled(r Request, now []Listener, first, elapsed, stable time.Duration) bool {
	if len(now) == 0 {
		return len(r.Expect) == 0 && elapsed >= r.Idle
	}
	for _, port := range r.Expect {
		if !slices.ContainsFunc(now, func(l Listener) bool { return l.name() == port }) {
			return stable >= max(r.Partial, first)
		}
	}
	return stable >= max(r.Settle, min(first/4, 3*time.Second))
}

// name is the port in Docker's words.
func (l Listener) name() string { return strconv.Itoa(l.Port) + "/" + l.Network }

// listeners reads the files of a network namespace: /proc/net/tcp and its kin. A UDP
// socket counts only where its port is expected: a process that asks a name server has
// one as well.
func listeners(folder string, expect []string) []Listener {
	var all []Listener
	for _, network := range []string{"tcp", "udp"} {
		state := map[string]string{"tcp": stateListen, "udp": stateClosed}[network]
		byPort := map[int]Listener{}
		for _, name := range []string{network, network + "6"} {
			data, err := readCapped(filepath.Join(folder, name), maxProcRead)
			if err != nil {
				continue // a kernel without IPv6 has no tcp6
			}
			for _, socket := range parseSockets(data, state) {
				addListener(byPort, network, socket)
			}
		}
		for _, l := range byPort {
			if network == "tcp" || slices.Contains(expect, l.name()) {
				all = append(all, l)
			}
		}
	}
	slices.SortFunc(all, func(a, b Listener) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Network, b.Network))
	})
	return all
}

// addListener joins the sockets of one port. IPv4's loopback is the address that is
// dialled wherever it can be: a socket on [::] takes IPv4 as well, unless it says not.
func addListener(byPort map[int]Listener, network string, socket netip.AddrPort) {
	addr := socket.Addr().Unmap()
	dial := addr
	if addr.IsUnspecified() {
		dial = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	port := int(socket.Port())
	l, known := byPort[port]
	switch {
	case !known:
		l = Listener{Port: port, Network: network, Loopback: addr.IsLoopback(), address: dial.String()}
	case l.Loopback && !addr.IsLoopback():
		l.Loopback, l.address = false, dial.String()
	}
	byPort[port] = l
}

// parseSockets reads what /proc/net/tcp, tcp6, udp and udp6 have in common: the local
// address and the state of each socket (proc(5)). Lines that it does not understand are
// left out.
func parseSockets(data []byte, state string) []netip.AddrPort {
	var sockets []netip.AddrPort
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[3] != state {
			continue
		}
		if socket, ok := parseSocket(fields[1]); ok {
			sockets = append(sockets, socket)
		}
	}
	return sockets
}

// parseSocket reads "0100007F:1F90". The address is in words of four bytes, each as
// the machine has it in memory: the least significant byte first on every machine that
// images are built for.
func parseSocket(text string) (netip.AddrPort, bool) {
	address, portText, ok := strings.Cut(text, ":")
	if !ok {
		return netip.AddrPort{}, false
	}
	raw, err := hex.DecodeString(address)
	if err != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word)
	}
	addr, ok := netip.AddrFromSlice(raw)
	port, err := strconv.ParseUint(portText, 16, 16)
	if !ok || err != nil || port == 0 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr, uint16(port)), true
}

// signalsOf reads which signals process 1 catches or holds back, from its status file
// (proc(5)). A signal that it does neither with does nothing to it: it is an init. All
// bits are set where the file does not say.
func signalsOf(proc string) uint64 {
	data, err := readCapped(filepath.Join(proc, "1", "status"), 64<<10)
	if err != nil {
		return ^uint64(0)
	}
	var mask uint64
	found := 0
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(line, ":")
		if key != "SigCgt" && key != "SigBlk" {
			continue
		}
		bits, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if err != nil {
			return ^uint64(0)
		}
		mask |= bits
		found++
	}
	if found != 2 {
		return ^uint64(0)
	}
	return mask
}

func readCapped(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}
