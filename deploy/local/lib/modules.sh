# shellcheck shell=bash
# Where each compiled program comes from: a Go module with pinned, checksummed requirements. The ones for the default
# versions are committed below build/; for any other version they are written into the cache, where go checks every
# download against the Go checksum database.

KUBERNETES_PROGRAMS=(kube-apiserver kube-controller-manager kube-proxy kube-scheduler kubectl kubelet)

# module_path WHAT
module_path() {
  case $1 in
    kubernetes) printf k8s.io/kubernetes ;;
    etcd) printf go.etcd.io/etcd/server/v3 ;;
    metrics-server) printf sigs.k8s.io/metrics-server ;;
    kind) printf sigs.k8s.io/kind ;;
    helm) printf helm.sh/helm/v4 ;;
    kube-score) printf github.com/zegl/kube-score ;;
    cert-manager) printf github.com/cert-manager/cert-manager ;;
    helm-operator) printf github.com/operator-framework/operator-sdk ;;
  esac
}

# module_packages WHAT: what to compile
module_packages() {
  case $1 in
    kubernetes) printf 'k8s.io/kubernetes/cmd/%s\n' "${KUBERNETES_PROGRAMS[@]}" ;;
    metrics-server) printf 'sigs.k8s.io/metrics-server/cmd/metrics-server\n' ;;
    kind) printf 'sigs.k8s.io/kind\n' ;;
    helm) printf 'helm.sh/helm/v4/cmd/helm\n' ;;
    kube-score) printf 'github.com/zegl/kube-score/cmd/kube-score\n' ;;
    helm-operator) printf 'github.com/operator-framework/operator-sdk/cmd/helm-operator\n' ;;
    etcd | cert-manager | pause | load) printf '.\n' ;;
  esac
}

# module_flags WHAT VERSION: linker flags. Without them the API server calls itself v0.0.0, and every version check fails.
module_flags() {
  local version=$2 package minor
  printf -- '-s -w'
  [[ $1 != helm ]] || printf ' -X helm.sh/helm/v4/internal/version.version=v%s' "$version"
  [[ $1 == kubernetes || $1 == metrics-server ]] || return 0
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf ' -X %s.gitVersion=v%s -X %s.gitTreeState=clean' "$package" "$version" "$package"
    if [[ $1 == kubernetes ]]; then
      minor=${version#1.}
      printf ' -X %s.gitMajor=1 -X %s.gitMinor=%s' "$package" "$package" "${minor%%.*}"
    fi
  done
}

# module_folder WHAT VERSION: the folder with the go.mod to compile in.
module_folder() {
  local what=$1 version=$2 folder=$LOCAL_DIR/build/$1 temporary
  if [[ $what == pause || $what == load ]] || grep -qsF "$(module_path "$what") v$version" "$folder/go.mod"; then
    printf '%s' "$folder"
    return 0
  fi
  folder=$CACHE_DIR/modules/$what-$version
  if [[ ! -d $folder ]]; then
    temporary=$folder.$$
    rm -rf "$temporary"
    write_module "$what" "$version" "$temporary"
    mv "$temporary" "$folder"
  fi
  printf '%s' "$folder"
}

# write_module WHAT VERSION FOLDER: go.mod and go.sum (and main.go, where the program needs one of ours).
write_module() {
  local what=$1 version=$2 folder=$3 path log packages
  path=$(module_path "$what")
  mkdir -p "$folder"
  [[ ! -f $LOCAL_DIR/build/$what/main.go || $folder == "$LOCAL_DIR/build/$what" ]] || cp "$LOCAL_DIR/build/$what/main.go" "$folder/"
  {
    # The first Go with tool lines; go itself raises it to what the requirements ask for.
    printf 'module local.cluster/%s\n\ngo 1.24.0\n\n' "$what"
    module_packages "$what" | sed '/^\.$/d; 1i tool (
s/^/\t/; $a )'
    printf '\nrequire %s v%s\n' "$path" "$version"
    [[ $what != kubernetes ]] || kubernetes_replacements "$version"
  } >"$folder/go.mod"
  rm -f "$folder/go.sum"
  mapfile -t packages < <(module_packages "$what")
  # Nothing is compiled (-n): this resolves what the programs import and records the checksums.
  log=$(cd "$folder" && GOWORK=off GOFLAGS=-mod=mod go build -n -o /dev/null "${packages[@]}" 2>&1 >/dev/null) ||
    die "$what $version cannot be resolved as a Go module: $(grep -v '^#\|^go: \(downloading\|finding\|found\)' <<<"$log" | head -n 1)"
  (cd "$folder" && GOWORK=off go mod edit -fmt)
}

# Kubernetes requires its own libraries (k8s.io/api, ...) as v0.0.0 and replaces them by a folder of its repository,
# which whoever uses it as a module does not have. They are published as v0.MINOR.PATCH.
kubernetes_replacements() {
  local version=$1 answer go_mod
  answer=$(cd / && go mod download -json "k8s.io/kubernetes@v$version" 2>/dev/null) ||
    die "There is no Kubernetes $version, or it cannot be downloaded."
  go_mod=$(sed -n 's/^\t"GoMod": "\(.*\)",\{0,1\}$/\1/p' <<<"$answer")
  sed -n 's/^\t\(k8s\.io\/[a-z0-9-]*\) v0\.0\.0\( .*\)\{0,1\}$/\1/p' "$go_mod" | sort -u |
    sed "s/.*/\t& => & v0.${version#1.}/; 1i replace (
\$a )"
}
