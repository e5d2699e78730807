// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include "../accept/L1-switch.c" // <- L4
