package tools

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

const chartDir = "../../charts/multistage"

// A manifest is what the chart renders for one set of values.
type manifest struct {
	notes      string
	deployment *appsv1.Deployment
	claims     []*corev1.PersistentVolumeClaim
	services   map[string]*corev1.Service
	accounts   []*corev1.ServiceAccount
	ingresses  []*networkingv1.Ingress
	policies   []*networkingv1.NetworkPolicy
	budgets    []*policyv1.PodDisruptionBudget
	monitors   []*serviceMonitor
	configs    []*corev1.ConfigMap
	daemon     *manifest // the chart's BuildKit daemon, nil without one
}

// serviceMonitor is the part of the Prometheus operator's type that the chart writes:
// https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor
type serviceMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Selector  metav1.LabelSelector `json:"selector"`
		Endpoints []struct {
			Port     string `json:"port"`
			Path     string `json:"path"`
			Interval string `json:"interval"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// render renders the chart as "helm template RELEASE" does, schema included, and
// decodes every object strictly: a field that Kubernetes does not know is an error,
// and so is a value of which a template asks and that values.yaml does not have.
func render(release, valuesYAML string) (*manifest, error) {
	files, err := renderFiles(release, valuesYAML)
	if err != nil {
		return nil, err
	}
	m := &manifest{services: make(map[string]*corev1.Service)}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, "NOTES.txt") {
			m.notes = files[name]
			continue
		}
		if err := m.addFile(files[name]); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", name, err, files[name])
		}
	}
	return m, nil
}

// renderFiles gives the text that each template renders to.
func renderFiles(release, valuesYAML string) (map[string]string, error) {
	chart, err := loader.Load(chartDir)
	if err != nil {
		return nil, err
	}
	values, err := chartutil.ReadValues([]byte(valuesYAML))
	if err != nil {
		return nil, err
	}
	options := chartutil.ReleaseOptions{Name: release, Namespace: "apps", IsInstall: true, Revision: 1}
	top, err := chartutil.ToRenderValues(chart, values, options, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Engine{Strict: true}.Render(chart, top)
}

// addFile decodes the documents of one rendered template.
func (m *manifest) addFile(text string) error {
	documents := utilyaml.NewDocumentDecoder(io.NopCloser(strings.NewReader(text)))
	defer documents.Close()
	buffer := make([]byte, 1<<20)
	for {
		n, err := documents.Read(buffer)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if document := bytes.TrimSpace(buffer[:n]); len(document) > 0 {
			if err := m.add(document); err != nil {
				return err
			}
		}
	}
}

func (m *manifest) add(document []byte) error {
	var kind metav1.PartialObjectMetadata
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return err
	}
	if kind.Labels["app.kubernetes.io/component"] == "buildkitd" {
		if m.daemon == nil {
			m.daemon = &manifest{services: make(map[string]*corev1.Service)}
		}
		m = m.daemon
	}
	switch kind.APIVersion + " " + kind.Kind {
	case "apps/v1 Deployment":
		if m.deployment != nil {
			return fmt.Errorf("a second Deployment")
		}
		m.deployment = new(appsv1.Deployment)
		return decode(document, m.deployment)
	case "v1 Service":
		service := new(corev1.Service)
		err := decode(document, service)
		m.services[service.Name] = service
		return err
	case "v1 PersistentVolumeClaim":
		return decodeInto(document, &m.claims)
	case "v1 ConfigMap":
		return decodeInto(document, &m.configs)
	case "v1 ServiceAccount":
		return decodeInto(document, &m.accounts)
	case "networking.k8s.io/v1 Ingress":
		return decodeInto(document, &m.ingresses)
	case "networking.k8s.io/v1 NetworkPolicy":
		return decodeInto(document, &m.policies)
	case "policy/v1 PodDisruptionBudget":
		return decodeInto(document, &m.budgets)
	case "monitoring.coreos.com/v1 ServiceMonitor":
		return decodeInto(document, &m.monitors)
	}
	return fmt.Errorf("an object that is not expected: %s %s", kind.APIVersion, kind.Kind)
}

func decodeInto[T any](document []byte, list *[]*T) error {
	object := new(T)
	*list = append(*list, object)
	return decode(document, object)
}

// decode is as strict as the API server with fieldValidation=Strict: names in their
// exact case, none twice, none unknown.
func decode(document []byte, object any) error {
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return err
	}
	problems, err := kjson.UnmarshalStrict(text, object)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return fmt.Errorf("%v", problems)
	}
	return nil
}

func mustRender(t testing.TB, values string) *manifest {
	t.Helper()
	m, err := render("shop", values)
	if err != nil {
		t.Fatal(err)
	}
	if m.deployment == nil {
		t.Fatal("no Deployment")
	}
	return m
}

func (m *manifest) pod() corev1.PodSpec          { return m.deployment.Spec.Template.Spec }
func (m *manifest) container() corev1.Container  { return m.pod().Containers[0] }
func (m *manifest) podLabels() map[string]string { return m.deployment.Spec.Template.Labels }

// env returns the container's variable, and whether it has one.
func (m *manifest) env(name string) (corev1.EnvVar, bool) {
	env := m.container().Env
	i := slices.IndexFunc(env, func(v corev1.EnvVar) bool { return v.Name == name })
	if i < 0 {
		return corev1.EnvVar{}, false
	}
	return env[i], true
}
