#!/usr/bin/env bash
# Unpacks samples/image with tar alone and writes what independent tools say about it:
#
#   samples/expected.json       digests, packages (dpkg-query), altered and missing files (dpkg --verify), setuid files
#                               (find), planted secrets (grep), counts
#   samples/expected-files.tsv  every path of the merged file system: path, type (f, d, l), mode (octal), uid, gid,
#                               size in bytes, sha256 of a file or target of a link
#
# Kedge takes no part in it: its tests compare Kedge with these files. Needs root or fakeroot, as build.sh.
set -euo pipefail
export LC_ALL=C TZ=UTC

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(cd "$here/../.." && pwd)/samples
image=$samples/image
[ "$(id -u)" = 0 ] || exec fakeroot -- bash "${BASH_SOURCE[0]}" "$@"
root=$(mktemp -d)
trap 'rm -rf "$root" "$root.tsv" "$root.removed"' EXIT
chmod 755 "$root"

die() {
  printf 'sample-image: %s\n' "$*" >&2
  exit 1
}
blob() { printf '%s/blobs/sha256/%s' "$image" "${1#sha256:}"; }
removed() { sed -n "s#^$1 $root##p" "$root.removed" | sort | lines; }
lines() { jq -Rn '[inputs]'; }

manifest_digest=$(jq -r '.manifests[0].digest' "$image/index.json")
manifest=$(blob "$manifest_digest")
config=$(blob "$(jq -r .config.digest "$manifest")")
(cd "$image/blobs/sha256" && sha256sum -- * | awk '$1 != $2 { print "wrong content: " $2; bad = 1 } END { exit bad }') ||
  die 'a blob is not what its name says'

# One layer upon the other as the OCI image specification says: whiteouts hit the layers below, then files are added.
n=0
for digest in $(jq -r '.layers[].digest' "$manifest"); do
  layer=$(blob "$digest")
  [ "sha256:$(gzip -dc "$layer" | sha256sum | cut -d' ' -f1)" = "$(jq -r ".rootfs.diff_ids[$n]" "$config")" ] ||
    die "layer $n does not have its diff id"
  while read -r entry; do
    name=${entry##*/} folder=$root/${entry%/*}
    case $name in
      .wh..wh..opq) find "$folder" -mindepth 1 -printf 'opaque %p\n' -delete ;;
      .wh.*) find "$folder/${name#.wh.}" -printf 'whiteout %p\n' -delete ;;
    esac
  done < <(tar -tzf "$layer") >>"$root.removed"
  tar -xpzf "$layer" -C "$root" --numeric-owner --exclude='.wh.*'
  n=$((n + 1))
done

find "$root" -mindepth 1 \( -type f -printf '%P\tf\t%m\t%U\t%G\t%s\n' -o -type d -printf '%P\td\t%m\t%U\t%G\t0\t\n' \
  -o -type l -printf '%P\tl\t%m\t%U\t%G\t0\t%l\n' \) | sort >"$root.tsv"
while IFS=$'\t' read -r path type mode uid gid size target; do
  [ "$type" != f ] || target=$(sha256sum <"$root/$path" | cut -d' ' -f1)
  printf '/%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$path" "$type" "$mode" "$uid" "$gid" "$size" "$target"
done <"$root.tsv" >"$samples/expected-files.tsv"
count() { awk -F'\t' -v type="$1" '$2 == type' "$samples/expected-files.tsv" | wc -l; }

query() { dpkg-query --admindir="$root/var/lib/dpkg" "$@"; }
query -l >/dev/null || die 'dpkg-query cannot read the package database'
os_packages=$(query -W -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\t${db:Status-Abbrev}\n' |
  jq -Rn '[inputs | split("\t") | {name: .[0], version: .[1], architecture: .[2], source: .[3], status: (.[4] | rtrimstr(" "))}]')
