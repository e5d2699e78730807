// SPDX-License-Identifier: MPL-2.0
/* What sock_diag(7) tells of AF_UNIX sockets; kernel/net/netlink/diag_unix.c writes it. */
#ifndef KERNEL_NET_UNIX_DIAG_H
#define KERNEL_NET_UNIX_DIAG_H

#include <uapi/sock_diag.h>

#include "unix.h"

struct unix_diag_record {
	u32 type, state; /* enum tcp_state */
	u64 ino, cookie;
	bool has_peer, has_node;
	u64 peer_ino;
	u64 node_ino, node_dev; /* of a name in the file system */
	u32 name_len;
	u8 name[UNIX_PATH_MAX];
	u32 rqueue, wqueue;
	u32 shutdown, uid;
	u32 mem[NR_MEMINFO];
};

#define UNIX_ICONS_MAX 128u
/* False: it has no inode: not accepted yet, or closed. Context: task. */
bool unix_diag_record(struct socket *s, struct unix_diag_record *out);
/* The inodes of those who have connected to a listener; returns how many. */
u32 unix_diag_icons(struct socket *s, u32 (*out)[UNIX_ICONS_MAX]);
/* name.c: the node in the file system. False: the name is none such. */
bool unix_diag_node(struct unix_sock *us, u64 *ino, u64 *dev);

#endif
