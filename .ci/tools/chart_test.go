package tools

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The sets of values that people install with; what holds for every installation is
// tested with each of them.
var sets = map[string]string{
	"defaults": ``,
	"postgres": `
replicaCount: 3
database: {type: postgres, postgres: {existingSecret: shop-database}}
podDisruptionBudget: {enabled: true}
topologySpreadConstraints:
  - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway}
`,
	"enterprise server": `
github: {url: https://github.shop.example/api/v3, ca: {configMap: shop-ca, key: bundle.pem}}
image: {repository: registry.shop.example/multistage, digest: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
imagePullSecrets: [{name: registry}]
extraEnv: [{name: HTTPS_PROXY, value: "http://proxy.shop.example:3128"}]
`,
	"everything": `
existingSecret: shop-app
database: {sqlite: {size: 500Mi, storageClass: fast, accessModes: [ReadWriteOncePod]}}
buildkit: {host: "tcp://buildkitd.build:1234"}
verify: "off"
logLevel: debug
service: {type: LoadBalancer, port: 443, annotations: {shop.example/a: b}}
ingress: {enabled: true, className: nginx, host: bot.shop.example, tlsSecret: bot-tls, annotations: {shop.example/c: d}}
networkPolicy:
  enabled: true
  webhookFrom: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress}}}]
  opsFrom: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
  extraEgress: [{ports: [{port: 1234, protocol: TCP}]}]
podDisruptionBudget: {enabled: true, maxUnavailable: 2}
serviceMonitor: {enabled: true, interval: 15s, labels: {release: prometheus}}
serviceAccount: {name: bot, annotations: {shop.example/e: f}}
podAnnotations: {shop.example/g: h}
podLabels: {team: platform}
nodeSelector: {kubernetes.io/os: linux}
tolerations: [{key: dedicated, operator: Exists}]
affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}
priorityClassName: high
fullnameOverride: bot
`,
	"own claim and account": `
database: {sqlite: {existingClaim: shop-data}}
serviceAccount: {create: false, name: shop}
`,
	"rootless daemon":   rootless,
	"daemon of its own": ownDaemon,
}

func eachSet(t *testing.T, check func(*testing.T, *manifest)) {
	for name, values := range sets {
		t.Run(name, func(t *testing.T) { check(t, mustRender(t, values)) })
	}
}

func TestSecurityContext(t *testing.T) {
	eachSet(t, func(t *testing.T, m *manifest) {
		pod, container := m.pod(), m.container()
		p, c := pod.SecurityContext, container.SecurityContext
		switch {
		case p == nil || c == nil:
			t.Fatal("no security context")
		case p.RunAsNonRoot == nil || !*p.RunAsNonRoot:
			t.Error("runAsNonRoot is not true")
		case p.SeccompProfile == nil || p.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault:
			t.Error("seccomp is not RuntimeDefault")
		case p.FSGroup == nil || *p.FSGroup != 65532:
			t.Error("fsGroup is not 65532: the volume could not be written")
		case c.ReadOnlyRootFilesystem == nil || !*c.ReadOnlyRootFilesystem:
			t.Error("the root file system can be written")
		case c.AllowPrivilegeEscalation == nil || *c.AllowPrivilegeEscalation:
			t.Error("privileges can be gained")
		case c.Capabilities == nil || !slices.Equal(c.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(c.Capabilities.Add) > 0:
			t.Error("capabilities are left")
		}
		if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
			t.Error("the pod gets a token for Kubernetes")
		}
		if len(pod.Containers) != 1 || len(pod.InitContainers) != 0 {
			t.Error("the container that was looked at is not the only one")
		}
	})
}

// The image's user and the pod's are one, or files on the volume change hands.
func TestUserIsTheImages(t *testing.T) {
	dockerfile, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	context := mustRender(t, "").pod().SecurityContext
	if *context.RunAsUser != 65532 || *context.RunAsGroup != 65532 || !strings.Contains(string(dockerfile), "\nUSER 65532:65532\n") {
		t.Errorf("pod runs as %d:%d, Dockerfile has another USER than 65532:65532", *context.RunAsUser, *context.RunAsGroup)
	}
}

