package golang

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// cgoModules are modules that call C, by path prefix, with whether the C code comes
// with them ("bundled": the C library is all that is needed at run time) or is a
// library of the system.
var cgoModules = map[string]string{
	"github.com/mattn/go-sqlite3": "bundled", "gorm.io/driver/sqlite": "bundled", "github.com/jinzhu/gorm/dialects/sqlite": "bundled",
	"crawshaw.io/sqlite": "bundled", "github.com/mutecomm/go-sqlcipher": "bundled", "github.com/xeodou/go-sqlcipher": "bundled",
	"github.com/marcboeker/go-duckdb": "bundled c++", "github.com/duckdb/duckdb-go": "bundled c++",
	"github.com/DataDog/zstd": "bundled", "github.com/valyala/gozstd": "bundled", "github.com/chai2010/webp": "bundled", "github.com/kolesa-team/go-webp": "system",
	"github.com/confluentinc/confluent-kafka-go": "bundled", "gopkg.in/confluentinc/confluent-kafka-go.v1": "bundled", "github.com/confluentinc/confluent-kafka-go/v2": "bundled",
	"github.com/libgit2/git2go": "system", "gopkg.in/libgit2/git2go": "system", "github.com/h2non/bimg": "system", "gopkg.in/h2non/bimg": "system", "github.com/davidbyttow/govips": "system",
	"gocv.io/x/gocv": "system", "gopkg.in/gographics/imagick": "system", "github.com/otiai10/gosseract": "system", "github.com/lestrrat-go/libxml2": "system",
	"github.com/lestrrat/go-libxml2": "system", "github.com/jbowtie/gokogiri": "system", "github.com/moovweb/gokogiri": "system", "github.com/pebbe/zmq4": "system", "gopkg.in/zeromq/goczmq": "system",
	"github.com/zeromq/goczmq": "system", "github.com/google/gopacket/pcap": "system", "github.com/gopacket/gopacket/pcap": "system", "github.com/miekg/pkcs11": "bundled", "github.com/ThalesIgnite/crypto11": "bundled",
	"github.com/spacemonkeygo/openssl": "system", "github.com/libp2p/go-openssl": "system", "github.com/godror/godror": "bundled", "gopkg.in/goracle": "bundled", "github.com/mattn/go-oci8": "system",
	"github.com/alexbrainman/odbc": "system", "github.com/ibmdb/go_ibm_db": "system", "github.com/SAP/go-hdb": "", "github.com/linxGnu/grocksdb": "system", "github.com/tecbot/gorocksdb": "system",
	"github.com/jmhodges/levigo": "system", "github.com/tensorflow/tensorflow": "system", "github.com/galeone/tfgo": "system", "github.com/yalue/onnxruntime_go": "dlopen", "github.com/owulveryck/onnx-go": "",
	"github.com/go-gl": "system", "github.com/veandco/go-sdl2": "system", "github.com/hajimehoshi/ebiten": "system", "fyne.io/fyne": "system", "github.com/gotk3/gotk3": "system", "github.com/hajimehoshi/oto": "system",
	"github.com/gordonklaus/portaudio": "system", "github.com/hraban/opus": "system", "gopkg.in/hraban/opus.v2": "system", "layeh.com/gopus": "bundled", "github.com/giorgisio/goav": "system", "github.com/asticode/go-astiav": "system",
	"github.com/u2takey/ffmpeg-go": "", "github.com/notedit/gst": "system", "github.com/tinyzimmer/go-gst": "system", "github.com/go-gst/go-gst": "system", "github.com/google/gousb": "system", "github.com/karalabe/hid": "bundled",
	"github.com/karalabe/usb": "bundled", "github.com/bearsh/hid": "bundled", "github.com/coreos/go-systemd/sdjournal": "dlopen", "github.com/coreos/go-systemd/v22/sdjournal": "dlopen",
	"github.com/seccomp/libseccomp-golang": "system", "github.com/containers/storage": "system", "github.com/proglottis/gpgme": "system", "github.com/msteinert/pam": "system", "github.com/libvirt/libvirt-go": "system", "libvirt.org/go/libvirt": "system", "libvirt.org/libvirt-go": "system",
	"github.com/ceph/go-ceph": "system", "github.com/bytecodealliance/wasmtime-go": "bundled", "github.com/wasmerio/wasmer-go": "bundled c++", "rogchap.com/v8go": "bundled c++", "github.com/rogchap/v8go": "bundled c++", "github.com/tommie/v8go": "bundled c++",
	"github.com/smacker/go-tree-sitter": "bundled", "github.com/tree-sitter/go-tree-sitter": "bundled", "github.com/tree-sitter": "bundled", "github.com/pganalyze/pg_query_go": "bundled", "github.com/wasilibs": "",
	"github.com/yanyiwu/gojieba": "bundled c++", "github.com/go-ego/cedar": "", "github.com/blevesearch/bleve/analysis/lang": "", "github.com/ethereum/go-ethereum/crypto/secp256k1": "", "github.com/supranational/blst": "bundled",
	"github.com/herumi/bls-eth-go-binary": "bundled c++", "github.com/CosmWasm/wasmvm": "system", "github.com/filecoin-project/filecoin-ffi": "system", "github.com/open-quantum-safe/liboqs-go": "system", "github.com/jamesruan/sodium": "system",
	"github.com/GoKillers/libsodium-go": "system", "github.com/flynn/hid": "", "github.com/rakyll/portmidi": "system", "gitlab.com/gomidi/rtmididrv": "bundled c++", "gitlab.com/gomidi/midi/v2/drivers/rtmididrv": "bundled c++",
	"github.com/NVIDIA/go-nvml": "dlopen", "github.com/NVIDIA/gpu-monitoring-tools": "dlopen", "github.com/ebitengine/oto": "system", "github.com/faiface/beep": "system", "github.com/gopxl/beep": "system", "github.com/robotn/gohook": "system", "github.com/go-vgo/robotgo": "system",
	"github.com/kbinani/screenshot": "system", "github.com/Kagami/go-face": "system", "github.com/disintegration/gift": "", "github.com/strukturag/libheif": "system", "github.com/jdeng/goheif": "bundled c++", "github.com/adrium/goheif": "bundled c++",
	"github.com/gen2brain/go-fitz": "bundled", "github.com/unidoc/unipdf": "", "github.com/klippa-app/go-pdfium/single_threaded": "system", "github.com/SebastiaanKlippert/go-wkhtmltopdf": "", "github.com/adrg/go-wkhtmltopdf": "system", "github.com/knights-analytics/hugot": "system", "github.com/daulet/tokenizers": "system",
	"github.com/ggerganov/whisper.cpp/bindings/go": "system", "github.com/go-skynet/go-llama.cpp": "system", "github.com/asg017/sqlite-vec-go-bindings/cgo": "bundled", "github.com/tursodatabase/go-libsql": "bundled c++", "github.com/snowflakedb/gosnowflake": "",
	"github.com/apache/pulsar/pulsar-client-go": "system", "github.com/streamdal/go-librdkafka": "system", "github.com/lovoo/goka": "", "github.com/newrelic/nri-agent": "", "github.com/rainycape/magick": "system", "github.com/quickfixgo/quickfix": "bundled",
	"github.com/bwmarrin/dca": "", "github.com/tidwall/tg": "bundled", "github.com/tidwall/geos": "bundled", "github.com/paulsmith/gogeos": "system", "github.com/twpayne/go-geos": "system", "github.com/lukeroth/gdal": "system", "github.com/airbusgeo/godal": "system", "github.com/everystreet/go-proj": "system",
}

