{{/* The services: the port of each, the services that it calls, and whether it has a database. Environment and network policies follow from it. */}}
{{- define "waymark.services" -}}
gateway: { port: 8080, calls: [auth, order, inventory] }
auth: { port: 8081, database: true }
order: { port: 8082, database: true, calls: [inventory] }
inventory: { port: 8083, database: true }
{{- end }}

{{- define "waymark.selector" -}}
app.kubernetes.io/name: waymark
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "waymark.labels" -}}
{{ include "waymark.selector" . }}
app.kubernetes.io/part-of: waymark
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "waymark.image" -}}
{{- with .Values.image -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}
{{- end }}

{{- define "waymark.podSecurity" -}}
runAsNonRoot: true
# The user `node` of the image.
runAsUser: 1000
runAsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "waymark.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* The environment of a service. Secrets are referenced, never copied. */}}
{{- define "waymark.env" -}}
{{- $values := .root.Values -}}
{{- $release := .root.Release.Name -}}
{{- $services := include "waymark.services" . | fromYaml -}}
- { name: OTEL_SERVICE_NAME, value: {{ .name }} }
- { name: PORT, value: {{ .service.port | quote }} }
- { name: LAME_DUCK_SECONDS, value: {{ $values.lameDuckSeconds | quote }} }
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ $values.tracing.endpoint | quote }} }
- { name: OTEL_METRICS_EXPORTER, value: {{ $values.metrics.exporter }} }
- { name: OTEL_EXPORTER_PROMETHEUS_HOST, value: 0.0.0.0 }
- name: INTERNAL_SECRET
  valueFrom: { secretKeyRef: { name: {{ $values.secrets.internal.name }}, key: {{ $values.secrets.internal.key }} } }
{{- if .service.database }}
{{- with get $values.secrets.databases .name }}
- name: DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ .name }}, key: {{ .key }} } }
{{- if .directKey }}
- name: DATABASE_DIRECT_URL
  valueFrom: { secretKeyRef: { name: {{ .name }}, key: {{ .directKey }} } }
{{- end }}
{{- end }}
{{- end }}
{{- range $callee := .service.calls }}
- { name: {{ upper $callee }}_URL, value: 'http://{{ $release }}-{{ $callee }}:{{ (get $services $callee).port }}' }
{{- end }}
{{- if eq .name "gateway" }}
- { name: TRACE_UI_URL, value: {{ $values.tracing.uiUrl | quote }} }
{{- if and (or $values.httpRoute.enabled $values.ingress.enabled) (not (hasKey $values.services.gateway.env "TRUST_PROXY")) }}
- { name: TRUST_PROXY, value: '1' }
{{- end }}
{{- end }}
{{- range $name, $value := (get $values.services .name).env }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
