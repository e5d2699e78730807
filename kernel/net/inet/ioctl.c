// SPDX-License-Identifier: MPL-2.0
/*
 * ioctl on network interfaces: SIOCGIF* and SIOCSIF* (netdevice(7)). The old interface: a device by
 * its name, one value a call. Of IPv4 it knows one address a label (eth0, eth0:1), so a change
 * removes the address of that label and adds another. Reading needs no privilege and no lock:
 * values are single words, and the device is held by a reference. Changes need CAP_NET_ADMIN and
 * hold net_config.
 *
 * ifconfig, and programs that look for their own addresses (SIOCGIFCONF), use it; ip(8) uses
 * netlink, which tells all.
 *
 * A name may be a label: what stands before the colon names the device, all of it names the
 * address. So eth0:1 has the flags, MTU and index of eth0, and an address of its own.
 *
 * What a request claims is copied in once, into a struct on the stack, and its name is ended by
 * force before anything looks for it.
 */
#include <frame/task.h>
#include <kernel/bridge.h>
#include <kernel/byteorder.h>
#include <kernel/cred.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/if.h>

#include "sock.h"

enum {
	SIOCADDRT = 0x890b,
	SIOCDELRT = 0x890c,
	SIOCGIFNAME = 0x8910,
	SIOCGIFCONF = 0x8912,
	SIOCGIFFLAGS = 0x8913,
	SIOCSIFFLAGS = 0x8914,
	SIOCGIFADDR = 0x8915,
	SIOCSIFADDR = 0x8916,
	SIOCGIFDSTADDR = 0x8917,
	SIOCSIFDSTADDR = 0x8918,
	SIOCGIFBRDADDR = 0x8919,
	SIOCSIFBRDADDR = 0x891a,
	SIOCGIFNETMASK = 0x891b,
	SIOCSIFNETMASK = 0x891c,
	SIOCGIFMETRIC = 0x891d,
	SIOCGIFMTU = 0x8921,
	SIOCSIFMTU = 0x8922,
	SIOCSIFNAME = 0x8923,
	SIOCSIFHWADDR = 0x8924,
	SIOCGIFHWADDR = 0x8927,
	SIOCGIFINDEX = 0x8933,
	SIOCDIFADDR = 0x8936,
	SIOCETHTOOL = 0x8946,
	SIOCGIFTXQLEN = 0x8942,
	SIOCSIFTXQLEN = 0x8943,
	SIOCDARP = 0x8953,
	SIOCGARP = 0x8954,
	SIOCSARP = 0x8955,
	SIOCGMIIPHY = 0x8947,
	SIOCGMIIREG = 0x8948,
	SIOCGIFMAP = 0x8970,
	SIOCGIFVLAN = 0x8982,
	SIOCSIFVLAN = 0x8983
};

/*
 * The name, then a union whose member the command decides. Only the bytes of that member are set;
 * what stands in the others goes back to the program as it came.
 */
struct user_ifreq {
	u8 name[IFNAMSIZ];
	u8 data[24];
};
static_assert(sizeof(struct user_ifreq) == 40, "struct ifreq");
struct user_ifconf {
	s32 len, pad;
	u64 req;
};

/*
 * What SIOCSIFFLAGS may change. The others tell what the device is, and are ignored, as on Linux.
 */
#define CHANGEABLE (IFF_UP | IFF_DEBUG | IFF_NOARP | IFF_PROMISC | IFF_ALLMULTI | IFF_MULTICAST)

static void put_int(struct user_ifreq *r, s32 v)
{
	span_copy(span_of(r->data), value_cspan(&v));
}

static s32 ifreq_get_int(const struct user_ifreq *r)
{
	s32 v = 0;

	return span_read(cspan_of(r->data), 0, &v) ? v : 0;
}

/* The whole union is cleared, so that nothing of the request comes back as an address. */
static void put_sockaddr(struct user_ifreq *r, u32 address)
{
	span_fill(span_of(r->data), 0);
	r->data[0] = AF_INET;
	r->data[4] = (u8)(address >> 24);
	r->data[5] = (u8)(address >> 16);
	r->data[6] = (u8)(address >> 8);
	r->data[7] = (u8)address;
}

