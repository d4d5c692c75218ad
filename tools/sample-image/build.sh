#!/usr/bin/env bash
# Builds samples/image: an OCI image layout made from real Debian packages, with known peculiarities to find.
#
#   tools/sample-image/build.sh [--update-lock]
#
#   --update-lock   take the versions that apt offers now and write them to packages.lock, instead of
#                   insisting on the versions and digests that stand there
#
# The result depends on nothing but packages.lock and this file: times are fixed, archives sorted, gzip carries no
# name and no time, so that a second run gives the same digests (with the same GNU tar and gzip).
# Afterwards verify.sh unpacks it with tar and writes samples/expected.json from dpkg, find and sha256sum.
#
# Needs: Debian 12's apt sources with fresh lists (`apt-get update`), dpkg, GNU tar, gzip, jq, openssl, npm, unzip;
# root, or `fakeroot`, under which it then runs itself: owners in the layers are real.
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
samples=$(cd "$here/../.." && pwd)/samples
lock=$here/packages.lock
epoch=1700000000 created=2023-11-14T22:13:20Z
ms_version=2.1.3
ms_integrity=sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==

update_lock=
case ${1-} in
  '') ;;
  --update-lock) update_lock=1 ;;
  *)
    sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

say() { printf 'sample-image: %s\n' "$*"; }
die() {
  printf 'sample-image: %s\n' "$*" >&2
  exit 1
}

for tool in apt-get dpkg dpkg-deb tar gzip jq openssl npm unzip sha256sum; do
  command -v "$tool" >/dev/null || die "needs $tool"
done
if [ "$(id -u)" != 0 ]; then
  command -v fakeroot >/dev/null || die 'needs root, or fakeroot to keep the owners of files'
  exec fakeroot -- bash "${BASH_SOURCE[0]}" "$@"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debs=$work/debs
mkdir -p "$debs" "$work"/layer{1,2,3,4}

# --- fetching ---------------------------------------------------------------------------------------------------------

# Every package of the lock into $debs/<name>.deb, proven against the lock.
fetch_packages() {
  local layer name version digest deb
  : >"$work/new.lock"
  while read -r layer name version digest; do
    case $layer in '#'* | '') continue ;; esac
    # APT would otherwise download as user _apt, who may not write into our folder.
    (cd "$debs" && apt-get -q -o APT::Sandbox::User=root download "$name${update_lock:-=$version}" >"$work/apt.log" 2>&1) ||
      die "apt-get download $name=$version: $(tail -n 1 "$work/apt.log") - run apt-get update; if Debian has replaced this version, build with --update-lock"
    deb=$debs/$name.deb
    mv "$debs/$name"_*.deb "$deb"
    printf '%s %s %s %s\n' "$layer" "$name" "$(dpkg-deb -f "$deb" Version)" "$(digest_of "$deb")" >>"$work/new.lock"
  done <"$lock"
  if [ -n "$update_lock" ]; then
    { grep '^#' "$lock" && cat "$work/new.lock"; } >"$work/lock"
    cp "$work/lock" "$lock"
  else
    grep -v '^#' "$lock" | diff - "$work/new.lock" >&2 || die 'the packages differ from packages.lock'
  fi
}

digest_of() { sha256sum <"$1" | cut -d' ' -f1; }

# --- layers -----------------------------------------------------------------------------------------------------------

# install_package <layer folder> <name>: files and dpkg records as an installation leaves them, without running the
# package's scripts. The stanza is appended to $work/status, which has the packages of all layers so far.
install_package() {
  local root=$1 name=$2 deb=$debs/$2.deb control=$work/control/$2 info=$1/var/lib/dpkg/info part path
  mkdir -p "$control" "$info"
  dpkg-deb -x "$deb" "$root"
  dpkg-deb -e "$deb" "$control"
  dpkg-deb --fsys-tarfile "$deb" | tar -t | sed -e 's#^\./#/#' -e 's#^/$#/.#' -e 's#\(.\)/$#\1#' >"$info/$name.list"
  for part in md5sums conffiles preinst postinst prerm postrm triggers templates; do
    [ ! -e "$control/$part" ] || cp "$control/$part" "$info/$name.$part"
  done
  : >"$work/conffiles"
  if [ -e "$control/conffiles" ]; then
    while read -r path; do
      printf ' %s %s\n' "$path" "$(md5sum <"$root$path" | cut -d' ' -f1)" >>"$work/conffiles"
    done <"$control/conffiles"
  fi
  awk -v conffiles="$work/conffiles" '
    /^Description:/ { while ((getline line < conffiles) > 0) { if (!n++) print "Conffiles:"; print line } }
    { print }
    /^Package:/ { print "Status: install ok installed" }
    END { print "" }' "$control/control" >>"$work/status"
}