func TestSecretsByReferenceOnly(t *testing.T) {
	eachSet(t, func(t *testing.T, m *manifest) {
		for _, name := range []string{"MULTISTAGE_APP_ID", "MULTISTAGE_WEBHOOK_SECRETS"} {
			v, ok := m.env(name)
			if !ok || v.Value != "" || v.ValueFrom == nil || v.ValueFrom.SecretKeyRef == nil {
				t.Errorf("%s is not read from a Secret: %v", name, v)
			}
		}
		if v, ok := m.env("MULTISTAGE_PRIVATE_KEY"); ok {
			t.Errorf("the private key is in the environment: %v", v)
		}
		file, _ := m.env("MULTISTAGE_PRIVATE_KEY_FILE")
		i := slices.IndexFunc(m.container().VolumeMounts, func(v corev1.VolumeMount) bool {
			return strings.HasPrefix(file.Value, v.MountPath+"/")
		})
		if file.Value == "" || i < 0 {
			t.Fatalf("MULTISTAGE_PRIVATE_KEY_FILE is %q, under no mount", file.Value)
		}
		volume := m.volume(t, m.container().VolumeMounts[i].Name)
		if volume.Secret == nil || volume.Secret.DefaultMode == nil || *volume.Secret.DefaultMode&0o007 != 0 {
			t.Errorf("the private key is not from a Secret, or everybody may read it: %+v", volume)
		}
		if v, _ := m.env("MULTISTAGE_DATABASE"); v.Value != "" && !strings.HasPrefix(v.Value, "sqlite:") {
			t.Errorf("the database's address, with its password, is inline: %s", v.Value)
		}
	})
}

// Names that point at each other must meet: an object that is valid alone can still
// lead nowhere.
func TestReferencesMeet(t *testing.T) {
	eachSet(t, func(t *testing.T, m *manifest) {
		pod := labels.Set(m.podLabels())
		ports := make(map[string]int32)
		for _, p := range m.container().Ports {
			ports[p.Name] = p.ContainerPort
		}
		if !labels.SelectorFromSet(m.deployment.Spec.Selector.MatchLabels).Matches(pod) {
			t.Error("the Deployment does not select its own pods")
		}
		for name, service := range m.services {
			if !labels.SelectorFromSet(service.Spec.Selector).Matches(pod) {
				t.Errorf("Service %s selects no pod", name)
			}
			for _, p := range service.Spec.Ports {
				if ports[p.TargetPort.StrVal] == 0 {
					t.Errorf("Service %s leads to port %q, which the container does not have", name, p.TargetPort.StrVal)
				}
			}
		}
		for _, p := range m.policies {
			if !labels.SelectorFromSet(p.Spec.PodSelector.MatchLabels).Matches(pod) {
				t.Error("the NetworkPolicy selects no pod")
			}
		}
		for _, b := range m.budgets {
			if !labels.SelectorFromSet(b.Spec.Selector.MatchLabels).Matches(pod) {
				t.Error("the PodDisruptionBudget selects no pod")
			}
		}
		for _, i := range m.ingresses {
			backend := i.Spec.Rules[0].HTTP.Paths[0].Backend.Service
			if s := m.services[backend.Name]; s == nil || s.Spec.Ports[0].Name != backend.Port.Name {
				t.Errorf("the Ingress leads to %s:%s, which is not there", backend.Name, backend.Port.Name)
			}
		}
		for _, monitor := range m.monitors {
			n := 0
			for _, s := range m.services {
				if labels.SelectorFromSet(monitor.Spec.Selector.MatchLabels).Matches(labels.Set(s.Labels)) {
					n++
				}
			}
			if n != 1 {
				t.Errorf("the ServiceMonitor selects %d Services, not one", n)
			}
		}
		for _, mount := range m.container().VolumeMounts {
			m.volume(t, mount.Name)
		}
		for _, account := range m.accounts {
			if account.Name != m.pod().ServiceAccountName {
				t.Errorf("the pod is %s, the account %s", m.pod().ServiceAccountName, account.Name)
			}
		}
	})
}

