# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are for the files that source this one
# Sources of the figures: the API server's audit log, the process, the image.

OPERATOR=system:serviceaccount:metrics-server-operator:metrics-server-operator

# audit FILE: one request a line: time of its response in milliseconds of the day, user, verb, resource, code of the response,
# name of the object.
audit() {
  # The API server writes one JSON object a line, its fields always in this order.
  sed -nE 's/.*"verb":"([a-z]+)","user":\{"username":"([^"]+)".*"objectRef":\{"resource":"([a-z]+)"(,"namespace":"[^"]*")?(,"name":"([^"]*)")?.*"code":([0-9]+).*"stageTimestamp":"([^"]+)".*/\8 \2 \1 \3 \7 \6/p' "$1" |
    awk '{split(substr($1, 12), t, /[:Z]/); $1 = sprintf("%.1f", (t[1] * 3600 + t[2] * 60 + t[3]) * 1000); print}'
}

# since LINE: the audit log from this line on
since() { tail -n "+$1" "$TARGET_DIR/audit.log"; }

# next_line: the number of the line that the audit log gets next
next_line() { printf '%d' $(($(wc -l <"$TARGET_DIR/audit.log") + 1)); }

operator_process() { cluster_process '^/app/java/bin/java .*dev\.metricsserver\.cli\.Main'; }

# cluster_process PATTERN: the first process of the selected cluster whose command line matches; nothing when there is none.
cluster_process() {
  local groups pid
  if local_cluster_runs; then
    groups=/$CGROUP/
  else
    groups=$(kind_containers)
    [[ -n $groups ]] || return 0
  fi
  for pid in $(pgrep --full "$1" || true); do
    if grep -qsF "$groups" "/proc/$pid/cgroup"; then
      printf '%s' "$pid"
      return 0
    fi
  done
}

# resident PROCESS: proportional set size, its anonymous part, and resident set size, in MiB
resident() {
  awk '$1 == "Pss:" {pss = $2} $1 == "Pss_Anon:" {anonymous = $2} $1 == "Rss:" {rss = $2}
    END {printf "%.1f %.1f %.1f\n", pss / 1024, anonymous / 1024, rss / 1024}' "/proc/$1/smaps_rollup"
}

# image_megabytes ARCHIVE: size of its layers as registries keep them; buildah writes them compressed, Docker does not.
image_megabytes() {
  local blob bytes=0
  while IFS= read -r blob; do
    bytes=$((bytes + $(image_blob_compressed "$1" "$blob" | wc -c)))
  done < <(tar --list --file "$1" | grep -E '^(\./)?blobs/sha256/.|\.tar$')
  awk -v bytes="$bytes" 'BEGIN {printf "%.1f", bytes / 1e6}'
}

image_blob_compressed() {
  if tar --extract --to-stdout --file "$1" "$2" | gzip --test 2>/dev/null; then
    tar --extract --to-stdout --file "$1" "$2"
  else
    tar --extract --to-stdout --file "$1" "$2" | gzip
  fi
}
