{{- define "purser.labels" -}}
app.kubernetes.io/name: purser
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "purser.selector" -}}
app.kubernetes.io/name: purser
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "purser.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "purser.hubPort" -}}
{{ regexFind "[0-9]+$" .Values.hub.listen }}
{{- end }}

{{- define "purser.hubUrl" -}}
{{ .Values.hub.url | default (printf "https://purser-hub.%s.svc:%s" .Release.Namespace (include "purser.hubPort" .)) }}
{{- end }}

{{- define "purser.hubConfig" -}}
purser.yaml: |
  cluster: {{ .Values.cluster | quote }}
  data: /var/lib/purser/data
  hub:
    listen: {{ .Values.hub.listen | quote }}
    walBytes: {{ .Values.hub.walBytes }}
    ingestTokenFile: /run/purser/tokens/ingest
    queryTokenFile: /run/purser/tokens/query
  lake:
    {{- toYaml .Values.hub.lake | nindent 4 }}
  {{- if .Values.hub.events }}
  sources:
    events: [ { cluster: {{ .Values.cluster | quote }}, kubeconfig: /etc/purser/kubeconfig } ]
kubeconfig: |
  apiVersion: v1
  kind: Config
  current-context: here
  contexts: [ { name: here, context: { cluster: here, user: hub } } ]
  clusters:
    - name: here
      cluster:
        server: {{ .Values.kubernetes.server | quote }}
        certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
  users: [ { name: hub, user: { tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token } } ]
  {{- end }}
{{- end }}

{{- define "purser.agentConfig" -}}
purser.yaml: |
  cluster: {{ .Values.cluster | quote }}
  data: /var/lib/purser
  hostRoot: {{ .Values.agent.hostRoot }}
  hub: { url: {{ include "purser.hubUrl" . | quote }}, tokenFile: /run/purser/tokens/ingest }
  {{- if .Values.agent.metricsPort }}
  agent: { metrics: "0.0.0.0:{{ .Values.agent.metricsPort }}" }
  {{- end }}
  sources:
    {{- toYaml .Values.agent.sources | nindent 4 }}
{{- end }}
