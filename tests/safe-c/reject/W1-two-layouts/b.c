// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include "layout.h"