// cgo is the decision on calling C, with what it rests on.
type cgo struct {
	on      bool
	written bool   // the author settled it: CGO_ENABLED in ENV, ARG or on the build line
	kind    string // of what is linked: "bundled", "bundled c++", "system", "dlopen", "own"
	at      plan.Evidence
}

// decideCgo looks for evidence that the program needs C. Without a C compiler in
// the builder the original was built without it, since Go 1.20 by itself.
func (d *design) decideCgo() cgo {
	if c, ok := d.writtenCgo(); ok {
		return c
	}
	if d.In.Hints.AsWritten {
		return cgo{on: true, kind: "own", at: d.In.Hints.Why}
	}
	c, ok := d.cgoEvidence()
	if !ok {
		return cgo{}
	}
	if d.In.Base.Musl && !d.hasCompiler() {
		return cgo{at: c.at}
	}
	return c
}

// writtenCgo is what the author says.
func (d *design) writtenCgo() (cgo, bool) {
	c, found := cgo{}, false
	for _, a := range d.programs {
		switch a.env["CGO_ENABLED"] {
		case "0":
			c, found = cgo{written: true, at: d.In.Evidence(d.In.Items[max(a.item, 0)], "CGO_ENABLED=0")}, true
		case "":
		default:
			evidence, ok := d.cgoEvidence()
			if !ok {
				evidence.kind = "own"
			}
			return cgo{on: true, written: true, kind: evidence.kind, at: d.In.Evidence(d.In.Items[max(a.item, 0)], "CGO_ENABLED=1")}, true
		}
	}
	return c, found
}

