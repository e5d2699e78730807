// reject: b.c
// SPDX-License-Identifier: MPL-2.0
#define DEEP 2
#include "shared.h"
