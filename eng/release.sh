#!/usr/bin/env bash
# Makes a release into a folder and verifies it: packages, the bill of materials, and each package used as a stranger would.
#   eng/release.sh [FOLDER]            FOLDER is artifacts/release by default, and must be empty
# PLATFORMS names those that the tool is compiled ahead for, such as 'linux-x64', to try a release in less time.
# The version is the tag's (v1.2.3), or a pre-release of the next one after the last tag.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
out="$(mkdir -p "${1:-$root/artifacts/release}" && cd "${1:-$root/artifacts/release}" && pwd)"
say() { printf '== %s\n' "$*"; }
fail() { printf 'release.sh: %s\n' "$*" >&2; exit 1; }

[ -z "$(ls -A "$out")" ] || fail "'$out' is not empty; name another folder, or empty it."
[ -z "$(git -C "$root" status --porcelain)" ] || fail "there are changes that are not committed: a release is made of a commit."

# A copy: the version goes into the lock files of the projects that depend on each other, and those of the repository stay as they are.
copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
git clone -q --no-hardlinks "$root" "$copy/source"
cd "$copy/source"
dotnet tool restore >/dev/null
version="$(dotnet minver --tag-prefix v --minimum-major-minor 0.1 --default-pre-release-identifiers preview.0 --verbosity error)"
say "version $version"

say "the packages of the lock files, no others"
dotnet restore Pilotlight.slnx --locked-mode -v quiet
eng/notices.sh "$copy/notices"
cmp -s "$copy/notices" THIRD-PARTY-NOTICES.txt || fail "THIRD-PARTY-NOTICES.txt is not what the packages say; run eng/notices.sh and commit it."

say "packing"
packages="$out/packages"
mkdir -p "$packages"
# The tool for each platform, compiled ahead, and one for all others.
platforms="${PLATFORMS:-linux-x64;linux-arm64;osx-x64;osx-arm64;win-x64}"
for project in src/*/*.csproj templates/*/*.csproj; do
  more=()
  [ "$project" != src/Pilotlight.Tool/Pilotlight.Tool.csproj ] || more=("-p:ToolPlatforms=${platforms//;/%3B}")
  dotnet pack "$project" -c Release -v quiet -nologo -p:Version="$version" -p:RestoreForceEvaluate=true -p:ContinuousIntegrationBuild=true "${more[@]}" -o "$packages"
done

say "bill of materials"
dotnet CycloneDX src/Pilotlight.Tool/Pilotlight.Tool.csproj -o "$out" -fn pilotlight.cdx.json -F Json --set-version "$version" --exclude-dev --disable-package-restore >/dev/null

say "contents"
for package in "$packages"/*.nupkg "$packages"/*.snupkg; do
  [ -e "$package" ] || continue
  printf '%s, %s bytes\n' "$(basename "$package")" "$(stat -c %s "$package")"
  unzip -l "$package" | awk 'NR > 3 && NF == 4 && $4 !~ /^(_rels|package|\[Content_Types\])/ { printf "  %10d  %s\n", $1, $4 }'
done >"$out/CONTENTS.txt"
say "$(ls "$packages" | wc -l) files, $(du -sh "$packages" | cut -f1); what is in them stands in CONTENTS.txt"

say "verifying"
UNIT="$root/eng/deploy/pilotlight.service" "$root/eng/verify-release.sh" "$packages" "$version"
(cd "$packages" && sha256sum -- * >"$out/SHA256SUMS")
cp CHANGELOG.md LICENSE THIRD-PARTY-NOTICES.txt "$out"
say "done: $out"
