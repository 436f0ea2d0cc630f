#!/usr/bin/env bash
# Looks for undefined behaviour in the core: its hostile records and its fused operations, in few and small cases, in Miri, which interprets
# every step and knows each octet's owner, alignment and whether it was ever written. The vectors are those of src/vector/ssse3.rs.
#
# Miri comes with rustup's nightly: MIRI_TOOLCHAIN names another. `scripts/miri.sh --install` fetches what is missing. Where rustup cannot fetch it,
# the same tests run whole, compiled with AddressSanitizer and every debug assertion: that finds what reaches outside an allocation, not
# what merely breaks the language's rules, and the first line says so. RUSTFLAGS of the caller are kept, to test another backend.
set -euo pipefail
cd "$(dirname "$0")/../core-rs/fuzz"

toolchain=${MIRI_TOOLCHAIN:-nightly}
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$(dirname "$PWD")/target}/miri"
TESTS=(hostile_records fused)
INSTALL_SECONDS=300

has_miri() {
  cargo "+$toolchain" miri --version >/dev/null 2>&1 && [ -d "$(rustc "+$toolchain" --print sysroot)/lib/rustlib/src/rust/library" ]
}

install() {
  command -v rustup >/dev/null || { echo "no rustup"; return; }
  if rustup toolchain list | grep -q "^$toolchain"; then
    timeout "$INSTALL_SECONDS" rustup component add --toolchain "$toolchain" miri rust-src || true
  else
    timeout "$INSTALL_SECONDS" rustup toolchain install "$toolchain" --profile minimal --component miri --component rust-src || true
  fi
}

in_miri() {
  echo "$(cargo "+$toolchain" miri --version), $(rustc "+$toolchain" -V)"
  cargo "+$toolchain" miri setup
  # Compiled once; then side by side, as Miri uses one core for each.
  cargo "+$toolchain" miri test --locked --no-default-features "${TESTS[@]/#/--test=}" -- --list >/dev/null
  local logs status=0 test pids=()
  logs=$(mktemp -d)
  for test in "${TESTS[@]}"; do
    cargo "+$toolchain" miri test --locked --no-default-features --test "$test" >"$logs/$test" 2>&1 &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || status=$?; done
  cat "$logs"/*
  rm -rf "$logs"
  return "$status"
}

with_address_sanitizer() {
  local host
  host=$(rustc -vV | sed -n 's/^host: //p')
  echo "there is no Miri of $toolchain here and rustup has none: $(rustc -V) with AddressSanitizer and debug assertions instead"
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address ${RUSTFLAGS:-}" cargo test --locked --no-default-features --target "$host" "${TESTS[@]/#/--test=}"
}

if ! has_miri; then install; fi
if [ "${1:-}" = --install ]; then exit 0; fi
if has_miri; then in_miri; else with_address_sanitizer; fi
