// SPDX-License-Identifier: MPL-2.0
/* NETLINK_SOCK_DIAG, for the files diag*.c of this folder. */
#ifndef KERNEL_NET_NETLINK_DIAG_H
#define KERNEL_NET_NETLINK_DIAG_H

#include <uapi/sock_diag.h>

#include "netlink.h"

struct inet_diag_record;

/* ---- diag_filter.c: programs that select sockets (INET_DIAG_REQ_BYTECODE) ---- */

/* Longer programs are refused: a dump keeps its program, and runs it for each socket. */
#define DIAG_PROGRAM_MAX 4032u
/*
 * Checks a program: 0, -EINVAL, -EPERM (it looks at marks, and the caller may not). One that has
 * passed only jumps forwards, from one operation to another or to its end.
 */
int must_check diag_filter_check(struct cspan program, bool admin);
/* Whether the program takes the socket. */
bool diag_filter_run(struct cspan program, const struct inet_diag_record *r);

/* ---- requests by family: as route_request ---- */

int must_check inet_diag_request(const struct nl_request *rq);
int must_check unix_diag_request(const struct nl_request *rq);
int must_check netlink_diag_request(const struct nl_request *rq);

/* A cookie of a request as one number; all ones: any. */
static inline u64 diag_cookie(const u32 (*words)[2])
{
	return (u64)(*words)[1] << 32 | (*words)[0];
}
static inline bool diag_cookie_fits(u64 asked, u64 is)
{
	return !~asked || asked == is;
}

#endif
