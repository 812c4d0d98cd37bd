{{/* A whole number must not become 4.194304e+06. */}}
{{- define "vpcast.text" -}}
{{- if kindIs "slice" . -}}
{{- join "," . -}}
{{- else if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- int64 . -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{/* `maxRequestBytes` is VPCAST_MAX_REQUEST_BYTES. */}}
{{- define "vpcast.env.config" -}}
{{- range $key, $value := . }}
- name: VPCAST_{{ snakecase $key | upper }}
  value: {{ include "vpcast.text" $value | quote }}
{{- end }}
{{- end -}}

{{/* Takes (dict "name" NAME "secret" {name, key}). */}}
{{- define "vpcast.env.secret" -}}
{{- with .secret.name }}
- name: {{ $.name }}
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.secret.key }}
{{- end }}
{{- end -}}

{{- define "vpcast.env.redis" -}}
{{- $redis := .Values.redis -}}
{{- $scheme := ternary "rediss" "redis" $redis.tls.enabled -}}
{{- if eq $redis.mode "single" }}
- name: VPCAST_REDIS_URL
  value: {{ printf "%s://%s/%d" $scheme $redis.address (int $redis.database) }}
{{- else }}
{{- /* Of this URL only the scheme counts. */}}
- name: VPCAST_REDIS_URL
  value: {{ printf "%s://%s" $scheme (first $redis.nodes) }}
- name: VPCAST_REDIS_{{ ternary "SENTINELS" "CLUSTER_NODES" (eq $redis.mode "sentinel") }}
  value: {{ join "," $redis.nodes | quote }}
{{- end }}
{{- if eq $redis.mode "sentinel" }}
- name: VPCAST_REDIS_SENTINEL_MASTER
  value: {{ $redis.sentinelMaster | quote }}
{{- end }}
{{- with $redis.username }}
- name: VPCAST_REDIS_USERNAME
  value: {{ . | quote }}
{{- end }}
{{- include "vpcast.env.secret" (dict "name" "VPCAST_REDIS_PASSWORD" "secret" $redis.passwordSecret) }}
{{- if $redis.tls.caSecret.name }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/vpcast/redis-ca/ca.pem
{{- end }}
{{- end -}}

{{- define "vpcast.env.pulsarCa" -}}
{{- if .Values.pulsar.caSecret.name }}
- name: VPCAST_PULSAR_CA_FILE
  value: /etc/vpcast/pulsar-ca/ca.pem
{{- end }}
{{- end -}}

{{/* What server and infrastructure nodes have in common. */}}
{{- define "vpcast.env.backing" -}}
{{- include "vpcast.env.config" .Values.platform }}
{{- $clusters := list }}
{{- range .Values.pulsar.clusters }}
{{- $clusters = printf "%s=%s|%s" .name .serviceUrl .adminUrl | append $clusters }}
{{- end }}
- name: VPCAST_PULSAR_CLUSTERS
  value: {{ join "," $clusters | quote }}
{{- include "vpcast.env.secret" (dict "name" "VPCAST_PULSAR_TOKEN" "secret" .Values.pulsar.tokenSecret) }}
{{- include "vpcast.env.pulsarCa" . }}
{{- include "vpcast.env.redis" . }}
{{- end -}}

{{/* TLS of the gRPC service, for the server and for whoever calls it. */}}
{{- define "vpcast.env.serverTls" -}}
{{- with .Values.server.tls }}
{{- if .secret }}
- name: VPCAST_GRPC_CERT_FILE
  value: /etc/vpcast/server-tls/tls.crt
- name: VPCAST_GRPC_KEY_FILE
  value: /etc/vpcast/server-tls/tls.key
{{- end }}
{{- if .clientCaSecret.name }}
- name: VPCAST_GRPC_CLIENT_CA_FILE
  value: /etc/vpcast/client-ca/ca.pem
{{- end }}
{{- end }}
{{- end -}}

{{- define "vpcast.env.controlTls" -}}
{{- with .Values.server.tls }}
- name: VPCAST_CONTROL_TLS
  value: {{ ne .secret "" | quote }}
{{- if .caSecret.name }}
- name: VPCAST_CONTROL_CA_FILE
  value: /etc/vpcast/control-ca/ca.pem
{{- end }}
{{- if .clientSecret }}
- name: VPCAST_CONTROL_CERT_FILE
  value: /etc/vpcast/client-tls/tls.crt
- name: VPCAST_CONTROL_KEY_FILE
  value: /etc/vpcast/client-tls/tls.key
{{- end }}
{{- end }}
{{- end -}}
