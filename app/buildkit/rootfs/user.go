package rootfs

import (
	"context"
	"io/fs"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// identity is who the image's process is.
type identity struct {
	name     string // as USER has it, for people
	uid, gid uint32
	groups   []uint32
	known    bool // else nothing is said of what it may do
}

// account is one line of passwd(5) or group(5).
type account struct {
	name    string
	id, gid uint32 // gid is of a user
	members []string
}

const maxAccounts = 20_000

// parseAccounts reads passwd(5), or with users false group(5). Lines that are none are
// left out.
func parseAccounts(text string, users bool) []account {
	var out []account
	for line := range strings.SplitSeq(text, "\n") {
		fields := strings.Split(strings.TrimSuffix(line, "\r"), ":")
		if len(fields) < 4 || fields[0] == "" || len(out) >= maxAccounts {
			continue
		}
		id, err := strconv.ParseUint(fields[2], 10, 32)
		if err != nil {
			continue
		}
		a := account{name: fields[0], id: uint32(id)}
		if users {
			gid, err := strconv.ParseUint(fields[3], 10, 32)
			if err != nil {
				continue
			}
			a.gid = uint32(gid)
		} else {
			a.members = strings.Split(fields[3], ",")
		}
		out = append(out, a)
	}
	return out
}

// identify finds the user and group of a USER as Docker does: a name must be in
// /etc/passwd, a number need not, a group the same with /etc/group.
func (t *Tree) identify(ctx context.Context, user string) (identity, *proof.Failure) {
	name, group, hasGroup := strings.Cut(user, ":")
	passwd, passwdKnown := t.accounts(ctx, "/etc/passwd", true)
	who, entry := identity{name: userName(user), known: true}, (*account)(nil)
	for i := range passwd {
		if passwd[i].name == name || strconv.Itoa(int(passwd[i].id)) == name {
			entry = &passwd[i]
			break
		}
	}
	uid, err := strconv.ParseUint(name, 10, 31)
	switch {
	case entry != nil:
		who.uid, who.gid = entry.id, entry.gid
		name = entry.name
	case err == nil:
		who.uid = uint32(uid)
	case name == "" || name == "root" || !passwdKnown:
		return identity{name: userName(user), known: name == "" || name == "root"}, nil
	default:
		f := failure(proof.NoUser, name, "the user %s is not in /etc/passwd", name)
		return identity{}, &f
	}
	groups, groupsKnown := t.accounts(ctx, "/etc/group", false)
	if !hasGroup || group == "" {
		who.groups = memberships(groups, name)
		return who, nil
	}
	for _, g := range groups {
		if g.name == group || strconv.Itoa(int(g.id)) == group {
			who.gid = g.id
			return who, nil
		}
	}
	gid, err := strconv.ParseUint(group, 10, 31)
	switch {
	case err == nil:
		who.gid = uint32(gid)
		return who, nil
	case group == "root" || !groupsKnown:
		return identity{}, nil
	}
	f := failure(proof.NoUser, group, "the group %s is not in /etc/group", group)
	return identity{}, &f
}

// accounts are the lines of a file; known is false where it is there but not read.
func (t *Tree) accounts(ctx context.Context, name string, users bool) (list []account, known bool) {
	f, s := t.resolve(name)
	if s != present {
		return nil, s == absent
	}
	data := t.text(ctx, f, maxText)
	return parseAccounts(string(data), users), data != nil || f.size == 0
}

func memberships(groups []account, user string) []uint32 {
	var out []uint32
	for _, g := range groups {
		for _, m := range g.members {
			if m == user {
				out = append(out, g.id)
			}
		}
	}
	return out
}

// The bits of access.
const (
	mayRead = 4
	mayExec = 1 // of a folder: search
)

// may reports whether the user may do this with a file. What an access control list says
// is not read: then it may.
func (w identity) may(f *file, bit fs.FileMode) bool {
	perm := f.mode.Perm()
	switch {
	case !w.known || f.acl:
		return true
	case w.uid == 0:
		return bit != mayExec || f.dir() || perm&0o111 != 0
	case w.uid == f.uid:
		return perm>>6&bit != 0
	case w.in(f.gid):
		return perm>>3&bit != 0
	}
	return perm&bit != 0
}

func (w identity) in(gid uint32) bool {
	if w.gid == gid {
		return true
	}
	for _, g := range w.groups {
		if g == gid {
			return true
		}
	}
	return false
}

// barred is the first folder on the way to a path that the user may not search, nil for
// none.
func (t *Tree) barred(w identity, name string) *file {
	var bar *file
	t.follow(name, func(dir *file) {
		if bar == nil && !w.may(dir, mayExec) {
			bar = dir
		}
	})
	return bar
}

// userName is a USER for people.
func userName(user string) string {
	if user == "" {
		return "root"
	}
	return user
}
