# Where npm puts the CLI's native binary for this machine: with its scripts off, the launcher in .bin is a stub.
claude_cli_path() {
  local os arch libc=""
  case "$(uname -s)" in Darwin) os=darwin ;; *) os=linux ;; esac
  case "$(uname -m)" in arm64|aarch64) arch=arm64 ;; *) arch=x64 ;; esac
  if [ "$os" = linux ] && ldd --version 2>&1 | grep -qi musl; then libc=-musl; fi
  printf '%s/node_modules/@anthropic-ai/claude-code-%s-%s%s/claude' "$1" "$os" "$arch" "$libc"
}
