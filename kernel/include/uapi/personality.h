// SPDX-License-Identifier: MPL-2.0
/* The flags of personality(2) that the kernel knows. */
#ifndef UAPI_PERSONALITY_H
#define UAPI_PERSONALITY_H

#define UNAME26            0x0020000u
#define ADDR_NO_RANDOMIZE  0x0040000u
#define MMAP_PAGE_ZERO     0x0100000u
#define ADDR_COMPAT_LAYOUT 0x0200000u
#define READ_IMPLIES_EXEC  0x0400000u
#define STICKY_TIMEOUTS    0x4000000u

#endif