func (m *manifest) volume(t *testing.T, name string) corev1.Volume {
	t.Helper()
	volumes := m.pod().Volumes
	i := slices.IndexFunc(volumes, func(v corev1.Volume) bool { return v.Name == name })
	if i < 0 {
		t.Fatalf("volume %s is mounted and not there", name)
	}
	return volumes[i]
}

func TestProbes(t *testing.T) {
	source, err := os.ReadFile("../../app/process.go")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`DefaultGrace = (\d+) \* time\.Second`).FindSubmatch(source)
	if match == nil {
		t.Fatal("app/process.go: no DefaultGrace in seconds; is it elsewhere?")
	}
	drain, _ := strconv.ParseInt(string(match[1]), 10, 64)
	eachSet(t, func(t *testing.T, m *manifest) {
		c := m.container()
		for path, probe := range map[string]*corev1.Probe{"/healthz": c.LivenessProbe, "/readyz": c.ReadinessProbe} {
			if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path || probe.HTTPGet.Port != intstr.FromString("ops") {
				t.Errorf("%s on the operations port is not probed: %+v", path, probe)
			}
		}
		if v, _ := m.env("MULTISTAGE_OPS_LISTEN"); v.Value != ":8081" {
			t.Errorf("the server listens for probes on %q, the port ops is 8081", v.Value)
		}
		grace, sleep := *m.pod().TerminationGracePeriodSeconds, c.Lifecycle.PreStop.Sleep.Seconds
		if grace < sleep+drain+5 {
			t.Errorf("%d s are too few to leave the Service (%d s) and drain (%d s)", grace, sleep, drain)
		}
	})
}

