package golang

import "github.com/multistage-app/multistage/rewrite/compiled"

// readers are functions that read a file or folder, with the index of the argument
// that names it.
var readers = map[string]int{
	"os.Open": 0, "os.ReadFile": 0, "os.ReadDir": 0, "os.DirFS": 0, "os.OpenFile": 0,
	"io/ioutil.ReadFile": 0, "io/ioutil.ReadDir": 0,
	"path/filepath.Walk": 0, "path/filepath.WalkDir": 0, "path/filepath.Glob": 0,
	"net/http.Dir": 0, "net/http.ServeFile": 2, "crypto/tls.LoadX509KeyPair": 0,
	"html/template.ParseFiles": 0, "html/template.ParseGlob": 0, "text/template.ParseFiles": 0, "text/template.ParseGlob": 0,
	".ParseFiles": 0, ".ParseGlob": 0, ".LoadHTMLGlob": 0, ".LoadHTMLFiles": 0, ".Static": 1, ".StaticFile": 1,
	".AddConfigPath": 0, ".SetConfigFile": 0, ".File": 0, ".SendFile": 0, ".ServeFile": 2,
	"github.com/spf13/viper.AddConfigPath": 0, "github.com/spf13/viper.SetConfigFile": 0,
	"github.com/joho/godotenv.Load": 0, "github.com/joho/godotenv.Overload": 0, "github.com/joho/godotenv.Read": 0,
}

// writers are functions that create or change files.
var writers = compiled.Words("os.Create os.WriteFile os.Mkdir os.MkdirAll os.Rename os.Remove os.RemoveAll os.Symlink os.Truncate os.Chmod os.Chown " +
	"io/ioutil.WriteFile .SaveUploadedFile .SaveFile .SaveAs .WriteConfig .SafeWriteConfig .WriteConfigAs .SaveToFile .OutputFileAndClose " +
	"go.etcd.io/bbolt.Open github.com/boltdb/bolt.Open github.com/dgraph-io/badger.Open github.com/dgraph-io/badger/v2.Open github.com/dgraph-io/badger/v3.Open " +
	"github.com/dgraph-io/badger/v4.Open github.com/syndtr/goleveldb/leveldb.OpenFile github.com/cockroachdb/pebble.Open github.com/tidwall/buntdb.Open " +
	"gorm.io/driver/sqlite.Open github.com/glebarez/sqlite.Open os.MkdirTemp")

// writingImports are packages whose use means that files are written, wherever the
// code says so.
var writingImports = map[string]string{
	"gopkg.in/natefinch/lumberjack.v2": "writes log files", "github.com/natefinch/lumberjack": "writes log files",
	"github.com/lestrrat-go/file-rotatelogs": "writes log files", "github.com/mattn/go-sqlite3": "keeps an SQLite file",
	"modernc.org/sqlite": "keeps an SQLite file", "gorm.io/driver/sqlite": "keeps an SQLite file", "github.com/glebarez/sqlite": "keeps an SQLite file",
	"github.com/glebarez/go-sqlite": "keeps an SQLite file", "github.com/ncruces/go-sqlite3": "keeps an SQLite file", "zombiezen.com/go/sqlite": "keeps an SQLite file",
	"github.com/jinzhu/gorm/dialects/sqlite": "keeps an SQLite file", "golang.org/x/crypto/acme/autocert": "keeps certificates",
	"github.com/rifflock/lfshook": "writes log files", "github.com/blevesearch/bleve": "keeps an index", "github.com/blevesearch/bleve/v2": "keeps an index",
	"github.com/rosedblabs/rosedb/v2": "keeps a data base", "github.com/nutsdb/nutsdb": "keeps a data base", "github.com/caddyserver/certmagic": "keeps certificates",
	"github.com/gotd/td/session": "keeps a session file", "go.mau.fi/whatsmeow/store/sqlstore": "keeps an SQLite file", "github.com/pocketbase/pocketbase": "keeps its data",
	"github.com/fergusstrange/embedded-postgres": "keeps a data base",
}

// rootImports are packages whose use needs rights that root has.
var rootImports = map[string]string{
	"golang.org/x/net/icmp": "opens raw sockets", "github.com/go-ping/ping": "opens raw sockets", "github.com/prometheus-community/pro-bing": "opens raw sockets",
	"github.com/google/gopacket/pcap": "captures packets", "github.com/vishvananda/netlink": "changes network settings",
	"github.com/coreos/go-iptables/iptables": "changes network settings", "github.com/docker/docker/client": "talks to Docker's socket",
	"github.com/fsouza/go-dockerclient": "talks to Docker's socket", "github.com/moby/moby/client": "talks to Docker's socket",
	"github.com/songgao/water": "opens a network device", "golang.zx2c4.com/wireguard/tun": "opens a network device",
	"github.com/containerd/containerd": "talks to containerd's socket", "github.com/cilium/ebpf": "loads kernel programs",
}

// runners are functions that start a program, with the index of its name.
var runners = map[string]int{
	"os/exec.Command": 0, "os/exec.CommandContext": 1, "os/exec.LookPath": 0, "os.StartProcess": 0, "syscall.Exec": 0,
	"golang.org/x/sys/execabs.Command": 0, "golang.org/x/sys/unix.Exec": 0,
}

// traitCalls are other calls that bear on the runtime image.
var traitCalls = map[string]string{
	"plugin.Open": "plugin", "github.com/ebitengine/purego.Dlopen": "plugin",
	"time.LoadLocation": "zone", "os.Executable": "executable", "runtime.Caller": "caller",
	"os/user.Lookup": "user", "os/user.Current": "user", "os/user.LookupId": "user", "os/user.LookupGroup": "user",
	"os.UserHomeDir": "home", "os.UserConfigDir": "home", "os.UserCacheDir": "home",
	"github.com/joho/godotenv.Load": "dotenv", "github.com/joho/godotenv.Overload": "dotenv",
}

// listeners are functions that open a port, with the index of the argument that
// names it. An empty name is port 80 to net/http.
var listeners = map[string]int{
	"net/http.ListenAndServe": 0, "net/http.ListenAndServeTLS": 0, ".ListenAndServe": 0, ".ListenAndServeTLS": 0, "net.Listen": 1, ".Listen": 0, ".ListenTLS": 0,
	".Run": 0, ".RunTLS": 0, ".Start": 0, ".StartTLS": 0,
}

// traitImports are packages that bear on the runtime image.
var traitImports = map[string]string{
	"go/build": "gotool", "golang.org/x/tools/go/packages": "gotool", "go/importer": "gotool", "github.com/traefik/yaegi/interp": "yaegi",
	"github.com/joho/godotenv/autoload": "dotenv", "time/tzdata": "tzdata",
}

// envCalls ask for an environment variable.
var envCalls = compiled.Words("os.Getenv os.LookupEnv syscall.Getenv github.com/spf13/viper.BindEnv .BindEnv .GetString .Getenv")

// implicit are frameworks that read files under names that the program does not
// spell: views/, conf/app.conf, manifest/.
var implicit = []string{
	"github.com/astaxie/beego", "github.com/beego/beego", "github.com/gogf/gf", "github.com/revel/revel", "github.com/gobuffalo",
	"github.com/GeertJohan/go.rice", "github.com/uadmin/uadmin", "github.com/QuantumNous", "github.com/goravel/framework", "github.com/kataras/iris",
}
