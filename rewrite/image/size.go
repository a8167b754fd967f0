package image

import "strings"

// sizeOf looks an image's size up by repository and variant; 0 where it is not
// in the table.
func sizeOf(b *Base) int64 {
	if kind, ok := strings.CutPrefix(b.Name, "gcr.io/distroless/"); ok {
		kind, _, _ = strings.Cut(kind, "-debian")
		name, _ := splitVersion(kind)
		return sizes["gcr.io/distroless/"+name]
	}
	var variant []string
	tag := "-" + b.Tag + "-"
	switch {
	case b.Language == "java" && strings.Contains(tag, "-jre-"):
		variant = append(variant, "jre")
	case b.Name == "buildpack-deps" && strings.Contains(tag, "-scm-"):
		variant = append(variant, "scm")
	case b.Name == "buildpack-deps" && strings.Contains(tag, "-curl-"):
		variant = append(variant, "curl")
	}
	switch {
	case b.Family == Alpine && b.Name != "alpine":
		variant = append(variant, "alpine")
	case b.Slim:
		variant = append(variant, "slim")
	}
	if len(variant) == 0 {
		return sizes[b.Name]
	}
	return sizes[b.Name+":"+strings.Join(variant, "-")]
}
