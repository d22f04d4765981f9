#!/usr/bin/env bash
# Builds the site into artifacts/site, offline: the documents, and the API from the XML documentation. A broken link fails it.
#   eng/site.sh            then: python3 -m http.server --directory artifacts/site 5180
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=artifacts/bin/Pilotlight.Samples.Tests/release
[ -e "$bin/Pilotlight.Aspire.Hosting.xml" ] || dotnet build tests/Pilotlight.Samples.Tests -c Release -v quiet -nologo
dotnet tool restore >/dev/null

# docfx looks for nothing above its own folder.
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
git ls-files -co --exclude-standard -- '*.md' docs eng/deploy 'samples/*.cs' LICENSE THIRD-PARTY-NOTICES.txt .github | xargs cp --parents -t "$work"
cp -r eng/site/* eng/package/icon.svg "$work"
ln -s "$PWD/$bin" "$work/bin"
dotnet docfx metadata "$work/docfx.json" --logLevel warning
dotnet docfx build "$work/docfx.json" --logLevel warning --warningsAsErrors
rm -rf artifacts/site
mkdir -p artifacts
mv "$work/_site" artifacts/site
printf '%s pages in artifacts/site\n' "$(find artifacts/site -name '*.html' | wc -l)"
