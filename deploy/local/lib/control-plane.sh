# shellcheck shell=bash
# etcd, API server, controller manager and scheduler, in the machine "cp". Inside it, /run/machine is its home, /run/bin
# the programs and /run/audit the folder of the audit log.

kubectl_admin() { "$BINARIES/kubectl" --kubeconfig="$RUN_DIR/admin.kubeconfig" "$@"; }

# api_server_wait: waits until the one started last is ready; fails at once when it ends.
api_server_wait() {
  local deadline=$((SECONDS + 90)) log
  log=$(machine_home cp)/log/kube-apiserver.log
  until kubectl_admin get --raw /readyz >/dev/null 2>&1; do
    kill -0 "$API_SERVER" 2>/dev/null || die "kube-apiserver ended: $(tail -n 1 "$log")"
    ((SECONDS < deadline)) || die "kube-apiserver is not ready after 90 s; log: $log"
    sleep 0.1
  done
}

control_plane_prepare() {
  local home component
  home=$(machine_home cp)
  mkdir -p "$home"
  certificates_create "$home/pki"
  for component in controller-manager scheduler proxy; do
    kubeconfig_create "$component" "$home/$component.kubeconfig"
  done
  kubeconfig_create admin "$RUN_DIR/admin.kubeconfig"
  cp "$LOCAL_DIR/config/audit-policy.yaml" "$home/"
  mkdir -p "$TARGET_DIR"
  rm -rf "$KUBECACHEDIR"
  : >"$TARGET_DIR/audit.log"
  machine_create cp "$CONTROL_PLANE_ADDRESS" "$BINARIES:/run/bin" "$TARGET_DIR:/run/audit"
}

etcd_start() {
  # The data lives as long as the cluster, so writes need not reach the disk.
  machine_spawn cp /run/bin/etcd --data-dir=/var/lib/etcd --unsafe-no-fsync --log-level=warn \
    --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379 \
    --listen-peer-urls=http://127.0.0.1:2380 --listen-metrics-urls=
}

# api_server_start on|off: aggregator routing. API_SERVER becomes the process that waits for it.
api_server_start() {
  local pki=/run/machine/pki routing=false
  [[ $1 != on ]] || routing=true
  machine_spawn cp /run/bin/kube-apiserver \
    --advertise-address="$CONTROL_PLANE_ADDRESS" --secure-port=6443 --allow-privileged=true \
    --etcd-servers=http://127.0.0.1:2379 --service-cluster-ip-range="$SERVICE_NETWORK" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --client-ca-file=$pki/ca.crt --tls-cert-file=$pki/apiserver.crt --tls-private-key-file=$pki/apiserver.key \
    --kubelet-client-certificate=$pki/apiserver-kubelet-client.crt --kubelet-client-key=$pki/apiserver-kubelet-client.key \
    --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file=$pki/service-accounts.pub --service-account-signing-key-file=$pki/service-accounts.key \
    --requestheader-client-ca-file=$pki/front-proxy-ca.crt --requestheader-allowed-names=front-proxy-client \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file=$pki/front-proxy-client.crt --proxy-client-key-file=$pki/front-proxy-client.key \
    --enable-aggregator-routing=$routing \
    --audit-policy-file=/run/machine/audit-policy.yaml --audit-log-path=/run/audit/audit.log --audit-log-maxsize=100000
  API_SERVER=$SPAWNED
}

# controllers_start: when the API server is ready; before, its default roles are missing and both would exit. The controller
# manager's default limit of 20 requests a second would cost seconds while it creates a service account for each controller.
controllers_start() {
  local pki=/run/machine/pki
  machine_spawn cp /run/bin/kube-controller-manager --kubeconfig=/run/machine/controller-manager.kubeconfig \
    --authentication-kubeconfig=/run/machine/controller-manager.kubeconfig --authorization-kubeconfig=/run/machine/controller-manager.kubeconfig \
    --controllers='*' --kube-api-qps=200 --kube-api-burst=400 --use-service-account-credentials=true --leader-elect=false \
    --service-account-private-key-file=$pki/service-accounts.key --root-ca-file=$pki/ca.crt \
    --cluster-signing-cert-file=$pki/ca.crt --cluster-signing-key-file=$pki/ca.key \
    --client-ca-file=$pki/ca.crt --requestheader-client-ca-file=$pki/front-proxy-ca.crt \
    --allocate-node-cidrs=false --cluster-cidr="$POD_NETWORK" --service-cluster-ip-range="$SERVICE_NETWORK"
  machine_spawn cp /run/bin/kube-scheduler --kubeconfig=/run/machine/scheduler.kubeconfig \
    --authentication-kubeconfig=/run/machine/scheduler.kubeconfig --authorization-kubeconfig=/run/machine/scheduler.kubeconfig \
    --leader-elect=false
}

# proxy_start MACHINE NODE: the control plane has one too, because the aggregator dials service addresses. It has no Node
# object, and kube-proxy waits half a minute for one, so it uses the name of a node.
proxy_start() {
  local machine=$1 node=$2 address
  address=$CONTROL_PLANE_ADDRESS
  [[ $machine == cp ]] || address=$(node_address "${machine#node}")
  # Connection tracking limits are settings of the whole host: zeros leave them unchanged.
  machine_spawn "$machine" /run/bin/kube-proxy --kubeconfig=/run/machine/proxy.kubeconfig --hostname-override="$node" \
    --proxy-mode=iptables --cluster-cidr="$POD_NETWORK" --bind-address="$address" \
    --conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0
}
