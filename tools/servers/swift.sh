#!/usr/bin/env bash
# swift.sh - a real OpenStack Swift on 127.0.0.1 that also speaks S3, for tests and for trying Kedge out.
#
#   swift.sh start  DIR [--port N] [--with PID]   starts it, or finds it running; concurrent calls for one DIR are safe
#   swift.sh stop   DIR                           ends it; DIR keeps the stored data and the logs
#   swift.sh status DIR                           exit 0 when it runs, 3 when not
#
# One node, one copy, nothing but loopback. It takes five ports in a row: N for clients (the Swift API with TempAuth and
# the S3 API on the same port), then object, container, account server and memcached. Default: five free ones.
# --with: it ends by itself soon after that process has ended, however it did.
# start and status print SWIFT_AUTH_URL, SWIFT_USER, SWIFT_KEY, SWIFT_STORAGE_URL, SWIFT_MEMCACHED (host:port, holds the
# login tokens), S3_URL, S3_REGION, S3_ACCESS_KEY, S3_SECRET_KEY as shell assignments.
# Two users, both of account "test": tester may do everything, guest (key guest-key) nothing but log in.
#
# The programs are Debian's or Ubuntu's packages; what is missing is installed with apt-get, which needs root.
set -u -o pipefail

HOST=127.0.0.1
SERVERS=(memcached account container object proxy)
PACKAGES=(swift-proxy swift-account swift-container swift-object python3-swift memcached curl)
WAIT_SECONDS=90

die() { printf 'swift.sh: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,16s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

install_packages() {
  local missing=() package guard=/usr/sbin/policy-rc.d made='' log=$DIR/log/apt.log
  for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "not installed: ${missing[*]} (names of Debian's packages)"
  [ "$(id -u)" = 0 ] || die "not root, so install these packages first: ${missing[*]}"
  # Without this the packages would start services of their own on the default ports.
  if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$guard" && chmod 755 "$guard" || die "cannot write $guard"
    made=1
  fi
  local apt=(apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  export DEBIAN_FRONTEND=noninteractive
  # A fresh machine has no package lists, an old one may name packages that the mirror has replaced.
  "${apt[@]}" install --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
    { "${apt[@]}" update >>"$log" 2>&1; "${apt[@]}" install --no-install-recommends "${missing[@]}" >>"$log" 2>&1; }
  local code=$?
  [ -z "$made" ] || rm -f "$guard"
  [ $code = 0 ] || { tail -n 5 "$log" >&2; die "apt-get could not install ${missing[*]}; see $log"; }
}

# Swift keeps an object's name and headers in extended attributes of its file.
check_attributes() {
  /usr/bin/python3 - "$DIR/node" <<'PY' || die "the file system of $DIR has no extended attributes for users; take another directory"
import os, sys, tempfile
with tempfile.NamedTemporaryFile(dir=sys.argv[1]) as file:
    os.setxattr(file.name, 'user.swift.metadata', b'x' * 2000)
PY
}

taken() { (exec 3<>"/dev/tcp/$HOST/$1") 2>/dev/null; }

# Five free ports in a row, below those that the kernel gives to outgoing connections.
choose_port() {
  local try offset
  for ((try = 0; try < 50; try++)); do
    PORT=$((20000 + RANDOM % 2400 * 5))
    for offset in 0 1 2 3 4; do taken $((PORT + offset)) && continue 2; done
    return 0
  done
  die 'found no five free ports in a row'
}

# A pid file counts only while that process has our directory on its command line: pids are used again.
pid_of() {
  local pid
  pid=$(cat "$DIR/run/$1.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "$DIR/" && echo "$pid"
}

get() { curl -s --noproxy '*' -m 10 "$@" 2>/dev/null; }

# A login and a look at the account with its token goes through every server once.
answers() {
  local port token
  for port in $((PORT + 1)) $((PORT + 2)) $((PORT + 3)) "$PORT"; do
    [ "$(get "http://$HOST:$port/healthcheck")" = OK ] || return 1
  done
  token=$(get -D - -o /dev/null -H 'X-Auth-User: test:tester' -H 'X-Auth-Key: testing' "http://$HOST:$PORT/auth/v1.0" |
    tr -d '\r' | awk 'tolower($1) == "x-auth-token:" { print $2 }')
  [ -n "$token" ] && get -f -o /dev/null -H "X-Auth-Token: $token" "http://$HOST:$PORT/v1/AUTH_test"
}

# Patient time-outs: with one copy there is no other node to ask.
write_configuration() {
  local etc=$DIR/etc kind port
  local base="bind_ip = $HOST
user = $(id -un)
swift_dir = $etc
workers = 0
log_address = $DIR/run/no-syslog"
  [ -s "$etc/swift.conf" ] || cat >"$etc/swift.conf" <<CONF
[swift-hash]
swift_hash_path_prefix = $RANDOM$RANDOM
swift_hash_path_suffix = $RANDOM$RANDOM
[storage-policy:0]
name = one-copy
default = yes
CONF
  port=$PORT
  for kind in object container account; do
    port=$((port + 1))
    cat >"$etc/$kind-server.conf" <<CONF
[DEFAULT]
$base
bind_port = $port
devices = $DIR/node
mount_check = false
fallocate_reserve = 0
recon_cache_path = $DIR/cache
[pipeline:main]
pipeline = healthcheck $kind-server
[app:$kind-server]
use = egg:swift#$kind
node_timeout = 60
conn_timeout = 10
container_update_timeout = 60
[filter:healthcheck]
use = egg:swift#healthcheck
CONF
  done
  local filters='catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo' filter
  {
    cat <<CONF
[DEFAULT]
$base
bind_port = $PORT
client_timeout = 60
[pipeline:main]
pipeline = $filters proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
node_timeout = 60
recoverable_node_timeout = 60
conn_timeout = 10
object_chunk_size = 262144
client_chunk_size = 262144
# The only device must not be shunned after an error.
error_suppression_interval = 0
CONF
    for filter in $filters; do
      echo "[filter:$filter]"
      case $filter in
        cache) printf 'use = egg:swift#memcache\nmemcache_servers = %s:%s\n' "$HOST" $((PORT + 4)) ;;
        s3api) printf 'use = egg:swift#s3api\nlocation = us-east-1\n' ;;
        tempauth) printf 'use = egg:swift#tempauth\nuser_test_tester = testing .admin\nuser_test_guest = guest-key\n' ;;
        *) echo "use = egg:swift#$filter" ;;
      esac
    done
  } >"$etc/proxy-server.conf"
}

