package buildkit

import (
	"fmt"
	"slices"
	"strings"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// config is an image's runtime configuration.
type config = dockerspec.DockerOCIImageConfig

// BrokenContract disproves a rewrite whose image promises something else than the
// original's, with nothing built; nil where it keeps the contract. A designed one always
// does: the designer checks it and names each change.
func BrokenContract(r rewrite.Result) *proof.Proof {
	p := &proof.Proof{Outcome: proof.Disproven}
	for _, row := range r.Broken() {
		detail := fmt.Sprintf("%s instead of %s", shown(row.After), shown(row.Before))
		p.Checks = append(p.Checks, proof.Check{Name: "the same " + subject(row), Detail: detail})
		if p.Failure == nil {
			p.Failure = &proof.Failure{Step: proof.StepContract, Kind: proof.WrongConfig, Subject: subject(row),
				Cause: fmt.Sprintf("the image promises another %s: %s", subject(row), detail)}
		}
	}
	if p.Failure == nil {
		return nil
	}
	return p
}

// compareConfigs holds the built images' configurations against each other in
// everything that the contract says stays: the bases' own configurations are what was
// expected only if the table of images is right about them.
func compareConfigs(r rewrite.Result, original, rewritten config) *proof.Failure {
	for _, row := range r.Contract {
		if row.Change != nil {
			continue
		}
		before, after := value(original, row), value(rewritten, row)
		if before == after {
			continue
		}
		return &proof.Failure{
			Step: proof.StepContract, Kind: proof.WrongConfig, Subject: subject(row),
			Cause: fmt.Sprintf("the image built from the rewrite has %s for %s, the original's has %s", shown(after), subject(row), shown(before)),
		}
	}
	return nil
}

// value is what an image's configuration says about one row of the contract, in a
// form that can be compared.
func value(c config, row rewrite.Promise) string {
	switch row.Field {
	case plan.FieldCommand:
		return fmt.Sprintf("%q", slices.Concat(c.Entrypoint, c.Cmd))
	case plan.FieldUser:
		switch c.User {
		case "", "0", "0:0", "root", "root:root":
			return "root"
		}
		return c.User
	case plan.FieldWorkdir:
		return "/" + strings.Trim(c.WorkingDir, "/")
	case plan.FieldEnv:
		v, _ := env(c.Env, row.Key)
		return v
	case plan.FieldExpose:
		return member(c.ExposedPorts, row.Key)
	case plan.FieldVolume:
		return member(c.Volumes, row.Key)
	case plan.FieldStopSignal:
		return c.StopSignal
	case plan.FieldHealthcheck:
		if c.Healthcheck == nil {
			return ""
		}
		return fmt.Sprintf("%+v", *c.Healthcheck)
	case plan.FieldShell:
		return fmt.Sprintf("%q", c.Shell)
	case plan.FieldLabel:
		return c.Labels[row.Key]
	}
	return ""
}

// env is the value of a variable in a list of KEY=value; the last one counts.
func env(list []string, key string) (string, bool) {
	for _, kv := range slices.Backward(list) {
		if k, v, _ := strings.Cut(kv, "="); k == key {
			return v, true
		}
	}
	return "", false
}

// member is a key that is in a set, "" for one that is not. What only a base has is no
// row of the contract.
func member[V any](set map[string]V, key string) string {
	if _, ok := set[key]; ok {
		return key
	}
	return ""
}

func subject(row rewrite.Promise) string {
	return strings.TrimSpace(string(row.Field) + " " + row.Key)
}

func shown(value string) string {
	if value == "" {
		return "nothing"
	}
	return firstRunes(plain(value), 200)
}
