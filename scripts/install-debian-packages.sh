#!/bin/sh
# Installs the Debian packages that tests and prompt building need, and only those that are missing. Sotto itself needs
# none of them to run. Works as root or by sudo, asks no question, and may be run again at any time.
set -eu

# openssl: certificates for tests    sip-tester, baresip-core, kamailio: SIP peers that tests call    tshark, sox, multimon-ng: judge packets and sound apart from us
# festival, festvox-us-slt-hts: prompts                  fluidsynth, fluid-soundfont-gm: hold music
# g++: the addon that receives and sends RTP in batches; without it media runs over node:dgram
# faketime: a wall clock that jumps    systemd: judges the unit, and runs nothing
# libsrtp2-dev: a far end for SRTP, built by its test
# postgresql: a database that tests of the directory start for themselves; no cluster of the system is made or started
# chromium: a browser that tests drive through the pages
packages='openssl g++ libsrtp2-dev faketime sip-tester baresip-core kamailio kamailio-tls-modules kamailio-outbound-modules tshark sox multimon-ng postgresql festival festvox-us-slt-hts fluidsynth fluid-soundfont-gm systemd chromium'

say() {
  printf '%s\n' "$*" >&2
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

list_missing() {
  for package in $packages; do
    is_installed "$package" || printf '%s ' "$package"
  done
}

# Runs a command as root; env carries the variables because sudo drops them.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  else
    return 127
  fi
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  say "This is no Debian or Ubuntu. Install by the package tool of this system what these hold: $packages"
  exit 1
fi

missing=$(list_missing)
if [ -z "$missing" ]; then
  say "All Debian packages are there."
  exit 0
fi

say "Missing: $missing"
if ! as_root true; then
  say "Installing needs root: run this as root, or 'sudo -v' first, or have installed: $missing"
  exit 1
fi

# tshark asks whether users who are not root may capture; tests read files only, so the answer is no, given beforehand.
if ! is_installed tshark; then
  printf 'wireshark-common wireshark-common/install-setuid boolean false\n' | as_root debconf-set-selections
fi

# Debian would make a cluster and start it.
if ! is_installed postgresql-common && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  as_root mkdir -p /etc/postgresql-common
  printf 'create_main_cluster = false\n' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
fi

as_root apt-get -q update
# Word splitting is meant: one argument per package. Held back input, so that nothing can wait for an answer.
# shellcheck disable=SC2086
as_root apt-get -q install -y --no-install-recommends \
  -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold $missing </dev/null

missing=$(list_missing)
if [ -n "$missing" ]; then
  say "Still missing after the installation: $missing"
  exit 1
fi
say "All Debian packages are there now."