// An unknown MULTISTAGE_* stops the server.
func TestVariablesAreSettings(t *testing.T) {
	source, err := os.ReadFile("../../app/settings.go")
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, match := range regexp.MustCompile(`Env: "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		known = append(known, match[1])
	}
	if len(known) < 10 {
		t.Fatalf("app/settings.go: %d settings found; is the table elsewhere?", len(known))
	}
	eachSet(t, func(t *testing.T, m *manifest) {
		for _, v := range m.container().Env {
			if !slices.Contains(known, v.Name) && v.Name != "HTTPS_PROXY" {
				t.Errorf("%s is no setting of multistage serve", v.Name)
			}
		}
		if links := m.pod().EnableServiceLinks; links == nil || *links {
			t.Error("service links would add variables of the same prefix")
		}
	})
}

func TestSQLite(t *testing.T) {
	m := mustRender(t, "")
	if got := m.deployment.Spec.Strategy.Type; got != appsv1.RecreateDeploymentStrategyType {
		t.Errorf("strategy %s: two pods would have the SQLite file", got)
	}
	v, _ := m.env("MULTISTAGE_DATABASE")
	if v.Value != "sqlite:/data/multistage.db" {
		t.Errorf("MULTISTAGE_DATABASE is %q", v.Value)
	}
	claim := m.volume(t, "data").PersistentVolumeClaim
	if len(m.claims) != 1 || claim == nil || claim.ClaimName != m.claims[0].Name {
		t.Fatalf("the file is not on the chart's claim: %v, %v", m.claims, claim)
	}
	if m.claims[0].Annotations["helm.sh/resource-policy"] != "keep" {
		t.Error("helm uninstall takes the deliveries that wait with it")
	}

	own := mustRender(t, sets["own claim and account"])
	if got := own.volume(t, "data").PersistentVolumeClaim.ClaimName; got != "shop-data" || len(own.claims) != 0 {
		t.Errorf("claim %s and %d of the chart's, want shop-data alone", got, len(own.claims))
	}
	if got := own.pod().ServiceAccountName; got != "shop" || len(own.accounts) != 0 {
		t.Errorf("account %s and %d of the chart's, want shop alone", got, len(own.accounts))
	}
}

func TestPostgres(t *testing.T) {
	m := mustRender(t, sets["postgres"])
	if *m.deployment.Spec.Replicas != 3 || m.deployment.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType {
		t.Errorf("%d replicas, %s", *m.deployment.Spec.Replicas, m.deployment.Spec.Strategy.Type)
	}
	v, _ := m.env("MULTISTAGE_DATABASE")
	if v.ValueFrom == nil || v.ValueFrom.SecretKeyRef == nil || v.ValueFrom.SecretKeyRef.Name != "shop-database" {
		t.Errorf("MULTISTAGE_DATABASE is %v, not the Secret's", v)
	}
	if len(m.claims) != 0 {
		t.Error("a claim that nothing uses")
	}
}

func TestValuesArrive(t *testing.T) {
	m := mustRender(t, sets["everything"])
	for name, want := range map[string]string{"BUILDKIT_HOST": "tcp://buildkitd.build:1234", "MULTISTAGE_VERIFY": "off", "MULTISTAGE_LOG_LEVEL": "debug"} {
		if v, _ := m.env(name); v.Value != want {
			t.Errorf("%s is %q, want %q", name, v.Value, want)
		}
	}
	egress := m.policies[0].Spec.Egress
	var out []int32
	for _, rule := range egress {
		for _, p := range rule.Ports {
			out = append(out, p.Port.IntVal)
		}
	}
	if !slices.Equal(out, []int32{53, 53, 443, 1234}) {
		t.Errorf("egress to ports %v", out)
	}
	if rule := m.ingresses[0].Spec.Rules[0]; rule.Host != "bot.shop.example" || rule.HTTP.Paths[0].Path != "/webhook" || len(rule.HTTP.Paths) != 1 {
		t.Errorf("the Ingress leads from %+v", rule)
	}
	if !strings.Contains(m.notes, "https://bot.shop.example/webhook") || !strings.Contains(m.notes, `"shop-app"`) {
		t.Errorf("the notes name neither webhook nor Secret:\n%s", m.notes)
	}

	m = mustRender(t, sets["enterprise server"])
	if got := m.container().Image; !strings.HasPrefix(got, "registry.shop.example/multistage@sha256:0123") {
		t.Errorf("image %s", got)
	}
	file, _ := m.env("MULTISTAGE_GITHUB_CA")
	volume := m.volume(t, "github-ca").ConfigMap
	if file.Value != "/etc/multistage-ca/ca.crt" || volume.Name != "shop-ca" || volume.Items[0].Key != "bundle.pem" || volume.Items[0].Path != "ca.crt" {
		t.Errorf("MULTISTAGE_GITHUB_CA is %q from %+v", file.Value, volume)
	}
}

// Names have at most 63 letters, also where the release's name is as long as Helm lets it be.
func TestLongReleaseName(t *testing.T) {
	m, err := render(strings.Repeat("a", 53), "")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{m.deployment.Name, m.claims[0].Name, m.accounts[0].Name}
	for name := range m.services {
		names = append(names, name)
	}
	if len(m.services) != 2 {
		t.Error("the two Services have one name")
	}
	for _, name := range names {
		if len(name) > 63 || strings.HasSuffix(name, "-") {
			t.Errorf("name %s", name)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct{ values, want string }{
		"two replicas of one SQLite file": {`replicaCount: 2`, "needs database.type postgres"},
		"Postgres without an address":     {`database: {type: postgres}`, "database.postgres.existingSecret: name the Secret"},
		"proof without a builder":         {`verify: required`, "verify: required needs buildkit.host or buildkit.rootless.enabled"},
		"number as text":                  {`replicaCount: "1"`, "got string, want integer"},
		"off that YAML takes for false":   {`verify: off`, "/verify"},
		"unknown database":                {`database: {type: mysql}`, "/database/type"},
		"misspelt value":                  {`replicas: 2`, "additional properties 'replicas' not allowed"},
		"misspelt value within":           {`ingress: {enable: true}`, "additional properties 'enable' not allowed"},
		"a secret in the values":          {`secret: {privateKey: abc}`, "additional properties 'secret' not allowed"},
		"no Secret":                       {`existingSecret: ""`, "/existingSecret"},
		"killed before it is drained":     {`terminationGracePeriodSeconds: 5`, "/terminationGracePeriodSeconds"},
		"tag in place of a digest":        {`image: {digest: latest}`, "/image/digest"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render("shop", test.values)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestHelmLint(t *testing.T) {
	for _, message := range lint.All(chartDir, nil, "apps", true).Messages {
		if message.Severity > support.InfoSev {
			t.Error(message)
		}
	}
}
