#!/bin/sh
# choose-version.sh ROOT: which version to boot. For an initramfs or a script before the real init; plain sh, readlink, mv, sync.
# Prints the folder of the tree. What does not come up (see boot-is-up.sh) is tried twice, then what came up last is booted.
#   current leads to a version that came up before, or has a try left    that one
#   current is broken, or its tries are used up                          the version that came up last, else the newest there is
# Exit code 1 when there is no version at all: give a person a shell.
set -eu

root=$1
boot=$root/boot
TRIES=2

tree_of() {
	printf '%s/versions/%s/tree' "$root" "$1"
}

# A tree that has no init is not one to boot, wherever its name comes from.
is_there() {
	case "$1" in '' | *[!0-9]*) return 1 ;; esac
	[ -d "$(tree_of "$1")" ] && { [ -e "$(tree_of "$1")/sbin/init" ] || [ -L "$(tree_of "$1")/sbin/init" ]; }
}

read_first() {
	word=
	if [ -r "$1" ]; then read -r word <"$1" || word=; fi
	printf '%s' "$word"
}

# Whole or not at all, and on the disk before the boot goes on: else a machine that dies at once would never count.
write_first() {
	printf '%s\n' "$2" >"$1.new"
	sync
	mv "$1.new" "$1"
	sync
}

newest() {
	best=0
	for folder in "$root"/versions/*; do
		version=${folder##*/}
		if is_there "$version" && [ "$version" -gt "$best" ]; then best=$version; fi
	done
	printf '%s' "$best"
}

current=$(readlink "$root/current" 2>/dev/null) || current=
case "$current" in
versions/*/tree) current=${current#versions/} current=${current%/tree} ;;
*) current= ;;
esac
good=$(read_first "$boot/good")

chosen=
if is_there "$current"; then
	if [ "$current" = "$good" ]; then
		chosen=$current
	else
		mkdir -p "$boot"
		tried=$(read_first "$boot/tried-$current")
		case "$tried" in '' | *[!0-9]*) tried=0 ;; esac
		if [ "$tried" -lt "$TRIES" ]; then
			write_first "$boot/tried-$current" "$((tried + 1))"
			chosen=$current
		fi
	fi
fi
if [ -z "$chosen" ] && is_there "$good"; then chosen=$good; fi
if [ -z "$chosen" ]; then chosen=$(newest); fi
if ! is_there "$chosen"; then
	echo "choose-version.sh: no version to boot in $root" >&2
	exit 1
fi
tree_of "$chosen"
