#!/usr/bin/env bash
# mksquashfs makes an image without the POSIX access control lists of its files, says so in one line
# on standard error, and succeeds. user.* attributes and capabilities are kept: a system's image
# loses permissions, and only who reads the log knows.
# Seen with squashfs-tools 4.5.1 (Debian 12). Needs Debian 12 and a filesystem with ACLs.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in squashfs-tools=1:4.5.1-1 acl=2.3.1-3; do
  apt-get download -q "$package" >/dev/null 2>&1
done
for package in *.deb; do dpkg-deb -x "$package" programs; done
PATH=$work/programs/usr/bin:$PATH

fail() {
  printf 'changed: %s\n' "$*"
  exit 1
}

mkdir folder
: >folder/file
setfattr -n user.note -v kept folder/file 2>/dev/null || true
setfacl -m user:1:r folder/file
mksquashfs -version | head -n 1
code=0
mksquashfs folder image -quiet -no-progress >said 2>&1 || code=$?
printf 'mksquashfs: exit code %s, it says: %s\n' "$code" "$(cat said)"
unsquashfs -quiet -no-progress -dest back image >/dev/null
getfacl --omit-header folder/file back/file
[ "$code" = 0 ] || fail "it fails"
grep -q 'system.posix_acl_access' said || fail "it does not name the attribute"
getfacl --omit-header back/file | grep -q '^user:[^:]' && fail "the list is kept"
echo "as described"
