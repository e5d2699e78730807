// reject: W1
// SPDX-License-Identifier: MPL-2.0
#define WIDE 1
#include "layout.h"
