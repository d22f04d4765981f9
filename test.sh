#!/usr/bin/env bash
# Installs what the tests need, builds everything once, runs every test, and ends with 'N passed, N failed, N skipped'.
#   ./test.sh            all of it
#   ./test.sh Storage    only the projects whose name holds the word
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
only="${1:-}"

say() { printf '== %s\n' "$*"; }
fail() { printf 'test.sh: %s\n' "$*" >&2; exit 1; }
command -v dotnet >/dev/null 2>&1 || fail "the .NET 10 SDK is needed; 'dotnet' was not found."

# The pinned CLI, on which the tests run, and one about a month older, which must understand us too.
. eng/claude-cli/platform.sh
for pinned in eng/claude-cli eng/claude-cli-older; do
  [ ! -x "$(claude_cli_path "$pinned")" ] || continue
  command -v npm >/dev/null 2>&1 || fail "npm is needed to install the pinned Claude Code CLI; it was not found."
  say "installing the Claude Code CLI of $pinned"
  (cd "$pinned" && npm ci --ignore-scripts --no-audit --no-fund --silent)
done
cli="$(claude_cli_path eng/claude-cli)"
export PILOTLIGHT_TEST_CLAUDE="$PWD/$cli"

# The clients that people's programs use, which the gateway is tried with, and what the sample pages are built of: both pinned.
for packages in tests/clients samples/web; do
  [ -d "$packages/node_modules" ] && continue
  command -v npm >/dev/null 2>&1 || fail "npm is needed to install the packages of $packages; it was not found."
  say "installing the packages of $packages"
  (cd "$packages" && npm ci --ignore-scripts --no-audit --no-fund --silent)
done

# Debian's packages: what contains children (in every Debian, a slimmer system may lack them), a browser, a database server, proxies.
missing=""
for program in setsid:util-linux setpriv:util-linux grep:grep bwrap:bubblewrap socat:socat chromium:chromium nginx:nginx caddy:caddy; do
  command -v "${program%%:*}" >/dev/null 2>&1 || missing="$missing ${program##*:}"
done
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing="$missing postgresql"
if [ -n "$missing" ]; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || fail "these packages are needed:$missing. Install them, or run as root on Debian."
  say "installing$missing"
  # The tests start a database of their own; the package's default one is neither needed nor wanted.
  if [[ "$missing" == *postgresql* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  fi
  # shellcheck disable=SC2086
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $missing >/dev/null
fi

say "building"
locked=""
[ "${CI:-}" = true ] && locked="-p:RestoreLockedMode=true"
# shellcheck disable=SC2086
dotnet build Pilotlight.slnx -c Release -v quiet -nologo $locked

# The tool as it is released, compiled ahead: hundreds of tests start it, and each start takes half the processor time.
say "compiling the tool ahead"
eng/compile-ahead.sh artifacts/tool
export PILOTLIGHT_TEST_TOOL="$PWD/artifacts/tool/pilotlight.dll"

passed=0 failed=0 skipped=0
mkdir -p artifacts/test-logs
for project in tests/*.Tests; do
  name="$(basename "$project")"
  case "$name" in *"$only"*) ;; *) continue ;; esac
  log="artifacts/test-logs/$name.log"
  say "$name"
  code=0
  # A test that hangs must not hang the run: past the limit the process is ended, and counts as failed.
  timeout --kill-after=15 "${TEST_PROJECT_LIMIT:-1800}" \
    dotnet "artifacts/bin/$name/release/$name.dll" --progress off --ansi off >"$log" 2>&1 </dev/null || code=$?
  [ "$code" -ne 124 ] && [ "$code" -ne 137 ] || echo "$name was ended after ${TEST_PROJECT_LIMIT:-1800} s; its last lines say which test was running." >>"$log"
  count() { sed -n "s/^ *$1: *\([0-9][0-9]*\).*/\1/p" "$log" | tail -n 1; }
  p="$(count succeeded)" f="$(count failed)" s="$(count skipped)"
  # A run that crashed, or ran nothing, has failed whatever it counted.
  if [ -z "$p" ] || { [ "$code" -ne 0 ] && [ "${f:-0}" -eq 0 ]; }; then
    cat "$log"
    f=$(( ${f:-0} + 1 ))
  elif [ "$f" -gt 0 ]; then
    sed -n '/^failed /,$p' "$log"
  fi
  printf '   %s passed, %s failed, %s skipped\n' "${p:-0}" "$f" "${s:-0}"
  passed=$((passed + ${p:-0})) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
done
[ $((passed + failed)) -gt 0 ] || fail "no test project has '$only' in its name."

# Nothing may be left behind: every child carries its owner's mark. A guardian may still be at its last rounds.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  left="$(grep -lsa '^PILOTLIGHT_OWNER=\|PILOTLIGHT_OWNER=' /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | tr '\n' ' ' || true)"
  [ -n "${left// /}" ] || break
  sleep 0.3
done
if [ -n "${left// /}" ]; then
  printf 'test.sh: processes were left behind: %s\n' "$left" >&2
  failed=$((failed + 1))
fi

printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
