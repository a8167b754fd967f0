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

{{/* Settings that cannot go together. Every one is said with what to do. */}}
{{- define "multistage.check" -}}
{{- if eq .Values.database.type "sqlite" }}
{{- if gt (int .Values.replicaCount) 1 }}
{{- fail "replicaCount: more than one replica needs database.type postgres: a SQLite file has one process" }}
{{- end }}
{{- else if not .Values.database.postgres.existingSecret }}
{{- fail "database.postgres.existingSecret: name the Secret that holds the address of the database" }}
{{- end }}
{{- if and (eq .Values.verify "required") (not .Values.buildkit.host) }}
{{- fail "verify: required needs buildkit.host, the daemon that builds the proofs" }}
{{- end }}
{{- end }}