# install_layer <n>: the packages that the lock gives to that layer.
install_layer() {
  local layer name rest
  while read -r layer name rest; do
    [ "$layer" != "$1" ] || install_package "$work/layer$1" "$name"
  done <"$lock"
  cp "$work/status" "$work/layer$1/var/lib/dpkg/status"
}

base_layer() {
  local root=$work/layer1 dpkg=$work/layer1/var/lib/dpkg
  install_layer 1
  mkdir -p "$dpkg/updates" "$dpkg/triggers" "$dpkg/alternatives"
  echo 1 >"$dpkg/info/format"
  : >"$dpkg/available"
  : >"$dpkg/diversions"
  : >"$dpkg/statoverride"
  # What the scripts of base-passwd and base-files would have made.
  cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
  cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
  cp "$root/usr/share/base-files/dot.bashrc" "$root/root/.bashrc"
  mkdir -p "$root/opt/sample/cache/old"
  echo one >"$root/opt/sample/cache/one.txt"
  echo two >"$root/opt/sample/cache/old/two.txt"
}

language_layer() {
  local root=$work/layer2 ms=$work/ms-$ms_version.tgz module=$work/layer2/usr/local/lib/node_modules/ms
  install_layer 2
  (cd "$work" && npm pack --silent "ms@$ms_version" >/dev/null) || die "npm pack ms@$ms_version failed"
  [ "sha512-$(openssl dgst -sha512 -binary "$ms" | base64 -w0)" = "$ms_integrity" ] || die "$ms is not what its integrity says"
  mkdir -p "$module" "$root/usr/local/bin"
  tar -xzf "$ms" -C "$module" --strip-components=1 --no-same-owner
  printf '#!/bin/sh\nexec id\n' >"$root/usr/local/bin/who-am-i"
  chmod 4755 "$root/usr/local/bin/who-am-i"
}

# A valid Ed25519 key (RFC 8410) whose 32 secret bytes are the digest of a public sentence: it protects nothing, and it
# is the same in every build.
dummy_private_key() {
  local seed
  seed=$(printf 'kedge sample image, not a secret' | sha256sum | cut -d' ' -f1)
  echo '-----BEGIN PRIVATE KEY-----'
  # shellcheck disable=SC2059 # the format is the escaped bytes
  printf "$(printf '302e020100300506032b657004220420%s' "$seed" | sed 's/../\\x&/g')" | base64
  echo '-----END PRIVATE KEY-----'
}

fault_layer() {
  local root=$work/layer3
  install -d -m 700 "$root/root" "$root/root/.ssh" "$root/root/.aws"
  dummy_private_key >"$root/root/.ssh/id_rsa"
  openssl pkey -in "$root/root/.ssh/id_rsa" -noout || die 'the planted key is not a valid key'
  # The access key of the vendor's documentation, known to be invalid.
  printf '%s\n' '[default]' 'region = eu-central-1' 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE' >"$root/root/.aws/credentials"
  chmod 600 "$root/root/.ssh/id_rsa" "$root/root/.aws/credentials"
  mkdir -p "$root/usr/share/doc/hostname" "$root/usr/bin"
  : >"$root/usr/share/doc/hostname/.wh.changelog.gz"
  cp -p "$work/layer1/usr/bin/sensible-pager" "$root/usr/bin/sensible-pager"
  echo '# altered after installation' >>"$root/usr/bin/sensible-pager"
}

