#!/usr/bin/env bash
# Runs an image of eng/image.sh as an orchestrator would: as another user, on a root file system that cannot be written to, one volume.
#   eng/verify-image.sh FOLDER:VERSION
set -euo pipefail
# crun takes either version of control groups, not both at once. None is used here, so in a name space of its own it sees the first alone.
if [ -d /sys/fs/cgroup/unified ] && [ -z "${ONE_CGROUP_VERSION:-}" ]; then
  ONE_CGROUP_VERSION=1 exec unshare -m sh -c 'mount -t tmpfs none /sys/fs/cgroup/unified && exec "$0" "$@"' "$0" "$@"
fi
image="$1"
here="$(mktemp -d)" name="pilotlight-verify-$$"
crun() { command crun --cgroup-manager=disabled "$@"; }
trap 'crun delete --force "$name" >/dev/null 2>&1 || true; rm -rf "$here"' EXIT
say() { printf '   %s\n' "$*"; }
fail() { printf 'verify-image.sh: %s\n' "$*" >&2; [ ! -s "$here/log" ] || tail -20 "$here/log" >&2; exit 1; }
for tool in umoci crun jq curl; do
  command -v "$tool" >/dev/null || fail "'$tool' is missing; it is a package of Debian's."
done

umoci unpack --image "$image" "$here/bundle"
install -d -o 10001 -g 10001 -m 0700 "$here/data"
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"

# What docker and kubelet give it, and less: no capability, no new privileges, no writable place but /data and a /tmp in memory. The host's network,
# so that nothing of this machine is set up.
configure() {
  jq --arg data "$here/data" --argjson arguments "$1" '
    .process.terminal = false | .process.args = $arguments | .process.noNewPrivileges = true | .process.capabilities = {}
    | .root.readonly = true | .linux.namespaces |= map(select(.type != "network" and .type != "cgroup" and .type != "user"))
    | del(.linux.uidMappings, .linux.gidMappings)
    | .mounts |= map(select(.destination != "/sys" and .destination != "/sys/fs/cgroup" and .destination != "/data" and .destination != "/etc/resolv.conf"))
    | .mounts += [{"destination": "/data", "type": "bind", "source": $data, "options": ["rbind", "rw", "nosuid", "nodev"]},
                  {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777", "size=256m"]}]' \
    "$here/bundle/config.json" >"$here/config.json"
  cp "$here/config.json" "$here/bundle/config.json"
}
pilotlight() { configure "$(printf '%s\n' /opt/pilotlight/pilotlight "$@" | jq -Rn '[inputs]')"; crun run --bundle "$here/bundle" "$name"; }

key="$(pilotlight keys create --admin ada --data /data)" || fail "no key could be made: $key"
since=$(date +%s%N)
(pilotlight serve --simulate --data /data --urls "http://0.0.0.0:$port" --Pilotlight:Wire:Direct=Never >"$here/log" 2>&1; echo $? >"$here/code") &
milliseconds() { echo $((($(date +%s%N) - since) / 1000000)); }
until curl -sf "http://127.0.0.1:$port/healthz/ready" >/dev/null; do
  [ ! -e "$here/code" ] || fail "the gateway ended."
  [ "$(milliseconds)" -lt 60000 ] || fail "the gateway did not become ready."
  sleep 0.05
done
say "ready after $(milliseconds) ms, with the CLI of the image"
[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/api/threads")" = 401 ] || fail "it answered without a key."
ask() { curl -sf "http://127.0.0.1:$port/v1/chat/completions" -H "authorization: Bearer $key" -H 'content-type: application/json' \
  -d '{"model":"sonnet","messages":[{"role":"user","content":"hello image"}]}'; }
ask | grep -q 'hello image' || fail "it did not answer."
say "answers after $(milliseconds) ms"

inside() { command crun --cgroup-manager=disabled exec --user 10001:10001 "$name" "$@"; }
[ "$(inside cat /proc/1/comm)" = pilotlight ] || fail "process 1 is $(inside cat /proc/1/comm)."
inside grep -q "^Uid:.10001.10001.10001.10001" /proc/1/status || fail "it does not run as user 10001."
inside sh -c 'echo x >/opt/pilotlight/x' 2>/dev/null && fail "the root file system can be written to."
# Orphans become children of process 1: it must take their ends, or they stay as zombies.
inside sh -c 'for n in 1 2 3 4 5; do (sleep 0.2 &) ; done' && sleep 2
for _ in 1 2 3; do ask >/dev/null || fail "it did not answer again."; done
zombies="$(inside sh -c 'grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null | wc -l')"
[ "$zombies" = 0 ] || fail "$zombies zombies are left: $(inside sh -c 'grep -h "^Name" $(grep -l "^State:.Z" /proc/[0-9]*/status)' | tr '\n' ' ')"
say "process 1, user 10001, a root file system that cannot be written to, no zombies"

since=$(date +%s%N)
crun kill "$name" TERM
while [ ! -e "$here/code" ]; do [ "$(milliseconds)" -lt 60000 ] || fail "it did not stop."; sleep 0.05; done
[ "$(cat "$here/code")" = 0 ] || fail "it ended with exit code $(cat "$here/code")."
say "stops in order, after $(milliseconds) ms"
