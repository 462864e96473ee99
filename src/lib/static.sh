#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# static.sh OUT DIR OBJECTS LAYER…: one object of all of OBJECTS and of what they use of the layers, whose hidden symbols
# become local, as an archive. A program that links it sees attest_* and nothing else.
set -eu
out=$1 dir=$2 objects=$3
shift 3
mkdir -p "$dir"
ld -r -o "$dir/attest.o" --whole-archive "$objects" --no-whole-archive --start-group "$@" --end-group
objcopy --localize-hidden "$dir/attest.o"
rm -f "$out"
ar rcs "$out" "$dir/attest.o"
