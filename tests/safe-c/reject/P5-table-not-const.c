// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing_ops ops; // <- P5
