# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are for the files that source this one
# The operator takes turns with a peer: helm-operator with metrics-server's chart, or the operator of another commit.

# The peer's name in the figures: helm-operator, or the commit.
PEER=helm-operator

# metrics_server_module: the folder of its source, with manifests and chart
metrics_server_module() {
  (cd "$(module_folder metrics-server "$METRICS_SERVER_VERSION")" && GOWORK=off GOFLAGS=-mod=mod go list -m -f '{{.Dir}}' sigs.k8s.io/metrics-server)
}

# peer_image FILE: the program, the chart, and the resource that the chart is for
peer_image() {
  local program module content
  ensure_go
  program=$(tool_program helm-operator)
  module=$(metrics_server_module)
  content=$(mktemp -d "$CACHE_DIR/.peer-XXXXXX")
  cp -r --no-preserve=mode "$module/charts/metrics-server" "$content/chart"
  printf '[{group: charts.local.cluster, version: v1alpha1, kind: MetricsServer, chart: chart}]\n' >"$content/watches.yaml"
  image_archive "$program" local.cluster/helm-operator:peer "$1" "$content"
  rm -rf "$content"
}

# commit_prepare COMMIT: its checkout, and its image, built once
commit_prepare() {
  local commit
  commit=$(git -C "$PROJECT_DIR" rev-parse --verify --quiet "$1^{commit}") || die "There is no commit '$1' in this repository."
  PEER=${commit:0:12}
  PEER_DIR=$PROJECT_DIR/target/against/$PEER
  if [[ ! -d $PEER_DIR ]]; then
    rm -rf "$PEER_DIR.part"
    git clone --quiet --shared --no-checkout "$PROJECT_DIR" "$PEER_DIR.part"
    git -C "$PEER_DIR.part" checkout --quiet --detach "$commit"
    mv "$PEER_DIR.part" "$PEER_DIR"
  fi
  say "The image of $PEER:"
  "$PEER_DIR/deploy/local/image"
}

# peer_prepare: once, before the first turn; each turn of a commit installs it.
peer_prepare() {
  if [[ $PEER != helm-operator ]]; then
    "$LOCAL_DIR/image"
    operator_remove
    return 0
  fi
  step "helm-operator's image" peer_image "$TARGET_DIR/peer.tar"
  "$LOCAL_DIR/load-image" "$TARGET_DIR/peer.tar"
  kubectl apply --filename "$LOCAL_DIR/config/helm-operator.yaml" >/dev/null
  kubectl wait --for=condition=Established --timeout=60s crd/metricsservers.charts.local.cluster >/dev/null
  for whose in operator helm-operator; do
    turn_of "$whose"
    operator_scale 0
  done
}

# peer_remove: what peer_prepare and an interrupted turn have left; this checkout's operator runs again.
peer_remove() {
  if [[ $PEER == helm-operator ]]; then
    kubectl --namespace kube-system delete metricsservers.charts.local.cluster metrics-server --ignore-not-found >/dev/null 2>&1 || true
    kubectl delete --ignore-not-found --filename "$LOCAL_DIR/config/helm-operator.yaml" >/dev/null
    turn_of operator
    operator_scale 1
  else
    turn_of "$PEER"
    operator_remove
    turn_of operator
    turn_start
  fi
}

operator_remove() {
  local kustomization
  kustomization=$(operator_kustomization)
  kubectl delete --ignore-not-found --kustomize "$kustomization" >/dev/null
}

# turn_of operator|PEER
turn_of() {
  WHOSE=$1
  OPERATOR_DIR=$PROJECT_DIR
  if [[ $1 == helm-operator ]]; then
    NAMESPACE=helm-operator
    RESOURCE=metricsservers.charts.local.cluster
    RESOURCE_NAMESPACE=kube-system
    NAME=metrics-server
    API_PATH=apis/charts.local.cluster/v1alpha1/namespaces/kube-system/metricsservers/metrics-server
    LOGGED='Reconciled release'
  else
    [[ $1 == operator ]] || OPERATOR_DIR=$PEER_DIR
    NAMESPACE=metrics-server-operator
    RESOURCE=metricsserverconfigs.metricsserver.dev
    RESOURCE_NAMESPACE=''
    NAME=cluster
    API_PATH=apis/$(sed -n 's/^apiVersion: //p' "$OPERATOR_DIR/deploy/examples/default.yaml")/metricsserverconfigs/cluster
    LOGGED='Verified all objects'
  fi
  OPERATOR=system:serviceaccount:$NAMESPACE:$NAMESPACE
}

# turn_start: returns when the operator whose turn it is runs.
turn_start() {
  if [[ $PEER == helm-operator ]]; then
    operator_scale 1
  else
    # Both images have the same name.
    "$LOCAL_DIR/load-image" "$OPERATOR_DIR/target/local/operator-image.tar"
    operator_install
    operator_wait
  fi
}

turn_end() {
  resource_delete
  if [[ $PEER == helm-operator ]]; then
    operator_scale 0
  else
    operator_remove
  fi
}

turn_process() { if [[ $WHOSE == helm-operator ]]; then cluster_process '^/helm-operator run'; else operator_process; fi; }

# operator_scale 0|1: returns when its pod is deleted, or ready
operator_scale() {
  kubectl --namespace "$NAMESPACE" scale deployment "$NAMESPACE" --replicas="$1" >/dev/null
  if (($1 == 0)); then
    kubectl --namespace "$NAMESPACE" wait --for=delete pod --selector "app.kubernetes.io/name=$NAMESPACE" --timeout=60s >/dev/null
  else
    kubectl --namespace "$NAMESPACE" rollout status "deployment/$NAMESPACE" --timeout=120s >/dev/null
  fi
}

# One replica each, the same release of metrics-server, and no verification of kubelets that have self-signed certificates.
resource_create() {
  if [[ $WHOSE != helm-operator ]]; then
    local_config | sed 's/^spec:.*/spec:\n  replicas: 1/'
  else
    printf 'apiVersion: charts.local.cluster/v1alpha1\nkind: MetricsServer\nmetadata: {name: metrics-server, namespace: kube-system}\n'
    printf 'spec: {replicas: 1, image: {tag: v%s}, args: [--kubelet-insecure-tls]}\n' "$METRICS_SERVER_VERSION"
  fi | kubectl create --filename - >/dev/null
}

resource_delete() {
  kubectl --namespace="$RESOURCE_NAMESPACE" delete "$RESOURCE" "$NAME" >/dev/null
  wait_for 120 "the end of metrics-server" metrics_server_gone
}