link_layer() {
  local sample=$work/layer4/opt/sample
  mkdir -p "$sample/cache" "$sample/bin"
  : >"$sample/cache/.wh..wh..opq"
  echo three >"$sample/cache/three.txt"
  printf '#!/bin/sh\necho sample\n' >"$sample/bin/sample-1.0"
  chmod 755 "$sample/bin/sample-1.0"
  ln "$sample/bin/sample-1.0" "$sample/bin/sample-hard"
  ln -s sample-1.0 "$sample/bin/sample"
}

# --- the layout -------------------------------------------------------------------------------------------------------

image=$work/image
mkdir -p "$image/blobs/sha256"
layer_type=application/vnd.oci.image.layer.v1.tar+gzip
config_type=application/vnd.oci.image.config.v1+json
manifest_type=application/vnd.oci.image.manifest.v1+json
index_type=application/vnd.oci.image.index.v1+json

# add_blob <media type> <file>: moves the file into the layout and prints its OCI descriptor.
add_blob() {
  local digest size
  digest=$(digest_of "$2")
  size=$(stat -c %s "$2")
  mv "$2" "$image/blobs/sha256/$digest"
  jq -cn --arg type "$1" --arg digest "sha256:$digest" --argjson size "$size" '{mediaType: $type, digest: $digest, size: $size}'
}

diff_ids=() layers=()
# pack_layer <n>: one tar of the layer's folder, compressed into the layout. Names have no leading `./`.
pack_layer() {
  local tar=$work/layer$1.tar
  (cd "$work/layer$1" && find . -mindepth 1 -maxdepth 1 -printf '%P\0' | sort -z |
    tar --null -T - --sort=name --format=gnu --numeric-owner --mtime="@$epoch" -cf "$tar")
  diff_ids+=("sha256:$(digest_of "$tar")")
  gzip -n -9 <"$tar" >"$tar.gz"
  layers+=("$(add_blob "$layer_type" "$tar.gz")")
}

write_layout() {
  local config manifest
  jq -n --arg created "$created" '{
      created: $created, architecture: "amd64", os: "linux",
      config: {
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "SAMPLE=1"],
        Cmd: ["/bin/sh"], ExposedPorts: {"8080/tcp": {}}, WorkingDir: "/",
        Labels: {"org.opencontainers.image.title": "kedge-sample"}
      },
      rootfs: {type: "layers", diff_ids: $ARGS.positional},
      history: [
        {created: $created, created_by: "ADD base packages in / "},
        {created: $created, created_by: "ENV SAMPLE=1", empty_layer: true},
        {created: $created, created_by: "RUN install ms, six, commons-exec and a setuid script"},
        {created: $created, created_by: "COPY keys in /root; RUN rm changelog.gz, edit sensible-pager"},
        {created: $created, created_by: "COPY sample in /opt/sample"},
        {created: $created, created_by: "EXPOSE 8080/tcp", empty_layer: true},
        {created: $created, created_by: "CMD [\"/bin/sh\"]", empty_layer: true}
      ]
    }' --args "${diff_ids[@]}" >"$work/config.json"
  config=$(add_blob "$config_type" "$work/config.json")
  printf '%s\n' "${layers[@]}" | jq -s --arg type "$manifest_type" --argjson config "$config" \
    '{schemaVersion: 2, mediaType: $type, config: $config, layers: .}' >"$work/manifest.json"
  manifest=$(add_blob "$manifest_type" "$work/manifest.json")
  jq -n --arg type "$index_type" --argjson manifest "$manifest" '{
      schemaVersion: 2, mediaType: $type,
      manifests: [$manifest + {
        platform: {architecture: "amd64", os: "linux"},
        annotations: {"org.opencontainers.image.ref.name": "kedge-sample:1"}
      }]
    }' >"$image/index.json"
  printf '{"imageLayoutVersion":"1.0.0"}' >"$image/oci-layout"
}

: >"$work/status"
fetch_packages
base_layer
language_layer
fault_layer
link_layer
for n in 1 2 3 4; do pack_layer "$n"; done
write_layout

mkdir -p "$samples"
rm -rf "$samples/image"
cp -r "$image" "$samples/image"
find "$samples/image" -type f -exec chmod 644 {} +
say "samples/image $(jq -r '.manifests[0].digest' "$samples/image/index.json"), $(du -sk "$samples/image" | cut -f1) KiB"
bash "$here/verify.sh"
