// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/PID/ns: a link for each namespace of the process. All processes are in the same ones, so
 * the links of all lead to the same files (kernel/fs/nsfs.c).
 */
#include <frame/types.h>
#include <kernel/nsfs.h>
#include <uapi/fs.h>

#include "procfs.h"

static const struct synth_node ns_pid;

/* What has exited is in its user and pid namespace only: 0, -ESRCH, -ENOENT. */
static int ns_check(struct synth *s)
{
	bool stays = s->node->arg == NS_USER || s->node == &ns_pid;

	if (!proc_alive(s))
		return -ESRCH;
	return stays || !load_once(proc_thread(s)->exited) ? 0 : -ENOENT;
}

static ssize_t ns_readlink(struct synth *s, struct span out)
{
	int err = ns_check(s);
	FMT(f, out);

	if (err)
		return err;
	nsfs_put_name(&f, (enum namespace)s->node->arg);
	return (ssize_t)fmt_len(&f);
}

static int ns_follow(struct synth *s, struct mount **mnt, struct dentry **d)
{
	int err = ns_check(s);

	if (err)
		return err;
	nsfs_get((enum namespace)s->node->arg, mnt, d);
	return 0;
}

#define NS_LINK(N, A)                                              \
	static const struct synth_node ns_##N = { .name = LIT(#N), \
		.mode = S_IFLNK | 0777,                            \
		.readlink = ns_readlink,                           \
		.follow = ns_follow,                               \
		.access = proc_access,                             \
		.owner = proc_owner,                               \
		.alive = proc_alive,                               \
		.arg = (A) }
NS_LINK(net, NS_NET);
NS_LINK(uts, NS_UTS);
NS_LINK(ipc, NS_IPC);
NS_LINK(pid, NS_PID);
NS_LINK(pid_for_children, NS_PID);
NS_LINK(user, NS_USER);
NS_LINK(mnt, NS_MNT);
NS_LINK(cgroup, NS_CGROUP);
NS_LINK(time, NS_TIME);
NS_LINK(time_for_children, NS_TIME);

const struct synth_node pid_ns = { .name = LIT("ns"),
	.mode = S_IFDIR | 0511,
	.owner = proc_owner,
	.alive = proc_alive,
	.children = { &ns_net, &ns_uts, &ns_ipc, &ns_pid, &ns_pid_for_children, &ns_user, &ns_mnt,
		&ns_cgroup, &ns_time, &ns_time_for_children } };
