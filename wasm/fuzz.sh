#!/bin/sh
# Fuzzes the decoders for SECONDS in all, each target for its share, and fails with the first input
# that makes one panic, hang or take too much memory. The input stays in fuzz/artifacts/: turn it
# into a regression test. Needs a nightly toolchain, cargo-fuzz and a C++ compiler. Where there are
# none it says so, and tries more random damage instead.
set -eu
cd "$(dirname "$0")"
seconds=${1:?usage: wasm/fuzz.sh SECONDS}

has_fuzzer() {
  command -v c++ > /dev/null || { echo "fuzz.sh: there is no C++ compiler"; return 1; }
  cargo +nightly --version > /dev/null 2>&1 || rustup toolchain install nightly --profile minimal ||
    { echo "fuzz.sh: there is no nightly toolchain"; return 1; }
  cargo fuzz --version > /dev/null 2>&1 || cargo install cargo-fuzz --locked ||
    { echo "fuzz.sh: cargo-fuzz cannot be installed"; return 1; }
}

if ! has_fuzzer; then
  echo "fuzz.sh: random damage in place of fuzzing"
  PROPTEST_CASES=$((seconds * 100)) cargo test --locked --test damage
  exit
fi

targets=$(cargo fuzz list)
share=$((seconds / $(echo "$targets" | wc -l)))
# There is no unsafe code for a sanitizer to watch, and fuzzing is several times faster without one.
cargo +nightly fuzz build --sanitizer none
for target in $targets; do
  mkdir -p "fuzz/corpus/$target" "fuzz/seeds/$target"
  cargo +nightly fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
    -max_total_time="$share" -rss_limit_mb=512 -timeout=20 -print_final_stats=1
done
