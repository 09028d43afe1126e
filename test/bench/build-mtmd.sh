#!/usr/bin/env bash
# Builds llama.cpp's own `llama-mtmd-cli` from the sources inside node-llama-cpp's package, for `npm run bench -- pairs`. Needs
# git, cmake and a C++ compiler; takes a quarter of an hour on two cores.
#   LLAMA_MTMD_CLI=$(test/bench/build-mtmd.sh) npm run bench -- pairs
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/build/bench/mtmd
[ -d "$out/source" ] || git clone --quiet node_modules/node-llama-cpp/llama/gitRelease.bundle "$out/source" 2>/dev/null
cmake -S "$out/source" -B "$out/build" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
  -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF >&2
cmake --build "$out/build" --target llama-mtmd-cli --parallel >&2
echo "$out/build/bin/llama-mtmd-cli"