# 16 partitions on one device, made by Swift's own builder; again when the ports are others.
build_rings() {
  [ "$(cat "$DIR/etc/rings" 2>/dev/null)" = "$PORT" ] && return 0
  /usr/bin/python3 - "$DIR/etc" "$HOST" "$PORT" >"$DIR/log/rings.log" 2>&1 <<'PY' || die "the rings could not be made, see $DIR/log/rings.log"
import sys
from swift.common.ring import RingBuilder
etc, host, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
for port, kind in enumerate(('object', 'container', 'account'), first + 1):
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({'region': 1, 'zone': 1, 'ip': host, 'port': port, 'replication_ip': host, 'replication_port': port,
                     'device': 'd1', 'weight': 1, 'meta': ''})
    builder.rebalance()
    builder.get_ring().save('%s/%s.ring.gz' % (etc, kind))
PY
  echo "$PORT" >"$DIR/etc/rings"
}

# setsid: the servers outlive this script and its terminal. 9>&-: they must not hold its lock.
launch() {
  local name=$1
  shift
  nohup setsid "$@" >"$DIR/log/$name.log" 2>&1 </dev/null 9>&- &
  echo $! >"$DIR/run/$name.pid"
}

start() {
  PORT=$(cat "$DIR/port" 2>/dev/null)
  if [ -n "$PORT" ] && pid_of proxy >/dev/null && answers; then cat "$DIR/env"; return 0; fi
  end_all
  mkdir -p "$DIR"/{etc,run,log,cache,node/d1} || die "cannot write $DIR"
  install_packages
  check_attributes
  PORT=$WANTED_PORT
  [ -n "$PORT" ] || choose_port
  write_configuration
  build_rings
  # The pid file puts our directory on memcached's command line; it has no other option that names it.
  launch memcached memcached -l "$HOST" -p $((PORT + 4)) -U 0 -m 64 -u "$(id -un)" -P "$DIR/run/memcached.own"
  local name i
  for name in account container object proxy; do launch "$name" "/usr/bin/swift-$name-server" "$DIR/etc/$name-server.conf" -v; done
  for ((i = 0; i < WAIT_SECONDS * 5; i++)); do
    for name in "${SERVERS[@]}"; do
      kill -0 "$(cat "$DIR/run/$name.pid")" 2>/dev/null && continue
      end_all
      die "$name ended at once: $(tail -n 3 "$DIR/log/$name.log")"
    done
    answers && break
    sleep 0.2
  done
  answers || { end_all; die "not ready after $WAIT_SECONDS s, see $DIR/log"; }
  if [ -n "$OWNER" ]; then
    nohup setsid bash -c 'while grep -qs "^State:.[^XZ]" "/proc/$1/status"; do sleep 3; done; exec "$2" stop "$3"' \
      watch "$OWNER" "$SELF" "$DIR" >/dev/null 2>&1 </dev/null 9>&- &
  fi
  echo "$PORT" >"$DIR/port"
  cat >"$DIR/env" <<ENV
SWIFT_AUTH_URL=http://$HOST:$PORT/auth/v1.0
SWIFT_USER=test:tester
SWIFT_KEY=testing
SWIFT_STORAGE_URL=http://$HOST:$PORT/v1/AUTH_test
SWIFT_MEMCACHED=$HOST:$((PORT + 4))
S3_URL=http://$HOST:$PORT
S3_REGION=us-east-1
S3_ACCESS_KEY=test:tester
S3_SECRET_KEY=testing
ENV
  cat "$DIR/env"
}

