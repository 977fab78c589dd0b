# shellcheck shell=bash
# A node: containerd, kubelet and kube-proxy in a machine "nodeN". Inside it, /run/machine is its home.

# node_prepare NUMBER: the machine, containerd, and the images, because a node reaches no registry.
node_prepare() {
  local number=$1 name=node$1 home
  home=$(machine_home "$name")
  PKI=$(machine_home cp)/pki
  mkdir -p "$home/cni" "$home/etc"
  certificate_create "$name" ca "/O=system:nodes/CN=system:node:$name" clientAuth
  kubeconfig_create "$name" "$home/kubelet.kubeconfig"
  cp "$(machine_home cp)/proxy.kubeconfig" "$home/"
  cp "$PKI/ca.crt" "$home/"
  : >"$home/resolv.conf"
  [[ -z $OS_IMAGE ]] || os_release "$OS_IMAGE" </etc/os-release >"$home/etc/os-release"
  node_fill containerd.toml "$number" >"$home/containerd.toml"
  node_fill cni.json "$number" >"$home/cni/10-pods.conflist"
  node_fill kubelet.yaml "$number" >"$home/kubelet.yaml"
  machine_create "$name" "$(node_address "$number")" "$BINARIES:/run/bin"
  machine_spawn "$name" "$(command -v containerd)" --config /run/machine/containerd.toml
  wait_for 20 "containerd of $name" test -S "$(machine_file "$name" /run/containerd/containerd.sock)"
  node_import "$name" "$BINARIES/images/pause.tar"
  node_import "$name" "$BINARIES/images/metrics-server.tar"
}

# node_fill FILE NUMBER: a file of config/ with its placeholders filled in
node_fill() {
  local bootstrap=false
  [[ $KUBELET_CERTIFICATES != requested ]] || bootstrap=true
  sed -e "s|@POD_CIDR@|$(node_pods "$2")|" -e "s|@CGROUP@|/$CGROUP/node$2|" -e "s|@CNI_PLUGINS@|$(cni_plugin_folder)|" \
    -e "s|@PAUSE_VERSION@|$PAUSE_VERSION|" -e "s|@SERVER_TLS_BOOTSTRAP@|$bootstrap|" "$LOCAL_DIR/config/$1"
}

# os_release NAME: the node object shows PRETTY_NAME as OS image
os_release() {
  grep -v '^PRETTY_NAME='
  printf 'PRETTY_NAME="%s"\n' "$1"
}

# node_import NAME ARCHIVE
node_import() {
  # The archive is opened here: the machine does not see all of the host's folders.
  machine_exec "$1" ctr --namespace k8s.io image import - <"$2" >/dev/null
}

# node_start NUMBER: the daemons that need the API server
node_start() {
  kubelet_start "$1"
  proxy_start "node$1" "node$1"
}

kubelet_start() {
  machine_spawn "node$1" /run/bin/kubelet --config=/run/machine/kubelet.yaml --kubeconfig=/run/machine/kubelet.kubeconfig \
    --hostname-override="node$1" --node-ip="$(node_address "$1")"
}

kubelet_gone() { [[ -z $(machine_process "node$1" kubelet) ]]; }

kubelet_listens() { machine_exec "node$1" bash -c ": </dev/tcp/$(node_address "$1")/$2" 2>/dev/null; }

# kubelet_configure NUMBER CERTIFICATE PORT READ_ONLY_PORT TOKENS: for its next start; deletes its previous certificates.
kubelet_configure() {
  local number=$1 home authentication=''
  home=$(machine_home "node$number")
  rm -rf "$home/var/lib/kubelet/pki"
  case $2 in
    self-signed | requested) KUBELET_CERTIFICATES=$2 ;;
    expired | other-address) KUBELET_CERTIFICATES=self-signed ;;
    *) die "--certificate must be self-signed, requested, expired or other-address, not '$2'." ;;
  esac
  case $5 in
    asked) ;;
    refused) authentication='s/webhook: {enabled: true}/webhook: {enabled: false}/' ;;
    ignored) authentication='s/webhook: {enabled: true}/webhook: {enabled: false}/; s/anonymous: {enabled: false}/anonymous: {enabled: true}/' ;;
    *) die "--tokens must be asked, refused or ignored, not '$5'." ;;
  esac
  {
    node_fill kubelet.yaml "$number" | sed "$authentication"
    printf 'port: %s\nreadOnlyPort: %s\n' "$3" "$4"
    case $2 in
      expired) kubelet_certificate "$number" certificate_create_expired "$(node_address "$number")" ;;
      other-address) kubelet_certificate "$number" certificate_create 192.0.2.1 ;;
    esac
  } >"$home/kubelet.yaml"
}

# kubelet_certificate NUMBER CREATE ADDRESS: creates a serving certificate without a request; prints the settings with its
# files
kubelet_certificate() {
  local name=node$1-serving file
  PKI=$(machine_home cp)/pki
  "$2" "$name" ca "/O=system:nodes/CN=system:node:node$1" serverAuth "IP:$3"
  for file in crt key; do
    cp "$PKI/$name.$file" "$(machine_home "node$1")/serving.$file"
  done
  printf 'tlsCertFile: /run/machine/serving.crt\ntlsPrivateKeyFile: /run/machine/serving.key\n'
}

# nodes_join NUMBER...: Node objects with their pod ranges, Ready and free of the taints of the start.
nodes_join() {
  local number
  for number in "$@"; do
    wait_for 60 "Node object of node$number" kubectl_admin get node "node$number"
    # Set here and not by the controller manager, because it must match the node's CNI plugin.
    kubectl_admin patch node "node$number" --patch \
      "{\"spec\":{\"podCIDR\":\"$(node_pods "$number")\",\"podCIDRs\":[\"$(node_pods "$number")\"]}}" >/dev/null
  done
  for number in "$@"; do
    wait_for 90 "node$number Ready" node_ready "node$number"
  done
}

node_ready() {
  [[ $(kubectl_admin get node "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}/{.spec.taints}') == True/ ]]
}
