// reject: a.c
// SPDX-License-Identifier: MPL-2.0
#define FIELD u64
#include "shared.h"
