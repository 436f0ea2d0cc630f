#!/usr/bin/env bash
# Unpacks strongSwan 6 with all the libraries it needs into a folder, beside whatever is installed: interoperation tests run it there,
# where IKE_RESUME_STRONGSWAN6 names the folder. It is Debian's, of a release that has ML-KEM in it. Needs apt-get and Debian's keys.
#
#   scripts/setup-strongswan6.sh FOLDER
set -euo pipefail
SUITE=forky
PACKAGES=(strongswan-charon strongswan-swanctl libcharon-extra-plugins libstrongswan-standard-plugins)

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$1
if [ -x "$folder/usr/lib/ipsec/charon" ]; then exit 0; fi

mirror_of_this_machine() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Identifier: Packages' |
    awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}
mirror=$(mirror_of_this_machine)
if [ -z "$mirror" ]; then
  apt-get update -qq
  mirror=$(mirror_of_this_machine)
fi
[ -n "$mirror" ] || { echo "$0: apt has no mirror of Debian" >&2; exit 1; }

# An apt of its own, to which nothing is installed: it brings every library, libc too.
apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} "$apt"/var/lib/apt/lists/partial \
  "$apt"/var/lib/dpkg "$apt"/var/cache/apt/archives/partial
touch "$apt/var/lib/dpkg/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $SUITE main" >"$apt/etc/apt/sources.list"
own_apt() {
  apt-get -qq -o Dir="$apt" -o Dir::State::status="$apt/var/lib/dpkg/status" -o APT::Sandbox::User=root "$@"
}
own_apt update
own_apt install -y --no-install-recommends --download-only "${PACKAGES[@]}" >/dev/null

rm -rf "$folder" "$folder.part"
# What a whole Debian has of itself: /lib is /usr/lib, and /var/run is /run.
for name in bin sbin lib lib64; do
  mkdir -p "$folder.part/usr/$name"
  ln -s "usr/$name" "$folder.part/$name"
done
mkdir -p "$folder.part"/{dev,proc,run,sys,tmp}
for package in "$apt"/var/cache/apt/archives/*.deb; do dpkg-deb --extract "$package" "$folder.part"; done
ln -sfn /run "$folder.part/var/run"
chroot "$folder.part" /usr/lib/ipsec/charon --version
mv "$folder.part" "$folder"
