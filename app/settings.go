package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// A Setting is one row of the table that the environment, the flags of
// multistage serve, its help and the README's table are made of.
type Setting struct {
	Env     string // name in the environment
	Flag    string // flag of multistage serve; empty where a command line, which any process can read, is no place for it
	Default string // value when neither is given
	Help    string // one line for people
	Secret  bool   // never shown

	set func(*Config, string) error
}

// Settings returns every setting, in the order in which people need them.
func Settings() []Setting { return slices.Clone(settings) }

// settings is the one table of them. A set function gets a value that is not empty.
var settings = []Setting{
	{Env: "MULTISTAGE_APP_ID", Flag: "app-id", set: setAppID,
		Help: "number of the GitHub App, from its settings page"},
	{Env: "MULTISTAGE_PRIVATE_KEY", Secret: true, set: setPrivateKey,
		Help: "private key of the App, PEM; line ends may be written as \\n"},
	{Env: "MULTISTAGE_PRIVATE_KEY_FILE", Flag: "private-key-file", set: setPrivateKeyFile,
		Help: "file with the private key, instead of MULTISTAGE_PRIVATE_KEY"},
	{Env: "MULTISTAGE_WEBHOOK_SECRETS", Secret: true, set: setWebhookSecrets,
		Help: "webhook secrets, comma-separated, newest first; several while one is replaced"},
	{Env: "MULTISTAGE_LISTEN", Flag: "listen", Default: ":8080", set: setListen,
		Help: "address for GitHub's webhooks, at /webhook"},
	{Env: "MULTISTAGE_OPS_LISTEN", Flag: "ops-listen", Default: ":8081", set: setOpsListen,
		Help: "address for /healthz, /readyz and /metrics; keep it private"},
	{Env: "MULTISTAGE_DATABASE", Flag: "database", Default: "sqlite:multistage.db", set: setDatabase,
		Help: "the queue: sqlite:FILE for one process, postgres://… for several"},
	{Env: "MULTISTAGE_WORK_DIR", Flag: "work-dir", set: func(c *Config, v string) error { c.WorkDir = v; return nil },
		Help: "folder for the files of proofs; the system's temporary folder when empty"},
	{Env: "MULTISTAGE_GITHUB_URL", Flag: "github-url", Default: "https://api.github.com", set: setGitHubURL,
		Help: "GitHub's REST API; https://HOST/api/v3 for GitHub Enterprise Server"},
	{Env: "MULTISTAGE_GITHUB_CA", Flag: "github-ca", set: setGitHubCA,
		Help: "file with certificates, PEM, that GitHub's address is trusted by besides the system's"},
	{Env: "MULTISTAGE_VERIFY", Flag: "verify", Default: VerifyAsync, set: setVerify,
		Help: "proof by building and starting: required before the review, async after it, or off; off also where BUILDKIT_HOST is empty"},
	{Env: "BUILDKIT_HOST", Flag: "buildkit-host", set: setBuildKitHost,
		Help: "BuildKit daemon for the proofs, such as tcp://buildkitd:1234; it runs the code of pull requests, so give it nothing else to do"},
	{Env: "MULTISTAGE_PROOFS", Flag: "proofs", Default: "2", set: setProofs,
		Help: "proofs at a time"},
	{Env: "MULTISTAGE_PROOF_TIMEOUT", Flag: "proof-timeout", Default: "1h", set: setProofTimeout,
		Help: "longest time for the proofs of one pull request, with the wait for their turn: 90m, 2h"},
	{Env: "MULTISTAGE_PROOF_MEMORY", Flag: "proof-memory", set: setProofMemory,
		Help: "most memory of a RUN in a proof, such as 2g; no limit when empty"},
	{Env: "MULTISTAGE_SOURCE_POLICY", Flag: "source-policy", set: setSourcePolicy,
		Help: "file with a BuildKit source policy, JSON: the images and addresses that a proof may use; all when empty"},
	{Env: "MULTISTAGE_LOG_LEVEL", Flag: "log-level", Default: "info", set: setLogLevel,
		Help: "debug, info, warn or error"},
}

func setAppID(c *Config, v string) error {
	id, err := strconv.ParseInt(v, 10, 64)
	if err != nil || id <= 0 {
		return fmt.Errorf("%q is not the number of an App", v)
	}
	c.AppID = id
	return nil
}

