#!/bin/sh
# Builds the crate into wasm/pkg, or into the folder given. Same source and same toolchain: same bytes, wherever the
# checkout is. Run toolchain.sh once before; `npm ci` gives wasm-opt.
set -eu
cd "$(dirname "$0")"
final=${1:-$PWD/pkg}
out=$PWD/target/pkg
target=wasm32-unknown-unknown

# rustup's Rust when it has the wasm32 target, else Debian's.
cargo_bin=${CARGO_HOME:-$HOME/.cargo}/bin
has_target() { ls "$("$1" --print sysroot 2>/dev/null)/lib/rustlib/$target/lib/"libstd-*.rlib >/dev/null 2>&1; }
PATH=$cargo_bin:$PATH
if ! has_target rustc; then
  PATH=/usr/bin:$PATH
  has_target rustc || { echo "build.sh: no Rust with the $target target: run wasm/toolchain.sh first" >&2; exit 1; }
fi
if [ ! -x "$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/rust-lld" ]; then
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
fi
wasm_opt=$(node -p "require.resolve('binaryen/bin/wasm-opt')")

# What tells one machine from another: where the sources and the registry are.
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
export RUSTFLAGS="--remap-path-prefix=$PWD=codec --remap-path-prefix=$(echo "$registry"/*-*)=crates"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"

rm -rf "$out"
wasm-pack build . --target web --mode no-install --release --no-pack --out-name infield_codec --out-dir "$out" \
  -- --locked
rm -f "$out/.gitignore" "$out/package.json" "$out/README.md"

wasm=$out/infield_codec_bg.wasm
node "$wasm_opt" -O3 --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext \
  --enable-mutable-globals --enable-reference-types --enable-multivalue --strip-debug --strip-producers \
  "$wasm" -o "$wasm.opt"
mv "$wasm.opt" "$wasm"

{
  rustc --version
  wasm-pack --version
  wasm-bindgen --version
  echo "binaryen $(node -p "require('binaryen/package.json').version")"
} > "$out/toolchain.txt"

if grep -aqF -e "$PWD" -e "${CARGO_HOME:-$HOME/.cargo}" "$out/infield_codec_bg.wasm"; then
  echo "build.sh: the module names folders of this machine" >&2
  exit 1
fi
rm -rf "$final"
cp -r "$out" "$final"
