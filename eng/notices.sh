#!/usr/bin/env bash
# Writes THIRD-PARTY-NOTICES.txt: the packages that the tool ships, each with its licence and copyright as it states them itself.
#   eng/notices.sh [FILE]     after a restore; a file that names another set of packages than the lock is out of date
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
file="${1:-THIRD-PARTY-NOTICES.txt}"
cache="${NUGET_PACKAGES:-$HOME/.nuget/packages}"
field() { sed -n "s:.*<$1[^>]*>\([^<]*\)</$1>.*:\1:p" "$2" | head -n 1; }

{
  echo "Pilotlight is licensed under Apache-2.0. Its tool ships the following packages, each under its own licence."
  echo
  # Name and version of each package of the lock; projects of this repository have no version there.
  awk '/^      "[^"]+": \{/ { gsub(/[": {]/, ""); name=$0 } /"resolved":/ { gsub(/[",]/, ""); print name, $2 }' src/Pilotlight.Tool/packages.lock.json |
    sort -fu | while read -r name version; do
      nuspec="$(ls "$cache/${name,,}/$version/"*.nuspec 2>/dev/null | head -n 1)"
      [ -n "$nuspec" ] || { echo "notices.sh: $name $version is not restored; run 'dotnet restore' first." >&2; exit 1; }
      echo "$name $version"
      echo "  licence: $(field license "$nuspec")"
      copyright="$(field copyright "$nuspec")"
      echo "  ${copyright:-by $(field authors "$nuspec")}"
      text="$(ls "$cache/${name,,}/$version/"{LICENSE,LICENSE.txt,LICENSE.TXT,LICENSE.md} 2>/dev/null | head -n 1 || true)"
      [ -z "$text" ] || { echo; sed 's/\r$//; s/^/    /; s/[[:space:]]*$//' "$text"; }
      echo
    done
  echo "The console's fonts, IBM Plex Sans and IBM Plex Mono"
  echo
  sed 's/\r$//; s/^/    /; s/[[:space:]]*$//' src/Pilotlight.Console/wwwroot/fonts/LICENSE.txt
} >"$file.new"
mv "$file.new" "$file"
