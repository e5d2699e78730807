// SPDX-License-Identifier: MPL-2.0
/*
 * ioctl on addresses of IPv6: SIOCSIFADDR and SIOCDIFADDR of an AF_INET6 socket (ipv6(7)). Mapped
 * addresses, groups and :: are nobody's own. The result of a removal that finds nothing is
 * EADDRNOTAVAIL.
 */
#include <kernel/byteorder.h>
#include <kernel/cred.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "sock.h"

#define SIOCDIFADDR 0x8936u

/* struct in6_ifreq: an address of IPv6 comes or goes. */
struct user_in6_ifreq {
	u64 hi, lo;
	u32 bits;
	s32 ifindex;
};

s64 address_ioctl6(u32 cmd, struct uaddr at)
{
	struct user_in6_ifreq r;
	struct inet_addr *a = NULL;
	struct netdev *d;
	s64 err = -ENOMEM;

	if (!cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	if (user_get(&r, at))
		return -EFAULT;
	if (r.bits > 128)
		return -EINVAL;
	d = netdev_by_index((u32)r.ifindex);
	if (!d)
		return -ENODEV;
	a = obj_new(inet_addr);
	if (a) {
		a->addr = (struct ip_addr){ be64(r.hi), be64(r.lo) };
		a->bits = r.bits;
		a->flags = ADDR_PERMANENT;
		a->scope = ip_is_link_local(a->addr) ? SCOPE_LINK : SCOPE_UNIVERSE;
		mutex_lock(&net_config);
		err = cmd == SIOCDIFADDR ? addr_remove(d, a->addr)
			: ip_is_any(a->addr) || ip_is4(a->addr) || ip_is_multicast(a->addr)
			? -EADDRNOTAVAIL
			: addr_add(d, a);
		mutex_unlock(&net_config);
	}
	obj_put(&a);
	obj_put(&d);
	return err;
}
