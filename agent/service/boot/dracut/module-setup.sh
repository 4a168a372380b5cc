#!/bin/bash
# For /usr/lib/dracut/modules.d/90infield/module-setup.sh: what mount-version.sh needs in the
# initramfs, and when it is run.

check() {
	return 0
}

depends() {
	echo base
}

installkernel() {
	instmods overlay vfat nls_ascii nls_cp437 nls_iso8859-1 nls_utf8 ext4 xfs btrfs =drivers/watchdog
}

install() {
	inst_multiple mount mkdir cat sed grep readlink
	# shellcheck disable=SC2154 # moddir is dracut's
	inst_script "$moddir/mount-version.sh" /usr/lib/infield/mount-version.sh
	# shellcheck disable=SC2154
	inst_hook pre-pivot 10 "$moddir/pre-pivot.sh"
}
