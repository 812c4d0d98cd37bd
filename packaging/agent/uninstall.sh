#!/bin/sh
# Takes the agent off this host: uninstall.sh [--purge] [--root DIRECTORY]
# Configuration and state stay unless --purge is given. Without its state a host gets everything anew.
set -eu

root=
purge=
while [ $# -gt 0 ]; do
  case $1 in
    --purge) purge=yes; shift ;;
    --root) root=${2:?--root needs a directory}; shift 2 ;;
    *) echo "usage: $0 [--purge] [--root DIRECTORY]" >&2; exit 2 ;;
  esac
done

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl disable --now --quiet vpcast-agent || true
fi
rm -f "$root/usr/local/bin/vpcast-agent" "$root/etc/systemd/system/vpcast-agent.service"
rm -rf "$root/usr/local/lib/vpcast-agent"
if [ -n "$purge" ]; then
  # systemd keeps the state of a dynamic user under private, and links to it.
  rm -rf "$root/etc/vpcast" "$root/var/lib/vpcast" "$root/var/lib/private/vpcast" "$root/run/vpcast"
fi
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
echo "vpcast-agent is gone${purge:+, with its configuration and its state}"
