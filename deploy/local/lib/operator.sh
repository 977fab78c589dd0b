# shellcheck shell=bash
# The operator on a running local cluster: kubectl, installation, and waiting for its resource.

# The checkout that the operator and its MetricsServerConfig come from.
OPERATOR_DIR=$PROJECT_DIR

# find_kubectl: the one of the cluster's version where it was compiled, else the installed one.
find_kubectl() {
  [[ -f $TARGET_DIR/kubeconfig ]] || die "There is no local cluster '$LOCAL_CLUSTER'; start it with deploy/local/demo"
  if local_cluster_runs; then
    state_read
    KUBECTL=$BINARIES/kubectl
  else
    # Not the function below.
    KUBECTL=$(type -P kubectl) || die "kubectl is not installed; see https://kubernetes.io/docs/tasks/tools/"
  fi
}

kubectl() { "$KUBECTL" --kubeconfig="$TARGET_DIR/kubeconfig" "$@"; }

# operator_kustomization: before Kubernetes 1.30 there is no ValidatingAdmissionPolicy.
operator_kustomization() {
  if (($(server_minor) >= 30)); then
    printf '%s/deploy/base' "$OPERATOR_DIR"
  else
    printf '%s/deploy/overlays/kubernetes-before-1.30' "$OPERATOR_DIR"
  fi
}

operator_install() {
  local kustomization
  kustomization=$(operator_kustomization)
  kubectl apply --kustomize "$kustomization" >/dev/null
  kubectl wait --for=condition=Established --timeout=60s crd/metricsserverconfigs.metricsserver.dev >/dev/null
}

server_minor() { kubectl get --raw /version | sed -nE 's/.*"minor": "([0-9]+).*/\1/p'; }

operator_wait() {
  kubectl --namespace metrics-server-operator rollout status deployment/metrics-server-operator --timeout=120s >/dev/null
}

# local_config: a MetricsServerConfig with defaults. Where the API servers are not nodes, it has their addresses for the
# NetworkPolicy.
local_config() {
  local addresses nodes address cidrs=()
  addresses=$(kubectl --namespace default get endpointslice kubernetes --output 'jsonpath={.endpoints[*].addresses[*]}')
  nodes=$(kubectl get nodes --output 'jsonpath={.items[*].status.addresses[*].address}')
  for address in $addresses; do
    [[ " $nodes " == *" $address "* ]] || cidrs+=("$address/32")
  done
  sed '/^spec:/d' "$OPERATOR_DIR/deploy/examples/default.yaml"
  if ((${#cidrs[@]} > 0)); then
    printf 'spec:\n  networkPolicy:\n    controlPlaneCIDRs: [%s]\n' "$(IFS=,; printf '%s' "${cidrs[*]}")"
  else
    printf 'spec: {}\n'
  fi
}

config_apply() { local_config | kubectl apply --filename - >/dev/null; }

# config_wait SECONDS: waits until the resource is Ready, and prints each reason why it is not, once and with its time.
config_wait() {
  local deadline=$((SECONDS + $1)) started=${EPOCHREALTIME/[.,]/} shown='' line
  while :; do
    line=$(kubectl get metricsserverconfig cluster --output 'jsonpath={range .status.conditions[?(@.type=="Ready")]}{.status} {.message}{end}')
    [[ $line != True* ]] || return 0
    if [[ -n $line && $line != "$shown" ]]; then
      shown=$line
      printf '%s  %s%6s%s %s\n' "$CLEAR" "$DIM" "$(seconds_since "$started")" "$PLAIN" "${line#* }" >&2
    fi
    ((SECONDS < deadline)) || die "The MetricsServerConfig is not Ready after $1 s: ${line#* }"
    sleep 0.2
  done
}

# top_wait SECONDS: until `kubectl top nodes` works.
top_wait() {
  local deadline=$((SECONDS + $1))
  until kubectl top nodes >/dev/null 2>&1; do
    ((SECONDS < deadline)) || die "kubectl top nodes does not work after $1 s."
    sleep 0.1
  done
}

# program_find: the command line of the distribution.
program_find() {
  local program
  program=$(find "$PROJECT_DIR/target/dist" -path '*/bin/metrics-server-operator' 2>/dev/null | head -n 1)
  [[ -n $program ]] || die "There is no distribution; build it with ./mvnw -Pdist package"
  printf '%s' "$program"
}
