// reject: b.c
// SPDX-License-Identifier: MPL-2.0
#define CALLED struct other *o
#include "shared.h"
