#!/bin/sh
# Builds the crate twice: with SIMD into wasm/pkg, and for machines without it into wasm/pkg-scalar,
# which holds only the module, as the same JavaScript loads it. The same source and toolchain make
# the same bytes, wherever the checkout is. Run toolchain.sh once before; `npm ci` installs
# wasm-opt.
set -eu
cd "$(dirname "$0")"
target=wasm32-unknown-unknown

# rustup's Rust when it has the wasm32 target, else Debian's.
cargo_bin=${CARGO_HOME:-$HOME/.cargo}/bin
has_target() {
  ls "$("$1" --print sysroot 2>/dev/null)/lib/rustlib/$target/lib/"libstd-*.rlib >/dev/null 2>&1
}
PATH=$cargo_bin:$PATH
if ! has_target rustc; then
  PATH=/usr/bin:$PATH
  if ! has_target rustc; then
    echo "build.sh: no Rust with the $target target: run wasm/toolchain.sh first" >&2
    exit 1
  fi
fi
host=$(rustc -vV | sed -n 's/^host: //p')
if [ ! -x "$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld" ]; then
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
fi
wasm_opt=$(node -p "require.resolve('binaryen/bin/wasm-opt')")

# Where the sources and the registry are differs between machines.
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
remap="--remap-path-prefix=$PWD=codec --remap-path-prefix=$(echo "$registry"/*-*)=crates"
targets=${CARGO_TARGET_DIR:-$PWD/target}

build() { # folder, flags of rustc, flag of wasm-opt
  out=$PWD/target/$1
  rm -rf "$out"
  # Each build has a target folder of its own, as another flag makes cargo build everything again.
  RUSTFLAGS="$remap $2" CARGO_TARGET_DIR=$targets/for-$1 wasm-pack build . --target web \
    --mode no-install --release --no-pack --out-name infield_codec --out-dir "$out" -- --locked
  rm -f "$out/.gitignore" "$out/package.json" "$out/README.md"
  wasm=$out/infield_codec_bg.wasm
  # A function with one caller stays a function. Engines switch to optimized code when a function is
  # called, so a loop inlined into what is called only once would run to its end as it was compiled
  # first, three times as slowly. Aligner::advance and Body::code_unit are the bodies of such loops.
  # shellcheck disable=SC2086 # no flag at all is no argument
  node "$wasm_opt" -O3 --one-caller-inline-max-function-size 20 --enable-bulk-memory \
    --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals \
    --enable-reference-types --enable-multivalue $3 --strip-debug --strip-producers \
    "$wasm" -o "$wasm.opt"
  mv "$wasm.opt" "$wasm"
  if grep -aqF -e "$PWD" -e "${CARGO_HOME:-$HOME/.cargo}" "$wasm"; then
    echo "build.sh: the module names folders of this machine" >&2
    exit 1
  fi
}

build pkg "-C target-feature=+simd128" --enable-simd
build pkg-scalar "" ""

{
  rustc --version
  wasm-pack --version
  wasm-bindgen --version
  echo "binaryen $(node -p "require('binaryen/package.json').version")"
} > target/pkg/toolchain.txt

for file in infield_codec.js infield_codec.d.ts infield_codec_bg.wasm.d.ts; do
  cmp "target/pkg/$file" "target/pkg-scalar/$file" || exit 1
  rm "target/pkg-scalar/$file"
done
rm -rf pkg pkg-scalar
cp -r target/pkg target/pkg-scalar .
