#!/usr/bin/env bash
# The alerts as Prometheus' operator wants them, for kubectl:   ops/kubernetes/alert_rules.sh | kubectl -n callctl apply -f -
# All but those of the parts that only the compose files bring along (rules/compose.yml).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../prometheus/rules"

for name in recording alerts; do
  cat <<HEAD
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: callctl-$name
  labels:
    app.kubernetes.io/part-of: callctl
spec:
HEAD
  sed 's/^./  &/' "$name.yml"
done
