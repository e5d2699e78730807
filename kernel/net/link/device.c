// SPDX-License-Identifier: MPL-2.0
/*
 * Network devices (kernel/netdev.h): the list of them, their names, how they come and go, and who
 * is told of that. Packets come in by receive.c and go out by transmit.c; changes are in change.c.
 *
 * The list is sorted by index; list_lock guards it and the names. An index is never used again. The
 * list holds a reference to each device, and has NETDEV_MAX at most.
 *
 * A device's life. netdev_new makes it, netdev_register enters it into the list and tells all
 * watchers, which make what they need (addresses, classes in sysfs, uevents). From then on it can
 * be found. netdev_unregister stops it, sets `gone`, tells the watchers again, and takes it off the
 * list; then it waits for the packets that are in backlogs, without net_config, since their
 * protocols may need locks that others hold while they wait for net_config. Whoever holds a
 * reference, such as a route of a socket, has a device that takes no packets. The memory goes with
 * the last reference.
 *
 * A device that goes because another goes (a VLAN, a veth's other end) leaves under the same
 * net_config and is waited for later, by netdev_reap: waiting with net_config held could last for
 * ever.
 *
 * Locking: net_config, then list_lock, which is a leaf.
 */
#include <frame/boot.h>
#include <frame/fmt.h>
#include <kernel/locks.h>
#include <kernel/text.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "above.h"

static void netdev_release(struct netdev *d)
{
	struct link_group *g;

	while ((g = list_first(&d->groups)) != NULL) {
		list_remove(&d->groups, g, link);
		obj_put(&g);
	}
	obj_put_any(&d->driver);
	obj_put_any(&d->inet);
	obj_put_any(&d->upper);
	obj_put_any(&d->alias);
}
OBJ_TYPE(netdev, netdev_release);

struct mutex net_config;
static struct spinlock list_lock; /* guards devices, their names and number, next_index */
static LIST_HEAD(netdev) devices; /* references, by index */
static LIST_HEAD(netdev) leaving; /* references: gone, and netdev_reap is to come; list_lock */
static u32 next_index = 1, nr_devices;

#define NR_WATCHERS 8
static const struct net_watcher *watchers[NR_WATCHERS];
const struct packet_tap *packet_tap;
u32 packet_taps;

/* Registrations come at boot, by one CPU. */
void net_watcher_register(const struct net_watcher *w)
{
	u32 i;

	for (i = 0; i < NR_WATCHERS; i++) {
		if (!watchers[i]) {
			watchers[i] = w;
			return;
		}
	}
	kernel_panic("too many watchers of network devices");
}

void packet_tap_register(const struct packet_tap *t)
{
	packet_tap = t;
}

void packet_tap_count(bool more)
{
	spin_lock(&list_lock);
	store_once(packet_taps, more ? packet_taps + 1 : packet_taps - 1);
	spin_unlock(&list_lock);
}

/* ---- devices ---- */

struct netdev *netdev_new(const struct netdev_ops *ops, struct obj *driver, u32 kind)
{
	struct netdev *d = obj_new(netdev);

	if (!d)
		return NULL;
	d->ops = ops;
	d->driver = driver ? obj_get_any(driver) : NULL;
	d->kind = kind;
	d->mtu = d->max_mtu = 1500;
	d->min_mtu = 68;
	d->nr_queues = 1;
	d->txqueuelen = 1000;
	d->carrier = true;
	if (kind == LINK_ETHERNET) {
		d->header_len = ETHERNET_HEADER;
		d->address_len = ETHERNET_ADDR;
		span_fill(span_first(span_of(d->broadcast), ETHERNET_ADDR), 0xff);
		d->flags = IFF_BROADCAST | IFF_MULTICAST;
	}
	return d;
}

/* The device of that name, without a reference; list_lock held. */
static struct netdev *find_name(struct cspan name)
{
	struct netdev *d;

	list_for_each(d, &devices, link) {
		if (cspan_equal(text_in(d->name), name))
			return d;
	}
	return NULL;
}

/*
 * *@renames counts changes of the name: a caller that keeps the device can tell later whether the
 * name still is what it looked for.
 */
struct netdev *netdev_by_name_at(struct cspan name, u32 *const renames)
{
	struct netdev *d;

	spin_lock(&list_lock);
	d = find_name(name);
	if (d) {
		(void)obj_get(d);
		*renames = d->renames;
	}
	spin_unlock(&list_lock);
	return d;
}

struct netdev *netdev_by_name(struct cspan name)
{
	u32 renames;

	return netdev_by_name_at(name, &renames);
}

