# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are for the files that source this one
# Paths, versions, messages and waiting, for every command in this folder.

# An error inside $(...) ends the script too.
shopt -s inherit_errexit

LOCAL_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PROJECT_DIR=$(cd "$LOCAL_DIR/../.." && pwd)
# Every cluster of this machine has a folder here, so that any checkout can find it and take it down.
CLUSTERS_DIR=/var/lib/metrics-server-operator-local
DEFAULT_CLUSTER=default
# Of the selected cluster; empty for commands that need none.
RUN_DIR=''
# The operator's image of this checkout, for all its clusters.
IMAGE_ARCHIVE=$PROJECT_DIR/target/local/operator-image.tar
CACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/metrics-server-operator

# shellcheck source=../versions.env
source "$LOCAL_DIR/versions.env"

# Progress goes to stderr, so that stdout carries only the result.
if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
  GREEN=$'\e[32m' RED=$'\e[31m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
  GREEN='' RED='' DIM='' PLAIN=''
fi

# Seconds between two lines of progress, and how such a line starts and ends: a terminal shows one line that changes.
PROGRESS=''
if [[ -t 2 ]]; then
  PROGRESS_INTERVAL=1 CLEAR=$'\r\e[K' PROGRESS_END=''
else
  PROGRESS_INTERVAL=8 CLEAR='' PROGRESS_END=$'\n'
fi

# cluster_select NAME: sets the folders of the cluster that the command works on. Commands that this one starts inherit it.
cluster_select() {
  [[ $1 =~ ^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$ ]] ||
    die "'$1' is not a valid cluster name: use up to 20 lower-case letters, digits and hyphens, starting with a letter, ending with a letter or digit."
  export LOCAL_CLUSTER=$1
  RUN_DIR=$CLUSTERS_DIR/$1
  # What users of the cluster read: kubeconfig and audit log.
  TARGET_DIR=$PROJECT_DIR/target/local
  [[ $1 == "$DEFAULT_CLUSTER" ]] || TARGET_DIR+=/$1
  # kubectl remembers for hours which APIs a server has, by its address, which a later cluster may have, too.
  export KUBECACHEDIR=$TARGET_DIR/kubectl-cache
}

# read_name ARGUMENT...: takes --name NAME out of the arguments and leaves the others in ARGUMENTS.
read_name() {
  local name=${LOCAL_CLUSTER:-$DEFAULT_CLUSTER}
  ARGUMENTS=()
  while (($# > 0)); do
    case $1 in
      --name) name=$(option_value "$@"); shift 2 ;;
      *) ARGUMENTS+=("$1"); shift ;;
    esac
  done
  cluster_select "$name"
}

say() { printf '%s%s\n' "$CLEAR" "$*" >&2; }

# By this status at_exit recognizes that die, also in a subshell, has printed the reason.
STATUS_OF_DIE=97

# die MESSAGE: prints why the command cannot go on, and ends it.
die() {
  progress_stop
  printf '%s%s✘%s %s\n' "$CLEAR" "$RED" "$PLAIN" "$*" >&2
  exit "$STATUS_OF_DIE"
}

# seconds_since MICROSECONDS: "1.4 s", or "2 min 5 s" from one minute on
seconds_since() {
  local tenths=$(((${EPOCHREALTIME/[.,]/} - $1) / 100000))
  if ((tenths < 600)); then
    printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
  else
    printf '%d min %d s' $((tenths / 600)) $((tenths % 600 / 10))
  fi
}

