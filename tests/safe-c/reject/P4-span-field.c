// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct reader {
	struct cspan rest; // <- P4
};
