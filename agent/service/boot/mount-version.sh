#!/bin/sh
# mount-version.sh NEWROOT: an initramfs runs it once the disk that root= names is mounted,
# writable, at NEWROOT. Afterwards NEWROOT is the version that the boot loader chose, read-only,
# with what belongs to this laptop over it; the disk itself is at /run/infield/disk.
# docs/booting.md says what lies where, and which words of the kernel's command line it reads.
# Needs sh, util-linux' mount, mkdir, cat, sed, grep. Exit code 1, with a sentence: this version
# cannot be booted.
set -eu

new=$1
run=/run/infield
disk=$run/disk

# word NAME DEFAULT: what NAME= says on the kernel's command line, the last time it is there.
word() {
	value=$2
	# shellcheck disable=SC2013 # words
	for argument in $(cat /proc/cmdline); do
		case "$argument" in "$1="*) value=${argument#*=} ;; esac
	done
	printf '%s' "$value"
}

fail() {
	echo "infield: $1" >&2
	exit 1
}

# layer NAME: the version's folder with this laptop's changes over it. Nothing that would tie the
# changes to this version's inodes: tomorrow another version lies below them.
layer() {
	[ -d "$new/$1" ] || return 0
	mkdir -p "$disk/state/$1/upper" "$disk/state/$1/work"
	mount -t overlay -o "lowerdir=$tree/$1,upperdir=$disk/state/$1/upper,workdir=$disk/state/$1/work,index=off,metacopy=off,redirect_dir=off,xino=off" \
		"infield-$1" "$new/$1" || fail "/$1 could not be laid over that of version $version"
}

# own FROM TO: a folder of this laptop alone.
own() {
	[ -d "$new/$2" ] || return 0
	mkdir -p "$disk/$1"
	mount --bind "$disk/$1" "$new/$2" || fail "/$2 could not be mounted"
}

# The loader's partition, which the agent writes to. Without it the laptop still boots.
mount_loader() {
	device=$(word infield.boot LABEL=INFIELDBOOT)
	case "$device" in
	LABEL=*) device=/dev/disk/by-label/${device#LABEL=} ;;
	UUID=*) device=/dev/disk/by-uuid/${device#UUID=} ;;
	esac
	mkdir -p "$run/boot"
	mount -o noatime,flush -t vfat "$device" "$run/boot" ||
		mount -o noatime "$device" "$run/boot" ||
		echo "infield: $device, where the boot loader is, could not be mounted" >&2
}

case " $(cat /proc/cmdline) " in *" infield.watchdog "*)
	# From here on a machine that hangs is reset, until systemd feeds the watchdog.
	if [ -c /dev/watchdog ]; then : >/dev/watchdog; fi
	;;
esac

mkdir -p "$disk"
mount --move "$new" "$disk"
root=$disk$(word infield.root /infield)

version=$(word infield.version "")
if [ -z "$version" ]; then
	# The loader says none: what `current` leads to.
	version=$(readlink "$root/current" | sed -n 's,^versions/\([0-9]*\)/tree$,\1,p')
fi
case "$version" in '' | *[!0-9]*) fail "there is no version to boot in $root" ;; esac
tree=$root/versions/$version/tree
[ -d "$tree" ] || fail "version $version is not there"
# A link may be absolute, and then leads nowhere from here.
[ -e "$tree/sbin/init" ] || [ -L "$tree/sbin/init" ] || fail "version $version has no /sbin/init"

mount --bind "$tree" "$new"
# Files of a version are shared with others: nothing may edit them in place.
mount -o remount,bind,ro "$new"
layer etc
layer var
own home home
own state/root root
mkdir -p "$new/var/lib/infield"
mount --bind "$root" "$new/var/lib/infield"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$new/tmp"
mount_loader

printf '%s\n' "$version" >"$run/version"
if grep -q "\"trial\":{\"version\":${version}[,}]" "$root/state.json" 2>/dev/null; then
	: >"$run/trial"
	echo "infield: version $version, on trial"
else
	echo "infield: version $version"
fi
