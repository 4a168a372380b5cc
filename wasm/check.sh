#!/bin/sh
# Proves that wasm/pkg comes from the source: builds a copy of it in another folder. With the toolchain that
# pkg/toolchain.txt names the bytes must be the same; with another one all tests and vectors run on what it built.
set -eu
cd "$(dirname "$0")"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/wasm"
git ls-files -z . | tar --null -T - -cf - | tar -xf - -C "$copy/wasm"
ln -s "$PWD/../node_modules" "$copy/node_modules"
[ -f ../tsconfig.base.json ] && cp ../tsconfig.base.json "$copy/"
rm -rf "$copy/wasm/pkg"
"$copy/wasm/build.sh"

if cmp -s pkg/toolchain.txt "$copy/wasm/pkg/toolchain.txt"; then
  if diff -r pkg "$copy/wasm/pkg"; then
    echo "wasm/pkg comes from the source: same toolchain, same bytes"
    exit
  fi
  echo "check.sh: wasm/pkg does not come from this source: run wasm/build.sh and commit wasm/pkg" >&2
  exit 1
fi
echo "another toolchain than wasm/pkg was built with, so its bytes cannot be compared; testing what this one built:"
diff pkg/toolchain.txt "$copy/wasm/pkg/toolchain.txt" || true
(cd "$copy/wasm" && npx vitest run --root .)