# progress_start TITLE [COMMAND...]: until progress_stop, shows every few seconds the title, what the command prints, and the
# time since the start: on a terminal in one line, else a line each. Replaces the progress of an enclosing step.
progress_start() {
  local started=${EPOCHREALTIME/[.,]/} title=$1 details never
  shift
  progress_stop
  (
    # This process holds neither locks nor the output that a caller reads.
    exec 8>&- 9>&- </dev/null >&2
    # A read that times out waits without a sleep process, which would outlive this one.
    exec {never}<> <(:)
    while kill -0 "$$" 2>/dev/null; do
      read -rt "$PROGRESS_INTERVAL" -u "$never" || true
      details=''
      (($# == 0)) || details=", $("$@")"
      printf '%s  %s%s, %s%s' "$CLEAR" "$title" "$details" "$(seconds_since "$started")" "$PROGRESS_END"
    done
  ) &
  PROGRESS=$!
  disown
}

progress_stop() {
  [[ -n $PROGRESS ]] || return 0
  kill -KILL "$PROGRESS" 2>/dev/null || true
  PROGRESS=''
  printf '%s' "$CLEAR" >&2
}

# step TITLE COMMAND...: runs the command, shows its progress and prints how long it took. The command is called plainly,
# because inside a condition bash would ignore its errors; at_exit, the EXIT trap, prints which step failed.
step() {
  CURRENT_STEP=$1
  shift
  local started=${EPOCHREALTIME/[.,]/}
  progress_start "$CURRENT_STEP"
  "$@"
  progress_stop
  printf '%s✔%s %s %s%s%s\n' "$GREEN" "$PLAIN" "$CURRENT_STEP" "$DIM" "$(seconds_since "$started")" "$PLAIN" >&2
  CURRENT_STEP=''
}

# at_exit: the EXIT trap of every command. A command that has to put something back defines put_back.
at_exit() {
  local status=$?
  progress_stop
  if ((status != 0 && status != STATUS_OF_DIE)) && [[ -n ${CURRENT_STEP:-} ]]; then
    printf '%s✘%s %s failed' "$RED" "$PLAIN" "$CURRENT_STEP" >&2
    [[ ! -d $RUN_DIR/machines ]] || printf '; logs: %s/machines/*/log' "$RUN_DIR" >&2
    printf '\n' >&2
  fi
  if declare -F put_back >/dev/null; then
    put_back || ((status != 0)) || status=1
  fi
  cluster_folder_remove
  ((status != STATUS_OF_DIE)) || status=1
  exit "$status"
}
trap at_exit EXIT

# cluster_folder_remove: removes the run folder unless something is in it.
cluster_folder_remove() { rmdir "$RUN_DIR" "$CLUSTERS_DIR" 2>/dev/null || true; }

# wait_for SECONDS WHAT COMMAND...: polls until the command succeeds.
wait_for() {
  local seconds=$1 what=$2 deadline
  shift 2
  deadline=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || die "$what: not ready after $seconds s; logs: $RUN_DIR/machines/*/log"
    sleep 0.1
  done
}

# option_value OPTION [VALUE]: the value, or an error when it is missing.
option_value() {
  [[ $# -ge 2 && -n $2 && $2 != --* ]] || die "$1 needs a value; see --help."
  printf '%s' "$2"
}

# The comment block at the top of a command is its help.
print_help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

have() { command -v "$1" >/dev/null 2>&1; }

docker_works() { have docker && docker info >/dev/null 2>&1; }

need_root() {
  [[ $(id -u) == 0 ]] || die "Without a Docker engine the cluster is made of network namespaces and cgroups, which needs root; run this with sudo."
}

# lock_cluster: one command at a time changes a cluster. The lock is on the cluster's folder and not on a file beside it,
# which would stay. Ten seconds are for the processes that a killed command leaves for a moment.
lock_cluster() {
  local folder=$RUN_DIR
  # A plain user has clusters of kind only.
  [[ $(id -u) == 0 ]] || folder=$TARGET_DIR
  # Another command may remove the folder while this one waits for its lock.
  until [[ -d $folder && /dev/fd/9 -ef $folder ]]; do
    mkdir -p "$folder"
    exec 9<"$folder"
    flock --timeout 10 9 || die "Another command of deploy/local works on the cluster '$LOCAL_CLUSTER'; try again when it has ended."
  done
}
