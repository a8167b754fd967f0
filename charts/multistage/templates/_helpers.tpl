{{- define "multistage.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "multistage.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "multistage.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "multistage.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "multistage.selector" -}}
app.kubernetes.io/name: {{ include "multistage.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "multistage.labels" -}}
{{ include "multistage.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "multistage.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "multistage.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "multistage.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}
{{- else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end }}
{{- end }}
{{- end }}

{{- define "multistage.claim" -}}
{{- default (include "multistage.fullname" .) .Values.database.sqlite.existingClaim }}
{{- end }}

{{/* The chart's BuildKit daemon. Its pods have another name than the server's, so that the
     server's Service and policy do not select them. */}}
{{- define "multistage.buildkitd" -}}
{{- printf "%s-buildkitd" (include "multistage.fullname" . | trunc 53 | trimSuffix "-") }}
{{- end }}

{{- define "multistage.buildkitd.selector" -}}
app.kubernetes.io/name: {{ printf "%s-buildkitd" (include "multistage.name" . | trunc 53 | trimSuffix "-") }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "multistage.buildkitd.labels" -}}
{{ include "multistage.buildkitd.selector" . }}
app.kubernetes.io/component: buildkitd
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "multistage.buildkitd.image" -}}
{{- with .Values.buildkit.rootless.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}
{{- else }}{{ .repository }}:{{ required "buildkit.rootless.image.tag: name a tag or a digest" .tag }}
{{- end }}
{{- end }}
{{- end }}

{{- define "multistage.buildkit.host" -}}
{{- if .Values.buildkit.rootless.enabled }}tcp://{{ include "multistage.buildkitd" . }}:1234
{{- else }}{{ .Values.buildkit.host }}
{{- end }}
{{- end }}

{{/* Settings that cannot go together. Every one is said with what to do. */}}
{{- define "multistage.check" -}}
{{- if eq .Values.database.type "sqlite" }}
{{- if gt (int .Values.replicaCount) 1 }}
{{- fail "replicaCount: more than one replica needs database.type postgres: a SQLite file has one process" }}
{{- end }}
{{- else if not .Values.database.postgres.existingSecret }}
{{- fail "database.postgres.existingSecret: name the Secret that holds the address of the database" }}
{{- end }}
{{- $buildkit := .Values.buildkit }}
{{- if and $buildkit.host $buildkit.rootless.enabled }}
{{- fail "buildkit: host names a daemon of your own, rootless.enabled starts one of the chart: set one of them" }}
{{- end }}
{{- if and (eq .Values.verify "required") (not (include "multistage.buildkit.host" .)) }}
{{- fail "verify: required needs buildkit.host or buildkit.rootless.enabled, the daemon that builds the proofs" }}
{{- end }}
{{- if and (eq .Values.verify "off") $buildkit.rootless.enabled }}
{{- fail "verify: off builds nothing, so buildkit.rootless.enabled would start a daemon for nobody" }}
{{- end }}
{{- if include "multistage.deniesFiles" $buildkit.sourcePolicy }}
{{- fail "buildkit.sourcePolicy: denies even the Dockerfile: after the rule that denies everything, allow local://*" }}
{{- end }}
{{- end }}

{{/* Something where a policy denies the files of a build. The last rule that matches counts. */}}
{{- define "multistage.deniesFiles" -}}
{{- $denied := false }}
{{- range default list (get . "rules") }}
{{- if and (eq .action "DENY") (has .selector.identifier (list "*" "local://*")) }}{{ $denied = true }}{{ end }}
{{- if and (eq .action "ALLOW") (has .selector.identifier (list "*" "local://*")) }}{{ $denied = false }}{{ end }}
{{- end }}
{{- if $denied }}denied{{ end }}
{{- end }}