static u32 get_sockaddr(const struct user_ifreq *r)
{
	return (u32)r->data[4] << 24 | (u32)r->data[5] << 16 | (u32)r->data[6] << 8 | r->data[7];
}

/* What user programs see of the flags: running is up with a carrier. */
static u32 ifreq_flags(const struct netdev *d)
{
	u32 f = load_once(d->flags);

	if (netdev_is_running(d))
		f |= IFF_RUNNING;
	return f;
}

/* Whether the address of IPv4 has the name, which is its label: eth0, or eth0:1. */
static bool has_label(const struct netdev *d, const struct inet_addr *a, const struct user_ifreq *r)
{
	struct cspan label = a->label[0] ? cspan_of(a->label) : cspan_of(d->name);

	return ip_is4(a->addr) &&
		cspan_equal(cspan_first(label, cspan_strlen(label)), text_in(r->name));
}

/* The first IPv4 address of a device with that label, a reference; NULL: it has none. */
static struct inet_addr *first4(struct netdev *d, const struct user_ifreq *r)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_addr *a = NULL;

	if (!i)
		return NULL;
	spin_lock(&addr_lock);
	list_for_each(a, &i->addrs, link) {
		if (has_label(d, a, r))
			break;
	}
	if (a)
		(void)obj_get(a);
	spin_unlock(&addr_lock);
	return a;
}

/* Whether the name is a label: the device's, a colon, and more. */
static bool is_label(const struct user_ifreq *r)
{
	u32 i;

	for (i = 0; i < IFNAMSIZ && r->name[i]; i++) {
		if (r->name[i] == ':')
			return true;
	}
	return false;
}

/* A shift by 32 has no meaning in C, so a prefix of no bits is told apart. */
static u32 mask_of(const struct inet_addr *a)
{
	u32 bits = a->bits - IP4_BITS;

	return bits ? ~0u << (32 - bits) : 0;
}

/*
 * The peer of a link that has none is the address itself. A device with addresses of IPv6 only has
 * none here.
 */
static s64 ifreq_get_address(struct netdev *d, u32 cmd, struct user_ifreq *r)
{
	struct inet_addr *a = first4(d, r);

	if (!a)
		return -EADDRNOTAVAIL;
	if (cmd == SIOCGIFNETMASK)
		put_sockaddr(r, mask_of(a));
	else if (cmd == SIOCGIFBRDADDR)
		put_sockaddr(r, ip_is_zero(a->broadcast) ? 0 : ip4_bits(a->broadcast));
	else if (cmd == SIOCGIFDSTADDR && !ip_is_zero(a->peer))
		put_sockaddr(r, ip4_bits(a->peer));
	else
		put_sockaddr(r, ip4_bits(a->addr));
	obj_put(&a);
	return 0;
}

/*
 * The numbers are of this moment, without net_config: a device that goes meanwhile is told as it
 * was.
 */
static s64 get_one(struct netdev *d, u32 cmd, struct user_ifreq *r)
{
	u16 kind = (u16)d->kind, flags = (u16)ifreq_flags(d);

	switch (cmd) {
	case SIOCGIFFLAGS:
		span_copy(span_of(r->data), value_cspan(&flags));
		return 0;
	case SIOCGIFINDEX:
		put_int(r, (s32)d->index);
		return 0;
	case SIOCGIFMTU:
		put_int(r, (s32)d->mtu);
		return 0;
	case SIOCGIFMETRIC:
		put_int(r, 0);
		return 0;
	case SIOCGIFTXQLEN:
		put_int(r, (s32)d->txqueuelen);
		return 0;
	case SIOCGIFMAP:
		span_fill(span_of(r->data), 0);
		return 0;
	case SIOCGIFHWADDR:
		span_fill(span_of(r->data), 0);
		span_copy(span_of(r->data), value_cspan(&kind));
		span_copy(span_from(span_of(r->data), 2),
			cspan_first(cspan_of(d->address), d->address_len));
		return 0;
	case SIOCGMIIPHY:
	case SIOCGMIIREG: /* no driver shows the registers of its link */
		return -EOPNOTSUPP;
	default:
		return ifreq_get_address(d, cmd, r);
	}
}

