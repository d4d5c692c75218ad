#!/usr/bin/env bash
# find-program.sh PACKAGE PROGRAM - prints the path of a program that tests compare Kedge with. Needs no root.
#
# It is the one on PATH; failing that Debian's or Ubuntu's package of that name is downloaded with apt-get and unpacked
# into .cache/programs/PACKAGE of this repository. Only for programs that need no other package but the C library.
set -euo pipefail

die() { printf 'find-program.sh: %s\n' "$*" >&2; exit 1; }
[ $# = 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
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
  download() (
    cd "$work"
    apt-get download "$package" && exit 0
    # The system's package lists are empty or stale: read fresh ones into a directory of our own.
    mkdir -p lists/partial cache/archives/partial
    apt=(apt-get -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache")
    "${apt[@]}" update && "${apt[@]}" download "$package"
  )
  download >"$work/log" 2>&1 || { tail -n 3 "$work/log" >&2; die "apt-get could not download $package"; }
  dpkg-deb -x "$work/$package"_*.deb "$work/tree"
  # Two runs at once are safe: the finished tree is renamed into place.
  mv -T "$work/tree" "$tree" 2>/dev/null || [ -x "$tree/usr/bin/$program" ] || die "cannot create $tree"
fi
[ -x "$tree/usr/bin/$program" ] || die "the package $package has no program $program"
printf '%s\n' "$tree/usr/bin/$program"
