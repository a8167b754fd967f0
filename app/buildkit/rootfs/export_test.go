package rootfs

import "bytes"

// What the fuzz tests call.
var (
	ParseLdConf   = parseLdConf
	ParseLdCache  = parseLdCache
	ParseAccounts = parseAccounts
	ParseShebang  = parseShebang
	EnvCommand    = envCommand
)

// ParseELF reads a file's bytes as an object: what it needs, what it defines.
func ParseELF(data []byte) (interp string, needed, runpath []string, needs, defines int, err error) {
	o, err := parseObject(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", nil, nil, 0, 0, err
	}
	return o.interp, o.needed, append(o.rpath, o.runpath...), len(o.needs), len(o.defines), nil
}
