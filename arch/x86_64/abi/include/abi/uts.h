// SPDX-License-Identifier: MPL-2.0
/* The machine name that uname returns. */
#ifndef ABI_UTS_H
#define ABI_UTS_H

#define ABI_UTS_MACHINE "x86_64"

#endif
