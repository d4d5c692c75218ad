#!/usr/bin/env bash
# Makes the rpm databases in this folder, and what rpm itself says about them.
#
#   libs/analysis/testdata/rpm/make.sh
#
# rpmbuild makes packages with the peculiarities that matter, rpm installs them, so the SQLite database is rpm's own. The
# same headers go into a Berkeley DB hash by db5.3_load, as rpm 4.15 laid them out and as rpm 4.18 then reads them, and
# into the ndb format by ndb.py: no rpm of Debian writes that one.
#
# Needs Debian 12's packages rpm, db5.3-util, gpg, jq, sqlite3, python3; root, for owners.
set -euo pipefail
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1700000000
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
run() { "$@" >>"$log" 2>&1 || { tail -n 5 "$log" >&2; exit 1; }; }

mkdir -p "$work/top/SPECS"
cat >"$work/top/SPECS/server.spec" <<'SPEC'
Name: server
Epoch: 1
Version: %{v}
Release: 7.module_el9+15
Summary: A server with files of every kind
License: ASL 2.0 and MIT
Vendor: Example Org, Inc.
BuildArch: noarch
%description
Files of every kind.
%install
mkdir -p %{buildroot}/etc/server %{buildroot}/usr/share/doc/server %{buildroot}/usr/lib/server-%{v} %{buildroot}/var/log
for f in plain suid other 'with space'; do echo "$f" >"%{buildroot}/usr/lib/server-%{v}/$f"; done
ln -s plain %{buildroot}/usr/lib/server-%{v}/link
echo port=80 >%{buildroot}/etc/server/server.conf
echo manual >%{buildroot}/usr/share/doc/server/README
touch %{buildroot}/var/log/server.log %{buildroot}/etc/server/optional
%files
%dir /etc/server
%config(noreplace) /etc/server/server.conf
%config(missingok) /etc/server/optional
%doc /usr/share/doc/server/README
/usr/lib/server-%{v}
%attr(4755,root,daemon) /usr/lib/server-%{v}/suid
%attr(-,games,games) /usr/lib/server-%{v}/other
%verify(not md5 size mode) /usr/lib/server-%{v}/with?space
%ghost /var/log/server.log
SPEC
cat >"$work/top/SPECS/many.spec" <<'SPEC'
Name: many
Version: 1.0
Release: 1
Summary: Many packages
License: LGPLv2+
BuildArch: noarch
%description
Many.
%{lua: for i = 1, 40 do print("%package -n lib" .. i .. "\nSummary: Library " .. i .. "\nVersion: 0." .. i .. "\n%description -n lib" .. i .. "\n" .. string.rep("Library. ", i * 20) .. "\n%files -n lib" .. i .. "\n/usr/lib/lib" .. i .. "\n") end}
%install
for i in $(seq 40); do mkdir -p %{buildroot}/usr/lib/lib$i; for f in $(seq $i); do echo $i $f >%{buildroot}/usr/lib/lib$i/file$f; done; done
%files
SPEC
define=(--define "_topdir $work/top" --define "_tmppath $work" --define '_buildhost localhost' --define 'use_source_date_epoch_as_buildtime 1'
  --define 'clamp_mtime_to_source_date_epoch 1' --define '_build_id_links none' --define '__os_install_post %{nil}')
for version in 2.4.1 2.5.0; do run rpmbuild -bb "${define[@]}" --define "v $version" "$work/top/SPECS/server.spec"; done
run rpmbuild -bb "${define[@]}" --define '_source_filedigest_algorithm 1' --define '_binary_filedigest_algorithm 1' "$work/top/SPECS/many.spec"

root=$work/root
db=(--root "$root" --define '_dbpath /db')
mkdir -p "$root/db"
run rpm "${db[@]}" --define '_db_backend sqlite' --initdb
mapfile -t packages < <(find "$work/top/RPMS" -name '*.rpm' | sort)
run rpm "${db[@]}" --define '_db_backend sqlite' --nosignature --force-debian --nodeps --excludedocs --install "${packages[@]}"
mkdir -m 700 "$work/gpg"
export GNUPGHOME=$work/gpg
run gpg --batch --faked-system-time 20231114T000000 --passphrase '' --quick-gen-key 'Example Org <key@example.org>' rsa2048 sign never
gpg --batch --armor --export >"$work/key.asc"
run rpm "${db[@]}" --define '_db_backend sqlite' --import "$work/key.asc"
run sqlite3 "$root/db/rpmdb.sqlite" 'pragma journal_mode=delete; vacuum;'

say() { rpm "${db[@]}" --define "_db_backend $1" -qa --qf "$2" 2>>"$log"; }
facts() {
  say "$1" '%{NAME}\t%{EPOCH}\t%{VERSION}\t%{RELEASE}\t%{ARCH}\t%{VENDOR}\t%{LICENSE}\t%{SOURCERPM}\t%{SIZE}\n' | sort
  # The state of a file is a number only as a raw tag: 0 normal, 2 not installed.
  say "$1" '[%{=NVRA}\t%{FILENAMES}\t%{FILEMODES:octal}\t%{FILESIZES}\t%{FILEDIGESTS}\t%{FILEUSERNAME}\t%{FILEGROUPNAME}\t%{FILEFLAGS}\t%{FILEVERIFYFLAGS}\t%{FILESTATES}\n]' | sort
}
facts sqlite >"$work/sqlite.tsv"
gzip -9n <"$root/db/rpmdb.sqlite" >"$here/rpmdb.sqlite.gz"
python3 "$here/ndb.py" "$root/db/rpmdb.sqlite" | gzip -9n >"$here/Packages.db.gz"

{
  printf 'VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END\n 00000000\n 40000000\n'
  sqlite3 "$root/db/rpmdb.sqlite" "select ' ' || lower(substr(printf('%08X', hnum), 7, 2)) || '000000' || char(10) || ' ' || lower(hex(blob)) from Packages"
  echo DATA=END
} >"$work/dump"
rm -rf "$root/db"
mkdir "$root/db"
run db5.3_load -f "$work/dump" "$root/db/Packages"
facts bdb_ro >"$work/bdb.tsv"
cmp "$work/sqlite.tsv" "$work/bdb.tsv"
gzip -9n <"$root/db/Packages" >"$here/Packages.gz"
gzip -9n <"$work/sqlite.tsv" >"$here/rpm.tsv.gz"
wc -c "$here"/*.gz
