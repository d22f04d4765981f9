#!/usr/bin/env bash
# Starts the service's unit under a real systemd, in a container, and sees that it does what its settings say: it is started once it listens, as a user of its own,
# restarted when it is frozen or killed, with its threads, and stopped in order with nothing left.
#   eng/verify-unit.sh [TOOL]           TOOL is a folder with the compiled tool; artifacts/tool by default (eng/compile-ahead.sh makes it)
# As root on Debian, with mmdebstrap and systemd-container; takes about four minutes.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
tool="$(cd "${1:-$root/artifacts/tool}" && pwd)"
fail() { printf 'verify-unit.sh: %s\n' "$*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "run it as root: it starts a container."
for program in mmdebstrap systemd-nspawn; do command -v "$program" >/dev/null || fail "'$program' is missing (Debian: mmdebstrap, systemd-container)."; done
. "$root/eng/claude-cli/platform.sh"
cli="$root/$(cd "$root" && claude_cli_path eng/claude-cli)"
dotnet="$(dirname "$(readlink -f "$(command -v dotnet)")")"

machine="$(mktemp -d)"
trap 'umount -R "$machine" 2>/dev/null || true; rm -rf "$machine"' EXIT
mmdebstrap --quiet --variant=essential --include=systemd,systemd-sysv,dbus,ca-certificates,libstdc++6,util-linux,curl,procps bookworm "$machine" 2>/dev/null
mkdir -p "$machine"/{opt/pilotlight,opt/claude,etc/pilotlight,etc/systemd/system/pilotlight.service.d,etc/systemd/system/multi-user.target.wants}
cp -r "$tool/." "$machine/opt/pilotlight/"
cp "$cli" "$machine/opt/claude/claude"
cp "$root/eng/deploy/pilotlight.service" "$machine/etc/systemd/system/"
# As it is shipped, but for the simulated model.
sed -n 's/^ExecStart=\(.*\) serve \(.*\)$/[Service]\nExecStart=\nExecStart=\1 serve --simulate \2/p' "$root/eng/deploy/pilotlight.service" >"$machine/etc/systemd/system/pilotlight.service.d/simulated.conf"
printf 'Pilotlight__Claude__Path=/opt/claude/claude\nDOTNET_ROOT=%s\n' "$dotnet" >"$machine/etc/pilotlight/environment"
chmod 600 "$machine/etc/pilotlight/environment"

cat >"$machine/root/verify.sh" <<'INSIDE'
#!/bin/bash
exec >/root/result 2>&1
trap 'systemctl poweroff' EXIT
api=http://127.0.0.1:5160
bad() { echo "FAILED: $*"; journalctl -u pilotlight --no-pager -o cat | tail -20; exit 1; }
show() { systemctl show pilotlight -p "$1" --value; }
ready() { for _ in $(seq 120); do [ "$(curl -s -o /dev/null -w '%{http_code}' $api/healthz/ready)" = 200 ] && return; sleep 0.5; done; bad "it is not ready"; }
turn() { curl -sN "$api/api/threads/$1/turns" -H 'content-type: application/json' -d '{"text":"hello unit"}' | grep -q '^event: turn.completed' || bad "no answer"; }
again() { for _ in $(seq 300); do now="$(show MainPID)"; [ "$now" != "$1" ] && [ "$now" != 0 ] && return; sleep 0.5; done; bad "it was not restarted"; }

since=$SECONDS
systemctl start pilotlight || bad "it did not start"
echo "started after $((SECONDS - since)) s"
ready
thread="$(curl -s $api/api/threads -H 'content-type: application/json' -d '{}' | sed 's/.*"id":"\([^"]*\)".*/\1/')"
turn "$thread"
[ "$(stat -c %U /proc/"$(show MainPID)")" != root ] || bad "it runs as root"
echo "answers, as user $(ps -o user= -p "$(show MainPID)")"

for signal in KILL STOP; do
  pid="$(show MainPID)" since=$SECONDS
  kill -$signal "$pid"
  again "$pid"
  echo "after SIG$signal another runs after $((SECONDS - since)) s"
  ready
  turn "$thread"
done

since=$SECONDS
systemctl stop pilotlight || bad "it did not stop"
[ "$(show Result)" = success ] || bad "it ended as $(show Result)"
! pgrep -f /opt/claude/claude >/dev/null || bad "processes were left: $(pgrep -af /opt/claude/claude | cut -c1-80)"
echo "stopped in order after $((SECONDS - since)) s, nothing left"
echo PASSED
INSIDE
chmod +x "$machine/root/verify.sh"
printf '[Service]\nExecStart=/root/verify.sh\n' >"$machine/etc/systemd/system/verify.service"
ln -s ../verify.service "$machine/etc/systemd/system/multi-user.target.wants/verify.service"

timeout 600 systemd-nspawn --register=no --keep-unit -q -D "$machine" --bind-ro="$dotnet" -b >"$machine/console" 2>&1 </dev/null || true
cat "$machine/root/result" 2>/dev/null || { tail -n 20 "$machine/console"; fail "systemd did not come up in the container."; }
grep -qx PASSED "$machine/root/result" || fail "the unit does not do what it should."
