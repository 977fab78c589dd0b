# shellcheck shell=bash
# The same cluster by kind, where a Docker engine runs. Node 1 is the control plane, the others are workers.

KIND_PREFIX=metrics-server-operator

# kind_cluster: the name that kind has for the selected cluster
kind_cluster() {
  printf '%s' "$KIND_PREFIX"
  [[ $LOCAL_CLUSTER == "$DEFAULT_CLUSTER" ]] || printf -- '-%s' "$LOCAL_CLUSTER"
}

# kind_clusters: the names of all clusters that these commands have made by kind on this machine
kind_clusters() {
  docker ps --all --format '{{.Label "io.x-k8s.kind.cluster"}}' --filter label=io.x-k8s.kind.cluster |
    sed -nE "s/^$KIND_PREFIX\$/$DEFAULT_CLUSTER/p; s/^$KIND_PREFIX-([a-z][a-z0-9-]*)\$/\1/p" | sort -u
}

kind_containers() { docker ps --all --quiet --no-trunc --filter "label=io.x-k8s.kind.cluster=$(kind_cluster)"; }

kind_nodes() { docker ps --all --format '{{.Names}}' --filter "label=io.x-k8s.kind.cluster=$(kind_cluster)"; }

kind_cluster_exists() { docker_works && [[ -n $(kind_containers) ]]; }

# kind_program: sets KIND to the version in versions.env, whatever is installed.
kind_program() {
  KIND=$(built kind "$KIND_VERSION")/kind
}

# kind_node_image VERSION
kind_node_image() {
  if [[ $1 == "$KUBERNETES_VERSION_DEFAULT" ]]; then
    printf '%s' "$KIND_NODE_IMAGE"
  else
    printf 'kindest/node:v%s' "$1"
  fi
}

# kind_argument IMAGE NAME VALUE: one of the API server's extraArgs; kind writes kubeadm's v1beta4, where they are a list,
# from Kubernetes 1.36 on, and a map before.
kind_argument() {
  local minor=${1#*:v1.}
  if ((${minor%%[.@]*} >= 36)); then
    printf '        - {name: %s, value: "%s"}\n' "$2" "$3"
  else
    printf '        %s: "%s"\n' "$2" "$3"
  fi
}

kind_config() {
  local image=$1 worker routing=false bootstrap=false
  [[ $AGGREGATOR_ROUTING != on ]] || routing=true
  [[ $KUBELET_CERTIFICATES != requested ]] || bootstrap=true
  cat <<END
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: $(kind_cluster)
kubeadmConfigPatches:
  - |
    kind: ClusterConfiguration
    apiServer:
      extraArgs:
$(kind_argument "$image" audit-policy-file /etc/kubernetes/audit/policy.yaml)
$(kind_argument "$image" audit-log-path /var/log/kubernetes/audit.log)
$(kind_argument "$image" audit-log-maxsize 100000)
$(kind_argument "$image" enable-aggregator-routing $routing)
      extraVolumes:
        - {name: audit-policy, hostPath: /etc/kubernetes/audit, mountPath: /etc/kubernetes/audit, readOnly: true, pathType: Directory}
        - {name: audit-log, hostPath: /var/log/kubernetes, mountPath: /var/log/kubernetes, pathType: Directory}
  - |
    kind: KubeletConfiguration
    serverTLSBootstrap: $bootstrap
nodes:
  - role: control-plane
    extraMounts:
      - {hostPath: "$TARGET_DIR/audit-policy", containerPath: /etc/kubernetes/audit, readOnly: true}
      - {hostPath: "$TARGET_DIR", containerPath: /var/log/kubernetes}
END
  for ((worker = 1; worker < NODES; worker++)); do
    printf '  - role: worker\n'
  done
}

kind_up() {
  local image
  step "kind $KIND_VERSION" kind_program
  image=$(kind_node_image "$KUBERNETES_VERSION")
  mkdir -p "$TARGET_DIR/audit-policy"
  rm -rf "$KUBECACHEDIR"
  cp "$LOCAL_DIR/config/audit-policy.yaml" "$TARGET_DIR/audit-policy/policy.yaml"
  # Made here, so that it belongs to the user of this command; the API server appends.
  : >"$TARGET_DIR/audit.log"
  kind_config "$image" >"$TARGET_DIR/kind.yaml"
  step "cluster of $NODES" "$KIND" create cluster --config "$TARGET_DIR/kind.yaml" --image "$image" --kubeconfig "$TARGET_DIR/kubeconfig" --wait 180s
  [[ -z $OS_IMAGE ]] || step "OS image" kind_os_image "$OS_IMAGE"
  step "nodes Ready" kind_kubectl wait --for=condition=Ready nodes --all --timeout=120s
  # kind removes the control plane's taint only where it is the only node.
  step "pods on every node" kind_kubectl patch node "$(kind_cluster)-control-plane" --type=merge --patch '{"spec":{"taints":null}}'
}

# kubectl of the node image, so that none has to be installed or compiled.
kind_kubectl() { docker exec "$(kind_cluster)-control-plane" kubectl --kubeconfig=/etc/kubernetes/admin.conf "$@" >&2; }

kind_os_image() {
  local node
  for node in $(kind_nodes); do
    docker exec "$node" cat /etc/os-release | os_release "$1" |
      docker exec --interactive "$node" sh -c 'cat >/etc/os-release.new && mv /etc/os-release.new /etc/os-release && systemctl restart kubelet'
  done
}

kind_down() {
  local containers
  mapfile -t containers < <(kind_containers)
  ((${#containers[@]} == 0)) || docker rm --force --volumes "${containers[@]}" >/dev/null
  rm -f "$TARGET_DIR/kubeconfig"
}
