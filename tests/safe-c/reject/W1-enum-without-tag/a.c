// reject: a.c
// SPDX-License-Identifier: MPL-2.0
#define SIZED_TOP 2
#include "shared.h"
