// SPDX-License-Identifier: MPL-2.0
/* /proc/PID/net: one network name space for all. See proc_pid_net(5). */
#include "procfs.h"

static int show_dev(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f, LIT("Inter-|   Receive                                                |  Transmit\n"
		       " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"));
	return proc_done(next);
}
static const struct synth_node dev = { .name = LIT("dev"), .mode = S_IFREG | 0444, .show = show_dev };

const struct synth_node proc_net = { .name = LIT("net"), .mode = S_IFDIR | 0555, .owner = proc_owner, .alive = proc_alive, .children = { &dev } };
