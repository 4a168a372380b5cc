#!/bin/sh
# boot-is-up.sh ROOT VERSION: run once at the end of a boot that worked, with the version that was
# booted (choose-version.sh). It counts as good from now on. When that is not the version that
# `current` names, `current` did not come up: the laptop goes back to what did, and holds, so that
# it does not take the same release again.
set -eu

root=$1
version=$2
boot=$root/boot
mkdir -p "$boot"
printf '%s\n' "$version" >"$boot/good.new"
sync
mv "$boot/good.new" "$boot/good"
rm -f "$boot"/tried-*
sync
if [ "$(readlink "$root/current")" != "versions/$version/tree" ]; then
	exec "${INFIELD:-/opt/infield/bin/infield.js}" rollback --root "$root" --to "$version"
fi
