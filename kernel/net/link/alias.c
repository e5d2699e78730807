// SPDX-License-Identifier: MPL-2.0
/*
 * What is told about a device: its alias, a text that the administrator gives it, the sums of its
 * counters, and its state.
 *
 * An alias is an object that never changes: a new text is a new object. The pointer to it is read
 * and written under net_config.
 */
#include <frame/cpu.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "link.h"

struct netdev_alias {
	struct obj obj;
	u8 text[NETDEV_ALIAS_MAX];
	u32 len;
};
OBJ_TYPE(netdev_alias, NULL_RELEASE);

size_t netdev_get_alias(const struct netdev *d, struct span out)
{
	const struct netdev_alias *a = d->alias ? obj_cast(netdev_alias, d->alias) : NULL;

	return a ? span_copy(out, cspan_first(cspan_of(a->text), a->len)) : 0;
}

/* The new object is made first, so a device never is without the old alias because of an error. */
int netdev_set_alias(struct netdev *d, struct cspan text)
{
	struct netdev_alias *a = NULL;

	if (cspan_len(text) > NETDEV_ALIAS_MAX)
		return -EINVAL;
	if (cspan_len(text)) {
		a = obj_new(netdev_alias);
		if (!a)
			return -ENOMEM;
		a->len = (u32)span_copy(span_of(a->text), text);
	}
	obj_put_any(&d->alias);
	d->alias = a ? &a->obj : NULL;
	netdev_state_changed(d);
	return 0;
}

void netdev_sum_stats(const struct netdev *d, struct netdev_stats *const sum)
{
	u32 i;

	for (i = 0; i < cpu_count(); i++) {
		const struct netdev_stats *const s = array_at(d->stats, i);
		sum->tx_packets += load_once(s->tx_packets);
		sum->tx_bytes += load_once(s->tx_bytes);
		sum->tx_errors += load_once(s->tx_errors);
		sum->tx_dropped += load_once(s->tx_dropped);
		sum->rx_packets += load_once(s->rx_packets);
		sum->rx_bytes += load_once(s->rx_bytes);
		sum->rx_errors += load_once(s->rx_errors);
		sum->rx_dropped += load_once(s->rx_dropped);
		sum->multicast += load_once(s->multicast);
	}
}

bool netdev_has_link(const struct netdev *d)
{
	return (load_once(d->flags) & IFF_UP) && load_once(d->carrier);
}

/*
 * RFC 2863, as Linux shows it: a device whose driver has never said anything about a carrier is
 * "unknown", not "up"; one without a carrier is "lowerlayerdown" if the device below has none
 * either.
 */
u8 netdev_operstate(const struct netdev *d)
{
	struct netdev *lower;
	bool below = true;

	if (!(load_once(d->flags) & IFF_UP))
		return IF_OPER_DOWN;
	if (!load_once(d->carrier)) {
		lower = netdev_by_index(load_once(d->lower_index));
		if (lower)
			below = load_once(lower->carrier);
		obj_put(&lower);
		return below ? IF_OPER_DOWN : IF_OPER_LOWERLAYERDOWN;
	}
	if (load_once(d->oper))
		return load_once(d->oper);
	return load_once(d->carrier_told) ? IF_OPER_UP : IF_OPER_UNKNOWN;
}

bool netdev_is_running(const struct netdev *d)
{
	u8 state = netdev_operstate(d);

	return netdev_has_link(d) && (state == IF_OPER_UP || state == IF_OPER_UNKNOWN);
}
