// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

extern const struct thing_ops far_ops; // <- L4
