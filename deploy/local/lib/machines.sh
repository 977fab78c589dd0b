# shellcheck shell=bash
# shellcheck disable=SC2034 # the addresses are for the files that are sourced beside this one
# "Machines" without a container engine: the control plane and each node are a set of Linux namespaces (network, mounts,
# processes, host name), connected by a bridge in another network namespace. The host gets one veth and nothing else.
#
#   host 172.30.0.2 ── bridge in mso-fabric ──┬── mso-cp     172.30.0.10
#                                             ├── mso-node1  172.30.1.1   pods 10.244.1.0/24
#                                             └── mso-node2  172.30.1.2   pods 10.244.2.0/24
#
# Every cluster has a slot: the default cluster 0, the others the lowest free one from 1 on. Slot 1 has mso1-cp 172.30.2.10,
# mso1-node1 172.30.3.1 and so on. Pod and service addresses exist only in a cluster's namespaces, so they are the same in all.

ALL_MACHINES_NETWORK=172.30.0.0/16
SLOTS=100
PREFIX_LENGTH=23
POD_NETWORK=10.244.0.0/16
SERVICE_NETWORK=10.96.0.0/16

# slot_use SLOT: sets names and addresses of the cluster with this slot.
slot_use() {
  local number=$1
  # The names of the default cluster have no number.
  ((number > 0)) || number=''
  MACHINE_PREFIX=mso$number-
  HOST_LINK=mso$number-host
  CGROUP=metrics-server-operator-local${number:+-$number}
  HOST_ADDRESS=172.30.$((2 * $1)).2
  CONTROL_PLANE_ADDRESS=172.30.$((2 * $1)).10
  NODE_ADDRESSES=172.30.$((2 * $1 + 1))
}

# slot: prints the slot of the selected cluster; nothing when it has none.
slot() {
  if [[ $LOCAL_CLUSTER == "$DEFAULT_CLUSTER" ]]; then
    printf 0
  else
    cat "$RUN_DIR/slot" 2>/dev/null || true
  fi
}

# slot_allocate: uses the slot of the selected cluster, or gives it the lowest free one.
slot_allocate() {
  local slot lock
  slot=$(slot)
  if [[ -z $slot ]]; then
    exec {lock}<"$(dirname "$CLUSTERS_DIR")"
    flock "$lock"
    for ((slot = 1; slot < SLOTS; slot++)); do
      ! grep -qsx "$slot" "$CLUSTERS_DIR"/*/slot || continue
      break
    done
    ((slot < SLOTS)) || die "There are $((SLOTS - 1)) local clusters; remove one with deploy/local/down --name NAME."
    printf '%s\n' "$slot" >"$RUN_DIR/slot"
    exec {lock}<&-
  fi
  slot_use "$slot"
}

# slots_left_over: slots that have namespaces, links or cgroups, but no cluster.
slots_left_over() {
  local slot
  {
    find /run/netns -name 'mso*-*' -printf '%f\n' 2>/dev/null | sed -nE 's/^mso([0-9]*)-.*/\1/p' || true
    find /sys/class/net -name 'mso*-host' -printf '%f\n' | sed -nE 's/^mso([0-9]*)-host$/\1/p'
    # shellcheck disable=SC2046 # one word per controller
    find $(cgroup_controllers) -maxdepth 1 -name 'metrics-server-operator-local*' -printf '%f\n' |
      sed -nE 's/^metrics-server-operator-local(-([0-9]+))?$/\2/p'
  } | sed 's/^$/0/' | sort -nu | while read -r slot; do
    if [[ $slot == 0 ]]; then
      [[ -f $CLUSTERS_DIR/$DEFAULT_CLUSTER/state.env ]] || printf '0\n'
    else
      grep -qsx "$slot" "$CLUSTERS_DIR"/*/slot || printf '%s\n' "$slot"
    fi
  done
}

machine_home() { printf '%s/machines/%s' "$RUN_DIR" "$1"; }
node_address() { printf '%s.%s' "$NODE_ADDRESSES" "$1"; }
node_pods() { printf '10.244.%s.0/24' "$1"; }

# node_numbers: the numbers of the existing nodes, in order
node_numbers() {
  local home
  for home in "$RUN_DIR"/machines/node*; do
    [[ ! -d $home ]] || printf '%s\n' "${home##*/node}"
  done | sort -n
}

# check_routes: no other network of this machine may overlap the clusters' addresses.
check_routes() {
  local route
  route=$(ip -4 route show root "$ALL_MACHINES_NETWORK" | grep -v ' dev mso[0-9]*-host ' | head -n 1) || true
  [[ -z $route ]] || die "This machine already has a route into $ALL_MACHINES_NETWORK, which the local clusters use: ${route% }"
}

