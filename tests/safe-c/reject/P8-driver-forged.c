// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* A driver record without the macro. */
#include <frame/device.h>

static const struct dt_match match[1];
static const struct driver forged = { LIT("x"), match, 1000, NULL }; // <- P8
