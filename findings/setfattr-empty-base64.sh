#!/usr/bin/env bash
# An attribute with an empty value is lost between `getfattr --dump --encoding=base64`, which writes
# `NAME=0s`, and `setfattr --restore`, which does not set it and says nothing: with another attribute
# behind it the exit code is 0 all the same. In hex (`0x`) and text (`""`) it works.
# Seen with attr 2.5.1 (Debian 12). Needs a Debian machine and a filesystem with user attributes.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q attr=1:2.5.1-4 >/dev/null 2>&1
dpkg-deb -x attr_*.deb attr
PATH=$work/attr/usr/bin:$PATH

say() { printf '%s\n' "$*"; }
fail() {
  say "changed: $*"
  exit 1
}

mkdir from to
: >from/file
: >to/file
setfattr -n user.empty from/file
setfattr -n user.more -v text from/file
getfattr --version

for encoding in base64 hex text; do
  (cd from && getfattr --dump --encoding=$encoding file) >dump
  say "--- $encoding"
  cat dump
  setfattr -x user.empty to/file 2>/dev/null || true
  setfattr -x user.more to/file 2>/dev/null || true
  code=0
  (cd to && setfattr --restore=../dump) 2>errors || code=$?
  restored=$(cd to && getfattr file | grep -c '^user' || true)
  say "setfattr --restore: exit code $code, $restored of 2 attributes, it says: '$(cat errors)'"
  case $encoding in
  base64) [ "$code" = 0 ] && [ "$restored" = 1 ] && [ ! -s errors ] || fail "base64 is restored, or complained of" ;;
  *) [ "$code" = 0 ] && [ "$restored" = 2 ] || fail "$encoding is not restored" ;;
  esac
done
say "as described"
