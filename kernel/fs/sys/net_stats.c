// SPDX-License-Identifier: MPL-2.0
/*
 * Counters and queues of network devices in /sys: the directories statistics and queues below a
 * device's own (net.c).
 *
 * The counters are sums over all CPUs, made at each read without a lock: two files that are read
 * one after the other are not of one moment. Kinds of errors that no driver here counts apart are
 * 0.
 */
#include <kernel/synth.h>

#include "net.h"

/* ---- statistics ---- */

enum statistic {
	RX_BYTES,
	RX_DROPPED,
	RX_ERRORS,
	RX_PACKETS,
	TX_BYTES,
	TX_DROPPED,
	TX_ERRORS,
	TX_PACKETS,
	MULTICAST,
	NEVER /* what cannot happen to the devices here */
};

static u64 statistic_of(const struct netdev_stats *n, enum statistic x)
{
	switch (x) {
	case RX_BYTES:
		return n->rx_bytes;
	case RX_DROPPED:
		return n->rx_dropped;
	case RX_ERRORS:
		return n->rx_errors;
	case RX_PACKETS:
		return n->rx_packets;
	case TX_BYTES:
		return n->tx_bytes;
	case TX_DROPPED:
		return n->tx_dropped;
	case TX_ERRORS:
		return n->tx_errors;
	case TX_PACKETS:
		return n->tx_packets;
	case MULTICAST:
		return n->multicast;
	default:
		return 0;
	}
}

/* -ENODEV: the device has gone since the file was opened. */
static int show_statistic(struct synth *s, struct fmt *f, u64 *next)
{
	struct netdev_stats n = { 0 };
	const struct netdev *d = net_device_of(s);

	if (load_once(d->gone))
		return -ENODEV;
	netdev_sum_stats(d, &n);
	fmt_printf(f, "%lu\n", statistic_of(&n, (enum statistic)s->node->arg));
	return sys_done(next);
}
#define STATISTIC(N, A) NET_READABLE(s_##N, #N, show_statistic, A)
STATISTIC(collisions, NEVER);
STATISTIC(multicast, MULTICAST);
STATISTIC(rx_bytes, RX_BYTES);
STATISTIC(rx_compressed, NEVER);
STATISTIC(rx_crc_errors, NEVER);
STATISTIC(rx_dropped, RX_DROPPED);
STATISTIC(rx_errors, RX_ERRORS);
STATISTIC(rx_fifo_errors, NEVER);
STATISTIC(rx_frame_errors, NEVER);
STATISTIC(rx_length_errors, NEVER);
STATISTIC(rx_missed_errors, NEVER);
STATISTIC(rx_nohandler, NEVER);
STATISTIC(rx_over_errors, NEVER);
STATISTIC(rx_packets, RX_PACKETS);
STATISTIC(tx_aborted_errors, NEVER);
STATISTIC(tx_bytes, TX_BYTES);
STATISTIC(tx_carrier_errors, NEVER);
STATISTIC(tx_compressed, NEVER);
STATISTIC(tx_dropped, TX_DROPPED);
STATISTIC(tx_errors, TX_ERRORS);
STATISTIC(tx_fifo_errors, NEVER);
STATISTIC(tx_heartbeat_errors, NEVER);
STATISTIC(tx_packets, TX_PACKETS);
STATISTIC(tx_window_errors, NEVER);

const struct synth_node net_statistics = {
	.name = LIT("statistics"),
	.mode = NET_DIR_MODE,
	.alive = net_is_there,
	.outlives = true,
	.access = net_may_look,
	.children = { &s_collisions, &s_multicast, &s_rx_bytes, &s_rx_compressed, &s_rx_crc_errors,
		&s_rx_dropped, &s_rx_errors, &s_rx_fifo_errors, &s_rx_frame_errors,
		&s_rx_length_errors, &s_rx_missed_errors, &s_rx_nohandler, &s_rx_over_errors,
		&s_rx_packets, &s_tx_aborted_errors, &s_tx_bytes, &s_tx_carrier_errors,
		&s_tx_compressed, &s_tx_dropped, &s_tx_errors, &s_tx_fifo_errors,
		&s_tx_heartbeat_errors, &s_tx_packets, &s_tx_window_errors },
};

/* ---- queues ---- */

/* How often a queue had to be restarted. */
static int show_timeouts(struct synth *s, struct fmt *f, u64 *next)
{
	if (!net_is_there(s))
		return -ENODEV;
	fmt_lit(f, LIT("0\n"));
	return sys_done(next);
}

/* Classes divide queues among kinds of traffic; a device with one queue has none. */
static int show_class(struct synth *s, struct fmt *f, u64 *next)
{
	if (!net_is_there(s))
		return -ENODEV;
	if (load_once(net_device_of(s)->nr_queues) <= 1)
		return -ENOENT;
	fmt_lit(f, LIT("0\n"));
	return sys_done(next);
}

NET_READABLE(q_tx_timeout, "tx_timeout", show_timeouts, 0);
NET_READABLE(q_traffic_class, "traffic_class", show_class, 0);
static const struct synth_node rx_queue = {
	.mode = NET_DIR_MODE, .alive = net_is_there, .outlives = true, .access = net_may_look
};
static const struct synth_node tx_queue = { .mode = NET_DIR_MODE,
	.alive = net_is_there,
	.outlives = true,
	.access = net_may_look,
	.children = { &q_tx_timeout, &q_traffic_class } };

/* rx-N and tx-N. A device has as many queues of both kinds. */
static int queue_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	u32 i, nr = load_once(net_device_of(s)->nr_queues);
	bool tx = cspan_starts(name, STR("tx-"));
	u8 text[16];

	for (i = 0; i < nr; i++) {
		FMT(f, span_of(text));
		fmt_lit(&f, tx ? LIT("tx-") : LIT("rx-"));
		fmt_printf(&f, "%u", i);
		if (cspan_equal(fmt_text(&f), name)) {
			*out = (struct synth_found){ .node = tx ? &tx_queue : &rx_queue,
				.subject = obj_get_any(s->subject),
				.key = s->key };
			return 0;
		}
	}
	return -ENOENT;
}

/* Positions: first the receive queues, then the transmit queues. */
static bool queue_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	u64 nr = load_once(net_device_of(s)->nr_queues);

	if (*pos >= 2 * nr)
		return false;
	fmt_lit(name, *pos >= nr ? LIT("tx-") : LIT("rx-"));
	fmt_printf(name, "%lu", *pos % nr);
	(*pos)++;
	*type = S_IFDIR;
	return true;
}
const struct synth_node net_queues = { .name = LIT("queues"),
	.mode = NET_DIR_MODE,
	.alive = net_is_there,
	.outlives = true,
	.access = net_may_look,
	.lookup = queue_lookup,
	.list = queue_list };
