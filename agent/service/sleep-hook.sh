#!/bin/sh
# Tells the agent of sleep and waking, where no systemd unit does: for /lib/elogind/system-sleep/,
# /etc/pm/sleep.d/ and the like, which call it with pre or suspend before, and with post or resume
# after. Other power managers, powerd among them, run the two commands themselves; see
# docs/operating.md.
INFIELD=${INFIELD:-/opt/infield/bin/infield.js}
INFIELD_ROOT=${INFIELD_ROOT:-/var/lib/infield}

# Bounded, and never a failure: a laptop whose agent does not answer sleeps all the same.
tell() {
	timeout 5 "$INFIELD" "$1" --root "$INFIELD_ROOT" >/dev/null 2>&1 || true
}

case "${1:-}" in
pre | suspend | hibernate) tell sleep ;;
post | resume | thaw) tell wake ;;
esac
