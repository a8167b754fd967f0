package node

import "strings"

// Signals are what a source file may show, each by words of its own.
type signal uint8

const (
	writesFiles signal = 1 << iota
	readsCwd
	readsHere // its own folder
	spawns
	hasPort
	looksAtEnv
	npmVariables
	goesUp // ".." is in it

	allSignals = 1<<iota - 1
)

// The words by which a line shows something.
var (
	wordsWrite = strings.Fields(`writeFile( writeFileSync( appendFile( appendFileSync( createWriteStream( mkdir( mkdirSync( mkdirp( ensureDir( outputFile(
		outputJson( writeJson( mkdtemp( rename( renameSync( copyFile( copyFileSync( multer( diskStorage transports.File DailyRotateFile dest: fileupload
		formidable lowdb nedb node-persist node-localstorage .mv(`)
	wordsCwd   = strings.Fields(`process.cwd( appRoot app-root-path root-path pkg-dir find-up require.main`)
	wordsHere  = strings.Fields(`__dirname import.meta. __filename fileURLToPath`)
	wordsSpawn = strings.Fields(`child_process execa shelljs cross-spawn`)
	wordsPort  = append(strings.Fields(`listen( PORT port= Port=`), "port =", "Port =")
)

// finder looks for many words in one pass: at each place the first two bytes say
// which words may begin there.
type finder struct {
	begin [1 << 16]uint8 // two bytes → index in lists; 0 for none
	lists [][]found
}

type found struct {
	word   string
	signal signal
}

var signals = newFinder(map[signal][]string{
	writesFiles: wordsWrite, readsCwd: wordsCwd, readsHere: wordsHere, spawns: wordsSpawn, hasPort: wordsPort,
	looksAtEnv: {"NODE_ENV"}, npmVariables: {"npm_"}, goesUp: {".."},
})

func newFinder(words map[signal][]string) *finder {
	f := &finder{lists: make([][]found, 1)}
	for s := signal(1); s != 0; s <<= 1 {
		for _, w := range words[s] {
			at := &f.begin[uint16(w[0])<<8|uint16(w[1])]
			if *at == 0 {
				*at = uint8(len(f.lists))
				f.lists = append(f.lists, nil)
			}
			f.lists[*at] = append(f.lists[*at], found{w, s})
		}
	}
	return f
}

// in is what the text shows.
func (f *finder) in(text string) (all signal) {
	for i := 1; i < len(text) && all != allSignals; i++ {
		at := f.begin[uint16(text[i-1])<<8|uint16(text[i])]
		if at == 0 {
			continue
		}
		for _, w := range f.lists[at] {
			if all&w.signal == 0 && strings.HasPrefix(text[i-1:], w.word) {
				all |= w.signal
			}
		}
	}
	return all
}

// holds reports one of the words in a text.
func holds(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// hints are the signals that a file may hold at all.
type hints struct{ write, cwd, here, spawn, port, env bool }

func hintsOf(all signal) hints {
	has := func(s signal) bool { return all&s == s }
	return hints{
		write: has(writesFiles), cwd: has(readsCwd), here: has(readsHere | goesUp), spawn: has(spawns), port: has(hasPort), env: has(looksAtEnv),
	}
}
