package app

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/review/config"
)

// Values of [Config.Verify].
const (
	VerifyRequired = "required" // no review without a proof
	VerifyAsync    = "async"    // the review first, the proof when it is there
	VerifyOff      = "off"      // no proof
)

// Config is every setting of multistage serve, checked. The App's credentials may be
// missing: see [Config.Missing].
type Config struct {
	AppID          int64
	PrivateKey     Secret   // PEM, already read from its file
	WebhookSecrets []Secret // newest first
	Listen         string
	OpsListen      string
	Database       Secret // a postgres:// address holds a password
	WorkDir        string
	GitHubURL      string // REST API, without a slash at the end
	GitHubCA       string // file, or empty
	Verify         string
	LogLevel       zerolog.Level
	BuildKitHost   string // or empty
	Proofs         int    // at a time
	ProofTimeout   time.Duration
	ProofMemory    int64  // bytes of a RUN; 0 is no limit
	SourcePolicy   string // file, or empty

	// Prove takes the place of BuildKitHost's daemon. It is no setting.
	Prove Prover `json:"-"`

	// Pace is the distance of writes to GitHub, as in github.Options. It is no setting:
	// a stand-in for GitHub needs no courtesy.
	Pace time.Duration
}

// ParseConfig makes the configuration from the environment, as [os.Environ] gives it,
// and from the flags that were given, by name; a flag wins. An empty value is as
// good as none. The error holds every problem, one a line.
//
// A name that starts with MULTISTAGE_ and is no setting is an error, for a misspelt
// setting is otherwise silently the default. The variables that Kubernetes adds for
// a Service with the name multistage are let pass.
func ParseConfig(environ []string, flags map[string]string) (Config, error) {
	values := make(map[string]string)
	var problems []error
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		known := slices.ContainsFunc(settings, func(s Setting) bool { return s.Env == name })
		switch {
		case known && value != "":
			values[name] = value
		case !known && strings.HasPrefix(name, "MULTISTAGE_") && !serviceLink.MatchString(entry):
			problems = append(problems, fmt.Errorf("%s is no setting of multistage%s", name, didYouMean(name)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		i := slices.IndexFunc(settings, func(s Setting) bool { return s.Flag == name && name != "" })
		if i < 0 {
			problems = append(problems, fmt.Errorf("--%s is no flag of multistage serve", name))
			continue
		}
		if flags[name] != "" {
			values[settings[i].Env] = flags[name]
		}
	}

	var config Config
	for _, s := range settings {
		value := cmp.Or(values[s.Env], s.Default)
		if value == "" {
			continue
		}
		if err := s.set(&config, value); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", s.Env, err))
		}
	}
	problems = append(problems, config.together(values)...)
	if config.WorkDir == "" {
		config.WorkDir = filepath.Join(os.TempDir(), "multistage")
	}
	return config, errors.Join(problems...)
}

// serviceLink matches what Kubernetes puts into the environment of every container
// beside a Service named multistage or multistage-something:
// https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables
var serviceLink = regexp.MustCompile(`^MULTISTAGE_([A-Z0-9_]+_)?(SERVICE_HOST=|SERVICE_PORT(_[A-Z0-9_]+)?=[0-9]+$|PORT=[a-z]+://|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?=)`)

// together checks settings against each other.
func (c Config) together(values map[string]string) []error {
	var problems []error
	if values["MULTISTAGE_PRIVATE_KEY"] != "" && values["MULTISTAGE_PRIVATE_KEY_FILE"] != "" {
		problems = append(problems, errors.New("MULTISTAGE_PRIVATE_KEY and MULTISTAGE_PRIVATE_KEY_FILE are both set: give one"))
	}
	if c.Verify == VerifyRequired && c.BuildKitHost == "" && values["BUILDKIT_HOST"] == "" {
		problems = append(problems, errors.New("MULTISTAGE_VERIFY is required, but BUILDKIT_HOST names no daemon to build with"))
	}
	if c.Listen == c.OpsListen && c.Listen != "" && !strings.HasSuffix(c.Listen, ":0") {
		problems = append(problems, fmt.Errorf("MULTISTAGE_LISTEN and MULTISTAGE_OPS_LISTEN are both %s", c.Listen))
	}
	return problems
}

// Missing returns the names of the credentials that are not set. Without them
// multistage serve runs, answers /healthz and takes no deliveries.
func (c Config) Missing() []string {
	var missing []string
	if c.AppID == 0 {
		missing = append(missing, "MULTISTAGE_APP_ID")
	}
	if c.PrivateKey == "" {
		missing = append(missing, "MULTISTAGE_PRIVATE_KEY or MULTISTAGE_PRIVATE_KEY_FILE")
	}
	if len(c.WebhookSecrets) == 0 {
		missing = append(missing, "MULTISTAGE_WEBHOOK_SECRETS")
	}
	return missing
}

// String shows the configuration in one line, without its secrets.
func (c Config) String() string {
	return fmt.Sprintf("app_id=%d webhook_secrets=%d listen=%s ops_listen=%s database=%s work_dir=%s github_url=%s github_ca=%s verify=%s log_level=%s buildkit_host=%s proofs=%d proof_timeout=%s proof_memory=%d source_policy=%s",
		c.AppID, len(c.WebhookSecrets), c.Listen, c.OpsListen, c.databaseShown(), c.WorkDir, c.GitHubURL, c.GitHubCA, c.Verify, c.LogLevel, c.BuildKitHost,
		c.Proofs, c.ProofTimeout, c.ProofMemory, c.SourcePolicy)
}

// MarshalZerologObject logs the configuration without its secrets.
func (c Config) MarshalZerologObject(e *zerolog.Event) {
	e.Int64("app_id", c.AppID).Int("webhook_secrets", len(c.WebhookSecrets)).
		Str("listen", c.Listen).Str("ops_listen", c.OpsListen).Str("database", c.databaseShown()).
		Str("work_dir", c.WorkDir).Str("github_url", c.GitHubURL).Str("github_ca", c.GitHubCA).
		Str("verify", c.Verify).Stringer("log_level", c.LogLevel).Str("buildkit_host", c.BuildKitHost).
		Int("proofs", c.Proofs).Dur("proof_timeout", c.ProofTimeout).Int64("proof_memory", c.ProofMemory).Str("source_policy", c.SourcePolicy)
}

// databaseShown is the database's address without user, password and parameters,
// which may hold a password too.
func (c Config) databaseShown() string {
	kind, _, err := splitDatabase(c.Database.Reveal())
	if err != nil {
		return redacted
	}
	if kind == sqliteKind {
		return c.Database.Reveal()
	}
	u, err := url.Parse(c.Database.Reveal())
	if err != nil {
		return redacted
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// checkPrivateKey holds a private key to what GitHub hands out: an RSA key in PEM.
func checkPrivateKey(text []byte) error {
	block, _ := pem.Decode(text)
	if block == nil {
		return errors.New("is not a private key in PEM (-----BEGIN RSA PRIVATE KEY-----)")
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("holds a %s that is no readable private key", block.Type)
	}
	if _, ok := key.(*rsa.PrivateKey); !ok {
		return errors.New("is not an RSA key, and GitHub signs in Apps with RSA keys only")
	}
	return nil
}

func checkCertificates(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		return fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return nil
}

// didYouMean names the setting that a misspelt one was probably meant to be.
func didYouMean(name string) string {
	var names []string
	for _, s := range settings {
		names = append(names, s.Env)
	}
	if near := config.Nearest(name, names); near != "" {
		return fmt.Sprintf(" (did you mean %s?)", near)
	}
	return ""
}
