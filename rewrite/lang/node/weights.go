package node

import "regexp"

// What one package of npm weighs unpacked, in bytes: most are small. The large ones have
// figures of their own.
const (
	packageMin = 30_000
	packageMax = 400_000
	broughtMax = 8_000_000 // what one dependency may bring with it, where no lock file tells
)

// weight is a range, in bytes.
type weight struct{ min, max int64 }

func megabytes(low, high int64) weight { return weight{low * 1_000_000, high * 1_000_000} }

// largePackages are packages that weigh more than most, with the downloads that their
// install makes; from the oldest to the newest of the versions that are met.
var largePackages = map[string]weight{
	"typescript":              megabytes(20, 70),
	"next":                    megabytes(40, 200),
	"webpack":                 megabytes(4, 8),
	"electron":                megabytes(200, 300),
	"puppeteer":               megabytes(150, 600),
	"playwright":              megabytes(3, 8),
	"cypress":                 megabytes(4, 700),
	"prisma":                  megabytes(15, 130),
	"sharp":                   megabytes(0, 30),
	"esbuild":                 megabytes(8, 12),
	"vite":                    megabytes(2, 6),
	"rollup":                  megabytes(2, 8),
	"rxjs":                    megabytes(4, 12),
	"date-fns":                megabytes(5, 25),
	"googleapis":              megabytes(80, 200),
	"aws-sdk":                 megabytes(60, 100),
	"firebase":                megabytes(15, 60),
	"typeorm":                 megabytes(8, 25),
	"mongodb":                 megabytes(2, 8),
	"mongoose":                megabytes(2, 6),
	"three":                   megabytes(15, 35),
	"echarts":                 megabytes(35, 60),
	"antd":                    megabytes(30, 60),
	"node-sass":               megabytes(5, 20),
	"pdfjs-dist":              megabytes(15, 45),
	"storybook":               megabytes(5, 30),
	"gatsby":                  megabytes(3, 10),
	"monaco-editor":           megabytes(50, 100),
	"better-sqlite3":          megabytes(8, 14),
	"react-dom":               megabytes(3, 8),
	"@prisma/client":          megabytes(2, 60),
	"@prisma/engines":         megabytes(10, 70),
	"@angular/cli":            megabytes(1, 8),
	"@angular/compiler":       megabytes(8, 30),
	"@angular/compiler-cli":   megabytes(2, 20),
	"@angular/core":           megabytes(4, 25),
	"@mui/icons-material":     megabytes(20, 90),
	"@mui/material":           megabytes(6, 20),
	"@tensorflow/tfjs-node":   megabytes(150, 600),
	"@next/swc-linux-x64-gnu": megabytes(80, 150), "@next/swc-linux-x64-musl": megabytes(80, 160),
	"@swc/core-linux-x64-gnu": megabytes(20, 60), "@swc/core-linux-x64-musl": megabytes(20, 70),
	"@esbuild/linux-x64":               megabytes(8, 12),
	"@img/sharp-libvips-linux-x64":     megabytes(12, 20),
	"@img/sharp-libvips-linuxmusl-x64": megabytes(12, 20),
	"@rolldown/binding-linux-x64-gnu":  megabytes(15, 30),
	"@rolldown/binding-linux-x64-musl": megabytes(15, 30),
	"lightningcss-linux-x64-gnu":       megabytes(8, 12), "lightningcss-linux-x64-musl": megabytes(8, 12),
	"@typescript/typescript-linux-x64": megabytes(20, 40),
	"@biomejs/cli-linux-x64":           megabytes(15, 60),
	"@cloudflare/workerd-linux-64":     megabytes(70, 130),
}

var (
	reOtherSystem = regexp.MustCompile(`[-/](darwin|win32|windows|android|freebsd|openbsd|netbsd|sunos|aix|openharmony|wasm32)\b`)
	reOtherChip   = regexp.MustCompile(`linux(musl)?-(arm|arm64|ia32|s390x|ppc64|ppc64le|riscv64|loong64|mips64el)\b`)
	reMusl        = regexp.MustCompile(`-linux-?(x64-)?musl(-x64)?\b`)
	reGlibc       = regexp.MustCompile(`-linux-x64-gnu\b|^@img/sharp.*-linux-x64$`)
)

// otherPlatform reports a package with compiled code for another system: lock files name
// those of all, and an install brings one. A chip counts for the others, which weigh the
// same.
func otherPlatform(name string, musl bool) bool {
	return reOtherSystem.MatchString(name) || reOtherChip.MatchString(name) || musl && reGlibc.MatchString(name) || !musl && reMusl.MatchString(name)
}