/* A prefix as long as that of the address's class, as on Linux. 0: the address is a group. */
static u32 class_bits(u32 address)
{
	if (address >> 28 == 14)
		return 0;
	return address >> 31 == 0 ? 8 : address >> 30 == 2 ? 16 : address >> 29 == 6 ? 24 : 32;
}

/*
 * The address of that label changes; on a point-to-point link it has no prefix. ifconfig sets the
 * address first and the mask by a second call: until then the prefix is that of the class. The
 * address 0 removes.
 */
static s64 ifreq_set_address(struct netdev *d, const struct user_ifreq *r)
{
	u32 address = get_sockaddr(r), bits = class_bits(address);
	struct inet_addr *old = first4(d, r), *a;
	int err = bits ? 0 : -EINVAL;

	if (d->flags & IFF_POINTOPOINT)
		bits = 32;
	if (!err && old && ip4_bits(old->addr) == address) {
		obj_put(&old);
		return 0;
	}
	if (!err && old)
		err = addr_remove(d, old->addr);
	obj_put(&old);
	if (err || !address)
		return err;
	a = obj_new(inet_addr);
	if (!a)
		return -ENOMEM;
	a->addr = ip4_addr(address);
	a->bits = IP4_BITS + bits;
	a->flags = ADDR_PERMANENT;
	a->scope = address >> 24 == 127 ? SCOPE_HOST : SCOPE_UNIVERSE;
	if (is_label(r))
		span_copy(span_of(a->label), cspan_of(r->name));
	if ((d->flags & IFF_BROADCAST) && bits < 31)
		a->broadcast = ip4_addr(address | ~(~0u << (32 - bits)));
	err = addr_add(d, a);
	obj_put(&a);
	return err;
}

/*
 * Puts an address of the same number in place of @old. As on Linux the address goes and comes
 * again, and with it its routes; programs with sockets on it do not notice. If there is no memory
 * for its return, it stays away, and the caller is told.
 */
static s64 replace_first(struct netdev *d, struct inet_addr *old, u32 bits,
	struct ip_addr broadcast, struct ip_addr peer)
{
	struct inet_addr *a = obj_new(inet_addr);
	s64 err = a ? addr_remove(d, old->addr) : -ENOMEM;

	if (!err) {
		a->addr = old->addr;
		a->bits = bits;
		a->flags = old->flags;
		a->scope = old->scope;
		a->broadcast = broadcast;
		a->peer = peer;
		a->valid_until_ns = old->valid_until_ns;
		a->preferred_until_ns = old->preferred_until_ns;
		span_copy(span_of(a->label), cspan_of(old->label));
		err = addr_add(d, a);
	}
	obj_put(&a);
	return err;
}

/* A mask with holes is none of a prefix. The routes of the old prefix go with the old address. */
static s64 set_netmask(struct netdev *d, struct inet_addr *old, u32 mask)
{
	struct ip_addr broadcast = { 0 };
	u32 bits = bit_count(mask);

	if (bits && mask != ~0u << (32 - bits))
		return -EINVAL;
	if ((d->flags & IFF_BROADCAST) && bits < 31)
		broadcast = ip4_addr(ip4_bits(old->addr) | ~mask);
	return replace_first(d, old, IP4_BITS + bits, broadcast, old->peer);
}

/* The other end; the own address: there is none. */
static s64 ifreq_set_peer(struct netdev *d, struct inet_addr *old, u32 address)
{
	struct ip_addr peer = { 0 };

	if (!class_bits(address))
		return -EINVAL;
	if (address != ip4_bits(old->addr))
		peer = ip4_addr(address);
	if (ip_equal(peer, old->peer))
		return 0;
	return replace_first(d, old, old->bits, old->broadcast, peer);
}

/*
 * SIOCSIFNETMASK, -BRDADDR, -DSTADDR, of the address with that label; flags of a label. All three
 * change what belongs to an address; IFF_UP of a label that is not set removes it, which is how
 * `ifconfig eth0:1 down` works.
 */
