// accept: W1
// SPDX-License-Identifier: MPL-2.0
#ifndef OPAQUE_H
#define OPAQUE_H
#include <frame/obj.h>
struct opaque;
struct opaque *opaque_make(u64 key);
#endif