func setPrivateKey(c *Config, v string) error {
	if !strings.Contains(v, "\n") {
		v = strings.ReplaceAll(v, `\n`, "\n")
	}
	if err := checkPrivateKey([]byte(v)); err != nil {
		return err
	}
	c.PrivateKey = Secret(v)
	return nil
}

func setPrivateKeyFile(c *Config, v string) error {
	text, err := os.ReadFile(v)
	if err != nil {
		return err
	}
	if err := checkPrivateKey(text); err != nil {
		return fmt.Errorf("%s: %w", v, err)
	}
	c.PrivateKey = Secret(text)
	return nil
}

func setWebhookSecrets(c *Config, v string) error {
	var secrets []Secret
	for s := range strings.SplitSeq(v, ",") {
		if s = strings.TrimSpace(s); s != "" {
			secrets = append(secrets, Secret(s))
		}
	}
	if len(secrets) == 0 {
		return errors.New("holds no secret, only commas and blanks")
	}
	c.WebhookSecrets = secrets
	return nil
}

func setListen(c *Config, v string) error    { c.Listen = v; return checkAddress(v) }
func setOpsListen(c *Config, v string) error { c.OpsListen = v; return checkAddress(v) }

func checkAddress(v string) error {
	_, port, err := net.SplitHostPort(v)
	if err != nil {
		return fmt.Errorf("%q is not an address such as :8080 or 127.0.0.1:8080", v)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q: port must be a number from 0 to 65535", v)
	} else if n == 0 && port != "0" {
		return fmt.Errorf("%q: port must be a number from 0 to 65535", v)
	}
	return nil
}

func setDatabase(c *Config, v string) error {
	c.Database = Secret(v)
	_, _, err := splitDatabase(v)
	return err
}

func setGitHubURL(c *Config, v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("%q is not an address such as https://github.example.com/api/v3", v)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("must be an address without user, query or fragment")
	}
	c.GitHubURL = strings.TrimRight(v, "/")
	return nil
}

func setGitHubCA(c *Config, v string) error {
	c.GitHubCA = v
	return checkCertificates(v)
}

func setVerify(c *Config, v string) error {
	if v != VerifyRequired && v != VerifyAsync && v != VerifyOff {
		return fmt.Errorf("%q is none of required, async, off", v)
	}
	c.Verify = v
	return nil
}

func setLogLevel(c *Config, v string) error {
	levels := map[string]zerolog.Level{"debug": zerolog.DebugLevel, "info": zerolog.InfoLevel,
		"warn": zerolog.WarnLevel, "error": zerolog.ErrorLevel}
	level, ok := levels[v]
	if !ok {
		return fmt.Errorf("%q is none of debug, info, warn, error", v)
	}
	c.LogLevel = level
	return nil
}

func setBuildKitHost(c *Config, v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme == "" {
		return fmt.Errorf("%q is not an address such as unix:///run/buildkit/buildkitd.sock or tcp://buildkitd:1234", v)
	}
	c.BuildKitHost = v
	return nil
}

func setProofs(c *Config, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 64 {
		return fmt.Errorf("%q is no number from 1 to 64", v)
	}
	c.Proofs = n
	return nil
}

func setProofTimeout(c *Config, v string) error {
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Minute || d > 24*time.Hour {
		return fmt.Errorf("%q is no time from 1m to 24h, such as 90m", v)
	}
	c.ProofTimeout = d
	return nil
}

// setProofMemory reads bytes as Docker's --memory does: a number with b, k, m or g.
func setProofMemory(c *Config, v string) error {
	const least = 6 << 20 // Docker's own
	number, unit := strings.ToLower(v), int64(1)
	for suffix, factor := range map[string]int64{"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30} {
		if before, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = before, factor
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/unit || n*unit < least {
		return fmt.Errorf("%q is no number of bytes such as 512m or 2g, of at least 6m", v)
	}
	c.ProofMemory = n * unit
	return nil
}

func setSourcePolicy(c *Config, v string) error {
	text, err := os.ReadFile(v)
	if err != nil {
		return err
	}
	if !json.Valid(text) {
		return fmt.Errorf("%s is not JSON", v)
	}
	c.SourcePolicy = v
	return nil
}
