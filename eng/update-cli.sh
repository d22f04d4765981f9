#!/usr/bin/env bash
# Moves the pinned Claude Code CLI to the newest version, or to one that is named, and says what changed.
#   eng/update-cli.sh [VERSION]
# It fetches it, runs the protocol against it (through the relay and straight), records transcripts, and runs the tests. What fails leaves the new pin in the
# working tree to be looked at; 'git checkout eng/claude-cli tests/Pilotlight.Claude.Tests/Transcripts' takes it back.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf '== %s\n' "$*"; }
fail() { printf 'update-cli.sh: %s\n' "$*" >&2; exit 1; }
package=@anthropic-ai/claude-code
transcripts=tests/Pilotlight.Claude.Tests/Transcripts

command -v npm >/dev/null 2>&1 || fail "npm is needed; it was not found."
[ -z "$(git status --porcelain -- eng/claude-cli "$transcripts")" ] || fail "eng/claude-cli or the transcripts have changes that are not committed."
old="$(sed -n 's/.*"@anthropic-ai\/claude-code": "\(.*\)".*/\1/p' eng/claude-cli/package.json)"
new="${1:-$(npm view "$package" version)}"
[ "$new" != "$old" ] || { say "$old is the newest"; exit 0; }

say "$old to $new"
sed -i "s/\"@anthropic-ai\/claude-code\": \".*\"/\"@anthropic-ai\/claude-code\": \"$new\"/" eng/claude-cli/package.json
(cd eng/claude-cli && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund --silent \
  && npm ci --ignore-scripts --no-audit --no-fund --silent)

. eng/claude-cli/platform.sh
cli="$PWD/$(claude_cli_path eng/claude-cli)"
say "the protocol, straight"
./pilotlight conformance --cli "$cli" --straight
say "the protocol, through the relay"
./pilotlight conformance --cli "$cli" --record "$transcripts"

say "what the transcripts say now"
git diff --stat -- "$transcripts"
say "the tests"
./test.sh
say "done: $old to $new. Read the diff of the transcripts, note in the CHANGELOG what changed in the protocol, and commit."