// cgoEvidence finds import "C" in the project, a module that calls C among what
// the program imports or go.mod requires, and build flags that need it.
func (d *design) cgoEvidence() (cgo, bool) {
	for _, c := range d.Commands {
		if c.Kind == compiled.Test && d.raceTest(c) && !d.Only(c.Item, compiled.Test) {
			return cgo{on: true, kind: "own", at: d.In.Evidence(d.In.Items[c.Item], "the step that compiles also runs tests with the race detector, which needs cgo")}, true
		}
	}
	for _, a := range d.programs {
		if a.line.has("race") || a.line.has("msan") || a.line.has("asan") || a.line.values["buildmode"] == "plugin" || strings.Contains(a.line.values["tags"], "musl") || strings.Contains(a.line.values["tags"], "dynamic") {
			return cgo{on: true, kind: "own", at: d.In.Evidence(d.In.Items[max(a.item, 0)], "the build flags need cgo")}, true
		}
	}
	if len(d.source.cgo) > 0 {
		at := d.source.cgo[0]
		at.Text = `import "C"`
		return cgo{on: true, kind: "own", at: at}, true
	}
	for _, name := range compiled.SortedKeys(d.source.imports) {
		if kind := cgoKind(name); kind != "" {
			at := d.source.imports[name]
			at.Text = name + " calls C"
			return cgo{on: true, kind: kind, at: at}, true
		}
	}
	for _, m := range d.modules {
		if m.file == nil {
			continue
		}
		for _, req := range m.file.Require {
			if kind := cgoKind(req.Mod.Path); kind != "" && d.mayReach(req.Mod.Path, req.Indirect) {
				return cgo{on: true, kind: kind, at: plan.Evidence{Path: d.Tree.Files[m.dir+"/go.mod"], Line: req.Syntax.Start.Line, Text: req.Mod.Path + " calls C"}}, true
			}
		}
	}
	return d.packageEvidence()
}

// raceTest reports go test -race.
func (d *design) raceTest(c compiled.Command) bool {
	for _, w := range c.Words() {
		if w == "-race" {
			return true
		}
	}
	return false
}

// packageEvidence takes the author's installing of libraries to build against, or
// of a compiler where the base has none, for a sign that C is called.
func (d *design) packageEvidence() (cgo, bool) {
	for _, p := range d.Packages {
		compiler := d.In.Base.Musl && (p.Name == "gcc" || p.Name == "build-base" || p.Name == "g++" || p.Name == "clang")
		library := strings.HasSuffix(p.Name, "-dev") && p.Name != "musl-dev" && p.Name != "libc-dev" && p.Name != "libc6-dev"
		if compiler || library {
			return cgo{on: true, kind: "system", at: d.In.Evidence(d.In.Items[p.Item], "it installs "+p.Name)}, true
		}
	}
	return cgo{}, false
}

// mayReach reports whether a required module can be in the program. A direct one
// that no reached package imports is not; what others import is not known.
func (d *design) mayReach(mod string, indirect bool) bool {
	if d.vendored {
		return false // the vendor folder was followed
	}
	return indirect || d.source.partial
}

func cgoKind(name string) string {
	for p := name; p != "" && p != "."; {
		if kind, ok := cgoModules[p]; ok {
			return kind
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			break
		}
		p = p[:i]
	}
	return ""
}

// hasCompiler reports a C compiler among the packages that the author installs.
func (d *design) hasCompiler() bool {
	for _, name := range []string{"gcc", "build-base", "clang", "g++", "alpine-sdk", "musl-dev"} {
		if d.Installed[name] {
			return true
		}
	}
	return false
}
