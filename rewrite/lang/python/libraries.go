package python

// library is what a Python package needs of the system beside itself: shared
// libraries that the full image has and the slim one lacks (H41).
type library struct {
	dev     []string // Debian's development packages of what it links to or opens
	names   []string // Debian packages that have the same name in every suite
	wheels  []wheels // it is only compiled on a version of Python for which it had no wheels yet
	imports bool     // a module of Python itself, seen by its import
}

// wheels is the first release of a package with wheels for a minor version of
// Python 3, by its first two numbers.
type wheels struct{ minor, major, release int }

// libraries are packages of PyPI by name. A library that turns out not to be used
// does no harm. What they need is on the projects' own installation pages; when their
// wheels came is in their release notes.
var libraries = map[string]library{
	"psycopg2":              {dev: []string{"libpq-dev"}},
	"psycopg":               {dev: []string{"libpq-dev"}},
	"psycopg2cffi":          {dev: []string{"libpq-dev"}},
	"pygresql":              {dev: []string{"libpq-dev"}},
	"mysqlclient":           {dev: []string{"default-libmysqlclient-dev"}},
	"mysql-python":          {dev: []string{"default-libmysqlclient-dev"}},
	"flask-mysqldb":         {dev: []string{"default-libmysqlclient-dev"}},
	"uwsgi":                 {dev: []string{"libxml2-dev"}},
	"pycurl":                {dev: []string{"libcurl4-openssl-dev"}},
	"python-magic":          {dev: []string{"libmagic-dev"}},
	"wand":                  {dev: []string{"libmagickwand-dev"}},
	"cairosvg":              {dev: []string{"libcairo2-dev"}},
	"cairocffi":             {dev: []string{"libcairo2-dev"}},
	"pycairo":               {dev: []string{"libcairo2-dev"}},
	"xhtml2pdf":             {dev: []string{"libcairo2-dev"}},
	"weasyprint":            {dev: []string{"libpango1.0-dev", "libharfbuzz-dev"}, names: []string{"libharfbuzz-subset0"}},
	"opencv-python":         {dev: []string{"libglib2.0-dev"}},
	"opencv-contrib-python": {dev: []string{"libglib2.0-dev"}},
	"gssapi":                {dev: []string{"libkrb5-dev"}},
	"kerberos":              {dev: []string{"libkrb5-dev"}},
	"pykerberos":            {dev: []string{"libkrb5-dev"}},
	"requests-kerberos":     {dev: []string{"libkrb5-dev"}},
	"gmpy2":                 {dev: []string{"libgmp-dev"}},
	"lightgbm":              {names: []string{"libgomp1"}},
	"xgboost":               {names: []string{"libgomp1"}},
	"implicit":              {names: []string{"libgomp1"}},
	"catboost":              {names: []string{"libgomp1"}},
	"lxml":                  {dev: []string{"libxml2-dev", "libxslt1-dev"}, wheels: []wheels{{9, 4, 6}, {10, 4, 7}, {11, 4, 9}, {12, 4, 9}, {13, 5, 3}, {14, 6, 0}}},
	"pillow": {dev: []string{"libjpeg-dev", "libwebp-dev", "libtiff-dev", "libpng-dev", "liblcms2-dev", "libopenjp2-7-dev", "libfreetype-dev", "libxcb1-dev"},
		wheels: []wheels{{8, 6, 2}, {9, 8, 0}, {10, 8, 4}, {11, 9, 3}, {12, 10, 1}, {13, 11, 0}, {14, 12, 0}}},
	"tkinter": {names: []string{"libtk8.6"}, imports: true},
	"turtle":  {names: []string{"libtk8.6"}, imports: true},
}

// compilesAtRun are packages that start a compiler when they run (S10).
var compilesAtRun = words("pymc pymc3 theano pytensor aesara pystan cppyy pyximport deepspeed brian2 pythran weave")

// sameEverywhere are libraries whose package has had one name in every release of
// Debian and Ubuntu, for those that image.RuntimeLibrary does not know.
var sameEverywhere = map[string]string{
	"libpq-dev": "libpq5", "libxml2-dev": "libxml2", "libxslt1-dev": "libxslt1.1", "libxslt-dev": "libxslt1.1", "libcairo2-dev": "libcairo2",
	"libsasl2-dev": "libsasl2-2", "libyaml-dev": "libyaml-0-2", "libmagic-dev": "libmagic1",
}

// alpineLibraries are the packages with the shared libraries of Alpine's development
// packages, which keep their names from release to release.
var alpineLibraries = map[string]string{
	"postgresql-dev": "libpq", "libpq-dev": "libpq", "postgresql-libs": "libpq", "mariadb-dev": "mariadb-connector-c", "mariadb-connector-c-dev": "mariadb-connector-c", "mysql-dev": "mariadb-connector-c",
	"libffi-dev": "libffi", "jpeg-dev": "libjpeg-turbo", "libjpeg-turbo-dev": "libjpeg-turbo", "zlib-dev": "zlib", "libxml2-dev": "libxml2", "libxslt-dev": "libxslt",
	"freetype-dev": "freetype", "lcms2-dev": "lcms2", "openjpeg-dev": "openjpeg", "tiff-dev": "tiff", "libpng-dev": "libpng", "libwebp-dev": "libwebp", "harfbuzz-dev": "harfbuzz", "fribidi-dev": "fribidi",
	"geos-dev": "geos", "proj-dev": "proj", "gdal-dev": "gdal", "unixodbc-dev": "unixodbc", "libsodium-dev": "libsodium", "libzmq-dev": "libzmq", "zeromq-dev": "libzmq", "libmemcached-dev": "libmemcached",
	"openldap-dev": "libldap", "cairo-dev": "cairo", "pango-dev": "pango", "gdk-pixbuf-dev": "gdk-pixbuf", "openblas-dev": "openblas", "lapack-dev": "lapack", "curl-dev": "libcurl", "libmagic": "libmagic", "file-dev": "libmagic",
	"pcre-dev": "pcre", "pcre2-dev": "pcre2", "krb5-dev": "krb5-libs", "gmp-dev": "gmp", "mpfr-dev": "mpfr4", "mpc1-dev": "mpc1", "yaml-dev": "yaml", "snappy-dev": "snappy", "librdkafka-dev": "librdkafka", "hdf5-dev": "hdf5", "sqlite-dev": "sqlite-libs",
	"libmaxminddb-dev": "libmaxminddb", "xmlsec-dev": "xmlsec", "freetds-dev": "freetds",
}

// alpineHeaders are development packages whose libraries Python's image has, or that
// have headers only.
var alpineHeaders = words("openssl-dev musl-dev libc-dev linux-headers python3-dev python-dev libressl-dev bzip2-dev xz-dev readline-dev ncurses-dev tk-dev tcl-dev eudev-dev expat-dev")

// slimHas are shared libraries that Python itself links to, so that every image of it
// has them.
var slimHas = words("zlib1g libbz2-1.0 liblzma5 libffi6 libffi7 libffi8 libssl1.1 libssl3 libssl3t64 libsqlite3-0 libreadline8 libreadline8t64 libuuid1 libzstd1 liblz4-1 libtinfo6 libncurses6 libncursesw6")

// neverAtRun are Debian packages that only serve installing: none of them is started
// by a program that runs.
var neverAtRun = words(`software-properties-common apt-utils apt-transport-https python3-venv python3-virtualenv python3-poetry dialog
	python3-dev python-dev python3-distutils-extra python-setuptools python-pip-whl dh-python equivs`)
