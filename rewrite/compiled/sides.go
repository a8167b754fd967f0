package compiled

// Kinds are the kinds of the commands that an item's RUN has.
func (d *Design) Kinds(item int) map[Kind]bool {
	set := map[Kind]bool{}
	for _, c := range d.Commands {
		if c.Item == item {
			set[c.Kind] = true
		}
	}
	return set
}

// Only reports a RUN with commands of these kinds, or without effect, alone.
func (d *Design) Only(item int, kinds ...Kind) bool {
	if d.In.Items[item].Keyword != "RUN" {
		return false
	}
	set := d.Kinds(item)
	found := false
	for _, k := range kinds {
		found = found || set[k]
		delete(set, k)
	}
	delete(set, Nothing)
	return found && len(set) == 0
}

// InStatic reports a RUN that installs nothing but what distroless has anyhow.
func (d *Design) InStatic(item int) bool {
	any := false
	for _, p := range d.Packages {
		if p.Item == item {
			any = true
			if p.Name != "ca-certificates" && p.Name != "tzdata" && p.Name != "ca-certificates-bundle" {
				return false
			}
		}
	}
	return any
}

// BuildsAsUser reports that the builder refers to users that the author made.
func (d *Design) BuildsAsUser() bool {
	last := 0
	for i, it := range d.In.Items {
		if it.Keyword == "RUN" && !d.Only(i, Account) || it.Keyword == "COPY" || it.Keyword == "ADD" {
			last = i
		}
		if _, ok := it.Flag("chown"); ok {
			return true
		}
	}
	for _, it := range d.In.Items[:last] {
		if it.Keyword == "USER" {
			return true
		}
	}
	for _, c := range d.Commands {
		if c.Kind == Permission && c.Name() == "chown" {
			return true
		}
	}
	return false
}