verify=$(dpkg --root="$root" --verify) || [ $? = 1 ] || die 'dpkg --verify failed'
changed=$(awk '/^..5/ { print $NF }' <<<"$verify" | lines)
missing=$(awk '$1 == "missing" { print $NF }' <<<"$verify" | lines)
conffiles=$(query -W -f '${Conffiles}\n' | awk 'NF == 2 { print $1 }' | sort | lines)
setuid=$(cd "$root" && find . -type f -perm -4000 -printf '/%P\n' | sort | lines)
private_keys=$(cd "$root" && grep -rlE '^-+BEGIN.*PRIVATE KEY-+' . | sed 's#^\.##' | sort | lines)
aws_keys=$(cd "$root" && grep -rliE 'aws_access_key_id *=+.*[A-Z0-9]{20}' . | sed 's#^\.##' | sort | lines)
egg=$(cd "$root" && find . -path '*.egg-info/PKG-INFO' -printf '/%P\n')
python=$(jq -n --arg name "$(sed -n 's/^Name: //p' "$root$egg")" --arg version "$(sed -n 's/^Version: //p' "$root$egg")" \
  --arg path "$egg" '[{name: $name, version: $version, path: $path}]')
npm=$(cd "$root" && find . -path '*/node_modules/*/package.json' -exec jq -c '{name, version, license, path: (input_filename | ltrimstr("."))}' {} + | jq -s .)
jars=$(cd "$root" && find . -name '*.jar' -type f -printf '/%P\n' | sort | while read -r jar; do
  jq -cn --arg path "$jar" --arg version "$(unzip -p "$root$jar" META-INF/MANIFEST.MF | tr -d '\r' |
    sed -n 's/^Implementation-Version: //p' | head -n 1)" '{path: $path, implementationVersion: $version}'
done | jq -s .)

jq -n --arg manifestDigest "$manifest_digest" --arg reference "$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' "$image/index.json")" \
  --slurpfile manifest "$manifest" --slurpfile config "$config" --argjson os "$os_packages" --argjson npm "$npm" \
  --argjson python "$python" --argjson java "$jars" --argjson changed "$changed" --argjson missing "$missing" \
  --argjson conffiles "$conffiles" --argjson setuid "$setuid" --argjson keys "$private_keys" --argjson aws "$aws_keys" \
  --argjson whiteout "$(removed whiteout)" --argjson opaque "$(removed opaque)" --argjson files "$(count f)" --argjson directories "$(count d)" --argjson links "$(count l)" \
  --argjson hard "$(find "$root" -type f -links +1 | wc -l)" \
  --arg distro "$(. "$root/etc/os-release" && echo "$ID")" --arg version "$(. "$root/etc/os-release" && echo "$VERSION_ID")" '{
    reference: $reference, manifestDigest: $manifestDigest,
    layers: [range($manifest[0].layers | length) | $manifest[0].layers[.] + {diffId: $config[0].rootfs.diff_ids[.]}],
    distro: {name: $distro, version: $version},
    packageCounts: {os: ($os | length), npm: ($npm | length), python: ($python | length), java: ($java | length)},
    packages: {os: $os, npm: $npm, python: $python, java: $java},
    packagesVerify: {changed: $changed, missing: $missing}, conffiles: $conffiles, setuid: $setuid,
    secrets: {privateKey: $keys, awsAccessKey: $aws},
    removed: {byWhiteout: $whiteout, byOpaqueDirectory: $opaque},
    counts: {files: $files, directories: $directories, symbolicLinks: $links, filesWithHardLinks: $hard}
  }' >"$samples/expected.json"

# The peculiarities that the image exists for; a build that lost one must not be committed.
jq -e '(.packagesVerify.changed | length) == 1 and (.packagesVerify.missing | length) == 1 and (.setuid | length) == 3 and
  (.secrets.privateKey | length) == 1 and (.secrets.awsAccessKey | length) == 1 and
  .counts.filesWithHardLinks == 2 and .removed.byWhiteout == .packagesVerify.missing and (.removed.byOpaqueDirectory | length) == 3' \
  "$samples/expected.json" >/dev/null || die "an expected peculiarity is missing, see $samples/expected.json"
printf 'sample-image: verified, %s\n' "$(jq -c '.packageCounts + .counts' "$samples/expected.json")"
