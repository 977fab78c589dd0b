# shellcheck shell=bash
# Compiled programs and their images, each in a folder of the cache named after its version. A folder appears there only
# when it is complete: it is built under another name and renamed.

# built WHAT VERSION: ensures the folder CACHE/WHAT-VERSION and prints it.
built() {
  local what=$1 version=$2 folder=$CACHE_DIR/$1-$2 temporary started
  if [[ ! -d $folder ]]; then
    ensure_go
    build_lock "$what-$version"
  fi
  # Another process may have built it in the meantime.
  if [[ ! -d $folder ]]; then
    started=${EPOCHREALTIME/[.,]/}
    temporary=$CACHE_DIR/.building-$what-$version
    rm -rf "$temporary" "$temporary.log"
    mkdir -p "$temporary"
    compile "$what" "$version" "$temporary" "$temporary.log"
    case $what in
      kubernetes-api-server) mv "$temporary/server" "$temporary/etcd" ;;
      pause) image_archive "$temporary/pause" "registry.k8s.io/pause:$version" "$temporary/image.tar" ;;
      load) image_archive "$temporary/load" "local.cluster/load:$version" "$temporary/image.tar" ;;
      metrics-server) image_archive "$temporary/metrics-server" "registry.k8s.io/metrics-server/metrics-server:v$version" "$temporary/image.tar" ;;
    esac
    mv "$temporary" "$folder"
    rm -f "$temporary.log"
    say "  compiled $what $version in $(seconds_since "$started")"
  fi
  build_unlock
  printf '%s' "$folder"
}

# compile WHAT VERSION FOLDER LOG: compiles its programs into the folder.
compile() {
  local what=$1 version=$2 folder=$3 log=$4 module packages flags total
  progress_start "downloading the modules of $what $version" modules_done "$log"
  : >"$log"
  module=$(module_folder "$what" "$version")
  mapfile -t packages < <(module_packages "$what")
  flags=$(module_flags "$what" "$version")
  total=$(go_in "$module" list -trimpath -buildvcs=false -deps -f '{{if .Stale}}{{.ImportPath}}{{end}}' "${packages[@]}" 2>"$log" | wc -l) ||
    die "The modules of $what $version cannot be downloaded: $(tail -n 1 "$log")"
  : >"$log"
  progress_start "compiling $what $version" packages_done "$log" "$total"
  go_in "$module" build -v -trimpath -buildvcs=false -ldflags "$flags" -o "$folder/" "${packages[@]}" 2>"$log" ||
    die "$what $version cannot be compiled: $(grep -m 10 '[ #]' "$log")"
  progress_stop
}

# go_in FOLDER ARGUMENT...: runs go for the module there, with these settings only.
go_in() { (cd "$1" && GOWORK=off CGO_ENABLED=0 GOFLAGS=-mod=readonly go "${@:2}"); }

modules_done() { printf '%d done' "$(grep -c '^go: downloading' "$1")"; }

# packages_done LOG TOTAL: go build -v prints a package when it starts to compile it.
packages_done() { printf '%d of %d packages' "$(grep -vc '[ #]' "$1")" "$2"; }

# tool_program helm|kube-score|cert-manager|helm-operator: prints the program of the version in versions.env, compiled once.
tool_program() {
  local version folder
  case $1 in
    helm) version=$HELM_VERSION ;;
    kube-score) version=$KUBE_SCORE_VERSION ;;
    cert-manager) version=$CERT_MANAGER_VERSION ;;
    helm-operator) version=$HELM_OPERATOR_VERSION ;;
  esac
  folder=$(built "$1" "$version")
  printf '%s\n' "$folder/$1"
}

cluster_binaries_folder() { printf '%s' "$CACHE_DIR/cluster-$1-$METRICS_SERVER_VERSION-$PAUSE_VERSION"; }

# cluster_binaries KUBERNETES_VERSION: one folder with everything a cluster of that version runs; hard links into the
# folders above, so that a changed version rebuilds only its own programs.
cluster_binaries() {
  local folder temporary part parts=() built_folder
  folder=$(cluster_binaries_folder "$1")
  if [[ ! -d $folder ]]; then
    for part in "kubernetes-api-server $1" "kubernetes-nodes $1" "metrics-server $METRICS_SERVER_VERSION" "pause $PAUSE_VERSION"; do
      built_folder=$(built "${part% *}" "${part#* }")
      parts+=("$built_folder")
    done
    build_lock "$(basename "$folder")"
  fi
  if [[ ! -d $folder ]]; then
    temporary=$CACHE_DIR/.building-$(basename "$folder")
    rm -rf "$temporary"
    mkdir -p "$temporary/images"
    ln "${parts[0]}"/* "${parts[1]}"/* "${parts[2]}/metrics-server" "${parts[3]}/pause" "$temporary/"
    ln "${parts[2]}/image.tar" "$temporary/images/metrics-server.tar"
    ln "${parts[3]}/image.tar" "$temporary/images/pause.tar"
    mv "$temporary" "$folder"
  fi
  build_unlock
  printf '%s' "$folder"
}

# build_lock NAME: one process at a time builds the thing of this name; the next one finds the result.
build_lock() {
  mkdir -p "$CACHE_DIR/modules" "$CACHE_DIR/locks" 2>/dev/null ||
    die "The compiled programs are kept in $CACHE_DIR, which cannot be written; set XDG_CACHE_HOME to another folder."
  exec 8>"$CACHE_DIR/locks/$1"
  flock --nonblock 8 || {
    progress_start "waiting for another process that builds $1"
    # flock does not keep the cluster's lock when this command is killed.
    flock 8 9>&-
    progress_stop
  }
}

build_unlock() { exec 8>&-; }

# image_archive PROGRAM NAME FILE [FOLDER]: an image of one layer with one static program and the content of the folder, as an
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