static s64 change_address(struct netdev *d, u32 cmd, const struct user_ifreq *r)
{
	struct inet_addr *old = first4(d, r);
	u32 v = get_sockaddr(r);
	s64 err = 0;

	if (!old)
		return -EADDRNOTAVAIL;
	if (cmd == SIOCSIFFLAGS)
		err = (u32)ifreq_get_int(r) & IFF_UP ? 0 : addr_remove(d, old->addr);
	else if (cmd == SIOCSIFNETMASK)
		err = set_netmask(d, old, v);
	else if (cmd == SIOCSIFDSTADDR)
		err = ifreq_set_peer(d, old, v);
	else
		err = replace_first(d, old, old->bits, v ? ip4_addr(v) : (struct ip_addr){ 0 },
			old->peer);
	obj_put(&old);
	return err;
}

/*
 * A struct sockaddr with the link's address. The family in the request is the kind of link, so that
 * an address of another kind of link is not taken for one of this.
 */
static s64 set_hwaddr(struct netdev *d, const struct user_ifreq *r)
{
	u8 address[LINK_ADDR_MAX] = { 0 };

	if ((r->data[0] | (u32)r->data[1] << 8) != d->kind)
		return -EINVAL;
	span_copy(span_first(span_of(address), d->address_len), cspan_from(cspan_of(r->data), 2));
	return netdev_set_address(d, &address);
}

/* Only while the device is down, as older kernels have it. */
static s64 set_name(struct netdev *d, const struct user_ifreq *r)
{
	struct cspan name = cspan_first(cspan_of(r->data), IFNAMSIZ - 1);

	if (d->flags & IFF_UP)
		return -EBUSY;
	return netdev_rename(d, cspan_first(name, cspan_strlen(name)));
}

/*
 * net_config is held, so two programs that change the same device do so one after the other, and
 * see each other's result.
 */
static s64 set_one(struct netdev *d, u32 cmd, const struct user_ifreq *r)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
		if (is_label(r))
			return change_address(d, cmd, r);
		return netdev_set_flags(d, (u16)ifreq_get_int(r), CHANGEABLE);
	case SIOCSIFMTU:
		return ifreq_get_int(r) < 0 ? -EINVAL : netdev_set_mtu(d, (u32)ifreq_get_int(r));
	case SIOCSIFADDR:
		return r->data[0] == AF_INET ? ifreq_set_address(d, r) : -EINVAL;
	case SIOCSIFHWADDR:
		return set_hwaddr(d, r);
	case SIOCSIFNAME:
		return set_name(d, r);
	case SIOCSIFTXQLEN:
		if (ifreq_get_int(r) < 0)
			return -EINVAL;
		netdev_set_txqueuelen(d, (u32)ifreq_get_int(r));
		return 0;
	default:
		return r->data[0] == AF_INET ? change_address(d, cmd, r) : -EINVAL;
	}
}

/* These need CAP_NET_ADMIN, and net_config. */
static bool is_set(u32 cmd)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
	case SIOCSIFMTU:
	case SIOCSIFADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFBRDADDR:
	case SIOCSIFDSTADDR:
	case SIOCSIFHWADDR:
	case SIOCSIFNAME:
	case SIOCSIFTXQLEN:
		return true;
	default:
		return false;
	}
}

/* All others are ENOTTY, before the request is read: it may be one of another struct. */
static bool is_known(u32 cmd)
{
	switch (cmd) {
	case SIOCGIFFLAGS:
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFMETRIC:
	case SIOCGIFMTU:
	case SIOCGIFHWADDR:
	case SIOCGIFINDEX:
	case SIOCGIFTXQLEN:
	case SIOCGIFMAP:
	case SIOCGMIIPHY:
	case SIOCGMIIREG:
		return true;
	default:
		return is_set(cmd);
	}
}

/* SIOCGIFNAME: by index. The only one that finds a device by its number. */
static s64 ifreq_get_name(struct uaddr at)
{
	struct user_ifreq r;
	struct netdev *d;

	if (user_get(&r, at))
		return -EFAULT;
	d = netdev_by_index((u32)ifreq_get_int(&r));
	if (!d)
		return -ENODEV;
	span_copy(span_of(r.name), cspan_of(d->name));
	obj_put(&d);
	return user_put(at, &r) ? -EFAULT : 0;
}

