// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct span all; // <- P4