void netdev_get_name(const struct netdev *d, u8 (*const out)[IFNAMSIZ])
{
	spin_lock(&list_lock);
	span_copy(span_of(*out), cspan_of(d->name));
	spin_unlock(&list_lock);
}

struct netdev *netdev_next(u32 index)
{
	struct netdev *d;

	spin_lock(&list_lock);
	d = list_first(&devices);
	while (d && d->index <= index)
		d = list_next(d, link);
	if (d)
		(void)obj_get(d);
	spin_unlock(&list_lock);
	return d;
}

bool netdev_list_entry(struct netdev *d, u64 *pos, struct fmt *name)
{
	u8 text[IFNAMSIZ];

	if (!d)
		return false;
	netdev_get_name(d, &text);
	fmt_span(name, text_in(text));
	*pos = d->index;
	obj_put(&d);
	return true;
}

struct netdev *netdev_by_index(u32 index)
{
	struct netdev *d = index ? netdev_next(index - 1) : NULL;

	if (d && d->index != index)
		obj_put(&d);
	return d;
}

/* A name may not be empty, too long, "." or "..", and has no '/', ':' or blank. */
static bool name_is_good(struct cspan name)
{
	size_t i, n = cspan_len(name);

	if (!n || n >= IFNAMSIZ || cspan_equal(name, STR(".")) || cspan_equal(name, STR("..")))
		return false;
	for (i = 0; i < n; i++) {
		u8 c = span_byte(name, i);
		if (c <= ' ' || c == '/' || c == ':' || c == 0x7f)
			return false;
	}
	return true;
}

/*
 * The number in a name that is made of a pattern: what stands between its two parts. NETDEV_MAX:
 * none, one with a leading zero, or one that is too large.
 */
static u32 number_in(struct cspan name, struct cspan before, struct cspan behind)
{
	size_t len = cspan_len(name), at = cspan_len(before), end = len - cspan_len(behind);
	u32 n = 0;

	if (len <= at + cspan_len(behind) || !cspan_equal(cspan_first(name, at), before) ||
		!cspan_equal(cspan_from(name, end), behind) ||
		(span_byte(name, at) == '0' && end > at + 1))
		return NETDEV_MAX;
	for (; at < end && n < NETDEV_MAX; at++) {
		u8 c = span_byte(name, at);
		if (c < '0' || c > '9')
			return NETDEV_MAX;
		n = n * 10 + (c - '0');
	}
	return min(n, NETDEV_MAX);
}

/*
 * The first number that no device has, in one walk: there are fewer devices. list_lock held.
 * Without this, a user who makes devices one after the other would cost a walk for each number.
 */
static u32 netdev_free_number(struct cspan before, struct cspan behind)
{
	u64 used[NETDEV_MAX / 64] = { 0 };
	struct netdev *d;
	u32 n;

	list_for_each(d, &devices, link) {
		n = number_in(text_in(d->name), before, behind);
		if (n < NETDEV_MAX)
			*array_at(used, n / 64) |= 1ul << n % 64;
	}
	for (n = 0; n < NETDEV_MAX && (*array_at(used, n / 64) >> n % 64 & 1); n++)
		;
	return n;
}

/* Makes a name of the pattern: "%d" becomes the first number that is free. list_lock held. */
static int make_name(struct netdev *d, struct cspan p)
{
	size_t at = cspan_find(p, '%');
	u8 text[32];
	FMT(f, span_of(text));

	if (at < cspan_len(p) && (at + 1 == cspan_len(p) || span_byte(p, at + 1) != 'd'))
		return -EINVAL;
	fmt_span(&f, cspan_first(p, at));
	if (at < cspan_len(p)) {
		fmt_printf(&f, "%u", netdev_free_number(cspan_first(p, at), cspan_from(p, at + 2)));
		fmt_span(&f, cspan_from(p, at + 2));
	}
	if (!name_is_good(fmt_text(&f)))
		return -EINVAL;
	if (find_name(fmt_text(&f)))
		return -EEXIST;
	span_fill(span_of(d->name), 0);
	span_copy(span_of(d->name), fmt_text(&f));
	return 0;
}

void netdev_tell(struct netdev *d, enum net_event e)
{
	u32 i;

	for (i = 0; i < NR_WATCHERS && watchers[i]; i++)
		watchers[i]->event(d, e);
}

/*
 * The name is chosen and taken under one hold of list_lock, so two devices never have one name.
 * Watchers are told with net_config held, after the device can be found.
 */
int netdev_register_held(struct netdev *d, struct cspan pattern)
{
	int err;

	if (d->address_origin == NETDEV_ADDR_PERMANENT)
		span_copy(span_of(d->permanent), cspan_of(d->address));
	spin_lock(&list_lock);
	err = nr_devices < NETDEV_MAX ? make_name(d, pattern) : -ENFILE;
	if (!err) {
		nr_devices++;
		d->index = next_index++;
		(void)obj_get(d);
		list_push_back(&devices, d, link);
	}
	spin_unlock(&list_lock);
	if (!err)
		netdev_tell(d, NET_DEV_NEW);
	return err;
}

