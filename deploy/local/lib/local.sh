# shellcheck shell=bash
# The cluster of compiled programs: start and end.

# state_write: what `node add`, `control-plane` and `load-image` read later, and the folder of the checkout that starts it.
state_write() {
  mkdir -p "$RUN_DIR"
  {
    printf 'BINARIES=%q\n' "$BINARIES"
    printf 'OS_IMAGE=%q\n' "$OS_IMAGE"
    printf 'KUBELET_CERTIFICATES=%q\n' "$KUBELET_CERTIFICATES"
    printf 'AGGREGATOR_ROUTING=%q\n' "$AGGREGATOR_ROUTING"
    printf 'STARTED_FROM=%q\n' "$TARGET_DIR"
  } >"$RUN_DIR/state.env"
}

# local_cluster_runs: after a restart of the host there are files but no processes.
local_cluster_runs() { [[ -f $RUN_DIR/state.env && -n $(remembered_process "$(machine_home cp)/init.pid") ]]; }

state_read() {
  # shellcheck source=/dev/null
  source "$RUN_DIR/state.env"
  slot_use "$(slot)"
}

local_up() {
  local numbers
  mapfile -t numbers < <(seq "$NODES")
  step "packages" ensure_packages
  check_containerd "$KUBERNETES_VERSION"
  check_routes
  step "binaries" local_binaries
  # Only now: a wrong version or a missing program leaves the running cluster alone.
  slot_allocate
  step "previous cluster removed" local_down
  check_inotify "$NODES"
  state_write
  step "certificates and network" local_prepare
  etcd_start
  api_server_start "$AGGREGATOR_ROUTING"
  step "nodes' containerd and images" local_prepare_nodes "${numbers[@]}"
  step "etcd and kube-apiserver" api_server_wait
  controllers_start
  local_start_nodes "${numbers[@]}"
  step "$NODES $(plural "$NODES" node) Ready" nodes_join "${numbers[@]}"
  step "kubernetes service" wait_for 60 "service kubernetes" local_services_ready
  install -m 600 "$RUN_DIR/admin.kubeconfig" "$TARGET_DIR/kubeconfig"
}

plural() { if (($1 == 1)); then printf '%s' "$2"; else printf '%ss' "$2"; fi; }

local_binaries() {
  BINARIES=$(cluster_binaries "$KUBERNETES_VERSION")
}

local_prepare() {
  fabric_create
  control_plane_prepare
}

# local_prepare_nodes NUMBER...: in parallel, because each waits for disk and processes.
local_prepare_nodes() {
  local number pids=() pid
  for number in "$@"; do
    node_prepare "$number" &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do
    wait "$pid"
  done
  route_pods
}

local_start_nodes() {
  local number
  for number in "$@"; do
    node_start "$number"
  done
  proxy_start cp "node$1"
}

local_services_ready() {
  kubectl_admin --namespace=default get endpointslice/kubernetes serviceaccount/default &&
    kubectl_admin --namespace=kube-system get serviceaccount/default configmap/kube-root-ca.crt
}

# local_down: ends the cluster whose slot is in use, also after a crash or with missing files. Keeps its
# folder and slot.
local_down() {
  local name mounted started_from
  for name in $(local_machines); do
    machine_delete "$name"
  done
  # The cluster mounts nothing on the host's side; an administrator may have.
  while read -r mounted; do
    umount --lazy "$mounted" || true
  done < <(awk -v below="$RUN_DIR/" 'index($5, below) == 1 {print $5}' /proc/self/mountinfo | sort -r)
  if [[ -d /sys/class/net/$HOST_LINK ]]; then
    ip link delete "$HOST_LINK"
  fi
  end_processes cgroup_processes "$CGROUP"
  cgroups_delete "$CGROUP"
  if [[ -f $RUN_DIR/state.env ]]; then
    started_from=$(source "$RUN_DIR/state.env" && printf '%s' "${STARTED_FROM:-}")
    [[ -z $started_from ]] || rm -f "$started_from/kubeconfig"
  fi
  local_files_remove
}

local_files_remove() {
  [[ ! -d $RUN_DIR ]] || find "$RUN_DIR" -mindepth 1 -maxdepth 1 ! -name slot -exec rm -rf --one-file-system {} +
}

# local_machines: from their folders and from their network namespaces.
local_machines() {
  {
    find "$RUN_DIR/machines" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null || true
    find /run/netns -name "$MACHINE_PREFIX*" -printf '%f\n' 2>/dev/null | sed "s/^$MACHINE_PREFIX//" || true
  } | sort -u
}

# local_leftovers: whether the selected cluster has anything to remove; uses its slot.
local_leftovers() {
  local slot controller
  slot=$(slot)
  [[ -n $slot ]] || return 1
  slot_use "$slot"
  [[ -z $(find "$RUN_DIR" -mindepth 1 -print -quit 2>/dev/null) && ! -d /sys/class/net/$HOST_LINK && -z $(local_machines) ]] || return 0
  for controller in $(cgroup_controllers); do
    [[ ! -d $controller/$CGROUP ]] || return 0
  done
  return 1
}

# local_clusters: the names of all clusters of this machine.
local_clusters() { find "$CLUSTERS_DIR" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null | sort || true; }
