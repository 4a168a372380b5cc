#!/bin/sh
# run-in-current.sh ROOT COMMAND [WORD...]: runs a command with the version in use as its root
# filesystem, and ROOT itself at /var/lib/infield in there. It sees the version it began with to its
# end, whatever is switched to meanwhile. Needs root. INFIELD_BINDS="/from:/to /from2:/to2" shows
# more of the host, read-only; /to has to be a folder of the tree.
set -eu

if [ "$#" -lt 2 ]; then
	echo "usage: $0 ROOT COMMAND [WORD...]" >&2
	exit 2
fi
# What is mounted below is seen by nobody else, and gone when the last process in here has ended.
if [ "${INFIELD_INSIDE:-}" != yes ]; then
	INFIELD_INSIDE=yes exec unshare --mount --propagation private -- "$0" "$@"
fi
unset INFIELD_INSIDE

root=$(readlink -f "$1")
shift
tree=$(readlink -f "$root/current")
new=/mnt
mount --bind "$tree" "$new"
# Files of a snapshot are shared with other versions: nothing may edit them in place.
mount -o remount,bind,ro "$new"
mount -t proc proc "$new/proc"
mount --rbind /dev "$new/dev"
mount -t tmpfs tmpfs "$new/tmp"
mount --bind "$root" "$new/var/lib/infield"
for bind in ${INFIELD_BINDS:-}; do
	mount --bind "${bind%%:*}" "$new${bind#*:}"
	mount -o remount,bind,ro "$new${bind#*:}"
done
cd /
exec chroot "$new" "$@"
