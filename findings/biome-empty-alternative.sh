#!/usr/bin/env bash
# In biome's noRestrictedImports, a group pattern with an empty alternative, `@scope/{a,b}{,/**}`,
# matches nothing at all, also not `@scope/a`; and `@scope/a*`, which reads as in gitignore, does
# not match `@scope/a/deep`. Neither is reported: an import that was to be refused passes. Written
# as two patterns, it works.
# Seen with @biomejs/biome 2.5.15.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund @biomejs/biome@2.5.15 >/dev/null
npx biome --version
printf 'export { x } from "@scope/a";\n' >whole.js
printf 'export { x } from "@scope/a/deep";\n' >deep.js

fail() {
  printf 'changed: %s\n' "$*"
  exit 1
}

refused() {
  local rule="{ \"level\": \"error\", \"options\": { \"patterns\": [{ \"group\": [$1] }] } }"
  printf '{ "linter": { "rules": { "style": { "noRestrictedImports": %s } } } }\n' "$rule" >biome.json
  npx biome lint --only=style/noRestrictedImports --reporter=json "$2" 2>/dev/null |
    grep -c 'noRestrictedImports' || true
}

check() {
  local whole deep
  whole=$(refused "$1" whole.js) deep=$(refused "$1" deep.js)
  printf '%-40s @scope/a: %s   @scope/a/deep: %s\n' "$1" "$whole" "$deep"
  [ "$whole $deep" = "$2" ] || fail "$1"
}
check '"@scope/{a,b}{,/**}"' "0 0"
check '"@scope/a*"' "1 0"
check '"@scope/{a,b}", "@scope/{a,b}/**"' "1 1"
echo "as described"
