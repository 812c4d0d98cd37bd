{{/* These take (dict "root" $ "component" "server" "values" .Values.server). */}}
{{- define "vpcast.pod.metadata" -}}
# No versions: a pod is not replaced because the chart is another one.
labels:
  {{- include "vpcast.selector" . | nindent 2 }}
  app.kubernetes.io/part-of: vpcast
{{- with .values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "vpcast.pod.placement" -}}
serviceAccountName: {{ include "vpcast.fullname" .root }}-{{ .component }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "vpcast.pod.spread" -}}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "vpcast.selector" $ | nindent 8 }}
  {{- end }}
{{- end -}}

{{- define "vpcast.container.image" -}}
image: {{ include "vpcast.image" (dict "root" .root "image" .values.image) }}
imagePullPolicy: {{ .root.Values.images.pullPolicy }}
{{- end -}}

{{/* The restricted level of the Pod Security Standards. */}}
{{- define "vpcast.pod.restricted" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "vpcast.container.restricted" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* Takes (dict "port" 7401), with "host" for a pod on the host's network. */}}
{{- define "vpcast.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: {{ .port }}{{ with .host }}, host: {{ . }}{{ end }} }
  periodSeconds: 2
  failureThreshold: 60
# The event loop turns, whatever else is away: nothing that a restart would not mend.
livenessProbe:
  httpGet: { path: /healthz, port: {{ .port }}{{ with .host }}, host: {{ . }}{{ end }} }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
# What the program needs answers. A check is given 2 s.
readinessProbe:
  httpGet: { path: /readyz, port: {{ .port }}{{ with .host }}, host: {{ . }}{{ end }} }
  periodSeconds: 2
  timeoutSeconds: 3
  failureThreshold: 1
{{- end -}}

{{/* Certificates, of Pulsar and (where "redis" is true) of Redis. Take (dict "root" $ "redis" true). */}}
{{- define "vpcast.certificates.mounts" -}}
{{- if .root.Values.pulsar.caSecret.name }}
- { name: pulsar-ca, mountPath: /etc/vpcast/pulsar-ca, readOnly: true }
{{- end }}
{{- if and .redis .root.Values.redis.tls.caSecret.name }}
- { name: redis-ca, mountPath: /etc/vpcast/redis-ca, readOnly: true }
{{- end }}
{{- end -}}

{{- define "vpcast.certificates.volumes" -}}
{{- with .root.Values.pulsar.caSecret }}
- name: pulsar-ca
  secret:
    secretName: {{ .name }}
    items: [{ key: {{ .key }}, path: ca.pem }]
{{- end }}
{{- if .redis }}
{{- with .root.Values.redis.tls.caSecret }}
- name: redis-ca
  secret:
    secretName: {{ .name }}
    items: [{ key: {{ .key }}, path: ca.pem }]
{{- end }}
{{- end }}
{{- end -}}

{{/* Certificates of the gRPC service. Whole directories, so that exchanged ones arrive. Take (dict "root" $ "side" "server"), or "client". */}}
{{- define "vpcast.tls.mounts" -}}
{{- range (include "vpcast.tls.secrets" . | fromYaml).list }}
- { name: {{ .name }}, mountPath: /etc/vpcast/{{ .name }}, readOnly: true }
{{- end }}
{{- end -}}

{{- define "vpcast.tls.volumes" -}}
{{- range (include "vpcast.tls.secrets" . | fromYaml).list }}
- name: {{ .name }}
  secret:
    secretName: {{ .secret }}
    {{- with .key }}
    items: [{ key: {{ . }}, path: ca.pem }]
    {{- end }}
{{- end }}
{{- end -}}

{{- define "vpcast.tls.secrets" -}}
{{- $tls := .root.Values.server.tls }}
{{- $isServer := eq .side "server" }}
{{- $list := list }}
{{- with ternary $tls.secret $tls.clientSecret $isServer }}
{{- $list = append $list (dict "name" (ternary "server-tls" "client-tls" $isServer) "secret" .) }}
{{- end }}
{{- with ternary $tls.clientCaSecret $tls.caSecret $isServer }}
{{- $list = append $list (dict "name" (ternary "client-ca" "control-ca" $isServer) "secret" .name "key" .key) }}
{{- end }}
{{- dict "list" $list | toYaml }}
{{- end -}}
