package tools

import (
	"encoding/json"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Values with proofs: the chart's own daemon, and one that is elsewhere.
const (
	rootless = `
verify: required
networkPolicy: {enabled: true}
imagePullSecrets: [{name: registry}]
proofs: {parallel: 3, timeout: 90m, memory: 2g, workDirSize: 9Gi}
buildkit:
  rootless:
    enabled: true
    maxParallelism: 7
    storage: {type: claim, size: 50Gi, storageClass: fast, maxUsedSpace: 35GB}
    egress: {extra: [{to: [{ipBlock: {cidr: 10.1.2.3/32}}], ports: [{port: 5000, protocol: TCP}]}]}
    extraConfig: |
      [registry."docker.io"]
        mirrors = ["mirror.shop.example"]
    extraEnv: [{name: HTTPS_PROXY, value: "http://proxy.shop.example:3128"}]
    nodeSelector: {shop.example/pool: builds}
    tolerations: [{key: builds, operator: Exists}]
`
	ownDaemon = `
buildkit:
  host: tcp://buildkitd.build:1234
  sourcePolicy:
    version: 1
    rules: [{action: DENY, selector: {identifier: "docker-image://docker.io/library/alpine:*"}}]
`
	smallest = `buildkit: {rootless: {enabled: true}}`
)

// Without a daemon the chart is what it was before there were proofs, and stays so.
// UPDATE=1 writes the file anew, for a change of the chart that is meant.
func TestWithoutProofs(t *testing.T) {
	files, err := renderFiles("shop", "")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if body := strings.TrimSpace(files[name]); body != "" && !strings.HasSuffix(name, "NOTES.txt") {
			text.WriteString("# " + filepath.Base(name) + "\n" + body + "\n")
		}
	}
	const golden = "testdata/without-proofs.yaml"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != string(want) {
		t.Errorf("the defaults render differently; UPDATE=1 if it is meant:\n%s", text.String())
	}
}

func TestDaemonSecurityContext(t *testing.T) {
	for _, values := range []string{rootless, smallest} {
		pod := mustRender(t, values).daemon.pod()
		p, c := pod.SecurityContext, pod.Containers[0].SecurityContext
		switch {
		case *p.RunAsUser != 1000 || *p.RunAsGroup != 1000 || !*p.RunAsNonRoot:
			t.Errorf("not the image's user: %+v", p)
		case p.SeccompProfile.Type != corev1.SeccompProfileTypeUnconfined || p.AppArmorProfile.Type != corev1.AppArmorProfileTypeUnconfined:
			t.Errorf("the daemon could not make its mounts: %+v", p)
		case c.Privileged == nil || *c.Privileged || c.ProcMount != nil || c.Capabilities != nil && len(c.Capabilities.Add) > 0:
			t.Errorf("more than a rootless daemon needs: %+v", c)
		case c.AllowPrivilegeEscalation == nil || !*c.AllowPrivilegeEscalation:
			t.Error("newuidmap could not gain its capability")
		case pod.HostNetwork || pod.HostPID || pod.HostIPC:
			t.Error("the pod has namespaces of the host")
		case pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken:
			t.Error("the pod gets a token for Kubernetes")
		case len(pod.Containers) != 1 || len(pod.InitContainers) != 0:
			t.Error("the container that was looked at is not the only one")
		}
		for _, v := range pod.Volumes {
			if v.HostPath != nil || v.Secret != nil || v.Projected != nil {
				t.Errorf("volume %s is within reach of a build", v.Name)
			}
		}
		limits := pod.Containers[0].Resources.Limits
		if limits.Memory().IsZero() || limits.Cpu().IsZero() {
			t.Errorf("no limits: %v", limits)
		}
	}
}

