#!/usr/bin/env bash
# registry.sh - a real Docker Distribution on 127.0.0.1, for tests and for trying Kedge out. Needs no root.
#
#   registry.sh start  DIR [--port N] [--auth] [--tls CERT KEY] [--token REALM CERT]
#   registry.sh stop   DIR
#   registry.sh status DIR        exit 0 when it runs, 3 when not
#
# DIR keeps the pushed images (DIR/data), the log and the pid; it is kept by `stop`.
# --port   default: any free port.
# --auth   only the test login below may push and pull; without it anybody may.
# --tls    serve HTTPS with this certificate and key (PEM files).
# --token  want bearer tokens from the token server at REALM, signed by the key of CERT (PEM file); issuer and service
#          are both "kedge-test".
# start prints REGISTRY_HOST, REGISTRY_URL, REGISTRY_USER, REGISTRY_PASSWORD as shell assignments when the server answers.
#
# The program is `docker-registry` on PATH (or $KEDGE_REGISTRY_BIN); failing that Debian's or Ubuntu's package is
# downloaded with apt-get and unpacked into .cache/ of this repository.
set -u -o pipefail

TEST_USER=kedge
TEST_PASSWORD=kedge-test-password
# bcrypt of TEST_PASSWORD; the server is on loopback and holds test data only.
TEST_HTPASSWD='kedge:$2y$05$Kedge0Registry0Test0SOeSg9/W2jRcZNo9n9sqfIjCHEIQmW51K'

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=$ROOT/.cache/docker-registry

