// SPDX-License-Identifier: MPL-2.0
/* /proc/PID/net. All processes have the same network name space. See proc_pid_net(5). */
#include <kernel/socket.h>
#include <uapi/fs.h>

#include "procfs.h"

/* There are no network interfaces: only the heading. */
static int show_dev(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f,
		LIT("Inter-|   Receive                                                |  Transmit\n"
		    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"));
	return proc_done(next);
}
static const struct synth_node dev = {
	.name = LIT("dev"), .mode = S_IFREG | 0444, .show = show_dev
};

/* Record 0 is the heading; record n is the first socket whose id is at least n. */
static int show_unix(struct synth *s, struct fmt *f, u64 *next)
{
	struct socket *sock;

	(void)s;
	if (!*next) {
		unix_show_header(f);
		*next = 1;
		return 0;
	}
	sock = unix_next(*next - 1);
	if (!sock)
		return proc_done(next);
	unix_show(sock, f);
	*next = unix_id(sock) + 1;
	obj_put(&sock);
	return 0;
}
static const struct synth_node unix_sockets = {
	.name = LIT("unix"), .mode = S_IFREG | 0444, .show = show_unix
};

const struct synth_node proc_net = { .name = LIT("net"),
	.mode = S_IFDIR | 0555,
	.owner = proc_owner,
	.alive = proc_alive,
	.children = { &dev, &unix_sockets } };
