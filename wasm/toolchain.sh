#!/bin/sh
# Sets up what build.sh needs: Rust with the wasm32 target, wasm-pack, wasm-bindgen. Quick when all
# of it is there. Users and webapp developers need none of it: pkg/ is committed.
#
# With rustup, `rustup target add` is enough. Where rustup's server is out of reach, Debian's
# packages are used: they have no wasm32 standard library, so that is built once from Debian's Rust
# sources.
set -eu

wasm_pack=0.15.1
wasm_bindgen=0.2.130
target=wasm32-unknown-unknown

has_target() { ls "$("$1" --print sysroot)/lib/rustlib/$target/lib/"libstd-*.rlib >/dev/null 2>&1; }

debian_std() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q &&
    apt-get install -yq rustc-web cargo-web rust-web-src libstd-rust-web-dev lld-22
  empty=$(mktemp -d)
  (
    cd "$empty"
    mkdir src && : > src/lib.rs
    printf '[package]\nname = "std-build"\nversion = "0.0.0"\nedition = "2021"\n' > Cargo.toml
    # Panic messages name source files: without this, paths of this machine would end up in pkg/.
    # Cargo chooses the path of its registry, so the sources are vendored where we choose it.
    mkdir .cargo && RUSTC_BOOTSTRAP=1 /usr/bin/cargo vendor --manifest-path \
      /usr/lib/rustlib/src/rust/library/Cargo.toml crates > .cargo/config.toml 2>/dev/null
    export RUSTFLAGS="--remap-path-prefix=$empty=/std"
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc /usr/bin/cargo build --release --target $target \
      -Z build-std=std,panic_abort,proc_macro
  )
  lib=/usr/lib/rustlib/$target/lib
  mkdir -p $lib && cp "$empty/target/$target/release/deps/"*.rlib $lib/
  rm -rf "$empty"
}

has_rust() {
  for rustc in "$(command -v rustc || true)" /usr/bin/rustc; do
    [ -x "$rustc" ] && has_target "$rustc" && return 0
  done
  return 1
}

set_up_rust() {
  has_rust && return
  if command -v rustup >/dev/null && rustup target add $target && has_rust; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && debian_std && has_rust; then return; fi
  echo "toolchain.sh: no Rust with the $target target: install rustup (https://rustup.rs) and run" \
    "'rustup target add $target', or run this script as root on Debian" >&2
  exit 1
}

set_up_tool() { # program, version
  [ "$("$1" --version 2>/dev/null)" = "$1 $2" ] && return
  cargo install "$3@$2"
}

PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
set_up_rust
set_up_tool wasm-pack $wasm_pack wasm-pack
set_up_tool wasm-bindgen $wasm_bindgen wasm-bindgen-cli
