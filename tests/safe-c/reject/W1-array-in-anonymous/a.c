// reject: a.c
// SPDX-License-Identifier: MPL-2.0
#define DEEP 1
#include "shared.h"
