#!/bin/bash
# Does what the Dockerfile does, without a container engine: builds in one clean Debian root, and runs the result in
# another that has nothing but node. Needs root, mmdebstrap (which npm run images:check brings along), and node 20 with npm
# and its headers; takes some minutes.
#   images/check.sh [VERSION_OF_DEBIAN]
set -euo pipefail
cd "$(dirname "$0")/.."
suite=${1:-bookworm}
path=/usr/local/bin:/usr/bin:/bin
node_prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")

# A mount namespace of its own: whatever is mounted below goes with it.
if [ -z "${VPCAST_IMAGES_UNSHARED:-}" ]; then
  VPCAST_IMAGES_UNSHARED=1 exec unshare --mount "$0" "$@"
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/vpcast-images.XXXXXX")
trap 'umount --recursive --lazy "$work"; rmdir "$work"' EXIT
mount -t tmpfs -o size=6g tmpfs "$work"

make_root() {
  local root=$1
  shift
  "${MMDEBSTRAP:-mmdebstrap}" --quiet --variant=minbase --format=directory "$@" "$suite" "$root"
  mkdir -p "$root/proc" "$root/usr/local/bin"
  mount -t proc proc "$root/proc"
  cp "$node_prefix/bin/node" "$root/usr/local/bin/node"
}

step() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }

step 'a root to build in'
build=$work/build
# What the node image has beside node, and the pip that the Dockerfile adds.
make_root "$build" --include=ca-certificates,python3,python3-pip,g++,make,binutils
mkdir -p "$build/usr/local/lib/node_modules" "$build/usr/local/include" "$build/src"
cp -R "$node_prefix/lib/node_modules/npm" "$build/usr/local/lib/node_modules/npm"
cp -R "$node_prefix/include/node" "$build/usr/local/include/node"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$build/usr/local/bin/npm"
# How this machine reaches registries, but not where it has node's headers.
if [ -e ~/.npmrc ]; then grep -v '^nodedir' ~/.npmrc >"$build/root/.npmrc" || true; fi
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
  if [ -e "$file" ]; then cp -L "$file" "$build$file"; fi
done

step 'the checkout, as COPY would take it'
mapfile -t taken < <(sed -n 's/^!//p' images/Dockerfile.dockerignore)
git ls-files -z --cached --others --exclude-standard -- "${taken[@]}" |
  tar --create --null --files-from=- --ignore-failed-read | tar --extract --directory "$build/src"

step 'images/build.sh'
chroot "$build" /usr/bin/env --unset=npm_config_nodedir HOME=/root PATH="$path" /src/images/build.sh /out

step 'a root to run in'
run=$work/run
make_root "$run"
mkdir -p "$run/opt"
mv "$build/out" "$run/opt/vpcast"
du -sh "$run/opt/vpcast/node_modules" "$run/opt/vpcast" "$run/usr/local/bin/node" | sed "s#$work/run##"

settings=(NODE_ENV=production)
enter=(chroot --userspec=65532:65532 "$run" /usr/bin/env --ignore-environment --chdir=/opt/vpcast PATH="$path")
inside() { "${enter[@]}" "${settings[@]}" "$@"; }

step 'no build tools'
for tool in gcc g++ cc make npm npx python3 pip git; do
  if inside sh -c "command -v $tool"; then echo "the result has $tool" && exit 1; fi
done

step 'every program starts, unprivileged'
for program in server infra-node agent; do inside node "dist/$program/main.js" --help | head -1; done
inside node -e "const P = require('pulsar-client'); P.MessageId.earliest().toString(); console.log('the addon loads')"
inside node -e "import('/opt/vpcast/dist/scripts/helm/main-job.js').then(() => console.log('the job of helm test loads'))"

step 'health'
settings+=(VPCAST_HEALTH_ADDRESS=127.0.0.1:17401 VPCAST_GRPC_ADDRESS=127.0.0.1:17400 VPCAST_LOG_LEVEL=silent
  VPCAST_REDIS_URL=redis://127.0.0.1:1 'VPCAST_PULSAR_CLUSTERS=main=pulsar://127.0.0.1:1|http://127.0.0.1:1')
# Not by the function, whose shell would take the signal.
"${enter[@]}" "${settings[@]}" node dist/server/main.js &
server=$!
for attempt in $(seq 60); do
  if inside node health.mjs 2>"$work/health"; then break; fi
  if [ "$attempt" = 60 ]; then cat "$work/health" && exit 1; fi
  sleep 0.5
done
ready=$(inside node -e "fetch('http://127.0.0.1:17401/readyz').then((r) => console.log(r.status))")
kill -TERM "$server"
wait "$server" || { echo "the server ended with code $?" && exit 1; }
[ "$ready" = 503 ] || { echo "without Redis and Pulsar readiness is $ready" && exit 1; }
echo 'it lives without Redis and Pulsar, is not ready, and ends when told to'

step 'done'
printf '\n1 passed, 0 failed\n'
