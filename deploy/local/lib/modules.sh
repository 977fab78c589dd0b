# shellcheck shell=bash
# The sources of each compiled program: a Go module with pinned, checksummed requirements. Those for the default versions
# are committed below build/; for any other version they are written into the cache, where go checks every download
# against the Go checksum database.

# module_graph WHAT: the folder below build/ with its go.mod. Programs that share one share its compiled packages.
module_graph() {
  case $1 in
    kubernetes-*) printf kubernetes ;;
    helm | cert-manager) printf tools ;;
    *) printf '%s' "$1" ;;
  esac
}

# module_path WHAT: the module with the version
module_path() {
  case $1 in
    kubernetes*) printf k8s.io/kubernetes ;;
    metrics-server) printf sigs.k8s.io/metrics-server ;;
    kind) printf sigs.k8s.io/kind ;;
    helm) printf helm.sh/helm/v4 ;;
    kube-score) printf github.com/zegl/kube-score ;;
    cert-manager) printf github.com/cert-manager/cert-manager ;;
    helm-operator) printf github.com/operator-framework/operator-sdk ;;
  esac
}

# module_packages WHAT: the packages to compile. The API server comes first and alone, because integration tests need no more; etcd is
# of the version that this Kubernetes is developed with, and its program is called "server".
module_packages() {
  case $1 in
    kubernetes-api-server) printf '%s\n' k8s.io/kubernetes/cmd/{kube-apiserver,kubectl} go.etcd.io/etcd/server/v3 ;;
    kubernetes-nodes) printf 'k8s.io/kubernetes/cmd/%s\n' kube-controller-manager kube-proxy kube-scheduler kubelet ;;
    metrics-server) printf 'sigs.k8s.io/metrics-server/cmd/metrics-server\n' ;;
    kind) printf 'sigs.k8s.io/kind\n' ;;
    helm) printf 'helm.sh/helm/v4/cmd/helm\n' ;;
    kube-score) printf 'github.com/zegl/kube-score/cmd/kube-score\n' ;;
    cert-manager) printf './cert-manager\n' ;;
    helm-operator) printf 'github.com/operator-framework/operator-sdk/cmd/helm-operator\n' ;;
    pause | load) printf '.\n' ;;
  esac
}

# graph_programs GRAPH: the programs compiled in it
graph_programs() {
  case $1 in
    kubernetes) printf '%s\n' kubernetes-api-server kubernetes-nodes ;;
    tools) printf '%s\n' cert-manager helm ;;
    *) printf '%s\n' "$1" ;;
  esac
}

# default_version WHAT: the one in versions.env
default_version() {
  local name
  case $1 in
    kubernetes-*) name=KUBERNETES ;;
    *) name=${1^^} ;;
  esac
  name=${name//-/_}_VERSION
  printf '%s' "${!name}"
}

# module_flags WHAT VERSION: linker flags. Without them the API server calls itself v0.0.0, and every version check fails.
module_flags() {
  local version=$2 package minor
  printf -- '-s -w'
  [[ $1 != helm ]] || printf ' -X helm.sh/helm/v4/internal/version.version=v%s' "$version"
  [[ $1 == kubernetes-* || $1 == metrics-server ]] || return 0
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf ' -X %s.gitVersion=v%s -X %s.gitTreeState=clean' "$package" "$version" "$package"
    if [[ $1 == kubernetes-* ]]; then
      minor=${version#1.}
      printf ' -X %s.gitMajor=1 -X %s.gitMinor=%s' "$package" "$package" "${minor%%.*}"
    fi
  done
}

# module_folder WHAT VERSION: the folder with the go.mod for the compilation.
module_folder() {
  local what=$1 version=$2 graph folder temporary
  graph=$(module_graph "$what")
  folder=$LOCAL_DIR/build/$graph
  if [[ $what == pause || $what == load ]] || grep -qsF "$(module_path "$what") v$version" "$folder/go.mod"; then
    printf '%s' "$folder"
    return 0
  fi
  folder=$CACHE_DIR/modules/$graph-$version
  if [[ ! -d $folder ]]; then
    temporary=$folder.$$
    rm -rf "$temporary"
    write_module "$graph" "$version" "$temporary"
    mv "$temporary" "$folder"
  fi
  printf '%s' "$folder"
}

# write_module GRAPH VERSION FOLDER: go.mod and go.sum. VERSION is of the module that all its programs come from; empty for
# those in versions.env.
write_module() {
  local graph=$1 version=$2 folder=$3 log programs packages what
  mkdir -p "$folder"
  mapfile -t programs < <(graph_programs "$graph")
  mapfile -t packages < <(for what in "${programs[@]}"; do module_packages "$what"; done)
  {
    # The first Go with tool lines; go itself raises it to what the requirements ask for.
    printf 'module local.cluster/%s\n\ngo 1.24.0\n\n' "$graph"
    printf 'tool (\n'
    printf '%s\n' "${packages[@]}" | sed '/^\./d; s/^/\t/'
    printf ')\n\n'
    for what in "${programs[@]}"; do
      printf 'require %s v%s\n' "$(module_path "$what")" "${version:-$(default_version "$what")}"
    done | sort -u
    [[ $graph != kubernetes ]] || kubernetes_replacements "${version:-$KUBERNETES_VERSION}"
  } >"$folder/go.mod"
  rm -f "$folder/go.sum"
  # Compiles nothing (-n): resolves the imports of the programs and records the checksums.
  log=$(cd "$folder" && GOWORK=off GOFLAGS=-mod=mod go build -n -o /dev/null "${packages[@]}" 2>&1 >/dev/null) ||
    die "$graph $version cannot be resolved as a Go module: $(grep -v '^#\|^go: \(downloading\|finding\|found\)' <<<"$log" | head -n 1)"
  (cd "$folder" && GOWORK=off go mod edit -fmt)
}

# Kubernetes requires its own libraries (k8s.io/api, ...) as v0.0.0 and replaces them by a folder of its repository,
# which does not exist for its users as a module. The libraries are published as v0.MINOR.PATCH.
kubernetes_replacements() {
  local version=$1 answer go_mod
  answer=$(cd / && go mod download -json "k8s.io/kubernetes@v$version" 2>/dev/null) ||
    die "There is no Kubernetes $version, or it cannot be downloaded."
  go_mod=$(sed -n 's/^\t"GoMod": "\(.*\)",\{0,1\}$/\1/p' <<<"$answer")
  sed -n 's/^\t\(k8s\.io\/[a-z0-9-]*\) v0\.0\.0\( .*\)\{0,1\}$/\1/p' "$go_mod" | sort -u |
    sed "s/.*/\t& => & v0.${version#1.}/; 1i replace (
\$a )"
}
