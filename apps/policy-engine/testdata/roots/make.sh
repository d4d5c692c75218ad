#!/usr/bin/env bash
# Makes the roots in this folder: one package each, installed by its own package manager and then disturbed in every way
# that verification tells apart; and what the package manager says of it.
#
#   apps/policy-engine/testdata/roots/make.sh
#
#   rpm.tar.gz  rpm.verify    `rpm -Va`
#   dpkg.tar.gz dpkg.verify   `dpkg --verify`
#   apk.tar.gz  apk.verify    Debian has no apk: its database is written here after apk(5), with digests by openssl, and
#                             the answer is what the list of disturbances says
#
# Needs Debian 12's packages dpkg, rpm, openssl; root, for owners.
set -euo pipefail
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1700000000
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
run() { "$@" >>"$log" 2>&1 || { tail -n 5 "$log" >&2; exit 1; }; }

# The files of the package, below $1.
fill() {
  local lib=$1/usr/lib/tool name
  mkdir -p "$lib"/{closed,empty} "$1"/etc/tool "$1"/usr/share/doc/tool
  for name in kept content longer mode setuid owner time gone 'with space' becomes-directory becomes-link ignored; do
    echo "$name" >"$lib/$name"
  done
  for name in closed/inside 'gone?*' ümlaut; do echo "$name" >"$lib/$name"; done
  ln -s kept "$lib/link"
  ln -s kept "$lib/link-gone"
  for name in kept changed mode gone optional; do echo "$name=1" >"$1/etc/tool/$name.conf"; done
  echo manual >"$1/usr/share/doc/tool/README"
  find "$1" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
}

# What happens to them below $1.
disturb() {
  local lib=$1/usr/lib/tool
  echo CONTENT >"$lib/content"
  echo more >>"$lib/longer"
  echo 'With Space' >"$lib/with space"
  echo Ümlaut >"$lib/ümlaut"
  echo IGNORED >"$lib/ignored"
  chmod 600 "$lib/mode"
  chmod u+s "$lib/setuid"
  chown 7:7 "$lib/owner"
  touch "$lib/time"
  rm "$lib/gone" "$lib/gone?*" "$lib/link-gone" "$lib/becomes-link"
  # dpkg gives up at a directory in place of a file.
  [ "$1" = "$work/dpkg" ] || { rm "$lib/becomes-directory" && mkdir "$lib/becomes-directory"; }
  ln -s kept "$lib/becomes-link"
  ln -sf mode "$lib/link"
  chmod 700 "$lib/closed"
  rmdir "$lib/empty"
  echo changed=2 >"$1/etc/tool/changed.conf"
  chmod 600 "$1/etc/tool/mode.conf"
  rm "$1/etc/tool/gone.conf" "$1/etc/tool/optional.conf"
}

pack() {
  (cd "$work/$1" && tar --sort=name --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --format=gnu -cf - .) |
    gzip -n9 >"$here/$1.tar.gz"
}

