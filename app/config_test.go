package app_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app"
)

func privateKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

func TestParseConfigDefaults(t *testing.T) {
	c, err := app.ParseConfig([]string{"PATH=/bin", "MULTISTAGE_LISTEN="}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":8080" || c.OpsListen != ":8081" || c.Database.Reveal() != "sqlite:multistage.db" ||
		c.GitHubURL != "https://api.github.com" || c.Verify != app.VerifyAsync || c.LogLevel != zerolog.InfoLevel ||
		c.WorkDir != filepath.Join(os.TempDir(), "multistage") || c.BuildKitHost != "" {
		t.Errorf("defaults are %+v", c)
	}
	if got := strings.Join(c.Missing(), ", "); got != "MULTISTAGE_APP_ID, MULTISTAGE_PRIVATE_KEY or MULTISTAGE_PRIVATE_KEY_FILE, MULTISTAGE_WEBHOOK_SECRETS" {
		t.Errorf("missing are %s", got)
	}
}

func TestParseConfig(t *testing.T) {
	key := privateKey(t)
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := app.ParseConfig([]string{
		"MULTISTAGE_APP_ID=12", "MULTISTAGE_PRIVATE_KEY=" + strings.ReplaceAll(key, "\n", `\n`),
		"MULTISTAGE_WEBHOOK_SECRETS= new , old,", "MULTISTAGE_LISTEN=127.0.0.1:0", "MULTISTAGE_OPS_LISTEN=127.0.0.1:0",
		"MULTISTAGE_DATABASE=postgres://me:hunter2@db/multistage?password=hunter3", "MULTISTAGE_GITHUB_URL=https://github.example.com/api/v3/",
		"MULTISTAGE_VERIFY=required", "BUILDKIT_HOST=tcp://buildkitd:1234", "MULTISTAGE_LOG_LEVEL=info", "MULTISTAGE_WORK_DIR=/work-env",
		"MULTISTAGE_PROOFS=3", "MULTISTAGE_PROOF_TIMEOUT=90m", "MULTISTAGE_PROOF_MEMORY=2G",
	}, map[string]string{"log-level": "debug", "work-dir": ""})
	if err != nil {
		t.Fatal(err)
	}
	if c.AppID != 12 || c.PrivateKey.Reveal() != key || len(c.Missing()) != 0 {
		t.Errorf("credentials are %d, %d bytes", c.AppID, len(c.PrivateKey.Reveal()))
	}
	if len(c.WebhookSecrets) != 2 || c.WebhookSecrets[0].Reveal() != "new" || c.WebhookSecrets[1].Reveal() != "old" {
		t.Errorf("%d secrets", len(c.WebhookSecrets))
	}
	if c.LogLevel != zerolog.DebugLevel || c.WorkDir != "/work-env" || c.GitHubURL != "https://github.example.com/api/v3" || c.BuildKitHost != "tcp://buildkitd:1234" {
		t.Errorf("config is %s", c)
	}
	if c.Proofs != 3 || c.ProofTimeout != 90*time.Minute || c.ProofMemory != 2<<30 {
		t.Errorf("config is %s", c)
	}
	c, err = app.ParseConfig(nil, map[string]string{"private-key-file": file, "app-id": "7"})
	if err != nil || c.PrivateKey.Reveal() != key || c.AppID != 7 {
		t.Errorf("from the file: %s, %v", c, err)
	}
}

// Every way to print a configuration shows no secret.
func TestConfigShowsNoSecret(t *testing.T) {
	key := privateKey(t)
	c, err := app.ParseConfig([]string{"MULTISTAGE_PRIVATE_KEY=" + key, "MULTISTAGE_WEBHOOK_SECRETS=hunter1",
		"MULTISTAGE_DATABASE=postgres://me:hunter2@db:5432/multistage?password=hunter3"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q", "%t"} {
		fmt.Fprintf(&shown, verb+"\n", c)
		fmt.Fprintf(&shown, verb+"\n", &c)
		fmt.Fprintf(&shown, verb+"\n", c.PrivateKey)
		fmt.Fprintf(&shown, verb+"\n", c.WebhookSecrets)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(text)
	logger := zerolog.New(&shown)
	logger.Info().EmbedObject(c).Interface("config", c).Interface("key", c.PrivateKey).Msg(c.String())
	for _, secret := range []string{"hunter", "68756e746572", "PRIVATE KEY", strings.Split(key, "\n")[1], "postgres://me"} {
		if strings.Contains(shown.String(), secret) {
			t.Errorf("%q is shown", secret)
		}
	}
	if !strings.Contains(shown.String(), "postgres://db:5432/multistage") {
		t.Error("the database's address is not shown")
	}
}

func TestParseConfigProblems(t *testing.T) {
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecBytes, err := x509.MarshalPKCS8PrivateKey(ecKey)
	if err != nil {
		t.Fatal(err)
	}
	ec := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: ecBytes}))
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		env   string
		flags map[string]string
		want  string
	}{
		"misspelt":         {env: "MULTISTAGE_WEBHOK_SECRET=hunter2", want: "MULTISTAGE_WEBHOK_SECRET is no setting of multistage (did you mean MULTISTAGE_WEBHOOK_SECRETS?)"},
		"near a service":   {env: "MULTISTAGE_OPS_PORT=9090", want: "did you mean MULTISTAGE_"},
		"unknown flag":     {flags: map[string]string{"lisen": ":1"}, want: "--lisen is no flag"},
		"secret as a flag": {flags: map[string]string{"": "x"}, want: "-- is no flag"},
		"App":              {env: "MULTISTAGE_APP_ID=my-app", want: `MULTISTAGE_APP_ID: "my-app" is not the number`},
		"negative App":     {env: "MULTISTAGE_APP_ID=-1", want: "is not the number"},
		"key":              {env: "MULTISTAGE_PRIVATE_KEY=hunter2", want: "MULTISTAGE_PRIVATE_KEY: is not a private key in PEM"},
		"key of a kind":    {env: "MULTISTAGE_PRIVATE_KEY=" + ec, want: "not an RSA key"},
		"key file":         {env: "MULTISTAGE_PRIVATE_KEY_FILE=/nowhere/key.pem", want: "no such file"},
		"key file's text":  {env: "MULTISTAGE_PRIVATE_KEY_FILE=" + text, want: text + ": is not a private key"},
		"secrets":          {env: "MULTISTAGE_WEBHOOK_SECRETS= , ", want: "MULTISTAGE_WEBHOOK_SECRETS: holds no secret"},
		"address":          {env: "MULTISTAGE_LISTEN=8080", want: "MULTISTAGE_LISTEN:"},
		"port":             {env: "MULTISTAGE_OPS_LISTEN=:http", want: "port must be a number"},
		"one address":      {env: "MULTISTAGE_OPS_LISTEN=:8080", want: "are both :8080"},
		"database":         {env: "MULTISTAGE_DATABASE=mysql://u:hunter2@h/d", want: "MULTISTAGE_DATABASE: starts with neither"},
		"GitHub":           {env: "MULTISTAGE_GITHUB_URL=github.example.com", want: "MULTISTAGE_GITHUB_URL:"},
		"GitHub with user": {env: "MULTISTAGE_GITHUB_URL=https://u:hunter2@h", want: "without user"},
		"certificates":     {env: "MULTISTAGE_GITHUB_CA=" + text, want: "holds no certificate"},
		"verify":           {env: "MULTISTAGE_VERIFY=yes", want: "none of required, async, off"},
		"verify with what": {env: "MULTISTAGE_VERIFY=required", want: "BUILDKIT_HOST names no daemon"},
		"proofs":           {env: "MULTISTAGE_PROOFS=0", want: "no number from 1 to 64"},
		"proof timeout":    {env: "MULTISTAGE_PROOF_TIMEOUT=60", want: "no time from 1m to 24h"},
		"proof memory":     {env: "MULTISTAGE_PROOF_MEMORY=2 gigs", want: "no number of bytes"},
		"little memory":    {env: "MULTISTAGE_PROOF_MEMORY=1k", want: "at least 6m"},
		"too much memory":  {env: "MULTISTAGE_PROOF_MEMORY=9999999999999g", want: "no number of bytes"},
		"source policy":    {env: "MULTISTAGE_SOURCE_POLICY=" + text, want: "is not JSON"},
		"no source policy": {env: "MULTISTAGE_SOURCE_POLICY=/nowhere/policy.json", want: "no such file"},
		"level":            {env: "MULTISTAGE_LOG_LEVEL=loud", want: "none of debug"},
		"BuildKit":         {env: "BUILDKIT_HOST=buildkitd", want: "BUILDKIT_HOST:"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := app.ParseConfig([]string{test.env}, test.flags)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestParseConfigTellsAllProblems(t *testing.T) {
	_, err := app.ParseConfig([]string{"MULTISTAGE_APP_ID=x", "MULTISTAGE_VERIFY=x", "MULTISTAGE_FOO=1", "MULTISTAGE_LISTEN=x"}, nil)
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("not four lines:\n%v", err)
	}
}

// A Service named multistage puts these into every container of its namespace.
func TestParseConfigInKubernetes(t *testing.T) {
	_, err := app.ParseConfig([]string{
		"MULTISTAGE_SERVICE_HOST=10.0.0.11", "MULTISTAGE_SERVICE_PORT=80", "MULTISTAGE_SERVICE_PORT_HTTP=80",
		"MULTISTAGE_PORT=tcp://10.0.0.11:80", "MULTISTAGE_PORT_80_TCP=tcp://10.0.0.11:80", "MULTISTAGE_PORT_80_TCP_PROTO=tcp",
		"MULTISTAGE_PORT_80_TCP_PORT=80", "MULTISTAGE_PORT_80_TCP_ADDR=10.0.0.11", "MULTISTAGE_OPS_SERVICE_HOST=10.0.0.12",
		"MULTISTAGE_OPS_PORT=tcp://10.0.0.12:80",
	}, nil)
	if err != nil {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range app.Settings() {
		if seen[s.Env] || s.Env == "" || s.Help == "" || strings.HasSuffix(s.Help, ".") || s.Secret && s.Flag != "" {
			t.Errorf("row %+v", s)
		}
		seen[s.Env] = true
	}
	if len(seen) != 17 {
		t.Errorf("%d settings, want 17", len(seen))
	}
}
