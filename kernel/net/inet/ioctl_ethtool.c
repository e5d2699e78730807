// SPDX-License-Identifier: MPL-2.0
/*
 * SIOCETHTOOL: what a program may ask a card. The request names the device and points to a second
 * struct, which begins with a command.
 */
#include <kernel/cred.h>
#include <kernel/netdev.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/if.h>

#include "sock.h"

/* struct ifreq with ifr_data, without its end. */
struct named_request {
	u8 name[IFNAMSIZ];
	u64 data;
};

#define ETHTOOL_GLINK       0x0au
#define ETHTOOL_GET_TS_INFO 0x41u

/* struct ethtool_value; ifr_data points to it. */
struct user_ethtool {
	u32 cmd, data;
};

/*
 * Whether a device has a link is all that is told; what a device cannot do, EOPNOTSUPP says, as on
 * Linux (ETHTOOL_GET_TS_INFO: it stamps no packets).
 */
s64 ethtool_ioctl(struct uaddr at)
{
	struct named_request r;
	struct user_ethtool e;
	struct netdev *d;
	s64 err = 0;

	if (user_get(&r, at) || user_get(&e.cmd, UADDR(r.data)))
		return -EFAULT;
	r.name[IFNAMSIZ - 1] = 0;
	d = netdev_by_name(cspan_first(cspan_of(r.name), cspan_strlen(cspan_of(r.name))));
	if (!d)
		return -ENODEV;
	if (e.cmd != ETHTOOL_GLINK)
		err = e.cmd == ETHTOOL_GET_TS_INFO ||
				cred_capable(thread_current()->cred, CAP_NET_ADMIN)
			? -EOPNOTSUPP
			: -EPERM;
	e.data = netdev_has_link(d);
	obj_put(&d);
	if (err)
		return err;
	return user_put(UADDR(r.data), &e) ? -EFAULT : 0;
}