die() { printf 'registry.sh: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,19s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

# Downloads and unpacks the package. Two runs at once are safe: the finished tree is renamed into place.
fetch_registry() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    die 'no docker-registry found; install the package docker-registry or set KEDGE_REGISTRY_BIN to the program'
  local work
  mkdir -p "$ROOT/.cache" && work=$(mktemp -d "$ROOT/.cache/docker-registry.XXXXXX") || die "cannot write $ROOT/.cache"
  local log=$work/apt.log
  (
    cd "$work" || exit 1
    apt-get download docker-registry >"$log" 2>&1 && exit 0
    # The system's package lists are empty or stale: read fresh ones into a directory of our own.
    mkdir -p lists/partial cache/archives/partial
    apt=(apt-get -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache")
    "${apt[@]}" update >>"$log" 2>&1
    "${apt[@]}" download docker-registry >>"$log" 2>&1
  ) || { tail -n 3 "$log" >&2; rm -rf "$work"; die 'apt-get could not download docker-registry'; }
  dpkg-deb -x "$work"/docker-registry_*.deb "$work/tree" || { rm -rf "$work"; die 'dpkg-deb could not unpack docker-registry'; }
  mv -T "$work/tree" "$CACHE" 2>/dev/null || [ -x "$CACHE/usr/bin/docker-registry" ] || die "cannot create $CACHE"
  rm -rf "$work"
}

find_registry() {
  if [ -n "${KEDGE_REGISTRY_BIN:-}" ]; then
    [ -x "$KEDGE_REGISTRY_BIN" ] || die "KEDGE_REGISTRY_BIN is not a program: $KEDGE_REGISTRY_BIN"
    REGISTRY=$KEDGE_REGISTRY_BIN
  elif ! REGISTRY=$(command -v docker-registry); then
    REGISTRY=$CACHE/usr/bin/docker-registry
    [ -x "$REGISTRY" ] || fetch_registry
  fi
}

running_pid() {
  local pid
  pid=$(cat "$DIR/registry.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  ps -o args= -p "$pid" 2>/dev/null | grep -qF "$DIR/config.yml" && echo "$pid"
}

write_config() {
  cat >"$DIR/config.yml" <<YML
version: 0.1
log: { level: info }
storage:
  filesystem: { rootdirectory: "$DIR/data" }
  delete: { enabled: true }
# Also takes and serves the manifests of Docker schema 1, which it refuses by default.
compatibility: { schema1: { enabled: true } }
http:
  addr: 127.0.0.1:$PORT
  secret: loopback-only
YML
  [ -z "$TLS_CERT" ] || printf '  tls: { certificate: "%s", key: "%s" }\n' "$TLS_CERT" "$TLS_KEY" >>"$DIR/config.yml"
  if [ -n "$AUTH" ]; then
    printf '%s\n' "$TEST_HTPASSWD" >"$DIR/htpasswd"
    printf 'auth:\n  htpasswd: { realm: kedge-test, path: "%s" }\n' "$DIR/htpasswd" >>"$DIR/config.yml"
  elif [ -n "$REALM" ]; then
    printf 'auth:\n  token: { realm: "%s", service: kedge-test, issuer: kedge-test, rootcertbundle: "%s" }\n' \
      "$REALM" "$REALM_CERT" >>"$DIR/config.yml"
  fi
}

print_env() { cat "$DIR/env"; }

start() {
  mkdir -p "$DIR/data" || die "cannot create $DIR"
  if running_pid >/dev/null; then die "already running in $DIR; stop it first"; fi
  find_registry
  write_config
  # setsid: the server outlives this script and its terminal.
  OTEL_TRACES_EXPORTER=none nohup setsid "$REGISTRY" serve "$DIR/config.yml" >"$DIR/registry.log" 2>&1 </dev/null &
  local pid=$! address='' i
  echo "$pid" >"$DIR/registry.pid"
  # The log names the address once the socket listens, which is also how a free port becomes known.
  for ((i = 0; i < 150; i++)); do
    address=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$DIR/registry.log" | head -n 1)
    [ -n "$address" ] && break
    kill -0 "$pid" 2>/dev/null || die "it ended at once: $(tail -n 2 "$DIR/registry.log")"
    sleep 0.1
  done
  [ -n "$address" ] || { stop >/dev/null; die "not ready after 15 s, see $DIR/registry.log"; }
  {
    echo "REGISTRY_HOST=$address"
    echo "REGISTRY_URL=$([ -n "$TLS_CERT" ] && echo https || echo http)://$address"
    echo "REGISTRY_USER=${AUTH:+$TEST_USER}"
    echo "REGISTRY_PASSWORD=${AUTH:+$TEST_PASSWORD}"
  } >"$DIR/env"
  print_env
}

stop() {
  local pid i
  pid=$(running_pid) || { rm -f "$DIR/registry.pid"; echo 'was not running'; return 0; }
  kill -TERM "$pid" 2>/dev/null
  for ((i = 0; i < 50; i++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -0 "$pid" 2>/dev/null && kill -KILL "$pid"
  rm -f "$DIR/registry.pid"
  echo stopped
}

status() {
  if running_pid >/dev/null; then print_env; else echo 'not running'; return 3; fi
}

COMMAND=${1:-} DIR=${2:-}
case $COMMAND in start | stop | status) ;; *) usage ;; esac
[ -n "$DIR" ] && [ "${DIR#-}" = "$DIR" ] || usage
shift 2
case $DIR in /*) ;; *) DIR=$PWD/$DIR ;; esac
PORT=0 AUTH='' TLS_CERT='' TLS_KEY='' REALM='' REALM_CERT=''
while [ $# -gt 0 ]; do
  case $1 in
    --port) [ $# -ge 2 ] || usage; PORT=$2; shift 2 ;;
    --auth) AUTH=1; shift ;;
    --tls) [ $# -ge 3 ] || usage; TLS_CERT=$2 TLS_KEY=$3; shift 3 ;;
    --token) [ $# -ge 3 ] || usage; REALM=$2 REALM_CERT=$3; shift 3 ;;
    *) usage ;;
  esac
done
case $PORT in '' | *[!0-9]*) die "--port wants a number, not '$PORT'" ;; esac
"$COMMAND"
