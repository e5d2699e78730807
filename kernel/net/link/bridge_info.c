// SPDX-License-Identifier: MPL-2.0
/*
 * What is told of bridges outside of this folder (kernel/bridge.h). It is copied under net_config,
 * which all changes of bridges hold, and under bridge.lock for stations, which packets change.
 */
#include <frame/time.h>
#include <kernel/bridge.h>

#include "bridge.h"

/* A place in the walk over stations: the port's number, and the place in fdb_next. */
#define PLACE_SHIFT 48u

bool bridge_is(const struct netdev *d)
{
	return bridge_of(d);
}

void bridge_get_id(const struct netdev *bridge, u8 (*id)[BRIDGE_ID_LEN])
{
	(*id)[0] = BRIDGE_PRIORITY >> 8;
	(*id)[1] = BRIDGE_PRIORITY & 0xff;
	span_copy(span_from(span_of(*id), 2),
		cspan_first(cspan_of(bridge->address), ETHERNET_ADDR));
}

u32 bridge_port_cost(const struct netdev *d)
{
	switch (d->speed) {
	case 10000:
		return 2;
	case 1000:
		return 4;
	case 100:
		return 19;
	default:
		return 100;
	}
}

bool bridge_get_port(const struct netdev *d, struct bridge_port_info *out)
{
	const struct bridge_port *port = bridge_port_of(d);

	if (!port)
		return false;
	*out = (struct bridge_port_info){ .bridge_index = d->master_index,
		.nr = port->nr,
		.cost = bridge_port_cost(d),
		.forwards = port->forwards };
	bridge_get_id(port->bridge->dev, &out->bridge_id);
	return true;
}

struct netdev *bridge_next_port(const struct netdev *bridge, u32 index)
{
	struct bridge *b = bridge_of(bridge);
	struct netdev *next = NULL;
	struct bridge_port *port;

	if (!b)
		return NULL;
	list_for_each(port, &b->ports, link) {
		if (port->dev->index > index && (!next || port->dev->index < next->index))
			next = port->dev;
	}
	return next ? obj_get(next) : NULL;
}

/* The port with the smallest number from @nr on. net_config held. */
static struct bridge_port *port_from(const struct bridge *b, u32 nr)
{
	struct bridge_port *port, *found = NULL;

	list_for_each(port, &b->ports, link) {
		if (port->nr >= nr && (!found || port->nr < found->nr))
			found = port;
	}
	return found;
}

bool bridge_next_station(struct netdev *bridge, u64 *place, struct bridge_station *out)
{
	struct bridge *b = bridge_of(bridge);
	u32 nr = (u32)(*place >> PLACE_SHIFT);
	u64 pos = *place & ((1ul << PLACE_SHIFT) - 1);
	struct bridge_port *port = NULL;
	struct fdb_info i = { 0 };

	if (!b)
		return false;
	/* The bridge's own stations have the number 0; each turn of the loop is another port. */
	while (!nr || (port = port_from(b, nr)) != NULL) {
		if (port && port->nr != nr)
			pos = 0;
		nr = port ? port->nr : 0;
		if (fdb_next(b, port, &pos, &i)) {
			span_copy(span_of(out->address), cspan_of(i.address));
			out->port_nr = nr;
			out->local = i.kind == FDB_LOCAL;
			out->age_ns = time_mono_ns() - i.seen_ns;
			*place = (u64)nr << PLACE_SHIFT | pos;
			return true;
		}
		nr++;
		pos = 0;
	}
	return false;
}

u64 bridge_ageing(const struct netdev *bridge)
{
	struct bridge *b = bridge_of(bridge);

	return b ? load_once(b->ageing_ns) / BRIDGE_TICK_NS : 0;
}

void bridge_set_ageing(struct netdev *bridge, u64 ticks)
{
	struct bridge *b = bridge_of(bridge);

	if (b)
		store_once(b->ageing_ns, ticks * BRIDGE_TICK_NS);
}