# Counted with Kubernetes 1.35: kube-apiserver and controller manager; kubelet and containerd. Debian allows a user 128.
INOTIFY_PER_CONTROL_PLANE=13
INOTIFY_PER_NODE=7

# inotify_left: instances that this user can still create.
inotify_left() {
  local used
  used=$(find /proc/[0-9]*/fd -lname anon_inode:inotify 2>/dev/null | wc -l) || true
  printf '%d' $(($(cat /proc/sys/fs/inotify/max_user_instances) - used))
}

# check_inotify NODES: without an instance a kubelet or the API server ends with "too many open files".
check_inotify() {
  local needed=$((INOTIFY_PER_CONTROL_PLANE + $1 * INOTIFY_PER_NODE)) left
  left=$(inotify_left)
  ((left >= needed)) ||
    die "The cluster needs $needed inotify instances, and this machine has $left left; allow more: sysctl fs.inotify.max_user_instances=1024"
}

fabric_create() {
  ip netns add "${MACHINE_PREFIX}fabric"
  ip -n "${MACHINE_PREFIX}fabric" link add fabric type bridge
  ip -n "${MACHINE_PREFIX}fabric" link set fabric up
  ip link add "$HOST_LINK" type veth peer name host netns "${MACHINE_PREFIX}fabric"
  ip -n "${MACHINE_PREFIX}fabric" link set host master fabric up
  ip addr add "$HOST_ADDRESS/$PREFIX_LENGTH" dev "$HOST_LINK"
  ip link set "$HOST_LINK" up
}

# machine_create NAME ADDRESS [SOURCE:TARGET]...: network, cgroups and first process. The sources appear in the machine
# below /run; its home appears as /run/machine.
machine_create() {
  local name=$1 address=$2 namespace=$MACHINE_PREFIX$1 home
  shift 2
  home=$(machine_home "$name")
  mkdir -p "$home/log"
  ip netns add "$namespace"
  ip link add eth0 netns "$namespace" type veth peer name "$name" netns "${MACHINE_PREFIX}fabric"
  ip -n "${MACHINE_PREFIX}fabric" link set "$name" master fabric up
  ip -n "$namespace" link set lo up
  ip -n "$namespace" addr add "$address/$PREFIX_LENGTH" dev eth0
  ip -n "$namespace" link set eth0 up
  # Without a default route no packet leaves the cluster. Service addresses need a route, because the kernel looks it up
  # before kube-proxy's rules translate the address.
  ip -n "$namespace" route add "$SERVICE_NETWORK" dev eth0
  cgroups_create "$name"
  (
    enter_cgroups "$name"
    exec 8>&- 9>&-
    # Not `ip netns exec`, which remounts /sys and so hides the cgroups.
    exec setsid nsenter --net="/run/netns/$namespace" -- \
      unshare --mount --propagation private --pid --fork --kill-child --mount-proc --uts --ipc -- \
      "$LOCAL_DIR/lib/machine-init" "$name" "$home" "$@" </dev/null >"$home/log/init.log" 2>&1
  ) &
  remember_process "$!" "$home/starter.pid"
  wait_for 10 "machine $name" test -e "$home/booted"
  remember_process "$(pgrep --parent "$(cut -d ' ' -f 1 "$home/starter.pid")")" "$home/init.pid"
}

# remember_process PID FILE: with its start time, because the kernel reuses numbers.
remember_process() { printf '%s %s\n' "$1" "$(process_start "$1")" >"$2"; }

# process_start PID: field 22 of stat; the name before it may contain spaces, so count from the last parenthesis.
process_start() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  read -ra stat <<<"${stat##*) }"
  printf '%s' "${stat[19]}"
}

# remembered_process FILE: prints the process number if that process still runs.
remembered_process() {
  local pid='' started=''
  [[ ! -f $1 ]] || read -r pid started <"$1" || true
  if [[ -n $pid && -n $started && $(process_start "$pid") == "$started" ]]; then
    printf '%s' "$pid"
  fi
}

# machine_exec NAME COMMAND...: runs a command inside the machine.
machine_exec() {
  local init name=$1
  shift
  init=$(remembered_process "$(machine_home "$name")/init.pid")
  [[ -n $init ]] || die "The machine $name is not running; deploy/local/up starts the cluster."
  nsenter --target "$init" --net --mount --pid --uts --ipc -- "$@"
}

# machine_spawn NAME PROGRAM ARGUMENT...: starts a daemon of the cluster inside the machine. SPAWNED becomes the process that
# waits for it and so lives exactly as long; the daemon itself has its name only some time later.
machine_spawn() {
  local name=$1 program=$2 home
  home=$(machine_home "$name")
  shift 2
  (
    enter_cgroups "$name"
    exec 8>&- 9>&-
    exec setsid nsenter --target "$(remembered_process "$home/init.pid")" --net --mount --pid --uts --ipc -- \
      "$program" "$@" </dev/null >>"$home/log/$(basename "$program").log" 2>&1
  ) &
  SPAWNED=$!
  disown
}