func TestDaemonReferencesMeet(t *testing.T) {
	for _, values := range []string{rootless, smallest} {
		m := mustRender(t, values)
		d := m.daemon
		server, daemon := labels.Set(m.podLabels()), labels.Set(d.podLabels())
		if !labels.SelectorFromSet(d.deployment.Spec.Selector.MatchLabels).Matches(daemon) {
			t.Error("the Deployment does not select its own pods")
		}
		for name, s := range d.services {
			if selector := labels.SelectorFromSet(s.Spec.Selector); !selector.Matches(daemon) || selector.Matches(server) {
				t.Errorf("Service %s selects %v", name, selector)
			}
			if p := s.Spec.Ports[0]; s.Spec.Type != corev1.ServiceTypeClusterIP || p.Port != 1234 || p.TargetPort.StrVal != d.container().Ports[0].Name || d.container().Ports[0].ContainerPort != 1234 {
				t.Errorf("Service %s: %+v", name, s.Spec)
			}
		}
		for name, s := range m.services {
			if labels.SelectorFromSet(s.Spec.Selector).Matches(daemon) {
				t.Errorf("Service %s leads to the daemon", name)
			}
		}
		host, _ := m.env("BUILDKIT_HOST")
		name, ok := strings.CutPrefix(host.Value, "tcp://")
		if name, ok = strings.CutSuffix(name, ":1234"); !ok || d.services[name] == nil {
			t.Errorf("BUILDKIT_HOST %s is no Service", host.Value)
		}
		for _, mount := range d.container().VolumeMounts {
			v := d.volume(t, mount.Name)
			if v.ConfigMap != nil && v.ConfigMap.Name != d.configs[0].Name {
				t.Errorf("no ConfigMap %s", v.ConfigMap.Name)
			}
			if v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName != d.claims[0].Name {
				t.Errorf("no claim %s", v.PersistentVolumeClaim.ClaimName)
			}
		}
	}
}

func TestDaemonIsReachedByTheServerAlone(t *testing.T) {
	for _, values := range []string{rootless, smallest} {
		m := mustRender(t, values)
		policy := m.daemon.policies[0].Spec
		if !labels.SelectorFromSet(policy.PodSelector.MatchLabels).Matches(labels.Set(m.daemon.podLabels())) || len(policy.PolicyTypes) != 2 {
			t.Fatalf("the policy does not hold for the daemon: %+v", policy)
		}
		in := policy.Ingress
		if len(in) != 1 || len(in[0].From) != 1 || in[0].From[0].NamespaceSelector != nil || in[0].From[0].IPBlock != nil ||
			!labels.SelectorFromSet(in[0].From[0].PodSelector.MatchLabels).Matches(labels.Set(m.podLabels())) ||
			labels.SelectorFromSet(in[0].From[0].PodSelector.MatchLabels).Matches(labels.Set(m.daemon.podLabels())) {
			t.Errorf("others than the server may come in: %+v", in)
		}
		if len(in[0].Ports) != 1 || *in[0].Ports[0].Port != intstr.FromInt32(1234) {
			t.Errorf("ports that are open: %+v", in[0].Ports)
		}
	}
	m := mustRender(t, rootless)
	if !slices.ContainsFunc(m.policies[0].Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool {
		return len(r.To) == 1 && r.To[0].PodSelector != nil && len(r.Ports) == 1 && *r.Ports[0].Port == intstr.FromInt32(1234) &&
			labels.SelectorFromSet(r.To[0].PodSelector.MatchLabels).Matches(labels.Set(m.daemon.podLabels()))
	}) {
		t.Error("the server's own policy does not let it reach the daemon")
	}
}

// reaches reports whether a policy lets its pods open a TCP connection.
func reaches(t *testing.T, rules []networkingv1.NetworkPolicyEgressRule, address string, port int32) bool {
	to := netip.MustParseAddr(address)
	within := func(cidr string) bool {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil || prefix != prefix.Masked() {
			t.Fatalf("%s is no range of addresses: %v", cidr, err)
		}
		return prefix.Contains(to)
	}
	for _, r := range rules {
		open := len(r.Ports) == 0 || slices.ContainsFunc(r.Ports, func(p networkingv1.NetworkPolicyPort) bool {
			return *p.Protocol == corev1.ProtocolTCP && p.Port.IntVal == port
		})
		if open && (len(r.To) == 0 || slices.ContainsFunc(r.To, func(p networkingv1.NetworkPolicyPeer) bool {
			return p.IPBlock != nil && within(p.IPBlock.CIDR) && !slices.ContainsFunc(p.IPBlock.Except, within)
		})) {
			return true
		}
	}
	return false
}