int netdev_register_name(struct netdev *d, struct cspan pattern)
{
	int err;

	mutex_lock(&net_config);
	err = netdev_register_held(d, pattern);
	mutex_unlock(&net_config);
	return err;
}

int netdev_register(struct netdev *d, struct lit pattern)
{
	return netdev_register_name(d, lit_span(pattern));
}

/*
 * Takes a device away: it stops, is told to be gone, and leaves the list, whose reference is the
 * caller's then. Devices that depend on it leave by its ops.left. False: it has gone before.
 */
static bool take_away(struct netdev *d)
{
	if (d->gone)
		return false;
	if (d->flags & IFF_UP)
		netdev_bring_down(d, d->flags & ~IFF_UP);
	store_once(d->gone, true);
	netdev_tell(d, NET_DEV_GONE);
	spin_lock(&list_lock);
	list_remove(&devices, d, link);
	nr_devices--;
	spin_unlock(&list_lock);
	if (d->ops->left)
		d->ops->left(d);
	return true;
}

/* Waits until no packet knows the device any more, and drops the list's reference. */
static void netdev_finish(struct netdev *d)
{
	memory_barrier(); /* gone is seen by who appends after the backlogs were looked at */
	netdev_drop_waiting(d);
	netdev_wait_backlogs();
	obj_put(&d);
}

void netdev_leave_with(struct netdev *d)
{
	if (!take_away(d))
		return;
	spin_lock(&list_lock);
	list_push_back(&leaving, d, link);
	spin_unlock(&list_lock);
}

void netdev_reap(void)
{
	struct netdev *d;

	while (unlikely(load_once(leaving.first) != NULL)) {
		spin_lock(&list_lock);
		d = list_first(&leaving);
		if (d)
			list_remove(&leaving, d, link);
		spin_unlock(&list_lock);
		if (d)
			netdev_finish(d);
	}
}

/* May be called twice: the second call finds the device gone and only waits. */
void netdev_unregister(struct netdev *d)
{
	bool mine;

	mutex_lock(&net_config);
	mine = take_away(d);
	mutex_unlock(&net_config);
	if (mine)
		netdev_finish(d);
	netdev_reap();
}

/*
 * The index is what the kernel and programs keep; a name is for people. Rules and sysfs follow by
 * the event.
 */
int netdev_rename(struct netdev *d, struct cspan name)
{
	int err = 0;

	if (!name_is_good(name))
		return -EINVAL;
	spin_lock(&list_lock);
	if (find_name(name)) {
		err = -EEXIST;
	} else {
		span_copy(span_of(d->old_name), cspan_of(d->name));
		span_fill(span_of(d->name), 0);
		span_copy(span_of(d->name), name);
		store_once(d->renames, d->renames + 1);
		d->name_origin = NETDEV_NAME_RENAMED;
	}
	spin_unlock(&list_lock);
	if (err)
		return err;
	netdev_tell(d, NET_DEV_RENAMED);
	netdev_tell(d, NET_DEV_CHANGED);
	return 0;
}

/* Puts a device above one that has a level; false: it was. */
static bool raise(struct netdev *d, const struct netdev *lower)
{
	if (!lower || !lower->level || d->level > lower->level)
		return false;
	d->level = lower->level + 1;
	return true;
}

/*
 * Each walk over the list raises what stands too low, so a circle rises above all levels. The
 * number of levels that @from and what is above it have; above NEST_MAX: too many, or a circle.
 * net_config held.
 */
u32 netdev_levels(struct netdev *from)
{
	struct netdev *d;
	u32 highest = 1;
	bool more = true;

	list_for_each(d, &devices, link)
		d->level = !from || d == from;
	while (more && highest <= NEST_MAX) {
		more = false;
		list_for_each(d, &devices, link) {
			more |= raise(d, d->below);
			more |= d->master && raise(d->master, d);
			highest = max(highest, d->level);
		}
	}
	return highest;
}

void net_shutdown(void)
{
	struct netdev *d;

	mutex_lock(&net_config);
	list_for_each(d, &devices, link) {
		if (d->flags & IFF_UP)
			netdev_bring_down(d, d->flags & ~IFF_UP);
	}
	mutex_unlock(&net_config);
}

void net_init(void)
{
	lock_level(&net_config, LOCK_NET_CONFIG);
	above_init();
	receive_init();
	jobs_init();
	loopback_init();
}
