// SPDX-License-Identifier: MPL-2.0
/*
 * The scoreboard: the orders in which recovery looks at the packets that are out.
 *
 * A peer chooses its SACK blocks, and a flight may have tens of thousands of packets, so no segment
 * may cost a walk over all of them. Each packet of `sent` is in one of these places, by its marks:
 *
 *	sacked		the peer has it
 *	to_repeat	lost, and not sent again yet: by sequence number, but for retransmissions
 *			that were lost, which come first
 *	repeated	sent again, by the time of that: RACK's order
 *	original	sent once, and not known to be lost: `sent` has them by number and time
 *
 * All but the first are in a tree by sequence number as well (`board`), in which a block's begin is
 * found. A packet enters it when SACKs or losses are first looked at after it was sent, so a
 * connection that loses nothing has no tree. Since `sent` grows at its end, those that have not
 * entered are its end.
 *
 * What a segment costs, for n packets that are out: the logarithm of n for each block, and a step
 * for each packet that changes its place. A packet does so a few times in its life, unless the peer
 * makes us take a recovery back (recover.c), which costs a step for each lost packet.
 *
 * Originals are found lost in the order of their numbers. So the number where that search has
 * stopped (board_originals) is where the next one begins.
 */
#include "tcp.h"

static bool board_before(const struct packet *a, const struct packet *b)
{
	return seq_before(a->control[TQ_SEQ], b->control[TQ_SEQ]);
}
TREE_DEFINE(board_tree, packet, order_node, board_before)

static bool in_tree(u32 flags)
{
	return (flags & (TQ_INDEXED | TQ_SACKED)) == TQ_INDEXED;
}

static bool is_to_repeat(u32 flags)
{
	return (flags & (TQ_LOST | TQ_RETRANS | TQ_SACKED)) == TQ_LOST;
}

/* One that counted as lost after its retransmission, until that was taken back, is here again. */
static bool is_repeated(u32 flags)
{
	return (flags & TQ_EVER) && !(flags & TQ_SACKED) && !is_to_repeat(flags);
}

static void leave_order(struct tcp_sock *ts, struct packet *p)
{
	u32 flags = p->control[TQ_FLAGS];

	if (is_to_repeat(flags))
		list_remove(&ts->to_repeat, p, order_link);
	else if (is_repeated(flags))
		list_remove(&ts->repeated, p, order_link);
}

static void count_marks(struct tcp_sock *ts, u32 was, u32 flags, u32 space)
{
	ts->sacked += (flags & TQ_SACKED ? space : 0) - (was & TQ_SACKED ? space : 0);
	ts->lost += (flags & TQ_LOST ? space : 0) - (was & TQ_LOST ? space : 0);
	ts->retrans += (flags & TQ_RETRANS ? space : 0) - (was & TQ_RETRANS ? space : 0);
}

void tcp_board_mark_before(struct tcp_sock *ts, struct packet *p, u32 marks, struct packet *at)
{
	u32 was = p->control[TQ_FLAGS], flags = (was & ~TQ_MARKS) | marks;

	leave_order(ts, p);
	if (is_to_repeat(flags) && at)
		list_insert_before(&ts->to_repeat, at, p, order_link);
	else if (is_to_repeat(flags))
		list_push_back(&ts->to_repeat, p, order_link);
	else if (is_repeated(flags) && (flags & TQ_RETRANS))
		list_push_back(&ts->repeated, p, order_link);
	else if (is_repeated(flags))
		list_push_front(&ts->repeated, p, order_link);
	if (in_tree(was) && !in_tree(flags))
		board_tree_remove(&ts->board, p);
	else if (!in_tree(was) && in_tree(flags))
		board_tree_insert(&ts->board, p);
	p->control[TQ_FLAGS] = flags;
	count_marks(ts, was, flags, tq_space(p));
}

void tcp_board_mark(struct tcp_sock *ts, struct packet *p, u32 marks)
{
	tcp_board_mark_before(ts, p, marks, NULL);
}

void tcp_board_leave(struct tcp_sock *ts, struct packet *p)
{
	u32 flags = p->control[TQ_FLAGS];

	if (likely(!(flags & (TQ_MARKS | TQ_INDEXED))))
		return;
	leave_order(ts, p);
	if (in_tree(flags))
		board_tree_remove(&ts->board, p);
	count_marks(ts, flags, 0, tq_space(p));
}

void tcp_board_trim(struct tcp_sock *ts, const struct packet *p, u32 n)
{
	count_marks(ts, p->control[TQ_FLAGS], 0, n);
}

void tcp_board_split(struct tcp_sock *ts, struct packet *p, struct packet *rest)
{
	struct packet *next = list_next(p, order_link);
	u32 flags = p->control[TQ_FLAGS];

	if (in_tree(flags))
		board_tree_insert(&ts->board, rest);
	if (is_to_repeat(flags) && next)
		list_insert_before(&ts->to_repeat, next, rest, order_link);
	else if (is_to_repeat(flags))
		list_push_back(&ts->to_repeat, rest, order_link);
	else if (is_repeated(flags) && next)
		list_insert_before(&ts->repeated, next, rest, order_link);
	else if (is_repeated(flags))
		list_push_back(&ts->repeated, rest, order_link);
}

void tcp_board_clear(struct tcp_sock *ts)
{
	struct packet *p;

	while ((p = list_first(&ts->to_repeat)) != NULL)
		list_remove(&ts->to_repeat, p, order_link);
	while ((p = list_first(&ts->repeated)) != NULL)
		list_remove(&ts->repeated, p, order_link);
	ts->board = NULL;
	ts->sacked = ts->lost = ts->retrans = 0;
}

void tcp_board_update(struct tcp_sock *ts)
{
	struct packet *p = list_last(&ts->sent);

	/* Numbers come round again: what is left of an earlier loss says nothing now. */
	if (!ts->board)
		ts->board_originals = ts->snd_una;
	for (; p && !(p->control[TQ_FLAGS] & TQ_INDEXED); p = p->link.prev) {
		p->control[TQ_FLAGS] |= TQ_INDEXED;
		if (in_tree(p->control[TQ_FLAGS]))
			board_tree_insert(&ts->board, p);
	}
}

struct packet *tcp_board_find(const struct tcp_sock *ts, u32 seq)
{
	struct packet *at = ts->board, *found = NULL;

	while (at) {
		if (seq_after(at->control[TQ_END], seq)) {
			found = at;
			at = at->order_node.left;
		} else {
			at = at->order_node.right;
		}
	}
	return found;
}

struct packet *tcp_board_next(struct packet *p)
{
	return board_tree_next(p);
}