func TestBuildsReachTheInternetAlone(t *testing.T) {
	small, large := mustRender(t, smallest).daemon.policies[0].Spec.Egress, mustRender(t, rootless).daemon.policies[0].Spec.Egress
	none := mustRender(t, `buildkit: {rootless: {enabled: true, egress: {ports: []}}}`).daemon.policies[0].Spec.Egress
	for _, test := range []struct {
		rules   []networkingv1.NetworkPolicyEgressRule
		address string
		port    int32
		want    bool
	}{
		{small, "203.0.113.9", 443, true}, {small, "203.0.113.9", 80, true}, {small, "2001:db8::9", 443, true},
		{small, "203.0.113.9", 22, false}, {small, "203.0.113.9", 25, false},
		{small, "169.254.169.254", 80, false}, {small, "fd00:ec2::254", 80, false},
		{small, "10.96.0.1", 443, false}, {small, "172.20.0.1", 443, false}, {small, "192.168.1.1", 80, false},
		{small, "100.100.100.200", 80, false}, {small, "127.0.0.1", 443, false}, {small, "fe80::1", 80, false},
		{small, "10.96.0.10", 53, true},
		{large, "10.1.2.3", 5000, true}, {large, "10.1.2.4", 5000, false},
		{none, "203.0.113.9", 443, false}, {none, "10.96.0.10", 53, true},
	} {
		if got := reaches(t, test.rules, test.address, test.port); got != test.want {
			t.Errorf("%s port %d: %v, want %v", test.address, test.port, got, test.want)
		}
	}
}

func TestDaemonIsConfigured(t *testing.T) {
	m := mustRender(t, rootless)
	d := m.daemon
	if !strings.Contains(m.notes, "rollout status deployment/"+d.deployment.Name) {
		t.Errorf("the notes do not say how to look at the daemon:\n%s", m.notes)
	}
	c, config := d.container(), d.configs[0].Data["buildkitd.toml"]
	for _, want := range []string{"max-parallelism = 7\n", `maxUsedSpace = "35GB"`, `reservedSpace = "5GB"`, "gc = true\n", "\n[registry.\"docker.io\"]\n  mirrors = "} {
		if !strings.Contains(config, want) {
			t.Errorf("buildkitd.toml has no %q:\n%s", want, config)
		}
	}
	for _, want := range []string{"--oci-worker-no-process-sandbox", "--addr=tcp://0.0.0.0:1234", "--config=/etc/buildkit/buildkitd.toml"} {
		if !slices.Contains(c.Args, want) {
			t.Errorf("no argument %s: %v", want, c.Args)
		}
	}
	if strings.Contains(config+strings.Join(c.Args, " "), "entitlement") {
		t.Error("builds are given an entitlement")
	}
	for _, name := range []string{"BUILDKIT_STEP_LOG_MAX_SIZE", "BUILDKIT_STEP_LOG_MAX_SPEED"} {
		if v, _ := d.env(name); v.Value != "-1" {
			t.Errorf("%s is %q: logs would be cut", name, v.Value)
		}
	}
	for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "readiness": c.ReadinessProbe, "liveness": c.LivenessProbe} {
		if probe == nil || probe.Exec == nil || strings.Join(probe.Exec.Command, " ") != "buildctl debug workers" || probe.TimeoutSeconds < 10 {
			t.Errorf("%s probe: %+v", name, probe)
		}
	}
	if v, _ := d.env("HTTPS_PROXY"); v.Value == "" || d.pod().NodeSelector["shop.example/pool"] != "builds" || len(d.pod().Tolerations) != 1 || len(d.pod().ImagePullSecrets) != 1 {
		t.Error("values do not arrive")
	}
	if !strings.HasPrefix(c.Image, "moby/buildkit:v0.") || !strings.HasSuffix(c.Image, "-rootless") {
		t.Errorf("image %s", c.Image)
	}
}

func TestDaemonStorage(t *testing.T) {
	d := mustRender(t, rootless).daemon
	if group := d.pod().SecurityContext.FSGroup; group == nil || *group != 1000 {
		t.Error("user 1000 could not write to the volume")
	}
	if claim := d.claims[0].Spec; claim.Resources.Requests.Storage().Cmp(resource.MustParse("50Gi")) != 0 || *claim.StorageClassName != "fast" {
		t.Errorf("claim %+v", claim)
	}
	d = mustRender(t, smallest).daemon
	v := d.volume(t, "buildkitd").EmptyDir
	if v == nil || v.SizeLimit == nil || v.Medium != "" || len(d.claims) != 0 {
		t.Fatalf("volume %+v and %d claims, want an emptyDir with a limit", v, len(d.claims))
	}
	if pod := d.container().Resources.Limits[corev1.ResourceEphemeralStorage]; pod.Cmp(*v.SizeLimit) < 0 {
		t.Errorf("the pod may have %s, its folder alone %s", pod.String(), v.SizeLimit)
	}
}

