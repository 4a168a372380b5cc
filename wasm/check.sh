#!/bin/sh
# Proves that wasm/pkg and wasm/pkg-scalar come from the source, by building a copy of it in another
# folder. With the toolchain that pkg/toolchain.txt names, the bytes must be the same; with another
# one, all tests and vectors run on what it built.
set -eu
cd "$(dirname "$0")"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/wasm"
git ls-files -z . | tar --null -T - -cf - | tar -xf - -C "$copy/wasm"
ln -s "$PWD/../node_modules" "$copy/node_modules"
[ -f ../tsconfig.base.json ] && cp ../tsconfig.base.json "$copy/"
rm -rf "$copy/wasm/pkg" "$copy/wasm/pkg-scalar"
"$copy/wasm/build.sh"

if cmp -s pkg/toolchain.txt "$copy/wasm/pkg/toolchain.txt"; then
  if diff -r pkg "$copy/wasm/pkg" && diff -r pkg-scalar "$copy/wasm/pkg-scalar"; then
    echo "wasm/pkg and wasm/pkg-scalar come from the source: same toolchain, same bytes"
    exit
  fi
  echo "check.sh: wasm/pkg does not come from this source:" \
    "run wasm/build.sh and commit what it builds" >&2
  exit 1
fi
echo "wasm/pkg was built with another toolchain, so the bytes cannot be compared;" \
  "testing what this one built:"
diff pkg/toolchain.txt "$copy/wasm/pkg/toolchain.txt" || true
(cd "$copy/wasm" && npx vitest run --root .)
