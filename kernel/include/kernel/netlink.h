// SPDX-License-Identifier: MPL-2.0
/* AF_NETLINK (kernel/net/netlink). See netlink(7). */
#ifndef KERNEL_NETLINK_H
#define KERNEL_NETLINK_H

/* Start-up: the family. After inet_init, before net_init. */
void netlink_init(void);

#endif
