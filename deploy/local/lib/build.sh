# shellcheck shell=bash
# Compiled programs and their images, each in a folder of the cache named after its version. A folder appears there only
# when it is complete: it is built under another name and renamed.

# built WHAT VERSION: ensures the folder CACHE/WHAT-VERSION and prints it.
built() {
  local what=$1 version=$2 folder=$CACHE_DIR/$1-$2 temporary module packages flags started
  if [[ ! -d $folder ]]; then
    ensure_go
    started=${EPOCHREALTIME/[.,]/}
    [[ $what != kubernetes ]] || say "  compiling Kubernetes $version, about 7 minutes on two cores, once"
    module=$(module_folder "$what" "$version")
    mapfile -t packages < <(module_packages "$what")
    flags=$(module_flags "$what" "$version")
    temporary=$CACHE_DIR/.building-$what-$version
    rm -rf "$temporary"
    mkdir -p "$temporary"
    (cd "$module" && GOWORK=off CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -buildvcs=false -ldflags "$flags" -o "$temporary/" "${packages[@]}" >&2)
    case $what in
      pause) image_archive "$temporary/pause" "registry.k8s.io/pause:$version" "$temporary/image.tar" ;;
      load) image_archive "$temporary/load" "local.cluster/load:$version" "$temporary/image.tar" ;;
      metrics-server) image_archive "$temporary/metrics-server" "registry.k8s.io/metrics-server/metrics-server:v$version" "$temporary/image.tar" ;;
    esac
    mv "$temporary" "$folder"
    say "  compiled $what $version in $(seconds_since "$started")"
  fi
  printf '%s' "$folder"
}

# tool_program helm|kube-score|cert-manager|helm-operator: prints the program of the version in versions.env, compiled once.
tool_program() {
  local version folder
  case $1 in
    helm) version=$HELM_VERSION ;;
    kube-score) version=$KUBE_SCORE_VERSION ;;
    cert-manager) version=$CERT_MANAGER_VERSION ;;
    helm-operator) version=$HELM_OPERATOR_VERSION ;;
  esac
  if [[ ! -d $CACHE_DIR/$1-$version ]]; then
    lock_cache
  fi
  folder=$(built "$1" "$version")
  printf '%s\n' "$folder/$1"
}

cluster_binaries_folder() { printf '%s' "$CACHE_DIR/cluster-$1-$ETCD_VERSION-$METRICS_SERVER_VERSION-$PAUSE_VERSION"; }

# cluster_binaries KUBERNETES_VERSION: one folder with everything a cluster of that version runs; hard links into the
# folders above, so that changing one version builds one thing.
cluster_binaries() {
  local folder temporary part parts=() built_folder
  folder=$(cluster_binaries_folder "$1")
  if [[ ! -d $folder ]]; then
    for part in "kubernetes $1" "etcd $ETCD_VERSION" "metrics-server $METRICS_SERVER_VERSION" "pause $PAUSE_VERSION"; do
      built_folder=$(built "${part% *}" "${part#* }")
      parts+=("$built_folder")
    done
    temporary=$CACHE_DIR/.building-cluster
    rm -rf "$temporary"
    mkdir -p "$temporary/images"
    ln "${parts[0]}"/* "${parts[1]}/etcd" "${parts[2]}/metrics-server" "${parts[3]}/pause" "$temporary/"
    ln "${parts[2]}/image.tar" "$temporary/images/metrics-server.tar"
    ln "${parts[3]}/image.tar" "$temporary/images/pause.tar"
    mv "$temporary" "$folder"
  fi
  printf '%s' "$folder"
}

# Only one process builds; the next one then finds the result.
lock_cache() {
  mkdir -p "$CACHE_DIR/modules"
  exec 8>"$CACHE_DIR/.lock"
  flock --nonblock 8 || {
    say "  waiting for another build to end"
    # Without the cluster's lock: should this command be killed, the waiting one must not keep that.
    flock 8 9>&-
  }
}

unlock_cache() { exec 8>&-; }

# image_archive PROGRAM NAME FILE [FOLDER]: an image of one layer with one static program, and what is in the folder, as an
# archive that containerd (OCI layout) and docker (manifest.json) both read.
image_archive() {
  local program=$1 name=$2 file=$3 work layer config manifest
  work=$(mktemp -d "$CACHE_DIR/.image-XXXXXX")
  mkdir -p "$work/root/etc" "$work/root/tmp" "$work/image/blobs/sha256"
  chmod 755 "$work/root"
  chmod 1777 "$work/root/tmp"
  printf 'root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' >"$work/root/etc/passwd"
  cp "$program" "$work/root/"
  [[ -z ${4:-} ]] || cp -r --no-preserve=mode "$4/." "$work/root/"
  tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory="$work/root" --file="$work/layer" .
  layer=$(image_blob "$work" "$work/layer")
  printf '{"architecture":"%s","os":"linux","config":{"User":"65534","Entrypoint":["/%s"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$(go env GOARCH)" "$(basename "$program")" "${layer% *}" >"$work/config"
  config=$(image_blob "$work" "$work/config")
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[%s]}' \
    "$(image_descriptor config.v1+json "$config")" "$(image_descriptor layer.v1.tar "$layer")" >"$work/manifest"
  manifest=$(image_blob "$work" "$work/manifest")
  printf '{"schemaVersion":2,"manifests":[%s]}' "$(image_descriptor manifest.v1+json "$manifest" "$name")" >"$work/image/index.json"
  printf '{"imageLayoutVersion":"1.0.0"}' >"$work/image/oci-layout"
  printf '[{"Config":"blobs/sha256/%s","RepoTags":["%s"],"Layers":["blobs/sha256/%s"]}]' "${config% *}" "$name" "${layer% *}" >"$work/image/manifest.json"
  tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory="$work/image" --file="$file" .
  rm -rf "$work"
}

# image_blob WORK FILE: moves the file to its place in the image and prints "digest size".
image_blob() {
  local digest size
  digest=$(sha256sum "$2")
  digest=${digest%% *}
  size=$(stat --format=%s "$2")
  mv "$2" "$1/image/blobs/sha256/$digest"
  printf '%s %s' "$digest" "$size"
}

# image_descriptor TYPE "DIGEST SIZE" [NAME]
image_descriptor() {
  local annotations=''
  [[ -z ${3:-} ]] || annotations=$(printf ',"annotations":{"io.containerd.image.name":"%s","org.opencontainers.image.ref.name":"%s"}' "$3" "${3##*:}")
  printf '{"mediaType":"application/vnd.oci.image.%s","digest":"sha256:%s","size":%s%s}' "$1" "${2% *}" "${2#* }" "$annotations"
}
