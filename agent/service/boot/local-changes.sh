#!/bin/sh
# local-changes.sh: what is different on this laptop in /etc and /var from the
# version in use. Local changes stay from version to version; where a newer one changed the same
# file, it is marked with `!`, as the local file hides the new one.
#   changed    /etc/hostname
#   added      /etc/wpa_supplicant/wlan0.conf
#   removed    /etc/motd
set -eu

run=${INFIELD_RUN:-/run/infield}
disk=$run/disk
root=${INFIELD_ROOT:-/var/lib/infield}
version=$(cat "$run/version")
tree=$root/versions/$version/tree

earlier() {
	best=0
	for folder in "$root"/versions/*; do
		number=${folder##*/}
		case "$number" in *[!0-9]*) continue ;; esac
		if [ "$number" -lt "$version" ] && [ "$number" -gt "$best" ]; then best=$number; fi
	done
	printf '%s' "$best"
}
before=$root/versions/$(earlier)/tree

# same A B: the same kind, bytes, mode and owner.
same() {
	if [ -L "$1" ] || [ -L "$2" ]; then
		[ -L "$1" ] && [ -L "$2" ] && [ "$(readlink "$1")" = "$(readlink "$2")" ]
	else
		[ -f "$2" ] && [ "$(stat -c %a:%u:%g "$1")" = "$(stat -c %a:%u:%g "$2")" ] && cmp -s "$1" "$2"
	fi
}

# mark PATH: `!` where the version before had something else there than this one.
mark() {
	if [ -d "$before" ] && [ -e "$before/$1" ] && [ -e "$tree/$1" ] && ! same "$before/$1" "$tree/$1"; then
		printf '!'
	fi
}

list() {
	for part in etc var; do
		upper=$disk/state/$part/upper
		[ -d "$upper" ] || continue
		find "$upper" ! -type d | sort | while read -r file; do
			path=$part/${file#"$upper"/}
			if [ -c "$file" ]; then
				if [ -e "$tree/$path" ]; then printf 'removed    /%s\n' "$path"; fi
			elif [ ! -e "$tree/$path" ] && [ ! -L "$tree/$path" ]; then
				printf 'added      /%s\n' "$path"
			elif ! same "$file" "$tree/$path"; then
				printf 'changed%-2s  /%s\n' "$(mark "$path")" "$path"
			fi
		done
	done
}

case "${1:-}" in
'') list ;;
*)
	echo "usage: local-changes.sh" >&2
	exit 2
	;;
esac
