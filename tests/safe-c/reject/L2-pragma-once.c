// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* GCC compares contents and times of the files, clang their identity. */
#include <thing.h>
#include "once.h"
