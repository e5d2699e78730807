// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct holder {
	struct thing_ops *ops; // <- P4
};
