#!/bin/sh
# Builds what the images hold, out of a checkout, into a new directory: the compiled programs, the contract, and the
# production dependencies with a loadable Pulsar addon. The Dockerfile and check.sh run the same steps.
#   images/build.sh OUT
set -eu
out=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$(dirname "$0")/.."

npm ci --no-audit --no-fund
npm run -s generate
npm run -s build
npm run -s addon

mkdir -p "$out/proto"
cp -R dist "$out/dist"
cp -R proto/vpcast "$out/proto/vpcast"
if [ -d proto/google ]; then cp -R proto/google "$out/proto/google"; fi
cp package.json images/health.mjs "$out/"
find "$out/dist/proto" -name '*.d.ts' -delete

# The addon was built into node_modules: they are pruned, not installed anew.
cp -R node_modules "$out/node_modules"
cp package-lock.json .npmrc "$out/"
(cd "$out" && npm prune --omit=dev --no-audit --no-fund)
rm "$out/package-lock.json" "$out/.npmrc"

# What only compiling needs.
client=$out/node_modules/pulsar-client
find "$client/src" -type f \( -name '*.cc' -o -name '*.h' \) -delete
rm -rf "$client/cmake-build-debug" "$out/node_modules/node-addon-api" "$out/node_modules/.package-lock.json"
find "$out/node_modules" -type f \( -name '*.map' -o -name '*.md' -o -name '*.ts' \) -delete
find "$out/node_modules" -type d -empty -delete
strip --strip-unneeded "$client"/lib/binding/*.node "$client"/lib/binding/*.so 2>/dev/null || true
