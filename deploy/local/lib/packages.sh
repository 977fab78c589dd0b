# shellcheck shell=bash
# Programs of the distribution that the cluster needs.

# Lines of "program package", with Debian's names of the packages.
REQUIRED_PROGRAMS='
containerd containerd
ctr containerd
runc runc
iptables iptables
ipset ipset
conntrack conntrack
ip iproute2
nsenter util-linux
flock util-linux
openssl openssl
pgrep procps
'

CNI_PLUGIN_FOLDERS=(/usr/lib/cni /opt/cni/bin /usr/libexec/cni)

cni_plugin_folder() {
  local folder
  for folder in "${CNI_PLUGIN_FOLDERS[@]}"; do
    if [[ -x $folder/bridge && -x $folder/host-local ]]; then
      printf '%s' "$folder"
      return 0
    fi
  done
  return 1
}

missing_packages() {
  local program package
  while read -r program package; do
    [[ -z $program ]] || have "$program" || printf '%s\n' "$package"
  done <<<"$REQUIRED_PROGRAMS" | sort -u
  cni_plugin_folder >/dev/null || printf 'containernetworking-plugins\n'
}

ensure_packages() {
  local missing log
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} > 0)) || return 0
  if [[ $(id -u) == 0 && -e /etc/debian_version ]] && have apt-get; then
    progress_start "installing ${missing[*]}"
    log=$(apt-get update -qq 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" 2>&1) ||
      die "apt-get could not install ${missing[*]}: $(tail -n 1 <<<"$log")"
    progress_stop
  fi
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} == 0)) || die "These packages are missing; install them: ${missing[*]}"
}

# check_containerd KUBERNETES_VERSION: kubelets from 1.36 on need containerd 2.
check_containerd() {
  local kubernetes_version=$1 version minor
  version=$(containerd --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)
  minor=${kubernetes_version#1.}
  minor=${minor%%.*}
  if [[ ${version%%.*} == 1 ]] && ((minor > CONTAINERD_1_LAST_MINOR)); then
    die "Kubernetes $kubernetes_version needs containerd 2, and this machine has $version: use --kubernetes 1.$CONTAINERD_1_LAST_MINOR.x or older, or install containerd 2."
  fi
}

# ensure_go: a login shell often lacks /usr/local/go, and the PATH may have an older release first.
ensure_go() {
  local found
  have go || PATH=$PATH:/usr/local/go/bin
  have go || die "Compiling Kubernetes needs Go $GO_VERSION or newer, and no go is installed; install it: https://go.dev/doc/install"
  found=$(go env GOVERSION)
  found=${found#go}
  [[ $(printf '%s\n' "$GO_VERSION" "${found%% *}" | sort -V | head -n 1) == "$GO_VERSION" ]] ||
    die "Compiling Kubernetes needs Go $GO_VERSION or newer, and $(command -v go) is $found; update it: https://go.dev/doc/install"
}

# prometheus_folder: prints the folder with prometheus and promtool: the installed ones, or those of Debian's package, which
# it unpacks without installing it.
prometheus_folder() {
  local folder=$CACHE_DIR/prometheus temporary log
  if have prometheus && have promtool; then
    dirname "$(command -v promtool)"
    return 0
  fi
  if [[ ! -d $folder ]]; then
    if ! have apt-get || ! have dpkg-deb; then
      die "prometheus and promtool are missing; install them: https://prometheus.io/download"
    fi
    build_lock prometheus
  fi
  if [[ ! -d $folder ]]; then
    progress_start "downloading prometheus"
    temporary=$CACHE_DIR/.building-prometheus
    rm -rf "$temporary"
    mkdir -p "$temporary"
    log=$(cd "$temporary" && { apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; } 2>&1) ||
      die "apt-get could not download prometheus: $(tail -n 1 <<<"$log")"
    dpkg-deb --extract "$temporary"/prometheus_*.deb "$temporary"
    mv "$temporary/usr/bin" "$folder"
    rm -rf "$temporary"
    progress_stop
  fi
  build_unlock
  printf '%s\n' "$folder"
}

BROWSERS=(chromium chromium-browser google-chrome)

browser_found() {
  local name
  for name in "${BROWSERS[@]}"; do
    ! have "$name" || { command -v "$name"; return 0; }
  done
  return 1
}

# browser_program: prints the path of a browser that runs without a screen; installs Debian's when there is none.
browser_program() {
  local log
  if ! browser_found >/dev/null; then
    if [[ $(id -u) != 0 || ! -e /etc/debian_version ]] || ! have apt-get; then
      die "No browser is installed; install one of ${BROWSERS[*]}."
    fi
    progress_start "installing chromium"
    log=$(apt-get update -qq 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium 2>&1) ||
      die "apt-get could not install chromium: $(tail -n 1 <<<"$log")"
    progress_stop
  fi
  browser_found
}
