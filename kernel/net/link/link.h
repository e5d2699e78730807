// SPDX-License-Identifier: MPL-2.0
/* Links, for the files of kernel/net/link only. */
#ifndef KERNEL_NET_LINK_H
#define KERNEL_NET_LINK_H

#include <kernel/netdev.h>

/* Takes the Ethernet header off, and sets ethertype and kind. False: there is none. */
bool ethernet_parse(const struct netdev *d, struct packet *p);
/* jobs.c: start-up, makes the task. */
void jobs_init(void);
/* loopback.c: start-up, makes lo. */
void loopback_init(void);

#endif
