// SPDX-License-Identifier: MPL-2.0
/* Links, for the files of kernel/net/link only. */
#ifndef KERNEL_NET_LINK_H
#define KERNEL_NET_LINK_H

#include <kernel/netdev.h>

/* loopback.c: start-up, makes lo. */
void loopback_init(void);

#endif
