# shellcheck shell=bash
# The operator's image, by Docker where an engine runs, else by buildah with a base image made here.

IMAGE=ghcr.io/metricsserver/metrics-server-operator
DEBIAN_RELEASE=bookworm

# image_name: with the project's version, which is in the POM only.
image_name() { printf '%s:%s' "$IMAGE" "$(sed -n 's|^  <version>\(.*\)</version>|\1|p' "$PROJECT_DIR/pom.xml" | head -n 1)"; }

# image_current FILE: whether it is newer than all its sources.
image_current() {
  [[ -f $1 && -z $(find "$PROJECT_DIR/src/main" "$PROJECT_DIR/src/image" "$PROJECT_DIR/pom.xml" "$PROJECT_DIR/Dockerfile" -newer "$1" -print -quit) ]]
}

jars_build() {
  # ./mvnw verify has made them already.
  if [[ -z $(find "$PROJECT_DIR/target" -maxdepth 1 -name 'metrics-server-operator-*.jar' 2>/dev/null) ||
    ! -d $PROJECT_DIR/target/image/lib ||
    -n $(find "$PROJECT_DIR/src/main" "$PROJECT_DIR/pom.xml" -newer "$(find "$PROJECT_DIR/target" -maxdepth 1 -name 'metrics-server-operator-*.jar' | head -n 1)" -print -quit) ]]; then
    (cd "$PROJECT_DIR" && ./mvnw --quiet --batch-mode -Dmaven.test.skip=true package) >&2
  fi
}

# docker_image FILE [OPTION of docker build]
docker_image() {
  docker build --quiet "${@:2}" --tag "$(image_name)" "$PROJECT_DIR" >/dev/null
  docker save --output "$1" "$(image_name)"
}

# jdk_home: an installed JDK 25
jdk_home() {
  local home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/*jdk*; do
    if [[ -x $home/bin/jlink ]] && grep -q '^JAVA_VERSION="25' "$home/release" 2>/dev/null; then
      readlink -f "$home"
      return 0
    fi
  done
  die "No JDK 25 is installed; install one (for example Temurin 25), or set JAVA_HOME."
}

# buildah_here ARGUMENT...: with settings that need neither user namespaces nor cgroup delegation. It keeps the layers, so that
# the next build repeats only changed ones.
buildah_here() { STORAGE_DRIVER=overlay BUILDAH_ISOLATION=chroot buildah "$@"; }

# jdk_image NAME: a small Debian with the installed JDK.
jdk_image() {
  local work container home
  home=$(jdk_home)
  work=$(mktemp -d "$CACHE_DIR/.jdk-XXXXXX")
  debootstrap --variant=minbase "$DEBIAN_RELEASE" "$work/root" >"$work/log" 2>&1 || die "debootstrap: $(tail -n 1 "$work/log")"
  mkdir -p "$work/root/opt"
  cp -aL "$home" "$work/root/opt/jdk"
  container=$(buildah_here from scratch)
  buildah_here add --quiet "$container" "$work/root" / >/dev/null
  buildah_here config --env PATH=/opt/jdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --env JAVA_HOME=/opt/jdk "$container"
  buildah_here commit --quiet "$container" "$1" >/dev/null
  buildah_here rm "$container" >/dev/null
  rm -rf "$work"
}

buildah_base() {
  local home
  home=$(jdk_home)
  # The name contains the versions of its content.
  JDK_IMAGE=localhost/jdk:$(sed -n 's/^JAVA_RUNTIME_VERSION="\(.*\)"/\1/p' "$home/release" | tr '+' '-')-$DEBIAN_RELEASE
  mkdir -p "$CACHE_DIR"
  buildah_here inspect --type image "$JDK_IMAGE" >/dev/null 2>&1 || jdk_image "$JDK_IMAGE"
}

# buildah_image FILE [OPTION of buildah build]: another checkout may give the same name to its image at the same time.
buildah_image() {
  local log=${IMAGE_ARCHIVE%.tar}.log id=${IMAGE_ARCHIVE%.tar}.id
  buildah_here build --layers "${@:2}" --build-arg "JDK=$JDK_IMAGE" --iidfile "$id" --tag "$(image_name)" "$PROJECT_DIR" >"$log" 2>&1 ||
    die "buildah: $(tail -n 30 "$log"); log: $log"
  rm -f "$1"
  buildah_here push --quiet "$(cat "$id")" "oci-archive:$1:$(image_name)" >/dev/null
}

# image_layers: the digests of the image's layers, uncompressed, in their order.
image_layers() {
  if docker_works; then
    docker image inspect --format '{{range .RootFS.Layers}}{{println .}}{{end}}' "$(image_name)"
  else
    buildah_here inspect --type image --format '{{range .OCIv1.RootFS.DiffIDs}}{{println .}}{{end}}' "$(cat "${IMAGE_ARCHIVE%.tar}.id")"
  fi
}
