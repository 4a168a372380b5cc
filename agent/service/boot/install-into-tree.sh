#!/bin/sh
# install-into-tree.sh TREE: readies a system tree that has /opt/infield for booting by Infield, as
# docs/booting.md describes: units, and the hook of whichever initramfs maker is there. Afterwards,
# in the tree, `update-initramfs -u` or `dracut --force`. Run it before a release is signed.
set -eu

tree=$1
here=$(dirname "$(readlink -f "$0")")
service=$(dirname "$here")
[ -d "$tree/opt/infield" ] || {
	echo "install-into-tree.sh: unpack Infield to $tree/opt/infield first" >&2
	exit 1
}

# put MODE FROM TO
put() {
	mkdir -p "$tree/$(dirname "$3")"
	cp "$2" "$tree/$3"
	chmod "$1" "$tree/$3"
}

# want UNIT TARGET, as systemctl enable does.
want() {
	mkdir -p "$tree/etc/systemd/system/$2.wants"
	ln -sf "/etc/systemd/system/$1" "$tree/etc/systemd/system/$2.wants/$1"
}

if [ -d "$tree/usr/share/initramfs-tools" ]; then
	put 755 "$here/initramfs-tools/hook" etc/initramfs-tools/hooks/infield
	put 755 "$here/initramfs-tools/local-bottom" etc/initramfs-tools/scripts/local-bottom/infield
fi
if [ -d "$tree/usr/lib/dracut/modules.d" ]; then
	for file in "$here"/dracut/*.sh "$here/mount-version.sh"; do
		put 755 "$file" "usr/lib/dracut/modules.d/90infield/${file##*/}"
	done
fi
if [ -e "$tree/lib/systemd/systemd" ] || [ -e "$tree/usr/lib/systemd/systemd" ]; then
	put 644 "$service/infield.service" etc/systemd/system/infield.service
	put 644 "$service/infield-system.conf" etc/systemd/system/infield.service.d/infield-system.conf
	put 644 "$here/systemd/infield-boot.conf" etc/systemd/system/infield.service.d/infield-boot.conf
	put 644 "$here/systemd/watchdog.conf" etc/systemd/system.conf.d/infield-watchdog.conf
	for unit in infield-boot-complete.service infield-trial-failed.service infield-trial-deadline.timer; do
		put 644 "$here/systemd/$unit" "etc/systemd/system/$unit"
	done
	want infield.service multi-user.target
	want infield-boot-complete.service multi-user.target
	want infield-trial-deadline.timer sysinit.target
elif [ -e "$tree/sbin/openrc" ] || [ -e "$tree/usr/sbin/openrc" ]; then
	put 755 "$service/infield.openrc" etc/init.d/infield
	put 755 "$here/openrc/infield-boot-complete" etc/init.d/infield-boot-complete
	put 644 "$service/infield.default" etc/conf.d/infield
	printf 'INFIELD_USER=root\nINFIELD_OPTIONS="--system"\n' >>"$tree/etc/conf.d/infield"
	mkdir -p "$tree/etc/runlevels/default"
	for name in infield infield-boot-complete; do
		ln -sf "/etc/init.d/$name" "$tree/etc/runlevels/default/$name"
	done
fi
# Each laptop makes its own.
: >"$tree/etc/machine-id"
mkdir -p "$tree/var/lib/infield"
