// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
#include "../../../frame/mem.h" // <- L4
