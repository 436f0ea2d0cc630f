#!/usr/bin/env bash
# Sets up what `deno task build:wasm` needs, under $WASM_TOOLS (default /opt/wasm-tools): wasm-pack, wasm-bindgen and wasm-opt in bin/,
# and in rust-toolchain the name of the rustup toolchain (or "path") that can compile for wasm32-unknown-unknown.
#
# Two ways to such a compiler:
#   rustup   `rustup target add`, where rustup can download the target;
#   debian   Debian's rustc-web, with the standard library built once from rust-web-src (needs root).
# RUST_FROM=rustup or RUST_FROM=debian takes that way alone; without it the first that works is taken, and the last lines say which.
# The committed WebAssembly was built the second way, and only the same compiler can rebuild it to the same octets.
#
# Every step is skipped when its result is there already.
set -euo pipefail

ROOT=${WASM_TOOLS:-/opt/wasm-tools}
RUST_FROM=${RUST_FROM:-any}
TARGET=wasm32-unknown-unknown
WASM_PACK_VERSION=0.15.1
WASM_BINDGEN_VERSION=0.2.129 # equal to the one in core-rs/Cargo.toml
BINARYEN_VERSION=132.0.0
DEBIAN_PACKAGES=(rustc-web cargo-web rust-web-src rust-web-llvm clang lld-22 llvm) # llvm: llvm-ar, for the C in bench/peers-rs
DEBIAN_TOOLCHAIN=web # what rustup calls Debian's compiler here
RUSTUP_SECONDS=120

case $RUST_FROM in
  any | rustup | debian) ;;
  *) echo "RUST_FROM is '$RUST_FROM', expected rustup or debian" >&2; exit 2 ;;
esac

step() {
  local name=$1 start=$SECONDS
  shift
  "$@"
  printf '%-34s %4ss\n' "$name" $((SECONDS - start))
}

# --- by rustup --------------------------------------------------------------------------------------------------------------------

rustup_target() {
  command -v rustup >/dev/null || return 1
  local name library
  name=$(rustup show active-toolchain 2>/dev/null | cut -d' ' -f1)
  [ -n "$name" ] || return 1
  library=$(rustc "+$name" --print sysroot)/lib/rustlib/$TARGET
  [ -d "$library" ] || timeout "$RUSTUP_SECONDS" rustup target add --toolchain "$name" "$TARGET" >/dev/null 2>&1 || return 1
  TOOLCHAIN=$name
  WAY="rustup target add ($name)"
}

# --- from Debian ------------------------------------------------------------------------------------------------------------------

debian_packages() {
  local missing=() package
  for package in "${DEBIAN_PACKAGES[@]}"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Builds the standard library for the target and lays it where rustc looks for it. The paths of this machine are kept out of it,
# so that the same compiler gives the same octets anywhere.
debian_library() {
  local library=/usr/lib/rustlib/$TARGET stamp crate
  stamp=$library/.built-by-$(/usr/bin/rustc -vV | sha256sum | cut -c1-12)
  [ -f "$stamp" ] && return 0
  # A library laid there by an earlier tool of the same recipe serves as well.
  [ -d "$library/lib" ] && compiles_for_target && { touch "$stamp"; return 0; }
  crate=$(mktemp -d)
  mkdir "$crate/src"
  printf '[package]\nname="sysroot-wasm"\nversion="0.0.0"\nedition="2021"\n[profile.release]\npanic="abort"\n' >"$crate/Cargo.toml"
  echo '#![no_std]' >"$crate/src/lib.rs"
  (
    cd "$crate"
    local flags="-Cembed-bitcode=yes --remap-path-prefix=/usr/lib/rustlib/src/rust=/rustc/src"
    flags+=" --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$crate=/sysroot"
    env -u RUSTUP_TOOLCHAIN RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS="$flags" \
      /usr/bin/cargo build -q --release -Zbuild-std=std,panic_abort,test --target "$TARGET"
  )
  rm -rf "$library"
  mkdir -p "$library/lib"
  cp "$crate/target/$TARGET/release/deps/"lib*.rlib "$library/lib/"
  rm -f "$library/lib/"libsysroot_wasm*.rlib
  rm -rf "$crate"
  touch "$stamp"
}

compiles_for_target() {
  local out
  out=$(mktemp -d)
  echo 'pub fn f() -> String { String::new() }' | /usr/bin/rustc --target "$TARGET" --crate-type rlib --out-dir "$out" - 2>/dev/null
  local status=$?
  rm -rf "$out"
  return $status
}

debian_link() {
  TOOLCHAIN=path
  if command -v rustup >/dev/null; then
    TOOLCHAIN=$DEBIAN_TOOLCHAIN
    [ "$(readlink -f "${RUSTUP_HOME:-$HOME/.rustup}/toolchains/$DEBIAN_TOOLCHAIN" 2>/dev/null)" = /usr ] ||
      rustup toolchain link "$DEBIAN_TOOLCHAIN" /usr
  fi
  WAY="Debian's $(/usr/bin/rustc -V)"
}

# --- tools ------------------------------------------------------------------------------------------------------------------------

# The compiler of the tools themselves: any will do. Debian's, where it is there, else the active one.
install_crate() {
  if [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ]; then
    env -u RUSTUP_TOOLCHAIN RUSTC=/usr/bin/rustc /usr/bin/cargo install -q --locked --root "$ROOT" "$1" --version "=$2"
  else
    cargo install -q --locked --root "$ROOT" "$1" --version "=$2"
  fi
}

wasm_bindgen() {
  "$ROOT/bin/wasm-bindgen" --version 2>/dev/null | grep -q " $WASM_BINDGEN_VERSION\$" || install_crate wasm-bindgen-cli "$WASM_BINDGEN_VERSION"
}

wasm_pack() {
  "$ROOT/bin/wasm-pack" --version 2>/dev/null | grep -q " $WASM_PACK_VERSION\$" || install_crate wasm-pack "$WASM_PACK_VERSION"
}

# npm's package carries wasm-opt as WebAssembly itself: nothing is downloaded when it is installed.
wasm_opt() {
  "$ROOT/bin/wasm-opt" --version 2>/dev/null | grep -qE "version ${BINARYEN_VERSION%%.*}( |\$)" && return 0
  npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$ROOT/npm" "binaryen@$BINARYEN_VERSION" >/dev/null
  ln -sf "$ROOT/npm/node_modules/.bin/wasm-opt" "$ROOT/bin/wasm-opt"
}

mkdir -p "$ROOT/bin"
if [ "$RUST_FROM" != debian ] && rustup_target; then
  :
elif [ "$RUST_FROM" = rustup ]; then
  echo "rustup could not add $TARGET; RUST_FROM=debian is the other way" >&2
  exit 1
elif ! command -v apt-get >/dev/null; then
  echo "rustup could not add $TARGET, and this is no Debian: install a Rust that has the target" >&2
  exit 1
else
  step "Debian packages" debian_packages
  step "standard library for $TARGET" debian_library
  debian_link
fi
echo "$TOOLCHAIN" >"$ROOT/rust-toolchain"
step "wasm-bindgen $WASM_BINDGEN_VERSION" wasm_bindgen
step "wasm-pack $WASM_PACK_VERSION" wasm_pack
step "wasm-opt (binaryen ${BINARYEN_VERSION%%.*})" wasm_opt
echo "Rust for $TARGET: $WAY"
