{{/* The pod of a worker, for a Deployment and for the Worker Controller. */}}
{{- define "kombo-sync.worker-pod" -}}
{{- $labels := dict "root" . "component" "worker" }}
metadata:
  labels:
    {{- include "kombo-sync.labels" $labels | nindent 4 }}
  {{- with .Values.worker.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "kombo-sync.pod" . | nindent 2 }}
  # It ends within 45 seconds of SIGTERM: pages in flight commit, the rest goes to other workers.
  terminationGracePeriodSeconds: 60
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "kombo-sync.selector" $labels | nindent 10 }}
  containers:
    - name: worker
      args: [worker]
      {{- include "kombo-sync.container" . | nindent 6 }}
      env:
        {{- include "kombo-sync.settings" . | nindent 8 }}
        - name: NODE_OPTIONS
          value: {{ .Values.worker.nodeOptions | quote }}
        {{- if .Values.worker.metricsPort }}
        - name: METRICS_PORT
          value: {{ .Values.worker.metricsPort | quote }}
        {{- end }}
        {{- include "kombo-sync.secret" (dict "name" "DATABASE_URL" "secret" .Values.secrets.service) | nindent 8 }}
        {{- include "kombo-sync.secret" (dict "name" "KOMBO_API_KEY" "secret" .Values.secrets.service) | nindent 8 }}
        {{- include "kombo-sync.shared-secrets" . | nindent 8 }}
      {{- if .Values.worker.metricsPort }}
      ports:
        - name: metrics
          containerPort: {{ .Values.worker.metricsPort }}
      livenessProbe:
        httpGet: { path: /healthz, port: metrics }
        periodSeconds: 10
        timeoutSeconds: 5
      # A worker takes its work from Temporal, whether it is ready here or not. This holds a rollout up that cannot work.
      readinessProbe:
        httpGet: { path: /readyz, port: metrics }
        periodSeconds: 10
        timeoutSeconds: 5
      {{- end }}
      resources:
        {{- toYaml .Values.worker.resources | nindent 8 }}
  volumes:
    {{- include "kombo-sync.volumes" . | nindent 4 }}
  {{- with .Values.worker.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.worker.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.worker.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
