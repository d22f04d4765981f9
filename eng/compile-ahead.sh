#!/usr/bin/env bash
# Compiles the tool ahead for this machine (ReadyToRun), from what was built before; it needs .NET to run, as the built one does.
#   eng/compile-ahead.sh FOLDER
set -euo pipefail
out="$(mkdir -p "${1:?the folder to write to is missing}" && cd "$1" && pwd)"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. eng/platform.sh
platform="$(runtime_identifier)"
[ -n "$platform" ] || { printf 'compile-ahead.sh: %s is no platform that is compiled ahead for.\n' "$(uname -sm)" >&2; exit 1; }

# The platform's packages go into a lock file of their own: the repository's holds for every platform.
ahead=(-r "$platform" -p:PublishReadyToRun=true -p:SelfContained=false -v quiet -nologo)
dotnet restore src/Pilotlight.Tool "${ahead[@]}" -p:RestoreRecursive=false -p:RestoreLockedMode=false -p:NuGetLockFilePath="$PWD/artifacts/compile-ahead.lock.json"
dotnet publish src/Pilotlight.Tool -c Release "${ahead[@]}" --no-restore -p:BuildProjectReferences=false -o "$out"
