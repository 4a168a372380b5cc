#!/bin/sh
# root= is mounted at $NEWROOT, and becomes the version.
case " $(cat /proc/cmdline) " in *" infield"*)
	# With rd.shell=0 rd.emergency=reboot it starts again, and the loader has counted one try.
	/usr/lib/infield/mount-version.sh "$NEWROOT" || die "infield: this version cannot be booted"
	;;
esac
