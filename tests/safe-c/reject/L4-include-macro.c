// reject: L4
// SPDX-License-Identifier: MPL-2.0
#define HEADER <thing.h>
#include HEADER // <- L4
