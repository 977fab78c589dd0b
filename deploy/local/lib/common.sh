# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are for the files that source this one
# Paths, versions, messages and waiting, for every command in this folder.

# An error inside $(...) ends the script too.
shopt -s inherit_errexit

LOCAL_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PROJECT_DIR=$(cd "$LOCAL_DIR/../.." && pwd)
# What users of the cluster read: kubeconfig and audit log.
TARGET_DIR=$PROJECT_DIR/target/local
# Fixed, because there is one cluster per machine: any checkout can find it and take it down.
RUN_DIR=/var/lib/metrics-server-operator-local
CACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/metrics-server-operator

# shellcheck source=../versions.env
source "$LOCAL_DIR/versions.env"

# Progress goes to stderr, so that stdout carries only what a caller wants to read.
if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
  GREEN=$'\e[32m' RED=$'\e[31m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
  GREEN='' RED='' DIM='' PLAIN=''
fi

say() { printf '%s\n' "$*" >&2; }

die() {
  printf '%s✘%s %s\n' "$RED" "$PLAIN" "$*" >&2
  FAILURE_SAID=yes
  exit 1
}

# seconds_since MICROSECONDS: "1.4 s"
seconds_since() {
  local tenths=$(((${EPOCHREALTIME/[.,]/} - $1) / 100000))
  printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}

# step TITLE COMMAND...: runs the command and says how long it took. The command is called plainly, because inside
# a condition bash would ignore its errors; report_failure, as EXIT trap, tells which step failed.
step() {
  CURRENT_STEP=$1
  shift
  local started=${EPOCHREALTIME/[.,]/}
  "$@"
  printf '%s✔%s %s %s%s%s\n' "$GREEN" "$PLAIN" "$CURRENT_STEP" "$DIM" "$(seconds_since "$started")" "$PLAIN" >&2
  CURRENT_STEP=''
}

report_failure() {
  local status=$?
  if ((status != 0)) && [[ -n ${CURRENT_STEP:-} && -z ${FAILURE_SAID:-} ]]; then
    printf '%s✘%s %s failed' "$RED" "$PLAIN" "$CURRENT_STEP" >&2
    [[ ! -d $RUN_DIR/machines ]] || printf '; logs: %s/machines/*/log' "$RUN_DIR" >&2
    printf '\n' >&2
  fi
}

# wait_for SECONDS WHAT COMMAND...: polls until the command succeeds.
wait_for() {
  local seconds=$1 what=$2 deadline
  shift 2
  deadline=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || die "$what: not there after $seconds s; logs: $RUN_DIR/machines/*/log"
    sleep 0.1
  done
}

# option_value OPTION [VALUE]: the value, or one clear sentence when it is missing.
option_value() {
  [[ $# -ge 2 && -n $2 && $2 != --* ]] || die "$1 needs a value; see --help."
  printf '%s' "$2"
}

# The comment block at the top of a command is its help.
print_help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

have() { command -v "$1" >/dev/null 2>&1; }

docker_works() { have docker && docker info >/dev/null 2>&1; }

need_root() {
  [[ $(id -u) == 0 ]] || die "Without a Docker engine the cluster is made of network namespaces and cgroups, which needs root: run this with sudo."
}

# One command at a time changes the cluster. The lock is on a folder that exists anyway, so that it leaves no file; the
# wait is for what a killed command leaves running for a moment.
lock_cluster() {
  exec 9<"$(dirname "$RUN_DIR")"
  flock --timeout 10 9 || die "Another command of deploy/local is at work on this machine's cluster; try again when it is done."
}