# machine_process NAME PROGRAM: the process, as the host numbers it.
machine_process() {
  local pid
  for pid in $(ip netns pids "$MACHINE_PREFIX$1" 2>/dev/null); do
    # The kernel keeps 15 characters of a name.
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) != "${2:0:15}" ]] || printf '%s\n' "$pid"
  done
}

# machine_file NAME PATH: a file of the machine's private file systems, seen from the host.
machine_file() { printf '/proc/%s/root%s' "$(remembered_process "$(machine_home "$1")/init.pid")" "$2"; }

# machine_delete NAME: the end of the first process ends all others of its process namespace.
machine_delete() {
  local name=$1 namespace=$MACHINE_PREFIX$1 home file pid
  home=$(machine_home "$name")
  for file in "$home"/init.pid "$home"/starter.pid; do
    pid=$(remembered_process "$file")
    [[ -z $pid ]] || kill -KILL "$pid" 2>/dev/null || true
  done
  end_processes namespace_processes "$namespace"
  end_processes cgroup_processes "$CGROUP/$name"
  ip netns delete "$namespace" 2>/dev/null || true
  cgroups_delete "$CGROUP/$name"
  rm -rf --one-file-system "$home"
}

namespace_processes() { ip netns pids "$1" 2>/dev/null || true; }

cgroup_processes() {
  local controller
  for controller in $(cgroup_controllers); do
    [[ ! -d $controller/$1 ]] || find "$controller/$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done | sort -un
}

# end_processes LIST ARGUMENT: kills the processes that the function LIST prints, until it prints none.
end_processes() {
  local pids attempt
  for attempt in {1..100}; do
    pids=$("$@")
    [[ -n $pids ]] || return 0
    # shellcheck disable=SC2086 # one word per process
    kill -KILL $pids 2>/dev/null || true
    sleep 0.05
  done
  say "  still running after $attempt attempts: ${pids//$'\n'/ }"
}

# cgroup_controllers: every hierarchy of cgroup v1, or the one of v2.
cgroup_controllers() {
  local folder
  if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    printf '/sys/fs/cgroup\n'
    return 0
  fi
  # Links such as cpu -> cpu,cpuacct repeat a hierarchy.
  for folder in /sys/fs/cgroup/*/; do
    [[ -L ${folder%/} || ! -e $folder/cgroup.procs ]] || printf '%s\n' "${folder%/}"
  done
}

# cgroups_create NAME: CGROUP/NAME is the kubelet's root (two kubelets below one root kill each other's pods), and
# CGROUP/NAME/system holds the machine's daemons, because in v2 a group has either processes or children with limits.
cgroups_create() {
  local controller path part file limits
  for controller in $(cgroup_controllers); do
    path=$controller
    for part in "$CGROUP" "$1" system; do
      if [[ -e $path/cgroup.subtree_control ]]; then
        read -ra limits <"$path/cgroup.controllers"
        for file in "${limits[@]}"; do
          echo "+$file" >"$path/cgroup.subtree_control" 2>/dev/null || true
        done
      fi
      mkdir -p "$path/$part"
      # A new cpuset is empty in v1, and an empty one accepts no process.
      for file in cpuset.cpus cpuset.mems; do
        [[ ! -f $path/$file || -e $path/cgroup.subtree_control ]] || cat "$path/$file" >"$path/$part/$file"
      done
      path=$path/$part
    done
  done
}

# enter_cgroups NAME: moves the calling subshell, and the program that replaces it, into the machine's cgroups.
enter_cgroups() {
  local controller
  for controller in $(cgroup_controllers); do
    echo "$BASHPID" >"$controller/$CGROUP/$1/system/cgroup.procs"
  done
}

# cgroups_delete PATH: from the leaves up; the kernel may need a moment after the last process is gone.
cgroups_delete() {
  local controller attempt
  for controller in $(cgroup_controllers); do
    for attempt in {1..40}; do
      [[ -d $controller/$1 ]] || break
      find "$controller/$1" -depth -type d -exec rmdir {} + 2>/dev/null && break
      sleep 0.05
    done
    [[ ! -d $controller/$1 ]] || say "  cannot remove $controller/$1 after $attempt attempts"
  done
}

# route_pods: each machine reaches each node's pods by the node's address.
route_pods() {
  local machine number routes
  for machine in cp $(node_numbers | sed 's/^/node/'); do
    routes=$(for number in $(node_numbers); do
      [[ $machine == "node$number" ]] || printf 'route replace %s via %s\n' "$(node_pods "$number")" "$(node_address "$number")"
    done)
    [[ -z $routes ]] || ip -n "$MACHINE_PREFIX$machine" -batch - <<<"$routes"
  done
}