func TestProofSettings(t *testing.T) {
	m := mustRender(t, rootless)
	for name, want := range map[string]string{
		"MULTISTAGE_VERIFY": "required", "MULTISTAGE_PROOFS": "3", "MULTISTAGE_PROOF_TIMEOUT": "90m",
		"MULTISTAGE_PROOF_MEMORY": "2g", "MULTISTAGE_WORK_DIR": "/work",
	} {
		if v, _ := m.env(name); v.Value != want {
			t.Errorf("%s is %q, want %q", name, v.Value, want)
		}
	}
	if work := m.volume(t, "work").EmptyDir; work == nil || work.SizeLimit.Cmp(resource.MustParse("9Gi")) != 0 {
		t.Errorf("work folder %+v", work)
	}
	if v, ok := m.env("MULTISTAGE_SOURCE_POLICY"); ok || len(m.configs) != 0 {
		t.Errorf("a source policy that nobody wrote: %v", v)
	}
	own := mustRender(t, ownDaemon)
	if host, _ := own.env("BUILDKIT_HOST"); host.Value != "tcp://buildkitd.build:1234" || own.daemon != nil {
		t.Errorf("BUILDKIT_HOST %q and a daemon of the chart's: %v", host.Value, own.daemon)
	}
}

// The example is what the chart takes, and arrives as it is.
func TestSourcePolicy(t *testing.T) {
	text, err := os.ReadFile("../../docs/source-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	m := mustRender(t, "buildkit: {host: tcp://b:1234, sourcePolicy: "+string(text)+"}")
	file, _ := m.env("MULTISTAGE_SOURCE_POLICY")
	i := slices.IndexFunc(m.container().VolumeMounts, func(v corev1.VolumeMount) bool { return v.MountPath == filepath.Dir(file.Value) })
	if i < 0 {
		t.Fatalf("MULTISTAGE_SOURCE_POLICY is %q, under no mount", file.Value)
	}
	if v := m.volume(t, m.container().VolumeMounts[i].Name); v.ConfigMap == nil || v.ConfigMap.Name != m.configs[0].Name {
		t.Fatalf("volume %+v, ConfigMap %s", v, m.configs[0].Name)
	}
	var got, want any
	if err := json.Unmarshal([]byte(m.configs[0].Data[filepath.Base(file.Value)]), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	other := mustRender(t, ownDaemon)
	if a, b := m.deployment.Spec.Template.Annotations, other.deployment.Spec.Template.Annotations; a["checksum/source-policy"] == b["checksum/source-policy"] {
		t.Error("another policy does not restart the server, which reads it at start")
	}
}

func TestProofsRefused(t *testing.T) {
	for name, test := range map[string]struct{ values, want string }{
		"two daemons":          {`buildkit: {host: "tcp://b:1234", rootless: {enabled: true}}`, "set one of them"},
		"a daemon for nothing": {"verify: \"off\"\n" + smallest, "a daemon for nobody"},
		"a privileged image":   {`buildkit: {rootless: {enabled: true, image: {tag: v0.34.2}}}`, "/buildkit/rootless/image/tag"},
		"no limit on memory":   {`buildkit: {rootless: {enabled: true, resources: {limits: {memory: null}}}}`, "/buildkit/rootless/resources"},
		"no size":              {`buildkit: {rootless: {enabled: true, storage: {size: ""}}}`, "/buildkit/rootless/storage/size"},
		"the JSON of protobuf": {`buildkit: {sourcePolicy: {rules: [{action: DENY, selector: {matchType: REGEX, identifier: x}}]}}`, "additional properties 'matchType' not allowed"},
		"no Dockerfile":        {`buildkit: {sourcePolicy: {rules: [{action: DENY, selector: {identifier: "*"}}]}}`, "allow local://*"},
		"denied after all":     {`buildkit: {sourcePolicy: {rules: [{action: ALLOW, selector: {identifier: "local://*"}}, {action: DENY, selector: {identifier: "*"}}]}}`, "allow local://*"},
		"misspelt":             {`buildkit: {rootless: {enable: true}}`, "additional properties 'enable' not allowed"},
		"no proofs at all":     {`proofs: {parallel: 0}`, "/proofs/parallel"},
		"a time without unit":  {`proofs: {timeout: "90"}`, "/proofs/timeout"},
		"Kubernetes' unit":     {`proofs: {memory: 2Gi}`, "/proofs/memory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render("shop", test.values)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}
