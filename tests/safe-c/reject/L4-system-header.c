// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
#include "/usr/include/stdc-predef.h" // <- L4
