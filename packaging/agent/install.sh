#!/bin/sh
# Installs this archive, or upgrades to it: ./install.sh [--root DIRECTORY]
# With --root it only puts the files there. The version before stays, for going back to it.
set -eu

root=
if [ "${1-}" = --root ]; then
  root=${2:?--root needs a directory}
  shift 2
fi
[ $# -eq 0 ] || { echo "usage: $0 [--root DIRECTORY]" >&2; exit 2; }

here=$(cd "$(dirname "$0")" && pwd)
# Before anything is touched: does it run on this machine at all?
version=$("$here/lib/vpcast-agent" --version)

lib=$root/usr/local/lib/vpcast-agent
link=$root/usr/local/bin/vpcast-agent
before=$(readlink "$link" || true)
before=${before%/vpcast-agent}
before=${before##*/}

umask 022
mkdir -p "$lib" "$root/usr/local/bin" "$root/etc/systemd/system" "$root/etc/vpcast"
rm -rf "$lib/$version.new"
cp -R "$here/lib" "$lib/$version.new"
cp "$here/uninstall.sh" "$lib/$version.new/"
rm -rf "${lib:?}/$version"
mv "$lib/$version.new" "$lib/$version"
# In one step: whoever starts it meets the old one or the new one.
ln -s "../lib/vpcast-agent/$version/vpcast-agent" "$link.new"
mv -T "$link.new" "$link"
for other in "$lib"/*; do
  case ${other##*/} in "$version" | "$before") ;; *) rm -rf "$other" ;; esac
done

cp "$here/vpcast-agent.service" "$root/etc/systemd/system/vpcast-agent.service"
if [ ! -e "$root/etc/vpcast/agent.env" ]; then
  # It may hold a token.
  (umask 077 && cp "$here/agent.env" "$root/etc/vpcast/agent.env")
fi
echo "vpcast-agent $version is installed${before:+ (before: $before)}"

[ -z "$root" ] && [ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
systemctl enable --quiet vpcast-agent
if systemctl is-active --quiet vpcast-agent; then
  systemctl restart vpcast-agent
  echo "restarted; ask it with: vpcast-agent status"
else
  echo "set VPCAST_VTEP_IP and VPCAST_CONTROL_ADDRESSES in /etc/vpcast/agent.env, then: systemctl start vpcast-agent"
fi
