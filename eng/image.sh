#!/usr/bin/env bash
# Makes an OCI image of the gateway with Debian's tools: no Docker, no registry.
#   eng/image.sh [FOLDER] [--without-cli] [--app=FOLDER]
# FOLDER is artifacts/image by default; the image is FOLDER:VERSION, an OCI layout. --app names what 'dotnet publish' has made already.
# The CLI in it is the pinned one, as npm installs it here. It is Anthropic's, under its own terms: read them before you give such an
# image away, or leave it out and set Pilotlight__Claude__Path to one of a volume's.
# Copy the image to where it is needed: skopeo copy oci:artifacts/image:VERSION docker://REGISTRY/pilotlight:VERSION
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" DEBIAN_FRONTEND=noninteractive
out="$root/artifacts/image" cli=yes app=""
for argument; do
  case "$argument" in --without-cli) cli=no ;; --app=*) app="${argument#--app=}" ;; *) out="$argument" ;; esac
done
say() { printf '== %s\n' "$*"; }
fail() { printf 'image.sh: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "a root file system with owners of its own is made here: run as root."
for tool in mmdebstrap umoci dotnet git; do
  command -v "$tool" >/dev/null || fail "'$tool' is missing; mmdebstrap and umoci are packages of Debian's."
done
[ ! -e "$out" ] || fail "'$out' is there already; name another folder, or remove it."
. "$root/eng/claude-cli/platform.sh"
binary="$root/$(cd "$root" && claude_cli_path eng/claude-cli)"
[ "$cli" = no ] || [ -x "$binary" ] || fail "the pinned CLI is not installed. In eng/claude-cli: npm ci --ignore-scripts"
. "$root/eng/platform.sh"
rid="$(runtime_identifier)"
[ -n "$rid" ] || fail "there is no image for $(uname -sm)."

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
version="$(cd "$root" && dotnet tool restore >/dev/null && dotnet minver --tag-prefix v --minimum-major-minor 0.1 --default-pre-release-identifiers preview.0 --verbosity error)"
if [ -z "$app" ]; then
  say "publishing the gateway of $(git -C "$root" rev-parse --short HEAD) for $rid"
  # Of a copy: the platform goes into the lock files, and those of the repository stay as they are.
  git clone -q --shared "$root" "$work/source"
  app="$work/app"
  dotnet publish "$work/source/src/Pilotlight.Tool" -c Release -r "$rid" --self-contained -v quiet -nologo -p:Version="$version" -p:DebugType=none -o "$app"
fi

say "Debian's part"
# util-linux and grep contain processes (setsid, setpriv); bubblewrap and socat are the walls around agents.
mmdebstrap --quiet --variant=essential --aptopt='Acquire::Languages "none"' --include=ca-certificates,libstdc++6,bubblewrap,socat \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$work/root.tar"

umoci init --layout "$work/image"
umoci new --image "$work/image:$version"
umoci unpack --image "$work/image:$version" "$work/base"
tar -xf "$work/root.tar" -C "$work/base/rootfs" --exclude './dev/*'
echo 'pilotlight:x:10001:10001::/data:/usr/sbin/nologin' >>"$work/base/rootfs/etc/passwd"
echo 'pilotlight:x:10001:' >>"$work/base/rootfs/etc/group"
install -d -o 10001 -g 10001 -m 0700 "$work/base/rootfs/data"
umoci repack --image "$work/image:$version" "$work/base"

say "the gateway's part"
umoci unpack --image "$work/image:$version" "$work/full"
install -d "$work/full/rootfs/opt"
cp -r --no-preserve=ownership "$app" "$work/full/rootfs/opt/pilotlight"
cp "$root/LICENSE" "$root/THIRD-PARTY-NOTICES.txt" "$work/full/rootfs/opt/pilotlight/"
environment=(--config.env DOTNET_EnableDiagnostics=0 --config.env HOME=/data --config.env PATH=/opt/pilotlight:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
if [ "$cli" = yes ]; then
  install -D -m 0755 "$binary" "$work/full/rootfs/opt/claude/claude"
  environment+=(--config.env Pilotlight__Claude__Path=/opt/claude/claude)
fi
umoci repack --image "$work/image:$version" "$work/full"
umoci config --image "$work/image:$version" --config.user 10001:10001 --config.workingdir /data --config.volume /data --config.exposedports 5160/tcp \
  --config.stopsignal SIGTERM --config.entrypoint /opt/pilotlight/pilotlight --config.cmd serve --config.cmd --data --config.cmd /data \
  --config.cmd --urls --config.cmd http://0.0.0.0:5160 "${environment[@]}" \
  --config.label org.opencontainers.image.title=pilotlight --config.label org.opencontainers.image.version="$version" \
  --config.label org.opencontainers.image.licenses=Apache-2.0 --config.label org.opencontainers.image.revision="$(git -C "$root" rev-parse HEAD)"
umoci gc --layout "$work/image"
mkdir -p "$(dirname "$out")"
mv "$work/image" "$out"
say "done: $out:$version, $(du -sh "$out" | cut -f1)"
