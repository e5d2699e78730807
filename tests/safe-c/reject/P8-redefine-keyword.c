// reject: P8
// SPDX-License-Identifier: MPL-2.0
#define const // <- P8
#include <thing.h>
