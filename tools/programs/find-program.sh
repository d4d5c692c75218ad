#!/usr/bin/env bash
# find-program.sh PACKAGE PROGRAM - prints the path of a program that tests compare Kedge with. Needs no root.
#
# It is the one on PATH; failing that Debian's or Ubuntu's package of that name is downloaded with apt-get and unpacked
# into .cache/programs/PACKAGE of this repository, together with the packages it needs and the system lacks. Whoever runs
# it then names the libraries of that tree in LD_LIBRARY_PATH.
set -euo pipefail

die() { printf 'find-program.sh: %s\n' "$*" >&2; exit 1; }
[ $# = 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
package=$1 program=$2
command -v "$program" && exit 0

cache=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.cache/programs
tree=$cache/$package
if [ ! -x "$tree/usr/bin/$program" ]; then
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    die "no $program found; install it, or the package $package"
  mkdir -p "$cache"
  work=$(mktemp -d "$tree.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # New packages only: what the system has in another version, like the C library, stays the system's.
  needed() { "$@" -s --no-install-recommends install "$package" | awk '$1 == "Inst" && $3 !~ /^\[/ { print $2 }'; }
  fetch() { local all; all=$(needed "$@") || all=; "$@" download "$package" $(grep -vxF "$package" <<<"$all"); }
  download() (
    cd "$work"
    fetch apt-get && exit 0
    # The system's package lists are empty or stale: read fresh ones into a directory of our own.
    rm -f ./*.deb
    mkdir -p lists/partial cache/archives/partial
    apt=(apt-get -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache")
    "${apt[@]}" update && fetch "${apt[@]}"
  )
  download >"$work/log" 2>&1 || { tail -n 3 "$work/log" >&2; die "apt-get could not download $package"; }
  for archive in "$work"/*.deb; do dpkg-deb -x "$archive" "$work/tree"; done
  # Two runs at once are safe: the finished tree is renamed into place.
  mv -T "$work/tree" "$tree" 2>/dev/null || [ -x "$tree/usr/bin/$program" ] || die "cannot create $tree"
fi
[ -x "$tree/usr/bin/$program" ] || die "the package $package has no program $program"
printf '%s\n' "$tree/usr/bin/$program"