make_rpm() {
  local root=$work/rpm
  mkdir -p "$work/top/SPECS" "$root"
  cat >"$work/top/SPECS/tool.spec" <<'SPEC'
Name: tool
Version: 1.0
Release: 1
Summary: Files of every kind
License: MIT
BuildArch: noarch
%description
Files of every kind.
%install
cp -a %{tree}/. %{buildroot}/
mkdir -p %{buildroot}/var/log
touch %{buildroot}/var/log/tool.log
%files
%dir /etc/tool
%config(noreplace) /etc/tool/[^o]*.conf
%config(missingok) /etc/tool/optional.conf
%doc /usr/share/doc/tool/README
/usr/lib/tool
%verify(not filedigest size mtime) /usr/lib/tool/ignored
%ghost /var/log/tool.log
SPEC
  fill "$work/tree-rpm"
  run rpmbuild -bb --define "_topdir $work/top" --define "tree $work/tree-rpm" --define '_buildhost localhost' \
    --define '%__os_install_post %nil' --define '%clamp_mtime_to_source_date_epoch 1' "$work/top/SPECS/tool.spec"
  # A digest that Kedge does not make of files.
  sed -e 's/^Name: tool/Name: wide/' -e '/^%files/,$d' -e '/^%install/,$d' "$work/top/SPECS/tool.spec" >"$work/top/SPECS/wide.spec"
  cat >>"$work/top/SPECS/wide.spec" <<'SPEC'
%install
mkdir -p %{buildroot}/usr/lib/wide
for f in content longer; do echo $f >%{buildroot}/usr/lib/wide/$f; done
%files
/usr/lib/wide
SPEC
  run rpmbuild -bb --define "_topdir $work/top" --define '_buildhost localhost' --define '_binary_filedigest_algorithm 10' \
    --define '%__os_install_post %nil' "$work/top/SPECS/wide.spec"
  local rpm=(rpm --root "$root" --dbpath /var/lib/rpm)
  run "${rpm[@]}" -i --nodeps --excludedocs "$work"/top/RPMS/noarch/*.rpm
  disturb "$root"
  echo CONTENT >"$root/usr/lib/wide/content"
  echo more >>"$root/usr/lib/wide/longer"
  "${rpm[@]}" -Va >"$here/rpm.verify" || [ $? = 1 ]
  mkdir -p "$root/etc" && printf 'ID=rhel\nVERSION_ID="9"\n' >"$root/etc/os-release"
  pack rpm
}

make_dpkg() {
  local root=$work/dpkg tree=$work/tree-dpkg
  fill "$tree"
  mkdir -p "$tree/DEBIAN" "$root"/var/lib/dpkg/{info,updates} "$root/etc"
  printf 'Package: tool\nVersion: 1.0-1\nArchitecture: all\nMaintainer: Somebody <somebody@example.org>\nDescription: Files of every kind\n' \
    >"$tree/DEBIAN/control"
  (cd "$tree" && find etc -type f -printf '/%p\n' | sort >DEBIAN/conffiles)
  (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  run dpkg-deb --root-owner-group --build "$tree" "$work/tool.deb"
  : >"$root/var/lib/dpkg/status"
  run dpkg --root="$root" --path-exclude='/usr/share/doc/*' --log="$work/dpkg.log" -i "$work/tool.deb"
  disturb "$root"
  dpkg --root="$root" --verify >"$here/dpkg.verify" || [ $? = 1 ]
  printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
  pack dpkg
}

make_apk() {
  local root=$work/apk db folder file
  fill "$root"
  db=$root/lib/apk/db/installed
  mkdir -p "${db%/*}"
  {
    printf 'C:Q1%s\nP:tool\nV:1.0-r0\nA:noarch\nS:100\nI:200\nT:Files of every kind\nL:MIT\no:tool\n' "$(sha1 <<<tool)"
    while read -r folder; do
      printf 'F:%s\n' "$folder"
      while IFS= read -r -d '' file; do
        printf 'R:%s\n' "${file##*/}"
        [ ! -L "$file" ] || printf 'a:0:0:777\n'
        if [ -L "$file" ]; then printf 'Z:Q1%s\n' "$(readlink -n "$file" | sha1)"; else printf 'Z:Q1%s\n' "$(sha1 <"$file")"; fi
      done < <(find "$root/$folder" -maxdepth 1 \( -type f -o -type l \) -print0 | sort -z)
    done < <(cd "$root" && find etc usr -type d | sort)
    printf '\n'
  } >"$work/installed"
  cp "$work/installed" "$db"
  disturb "$root"
  printf 'ID=alpine\nVERSION_ID=3.20.1\n' >"$root/etc/os-release"
  cat >"$here/apk.verify" <<'LIST'
missing /etc/tool/gone.conf
missing /etc/tool/optional.conf
missing /usr/lib/tool/empty
missing /usr/lib/tool/gone
missing /usr/lib/tool/gone?*
missing /usr/lib/tool/link-gone
changed /etc/tool/changed.conf
changed /etc/tool/mode.conf
changed /usr/lib/tool/becomes-directory
changed /usr/lib/tool/closed
changed /usr/lib/tool/content
changed /usr/lib/tool/ignored
changed /usr/lib/tool/longer
changed /usr/lib/tool/mode
changed /usr/lib/tool/setuid
changed /usr/lib/tool/with space
changed /usr/lib/tool/ümlaut
LIST
  pack apk
}

sha1() { openssl dgst -sha1 -binary | base64; }

make_rpm
make_dpkg
make_apk
