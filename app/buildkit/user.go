package buildkit

import (
	"bufio"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// account is a user of an image in numbers.
type account struct {
	uid, gid int
	groups   []int
	home     string
}

// resolveUser is what USER means in an image, as runc and BuildKit see it
// (github.com/moby/sys/user.GetExecUser): name or number, and where a group follows,
// that group alone. It reports false for what they refuse.
func resolveUser(spec, passwd, group string) (account, bool) {
	name, wanted, hasGroup := strings.Cut(spec, ":")
	user := account{home: "/"}
	known := false
	for entry := range records(passwd, 7) {
		if entry[0] != name && entry[2] != name {
			continue
		}
		uid, errUID := strconv.Atoi(entry[2])
		gid, errGID := strconv.Atoi(entry[3])
		if errUID == nil && errGID == nil {
			user, known, name = account{uid: uid, gid: gid, home: entry[5]}, true, entry[0]
			break
		}
	}
	if !known {
		uid, err := strconv.ParseUint(name, 10, 31)
		if err != nil && name != "root" && name != "" {
			return account{}, false
		}
		user.uid = int(uid)
	}
	if !hasGroup || wanted == "" {
		for entry := range records(group, 4) {
			if gid, err := strconv.Atoi(entry[2]); err == nil && known && slices.Contains(strings.Split(entry[3], ","), name) {
				user.groups = append(user.groups, gid)
			}
		}
		return user, true
	}
	gid, err := strconv.ParseUint(wanted, 10, 31)
	found := err == nil
	for entry := range records(group, 4) {
		if n, errN := strconv.ParseUint(entry[2], 10, 31); entry[0] == wanted && errN == nil {
			gid, found = n, true
			break
		}
	}
	user.gid = int(gid)
	return user, found
}

// records are the lines of a file such as /etc/passwd, those with enough fields.
func records(text string, fields int) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		lines := bufio.NewScanner(io.LimitReader(strings.NewReader(text), 1<<20))
		for lines.Scan() {
			if entry := strings.Split(strings.TrimSpace(lines.Text()), ":"); len(entry) >= fields && !yield(entry) {
				return
			}
		}
	}
}

// user is the account that the image's USER names; false where it is root, or not to
// be found: BuildKit then says so itself.
func (i *image) user(ctx context.Context) (account, bool) {
	spec := i.config.User
	if spec == "" {
		return account{}, false
	}
	read := func(path string) string {
		data, err := i.ref.ReadFile(ctx, gateway.ReadRequest{Filename: path, Range: &gateway.FileRange{Length: 1 << 20}})
		if err != nil {
			return "" // scratch has none: numbers need none
		}
		return string(data)
	}
	user, ok := resolveUser(spec, read("/etc/passwd"), read("/etc/group"))
	return user, ok && user.uid != 0
}
