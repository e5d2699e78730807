// SPDX-License-Identifier: MPL-2.0
/* AF_NETLINK (kernel/net/netlink). See netlink(7). */
#ifndef KERNEL_NETLINK_H
#define KERNEL_NETLINK_H

#include <kernel/netdev.h>

/* Start-up: the family. After inet_init, before net_init. */
void netlink_init(void);

/*
 * Sends an event of a network device that a program asks for: @text is an action and perhaps an
 * UUID, as it is written to the device's file uevent. 0, -EINVAL. Context: task, net_config held.
 */
int must_check uevent_net_ask(const struct netdev *d, struct cspan text);

#endif