# Ends every server that a start left, whether it came up or not. Exit code 1 when there was none.
end_all() {
  local name pid i found=1
  for name in proxy object container account memcached; do
    pid=$(pid_of "$name") && { found=0; kill -TERM "$pid" 2>/dev/null; }
  done
  for name in "${SERVERS[@]}"; do
    if pid=$(pid_of "$name"); then
      for ((i = 0; i < 50; i++)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
      kill -0 "$pid" 2>/dev/null && kill -KILL -- "-$pid" 2>/dev/null
    fi
    rm -f "$DIR/run/$name.pid"
  done
  return $found
}

stop() { if end_all; then echo stopped; else echo 'was not running'; fi; }

status() {
  PORT=$(cat "$DIR/port" 2>/dev/null)
  if [ -n "$PORT" ] && pid_of proxy >/dev/null && answers; then cat "$DIR/env"; else echo 'not running'; return 3; fi
}

COMMAND=${1:-} DIR=${2:-}
case $COMMAND in start | stop | status) ;; *) usage ;; esac
[ -n "$DIR" ] && [ "${DIR#-}" = "$DIR" ] || usage
shift 2
case $DIR in /*) ;; *) DIR=$PWD/$DIR ;; esac
WANTED_PORT='' OWNER=''
SELF=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$(basename "${BASH_SOURCE[0]}")
while [ $# -gt 0 ]; do
  case $1 in
    --port) [ $# -ge 2 ] || usage; WANTED_PORT=$2; shift 2 ;;
    --with) [ $# -ge 2 ] || usage; OWNER=$2; shift 2 ;;
    *) usage ;;
  esac
done
case $WANTED_PORT$OWNER in *[!0-9]*) die '--port and --with want a number' ;; esac
if [ "$COMMAND" != status ]; then
  [ "$COMMAND" = start ] || [ -d "$DIR" ] || { echo 'was not running'; exit 0; }
  mkdir -p "$DIR" && exec 9>"$DIR/lock" || die "cannot write $DIR"
  flock -w 600 9 || die "another swift.sh holds $DIR/lock"
fi
"$COMMAND"
