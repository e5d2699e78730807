// reject: b.c
// SPDX-License-Identifier: MPL-2.0
#define FIELD struct other *
#include "shared.h"
