// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct obj_type fake; // <- P5
