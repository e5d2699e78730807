// SPDX-License-Identifier: MPL-2.0
/*
 * Programs that select internet sockets: what ss(8) makes of "sport = :22 and dst 10.0.0.0/8".
 *
 * An operation is four bytes: a code, and how many bytes further the program goes if the answer is
 * yes and if it is no. Behind some stands a number or an address. A program that ends exactly at its
 * end takes the socket; one that jumps four bytes beyond refuses it.
 *
 * A program is checked once. The operations that follow each other by their "yes" are all there
 * are; a "no" must lead to one of them. So every step is forwards and onto an operation whose
 * operands lie inside of the program, and a run takes as many steps as there are operations at most.
 */
#include <kernel/byteorder.h>

#include "../inet/diag.h"
#include "diag.h"

#define OP_SIZE   ((u32)sizeof(struct inet_diag_op))
#define NR_STARTS (DIAG_PROGRAM_MAX / OP_SIZE)

/*
 * Bytes of an operation with its operands; 0: they are wrong, or do not fit in what is left.
 * Operands stand behind the operation, and are as long as their code says; a condition on a host is
 * as long as its family's addresses.
 */
static u32 op_size(struct cspan rest, u32 code)
{
	u32 size = OP_SIZE;
	struct inet_diag_host h;
	u32 bytes;

	switch (code) {
	case INET_DIAG_BC_NOP:
	case INET_DIAG_BC_JMP:
	case INET_DIAG_BC_AUTO:
		break;
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		if (!span_read(rest, OP_SIZE, &h))
			return 0;
		if (h.family != AF_UNSPEC && h.family != AF_INET && h.family != AF_INET6)
			return 0;
		bytes = h.family == AF_INET ? 4 : h.family == AF_INET6 ? 16 : 0;
		if (h.bits > 8 * bytes)
			return 0;
		size += (u32)sizeof(h) + bytes;
		break;
	case INET_DIAG_BC_MARK_COND:
		size += (u32)sizeof(struct inet_diag_mark);
		break;
	case INET_DIAG_BC_S_GE:
	case INET_DIAG_BC_S_LE:
	case INET_DIAG_BC_D_GE:
	case INET_DIAG_BC_D_LE:
	case INET_DIAG_BC_S_EQ:
	case INET_DIAG_BC_D_EQ:
	case INET_DIAG_BC_DEV_COND:
		size += 4;
		break;
	default:
		return 0;
	}
	return size <= cspan_len(rest) ? size : 0;
}

/* Whether a jump has a possible length: at most to the refusal behind the end. */
static bool diag_jump_ok(u32 jump, u32 least, u32 left)
{
	return jump >= least && jump <= left + OP_SIZE && !(jump & 3);
}

/* One operation at @at. 0 or -errno. */
static int check_op(struct cspan program, u32 at, const struct inet_diag_op *op, bool admin)
{
	u32 left = (u32)cspan_len(program) - at, size = op_size(cspan_from(program, at), op->code);

	if (op->code == INET_DIAG_BC_MARK_COND && !admin)
		return -EPERM;
	if (!size || !diag_jump_ok(op->yes, size, left))
		return -EINVAL;
	return op->code == INET_DIAG_BC_NOP || diag_jump_ok(op->no, size, left) ? 0 : -EINVAL;
}

int diag_filter_check(struct cspan program, bool admin)
{
	u32 len = (u32)cspan_len(program), at, to;
	u8 starts[NR_STARTS / 8 + 1] = { 0 };
	struct inet_diag_op op;
	int err;

	if (len < OP_SIZE || len > DIAG_PROGRAM_MAX)
		return -EINVAL;
	for (at = 0; at < len; at += op.yes) {
		if (!span_read(program, at, &op))
			return -EINVAL;
		err = check_op(program, at, &op, admin);
		if (err)
			return err;
		*array_at(starts, at / OP_SIZE / 8) |= (u8)(1 << at / OP_SIZE % 8);
	}
	if (at != len)
		return -EINVAL;
	for (at = 0; at < len && span_read(program, at, &op); at += op.yes) {
		to = at + op.no;
		if (op.code != INET_DIAG_BC_NOP && to < len &&
			!(*array_at(starts, to / OP_SIZE / 8) >> to / OP_SIZE % 8 & 1))
			return -EINVAL;
	}
	return 0;
}

/* ---- running ---- */

/* A host condition: port, family, and the first bits of the address. */
static bool host_fits(struct cspan rest, const struct inet_diag_record *r, bool source)
{
	u32 port = source ? r->local_port : r->peer_port, ip4;
	struct ip_addr is = source ? r->local : r->peer, a;
	struct inet_diag_host h;

	if (!span_read(rest, OP_SIZE, &h) || (h.port != -1 && (u32)h.port != port))
		return false;
	if (h.family == AF_UNSPEC)
		return true;
	if (h.family == AF_INET6)
		return r->family == AF_INET6 && span_read(rest, OP_SIZE + sizeof(h), &a) &&
			ip_match(is, (struct ip_addr){ be64(a.hi), be64(a.lo) }, h.bits);
	/* IPv4 also matches sockets of IPv6 that have such an address. */
	if (r->family == AF_INET && ip_is_any(is))
		is = ip4_addr(0);
	return ip_is4(is) && span_read(rest, OP_SIZE + sizeof(h), &ip4) &&
		ip_match(is, ip4_addr(be32(ip4)), h.bits + IP4_BITS);
}

/* The answer of one operation. */
static bool diag_op_answer(struct cspan rest, const struct inet_diag_op *op,
	const struct inet_diag_record *r)
{
	struct inet_diag_op port = { 0 };
	struct inet_diag_mark m = { 0 };
	u32 ifindex = 0;

	(void)span_read(rest, OP_SIZE, &port);
	switch (op->code) {
	case INET_DIAG_BC_S_GE:
		return r->local_port >= port.no;
	case INET_DIAG_BC_S_LE:
		return r->local_port <= port.no;
	case INET_DIAG_BC_S_EQ:
		return r->local_port == port.no;
	case INET_DIAG_BC_D_GE:
		return r->peer_port >= port.no;
	case INET_DIAG_BC_D_LE:
		return r->peer_port <= port.no;
	case INET_DIAG_BC_D_EQ:
		return r->peer_port == port.no;
	case INET_DIAG_BC_AUTO:
		return !r->bound;
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		return host_fits(rest, r, op->code == INET_DIAG_BC_S_COND);
	case INET_DIAG_BC_DEV_COND:
		return span_read(rest, OP_SIZE, &ifindex) && ifindex == r->ifindex;
	case INET_DIAG_BC_MARK_COND:
		return span_read(rest, OP_SIZE, &m) && (r->mark & m.mask) == m.mark;
	default:
		return op->code == INET_DIAG_BC_NOP;
	}
}

/* Each step goes at least four bytes forward, since diag_filter_check has seen each jump. */
bool diag_filter_run(struct cspan program, const struct inet_diag_record *r)
{
	u32 len = (u32)cspan_len(program), at = 0;
	struct inet_diag_op op;

	while (at < len && span_read(program, at, &op))
		at += diag_op_answer(cspan_from(program, at), &op, r) ? op.yes : op.no;
	return at == len;
}
