#!/bin/sh
# loader.sh COMMAND: what the agent asks of the boot loader (docs/booting.md, "The loader's
# command"). It keeps an ordered list of versions, each with the tries it has left; the loader boots
# the first that has one, and counts. For GRUB with grub.cfg of this folder, and for systemd-boot.
#   booted        prints the version this laptop was booted with, nothing where it was not by us
#   order N...    versions to boot, the first first; kernels come from their trees. No others stay
#   left N        prints the tries that version N has; nothing where the loader does not know it
#   complete N    version N came up: all its tries are back
# INFIELD_ROOT is the root. The loader's partition is mounted at /run/infield/boot.
set -eu

TRIES=3
run=${INFIELD_RUN:-/run/infield}
boot=$run/boot
ours=$boot/infield
entries=$boot/loader/entries
env=$ours/grubenv

die() {
	echo "loader.sh: $1" >&2
	exit 1
}

# flush: on the disk, now. What a loader reads is not read through a journal.
flush() {
	sync -f "$boot" 2>/dev/null || sync
}

# first_of FILE...: the first that is there.
first_of() {
	for file in "$@"; do
		if [ -f "$file" ]; then
			printf '%s' "$file"
			return 0
		fi
	done
	return 1
}

# copy_kernel N: kernel and initramfs of a version, whole or not at all.
copy_kernel() {
	if [ -f "$ours/$1/linux" ] && [ -f "$ours/$1/initrd" ]; then return 0; fi
	tree=$INFIELD_ROOT/versions/$1/tree
	kernel=$(first_of "$tree/vmlinuz" "$tree"/boot/vmlinuz*) || die "version $1 has no kernel"
	initrd=$(first_of "$tree/initrd.img" "$tree"/boot/initrd*) || die "version $1 has no initramfs"
	rm -rf "$ours/$1.new" "${ours:?}/$1"
	mkdir -p "$ours/$1.new"
	if ! cp "$kernel" "$ours/$1.new/linux" || ! cp "$initrd" "$ours/$1.new/initrd"; then
		rm -rf "$ours/$1.new"
		die "there is no space for the kernel of version $1 on the boot loader's partition"
	fi
	# Prevents: a folder that has its name after a crash, and half of a kernel.
	flush
	mv "$ours/$1.new" "$ours/$1"
	flush
}

# drop_kernels KEPT: of all versions but these.
drop_kernels() {
	for folder in "$ours"/*; do
		name=${folder##*/}
		case "$name" in
		*.new) rm -rf "$folder" ;;
		*[!0-9]*) ;;
		*) case " $1 " in *" $name "*) ;; *) rm -rf "$folder" ;; esac ;;
		esac
	done
}

# --- GRUB: order and left_N in the environment block, 1,024 bytes that GRUB itself writes to.

grub_get() {
	sed -n "s/^$1=//p" "$env" 2>/dev/null | head -n 1
}

# grub_write ORDER: with the tries that grub_tries tells of each. In place, as GRUB has it: all that
# is said is in the first sector of the disk, which a power cut leaves old or new.
grub_write() {
	block="# GRUB Environment Block
order=$1
"
	for version in $1; do
		block="${block}left_$version=$(grub_tries "$version")
"
	done
	[ "${#block}" -le 512 ] || die "too many versions for GRUB's environment block"
	padding=$(printf '%1024s' '' | tr ' ' '#')
	printf '%s%s' "$block" "$padding" | head -c 1024 | dd of="$env" conv=notrunc,fsync 2>/dev/null
	flush
}

grub_tries() {
	if [ "$1" = "${completed:-}" ]; then
		echo "$TRIES"
		return 0
	fi
	known=$(grub_get "left_$1")
	echo "${known:-$TRIES}"
}

grub_list() {
	grub_get order
}

grub_order() {
	if [ "$(grub_get order)" != "$*" ]; then grub_write "$*"; fi
}

grub_left() {
	case " $(grub_get order) " in *" $1 "*) grub_get "left_$1" ;; esac
}

grub_complete() {
	completed=$1
	if [ "$(grub_left "$1")" != "$TRIES" ]; then grub_write "$(grub_get order)"; fi
}

# --- systemd-boot: the count is in the entry's name, infield-N+LEFT-DONE.conf; it renames.

sd_file() {
	first_of "$entries/infield-$1.conf" "$entries/infield-$1"+*.conf
}

sd_list() {
	for entry in "$entries"/infield-[0-9]*.conf; do
		[ -f "$entry" ] || continue
		version=${entry##*/infield-}
		version=${version%.conf}
		printf '%s ' "${version%%+*}"
	done
}

sd_order() {
	for version in "$@"; do
		if sd_file "$version" >/dev/null; then continue; fi
		cat >"$entries/new" <<ENTRY
title Version $version
sort-key infield
version $version
linux /infield/$version/linux
initrd /infield/$version/initrd
options $(sed -n 's/^set cmdline="\(.*\)"$/\1/p' "$ours/local.cfg") infield.version=$version
ENTRY
		flush
		mv "$entries/new" "$entries/infield-$version+$TRIES.conf"
	done
	# It boots the highest version that has a try left: those that are not wanted must go.
	for version in $(sd_list); do
		case " $* " in *" $version "*) ;; *) rm "$(sd_file "$version")" ;; esac
	done
	flush
}

sd_left() {
	file=$(sd_file "$1") || return 0
	case "$file" in
	*+*) file=${file##*+} && file=${file%.conf} && echo "${file%%-*}" ;;
	*) echo "$TRIES" ;;
	esac
}

sd_complete() {
	file=$(sd_file "$1") || return 0
	full=$entries/infield-$1+$TRIES.conf
	if [ "$file" != "$full" ]; then
		mv "$file" "$full"
		flush
	fi
}

# ---

command=${1:-}
shift || true
if [ "$command" = booted ]; then
	cat "$run/version" 2>/dev/null || true
	exit 0
fi
[ -d "$ours" ] || die "the boot loader's partition is not mounted at $boot"
if [ -d "$entries" ]; then kind=sd; else kind=grub; fi
for version in "$@"; do
	case "$version" in '' | *[!0-9]*) die "\"$version\" is no version" ;; esac
done
case "$command" in
order)
	: "${INFIELD_ROOT:?}"
	# First what goes, as a small partition may have no space for one more. What the loader would
	# boot now has its kernel until the new order is written.
	drop_kernels "$* $("${kind}_list")"
	for version in "$@"; do copy_kernel "$version"; done
	"${kind}_order" "$@"
	drop_kernels "$*"
	;;
left) "${kind}_left" "$1" ;;
complete) "${kind}_complete" "$1" ;;
*) die "usage: loader.sh booted | order N... | left N | complete N" ;;
esac
