#!/usr/bin/env bash
# Makes the archives in this folder with GNU tar, each in one of its formats, and what sha256sum says of the files.
#
#   libs/analysis/testdata/tar/make.sh
#
# Needs GNU tar and gzip; root, for owners and device files.
set -euo pipefail
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
long=$(printf 'directory-%03d/' $(seq 30))file
mkdir -p files/"$(dirname "$long")"
echo long >files/"$long"
ln -s "$long" files/long-link
echo first >files/hard
ln files/hard files/harder
mknod files/device c 1 3
mkfifo files/fifo
echo latin >files/$'caf\xe9'
truncate -s 3M files/sparse
for at in 0 100000 1048576 2000000 2500000 3000000; do printf 'data at %s' "$at" | dd of=files/sparse bs=1 seek="$at" conv=notrunc status=none; done
truncate -s 1M files/hole
(cd files && find . -type f -size +0 -exec sha256sum {} + | sort -k2 | gzip -9n) >"$here/files.sha256.gz"
common=(--sort=name --mtime=@1700000000 --numeric-owner --owner=0 --group=0 -C files .)
tar --format=gnu -c "${common[@]}" | gzip -9n >"$here/gnu.tar.gz"
tar --format=gnu --sparse -c "${common[@]}" | gzip -9n >"$here/gnu-sparse.tar.gz"
for version in 0.0 0.1 1.0; do
  tar --format=posix --pax-option=delete=atime,delete=ctime --sparse-version="$version" --sparse -c "${common[@]}" |
    gzip -9n >"$here/pax-sparse-$version.tar.gz"
done
ls -l "$here"
