# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What scripts/check and scripts/demo need on a fresh Debian 12, installed when it is missing. Sourced, not run.
# Looks first, so that a machine that has everything needs no network.

BUILD_PACKAGES=(
	gcc libc6-dev meson ninja-build pkg-config python3 ca-certificates openssl git
	libssl-dev libmicrohttpd-dev libgnutls28-dev libcurl4-openssl-dev libsqlite3-dev libyaml-dev libseccomp-dev
	libcmocka-dev
)
CHECK_PACKAGES=(
	clang clang-format clang-tidy libclang-rt-14-dev binutils libjansson-dev mandoc valgrind cppcheck nginx-light
)

say()
{
	printf '%s\n' "$*" >&2
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		say "error: installing packages needs root or sudo"
		say "hint: as root, run: $*"
		return 1
	fi
}

is_installed()
{
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_missing PACKAGE…
install_missing()
{
	local missing=() package

	for package in "$@"; do
		is_installed "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing: ${missing[*]}"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# Node.js is a peer in tests only; any that is on PATH serves.
install_node()
{
	local missing=()

	command -v node >/dev/null || missing+=(nodejs)
	command -v npm >/dev/null || missing+=(npm)
	[ ${#missing[@]} -eq 0 ] || install_missing "${missing[@]}"
}
