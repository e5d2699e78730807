// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static double ratio; // <- L1