/*
 * SIOCGIFCONF: the devices with IPv4 addresses. Without a buffer: the length that it needs. The
 * walk sleeps when it writes to the user, so it holds no lock; addr_after finds its place again.
 * The length is cut to whole records. A program that gets as much as it has room for must ask with
 * more.
 */
static s64 get_conf(struct uaddr at)
{
	struct user_ifconf c;
	struct netdev *d;
	u32 index = 0, used = 0, n;
	bool fault = false;

	if (user_get(&c, at))
		return -EFAULT;
	while ((d = netdev_next(index)) != NULL && !fault) {
		struct inet_addr *a, *last = NULL;
		index = d->index;
		for (n = 0; (a = addr_after(d, last, n)) != NULL; n++) {
			struct user_ifreq r = { 0 };
			span_copy(span_of(r.name),
				a->label[0] ? cspan_of(a->label) : cspan_of(d->name));
			put_sockaddr(&r, ip4_bits(a->addr));
			if (ip_is4(a->addr) && (!c.req || used + sizeof(r) <= (u32)max(c.len, 0))) {
				fault = c.req && user_put(UADDR(c.req + used), &r);
				used += (u32)sizeof(r);
			}
			obj_put(&last);
			last = a;
			task_cond_resched();
		}
		obj_put(&last);
		obj_put(&d);
	}
	obj_put(&d);
	c.len = (s32)used;
	return fault || user_put(at, &c) ? -EFAULT : 0;
}

/*
 * Those that are not about one device by its name. *@err: the result. Commands of other structs,
 * which may look the same: SIOCSIFADDR of an AF_INET6 socket has a struct in6_ifreq.
 */
static bool other_ioctl(const struct socket *s, u32 cmd, struct uaddr at, s64 *const err)
{
	bool six = s->family == AF_INET6;

	switch (cmd) {
	case SIOCETHTOOL:
		*err = ethtool_ioctl(at);
		return true;
	case SIOCSARP:
	case SIOCGARP:
	case SIOCDARP:
		*err = six ? -ENOTTY : arp_ioctl(cmd, at);
		return true;
	case SIOCADDRT:
	case SIOCDELRT:
		*err = six ? route_ioctl6(cmd, at) : route_ioctl(cmd, at);
		return true;
	case SIOCSIFADDR:
	case SIOCDIFADDR:
		if (six)
			*err = address_ioctl6(cmd, at);
		return six;
	case SIOCGIFVLAN:
	case SIOCSIFVLAN: /* VLANs are made by netlink */
		*err = -ENOPKG;
		return true;
	default:
		return false;
	}
}

/*
 * The device that a request names, which ends before a colon: a reference, or NULL. The label is a
 * part of the name that the device does not have.
 */
static struct netdev *ifreq_device(const struct user_ifreq *r)
{
	u32 i;

	for (i = 0; i < IFNAMSIZ && r->name[i]; i++) {
		if (r->name[i] == ':')
			break;
	}
	return netdev_by_name(cspan_first(cspan_of(r->name), i));
}

/*
 * ENOTTY before anything is read: the command may be another family's. EPERM comes before ENODEV,
 * so a user learns nothing by trying names with commands that are not allowed.
 */
s64 inet_ioctl(const struct socket *s, u32 cmd, u64 arg)
{
	struct uaddr at = UADDR(arg);
	struct user_ifreq r;
	struct netdev *d;
	s64 err = 0;

	if (other_ioctl(s, cmd, at, &err))
		return err;
	if (cmd == SIOCGIFNAME)
		return ifreq_get_name(at);
	if (cmd == SIOCGIFCONF)
		return get_conf(at);
	if (!is_known(cmd))
		return bridge_ioctl(cmd, at);
	if (user_get(&r, at))
		return -EFAULT;
	if ((is_set(cmd) || cmd == SIOCGMIIPHY || cmd == SIOCGMIIREG) &&
		!cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	r.name[IFNAMSIZ - 1] = 0;
	d = ifreq_device(&r);
	if (!d)
		return -ENODEV;
	if (is_set(cmd)) {
		mutex_lock(&net_config);
		err = set_one(d, cmd, &r);
		mutex_unlock(&net_config);
	} else {
		err = get_one(d, cmd, &r);
		if (!err && user_put(at, &r))
			err = -EFAULT;
	}
	obj_put(&d);
	return err;
}
