// SPDX-License-Identifier: MPL-2.0
/* NETLINK_SOCK_DIAG in the Linux ABI. See sock_diag(7). */
#ifndef UAPI_SOCK_DIAG_H
#define UAPI_SOCK_DIAG_H

#include <frame/types.h>

enum { TCPDIAG_GETSOCK = 18, DCCPDIAG_GETSOCK, SOCK_DIAG_BY_FAMILY, SOCK_DESTROY };

/* What all requests begin with. */
struct sock_diag_req {
	u8 family, protocol;
};

/* SK_MEMINFO_*: the words of a meminfo attribute. */
enum {
	MEMINFO_RMEM,
	MEMINFO_RCVBUF,
	MEMINFO_WMEM,
	MEMINFO_SNDBUF,
	MEMINFO_FORWARD,
	MEMINFO_WMEM_QUEUED,
	MEMINFO_OPTMEM,
	MEMINFO_BACKLOG,
	MEMINFO_DROPS,
	NR_MEMINFO
};

/* ---- internet sockets ---- */

/* struct inet_diag_sockid: ports and addresses in network order. */
struct inet_diag_id {
	u16 local_port, peer_port;
	u32 local[4], peer[4];
	u32 ifindex;
	u32 cookie[2];
};
/* struct inet_diag_req_v2 */
struct inet_diag_req {
	u8 family, protocol, ext, pad;
	u32 states; /* bit n: enum tcp_state n */
	struct inet_diag_id id;
};
static_assert(sizeof(struct inet_diag_req) == 56, "struct inet_diag_req_v2");
struct inet_diag_msg {
	u8 family, state, timer, retrans;
	struct inet_diag_id id;
	u32 expires, rqueue, wqueue, uid, inode;
};
static_assert(sizeof(struct inet_diag_msg) == 72, "the ABI says so");

enum { INET_DIAG_REQ_BYTECODE = 1, INET_DIAG_REQ_PROTOCOL = 3 };
enum {
	INET_DIAG_MEMINFO = 1,
	INET_DIAG_INFO,
	INET_DIAG_VEGASINFO,
	INET_DIAG_CONG,
	INET_DIAG_TOS,
	INET_DIAG_TCLASS,
	INET_DIAG_SKMEMINFO,
	INET_DIAG_SHUTDOWN,
	INET_DIAG_PROTOCOL = 10,
	INET_DIAG_SKV6ONLY = 11,
	INET_DIAG_PAD = 14,
	INET_DIAG_MARK = 15,
	INET_DIAG_CLASS_ID = 17,
	INET_DIAG_CGROUP_ID = 21,
	INET_DIAG_SOCKOPT = 22
};
struct inet_diag_meminfo {
	u32 rmem, wmem, fmem, tmem;
};
/* struct inet_diag_sockopt, as one number. */
enum {
	INET_DIAG_RECVERR = 1,
	INET_DIAG_IS_ICSK = 2,
	INET_DIAG_FREEBIND = 4,
	INET_DIAG_HDRINCL = 8,
	INET_DIAG_MC_LOOP = 16,
	INET_DIAG_TRANSPARENT = 32,
	INET_DIAG_MC_ALL = 64,
	INET_DIAG_NODEFRAG = 128,
	INET_DIAG_BIND_NO_PORT = 256
};

/* The programs of filters: an operation, and for some another one or a struct behind it. */
struct inet_diag_op {
	u8 code, yes;
	u16 no;
};
enum {
	INET_DIAG_BC_NOP,
	INET_DIAG_BC_JMP,
	INET_DIAG_BC_S_GE,
	INET_DIAG_BC_S_LE,
	INET_DIAG_BC_D_GE,
	INET_DIAG_BC_D_LE,
	INET_DIAG_BC_AUTO,
	INET_DIAG_BC_S_COND,
	INET_DIAG_BC_D_COND,
	INET_DIAG_BC_DEV_COND,
	INET_DIAG_BC_MARK_COND,
	INET_DIAG_BC_S_EQ,
	INET_DIAG_BC_D_EQ,
	INET_DIAG_BC_CGROUP_COND
};
/* struct inet_diag_hostcond; the address follows. */
struct inet_diag_host {
	u8 family, bits, pad[2];
	s32 port; /* -1: any */
};
struct inet_diag_mark {
	u32 mark, mask;
};

/* ---- AF_UNIX ---- */

struct unix_diag_req {
	u8 family, protocol, pad[2];
	u32 states, ino, show;
	u32 cookie[2];
};
struct unix_diag_msg {
	u8 family, type, state, pad;
	u32 ino;
	u32 cookie[2];
};
enum {
	UDIAG_SHOW_NAME = 1,
	UDIAG_SHOW_VFS = 2,
	UDIAG_SHOW_PEER = 4,
	UDIAG_SHOW_ICONS = 8,
	UDIAG_SHOW_RQLEN = 16,
	UDIAG_SHOW_MEMINFO = 32,
	UDIAG_SHOW_UID = 64
};
enum {
	UNIX_DIAG_NAME,
	UNIX_DIAG_VFS,
	UNIX_DIAG_PEER,
	UNIX_DIAG_ICONS,
	UNIX_DIAG_RQLEN,
	UNIX_DIAG_MEMINFO,
	UNIX_DIAG_SHUTDOWN,
	UNIX_DIAG_UID
};
struct unix_diag_vfs {
	u32 ino, dev;
};
struct unix_diag_rqlen {
	u32 rqueue, wqueue;
};

/* ---- AF_NETLINK ---- */

struct netlink_diag_req {
	u8 family, protocol, pad[2];
	u32 ino, show;
	u32 cookie[2];
};
struct netlink_diag_msg {
	u8 family, type, protocol, state;
	u32 portid, dst_portid, dst_group, ino;
	u32 cookie[2];
};
#define NDIAG_PROTO_ALL 255u
enum { NDIAG_SHOW_MEMINFO = 1, NDIAG_SHOW_GROUPS = 2, NDIAG_SHOW_FLAGS = 8 };
enum { NETLINK_DIAG_MEMINFO, NETLINK_DIAG_GROUPS, NETLINK_DIAG_FLAGS = 4 };
enum {
	NDIAG_FLAG_CB_RUNNING = 1,
	NDIAG_FLAG_PKTINFO = 2,
	NDIAG_FLAG_BROADCAST_ERROR = 4,
	NDIAG_FLAG_NO_ENOBUFS = 8,
	NDIAG_FLAG_ALL_NSID = 16,
	NDIAG_FLAG_CAP_ACK = 32
};

#endif
