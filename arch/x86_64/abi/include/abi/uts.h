// SPDX-License-Identifier: MPL-2.0
/* What uname says of the machine. */
#ifndef ABI_UTS_H
#define ABI_UTS_H

#define ABI_UTS_MACHINE "x86_64"

#endif
