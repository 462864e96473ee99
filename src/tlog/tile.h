/* SPDX-License-Identifier: Apache-2.0 */
/* Where a tile stands (C2SP tlog-tiles): "tile/0/x001/x234/067", a partial one "tile/0/000.p/5". Proved by tests/proof/prove_merkle.c. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#define MAX_TILE_PATH_SIZE 96

/* WIDTH 256: the full tile. The path and its NUL. */
void tile_path(unsigned level, uint64_t n, unsigned width, char out[MAX_TILE_PATH_SIZE]);
