// SPDX-License-Identifier: MPL-2.0
/*
 * Network devices in /sys, for net.c (attributes, directories), net_stats.c and net_bridge.c only.
 */
#ifndef KERNEL_SYSFS_NET_H
#define KERNEL_SYSFS_NET_H

#include <kernel/netdev.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "sysfs.h"

#define NET_DIR_MODE (S_IFDIR | 0755)

/* The device of a node, borrowed from the synth. */
static inline struct netdev *net_device_of(struct synth *s)
{
	return obj_cast(netdev, s->subject);
}

/* Whether the device exists, under any name: what is below its directory is there as long. */
static inline bool net_is_there(struct synth *s)
{
	return !load_once(net_device_of(s)->gone);
}

/* A directory of a device that has gone is empty. */
static inline int must_check net_may_look(struct synth *s)
{
	return net_is_there(s) ? 0 : -ENOENT;
}

#define NET_READABLE(V, N, S, A)                             \
	static const struct synth_node V = { .name = LIT(N), \
		.mode = (S_IFREG | 0444),                    \
		.show = (S),                                 \
		.alive = net_is_there,                       \
		.outlives = true,                            \
		.arg = (A) }
#define NET_WRITABLE(V, N, S, W, A)                          \
	static const struct synth_node V = { .name = LIT(N), \
		.mode = (S_IFREG | 0644),                    \
		.show = (S),                                 \
		.write = (W),                                \
		.alive = net_is_there,                       \
		.outlives = true,                            \
		.arg = (A) }

/* net_stats.c: the directories statistics and queues. */
extern const struct synth_node net_statistics, net_queues;

/* net_bridge.c: what the directory of a bridge has beside that of others. */
extern const struct synth_node net_bridge, net_brif, net_brforward;
/* Operations of a device's directory, which has more while the device is a port of a bridge. */
int must_check net_port_lookup(struct synth *s, struct cspan name, struct synth_found *out);
bool net_port_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type);

/* net.c: Linux's kstrtoul: a number of any base, perhaps with a plus, and one newline. */
int must_check net_parse(struct cspan text, u64 *v);

#endif
