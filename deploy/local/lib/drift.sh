# shellcheck shell=bash
# shellcheck disable=SC2034 # for the files that source this one
# Changes and deletions of managed objects, and the time until the operator restores them.

# How a user can change each object: kind, namespace (or -), name, and a merge patch.
MANAGED=(
  'serviceaccounts|kube-system|metrics-server|{"automountServiceAccountToken":true}'
  'clusterroles|-|system:metrics-server|{"rules":[]}'
  'clusterroles|-|system:aggregated-metrics-reader|{"rules":[]}'
  'clusterrolebindings|-|system:metrics-server|{"subjects":[]}'
  'clusterrolebindings|-|metrics-server:system:auth-delegator|{"subjects":[]}'
  'rolebindings|kube-system|metrics-server-auth-reader|{"subjects":[]}'
  'services|kube-system|metrics-server|{"spec":{"selector":{"k8s-app":"other"}}}'
  'deployments|kube-system|metrics-server|{"spec":{"replicas":5}}'
  'poddisruptionbudgets|kube-system|metrics-server|{"spec":{"maxUnavailable":0}}'
  'networkpolicies|kube-system|metrics-server-netpol|{"spec":{"ingress":[]}}'
  'apiservices|-|v1beta1.metrics.k8s.io|{"spec":{"versionPriority":7}}'
)

# disturb delete|change OBJECT: by one request, so that the audit log has one line of it.
disturb() {
  local what=$1 resource namespace name patch arguments=()
  IFS='|' read -r resource namespace name patch <<<"$2"
  [[ $namespace == - ]] || arguments+=(--namespace "$namespace")
  if [[ $what == delete ]]; then
    kubectl "${arguments[@]}" delete "$resource" "$name" --wait=false --cascade=background >/dev/null
  else
    kubectl "${arguments[@]}" patch "$resource" "$name" --type merge --patch "$patch" >/dev/null
  fi
}

# restored RESOURCE NAME LINE VERB: milliseconds, from the first line of VERB after LINE of the audit log.
restored() {
  since "$3" | audit /dev/stdin | awk -v operator="$OPERATOR" -v resource="$1" -v name="$2" -v verb="$4" '
    $4 != resource || $6 != name {next}
    $2 != operator && $3 == verb {from = $1}
    $2 == operator && $3 == "patch" && from && !to {to = $1}
    END {if (!to) exit 1; printf "%.1f\n", to - from}'
}

drift_one() {
  local what=$1 object=$2 line resource name deadline=$((SECONDS + 70)) took verb
  IFS='|' read -r resource _ name _ <<<"$object"
  verb=$([[ $what == delete ]] && printf delete || printf patch)
  line=$(next_line)
  disturb "$what" "$object"
  until took=$(restored "$resource" "$name" "$line" "$verb"); do
    ((SECONDS < deadline)) || die "$resource $name was not restored in 70 s after a $what."
    sleep 0.1
  done
  printf '%s\n' "$took"
}
