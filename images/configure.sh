#!/bin/sh
# Runs in the new root file system, as its root, once all packages are installed and dewar's files lie over them.
# $1: the profile; $2: the kernel's version.
set -eu

# made at first boot; see usr/lib/dewar/identity
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
echo dewar >/etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 dewar\n::1 localhost\n' >/etc/hosts
rm -f /etc/resolv.conf
: >/etc/resolv.conf
# the archive that it was built from is the build host's own
: >/etc/apt/sources.list

# no password fits; keys do
usermod --password '*' root
useradd --create-home --uid 1000 --user-group --shell /bin/bash --password '*' dewar

depmod "$2"

# what a profile needs beside its files
if [ -x "/usr/lib/dewar/configure-$1" ]; then
  "/usr/lib/dewar/configure-$1"
  rm "/usr/lib/dewar/configure-$1"
fi

# what differs from build to build
rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid- /var/lib/dpkg/*-old
# daemons want their directories there
find /var/log -type f -delete
rm -rf /var/cache/ldconfig /var/cache/debconf/*-old
rm /usr/lib/dewar/configure
