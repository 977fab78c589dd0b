{{/* A cluster has one metrics API and therefore one operator: its objects have the same names in every release. */}}
{{- define "operator.name" -}}
metrics-server-operator
{{- end }}

{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ include "operator.name" . }}
{{- end }}

{{- define "operator.labels" -}}
{{ include "operator.selector" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Metadata of an object in the release's namespace. */}}
{{- define "operator.metadata" -}}
name: {{ include "operator.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "operator.labels" . | nindent 2 }}
{{- with .Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "operator.image" -}}
{{- $image := .Values.image -}}
{{ $image.registry }}/{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/*
The objects of a file in files/, a copy of those in deploy/base: in the release's namespace, with its labels and
annotations. Helm and kustomize so have the same rules.
*/}}
{{- define "operator.shared" -}}
{{- $root := .root }}
{{- $text := $root.Files.Get .file
  | replace "namespace: metrics-server-operator" (printf "namespace: %s" $root.Release.Namespace)
  | replace "serviceaccount:metrics-server-operator:" (printf "serviceaccount:%s:" $root.Release.Namespace) }}
{{- range splitList "\n---\n" $text }}
{{- $object := fromYaml . }}
{{- $_ := set $object.metadata "labels" (mergeOverwrite $object.metadata.labels (include "operator.labels" $root | fromYaml)) }}
{{- $annotations := $root.Values.commonAnnotations }}
{{- if eq $object.kind "ServiceAccount" }}
{{- $annotations = merge (dict) $root.Values.serviceAccount.annotations $annotations }}
{{- end }}
{{- with $annotations }}
{{- $_ := set $object.metadata "annotations" . }}
{{- end }}
---
{{ toYaml $object }}
{{- end }}
{{- end }}
