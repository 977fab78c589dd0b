# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are for the files that source this one
# The operator and its peer, helm-operator with metrics-server's chart: namespace and resource of the one that runs.

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

peer_install() {
  step "helm-operator's image" peer_image "$TARGET_DIR/peer.tar"
  "$LOCAL_DIR/load-image" "$TARGET_DIR/peer.tar"
  kubectl apply --filename "$LOCAL_DIR/config/helm-operator.yaml" >/dev/null
  kubectl wait --for=condition=Established --timeout=60s crd/metricsservers.charts.local.cluster >/dev/null
}

# turn_of operator|helm-operator
turn_of() {
  WHOSE=$1
  if [[ $1 == operator ]]; then
    NAMESPACE=metrics-server-operator
    RESOURCE=metricsserverconfigs.metricsserver.dev
    RESOURCE_NAMESPACE=''
    NAME=cluster
    API_PATH=apis/metricsserver.dev/v1beta1/metricsserverconfigs/cluster
    LOGGED='Verified all objects'
  else
    NAMESPACE=helm-operator
    RESOURCE=metricsservers.charts.local.cluster
    RESOURCE_NAMESPACE=kube-system
    NAME=metrics-server
    API_PATH=apis/charts.local.cluster/v1alpha1/namespaces/kube-system/metricsservers/metrics-server
    LOGGED='Reconciled release'
  fi
  OPERATOR=system:serviceaccount:$NAMESPACE:$NAMESPACE
}

turn_process() { if [[ $WHOSE == operator ]]; then operator_process; else cluster_process '^/helm-operator run'; fi; }

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
  if [[ $WHOSE == operator ]]; then
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
