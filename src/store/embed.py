#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py OUT FILE…: the migrations as one C file, so that the program needs no file of its own to make a store."""
import json
import sys

out = ["/* SPDX-License-Identifier: Apache-2.0 */", '#include "store/schema.h"', "",
       "const char *const store_schema[] = {"]
for name in sys.argv[2:]:
    with open(name, encoding="ascii") as f:
        lines = [line.rstrip("\n") for line in f if not line.startswith("--")]
    out += ["\t" + json.dumps(line + "\n") for line in lines]
    out.append("\t,")
out += ["};", f"const size_t store_schema_count = {len(sys.argv) - 2};", ""]
with open(sys.argv[1], "w", encoding="ascii") as f:
    f.write("\n".join(out))
