// SPDX-License-Identifier: MPL-2.0
/*
 * Filters of sockets (SO_ATTACH_FILTER in socket(7)): programs of classic BPF that see each message
 * before it is queued, and say how much of it is kept.
 *
 * How a message is read is the protocol's own (struct bpf_loads): those of AF_UNIX and AF_NETLINK
 * are plain bytes, those of the other families are packets, about which more is known than their
 * bytes (BPF_AD_OFF). A run takes a reference to the program under filter_lock and drops the lock,
 * so a program of 4096 instructions holds up nobody who changes it, and a program that is replaced
 * ends with its last run.
 *
 * A program has at most 32 KiB, and a socket one program, but a user has any number of sockets, some
 * of them in flight. So programs are charged to the user who attaches them (USER_FILTERS), who gets
 * -ENOMEM beyond a 64th of the memory, as Linux answers beyond a socket's net.core.optmem_max. The
 * charge ends with the program, so with its last run, whoever the socket belongs to by then.
 */
#include <frame/cpu.h>
#include <frame/page.h>
#include <kernel/bpf.h>
#include <kernel/cred.h>
#include <kernel/netdev.h>
#include <kernel/random.h>

#include "net.h"

/* ---- packets ---- */

static u32 packet_len(struct obj *o)
{
	return obj_cast(packet, o)->len;
}

/*
 * The bytes behind the head, or from the network's or the link's header on, which stand in data[]
 * also where the head has passed them.
 */
static bool packet_load(struct obj *o, u32 off, u32 size, u32 *out)
{
	struct packet *p = obj_cast(packet, o);
	u8 b[4] = { 0 };
	u32 at = off;
	bool good;

	if (off < BPF_LL_OFF) {
		good = packet_read(p, off, span_first(span_of(b), size));
	} else {
		at = off >= BPF_NET_OFF ? p->net + (off - BPF_NET_OFF)
					: p->mac + (off - BPF_LL_OFF);
		good = at < p->tail && size <= p->tail - at;
		if (good)
			span_copy(span_first(span_of(b), size), cspan_from(cspan_of(p->data), at));
	}
	*out = size == 1    ? b[0]
		: size == 2 ? (u32)b[0] << 8 | b[1]
			    : (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
	return good;
}

/* Where the data of the transport layer begins, from the head on; 0: it is not known. */
static u32 payload_offset(const struct packet *p)
{
	u32 at = p->net - p->head;
	u8 b[2], protocol;

	if (p->net < p->head || !packet_read(p, at, span_first(span_of(b), 1)))
		return 0;
	if (p->ethertype == ETHERTYPE_IP4) {
		if (!packet_read(p, at + 9, value_span(&protocol)))
			return 0;
		at += (b[0] & 15u) * 4;
	} else if (p->ethertype == ETHERTYPE_IP6) {
		if (!packet_read(p, at + 6, value_span(&protocol)))
			return 0;
		at += 40;
	} else {
		return 0;
	}
	if (protocol == 17 || protocol == 1 || protocol == 58)
		return at + 8;
	if (protocol == 6 && packet_read(p, at + 12, span_first(span_of(b), 1)))
		return at + (b[0] >> 4) * 4u;
	return at;
}

/* What has nothing to do with the message. The rest is 0. */
bool socket_ancillary(struct obj *message, u32 what, u32 *a)
{
	(void)message;
	*a = what == BPF_AD_CPU ? cpu_id() : what == BPF_AD_RANDOM ? (u32)random_u64() : 0;
	/* A message without a device ends programs that ask for it. */
	return what != BPF_AD_IFINDEX && what != BPF_AD_HATYPE;
}

static bool packet_ancillary(struct obj *o, u32 what, u32 *a)
{
	const struct packet *p = obj_cast(packet, o);

	switch (what) {
	case BPF_AD_PROTOCOL:
		*a = p->ethertype;
		return true;
	case BPF_AD_PKTTYPE:
		*a = p->kind;
		return true;
	case BPF_AD_IFINDEX:
		*a = p->dev ? p->dev->index : 0;
		return p->dev != NULL;
	case BPF_AD_HATYPE:
		*a = p->dev ? p->dev->kind : 0;
		return p->dev != NULL;
	case BPF_AD_MARK:
		*a = p->mark;
		return true;
	case BPF_AD_RXHASH:
		*a = p->hash;
		return true;
	case BPF_AD_VLAN_TAG:
		*a = p->vlan & 0xefff;
		return true;
	case BPF_AD_VLAN_TAG_PRESENT:
		*a = p->vlan != 0;
		return true;
	case BPF_AD_VLAN_TPID:
		*a = p->vlan ? 0x8100 : 0;
		return true;
	case BPF_AD_PAY_OFFSET:
		*a = payload_offset(p);
		return true;
	default:
		return socket_ancillary(o, what, a);
	}
}

const struct bpf_loads packet_loads = {
	.load = packet_load, .len = packet_len, .ancillary = packet_ancillary
};

/* ---- running ---- */

/*
 * FILTER_STEPS for all receivers of one packet: beyond that the rest get nothing, so that many
 * sockets with long programs cannot hold up the task that delivers packets.
 */
u32 socket_filter_run(struct socket *s, const struct bpf_loads *loads, struct obj *message,
	u32 *const steps)
{
	struct bpf_prog *prog;
	u32 keep = FILTER_ALL;

	spin_lock(&s->filter_lock);
	prog = s->filter ? obj_get(s->filter) : NULL;
	spin_unlock(&s->filter_lock);
	if (prog && steps && *steps >= FILTER_STEPS)
		keep = 0;
	else if (prog)
		keep = bpf_run_packet(prog, loads, message, steps);
	obj_put(&prog);
	return keep;
}

u32 socket_filter_packet_run(struct socket *s, struct packet *p, u32 *const steps)
{
	return socket_filter_run(s, &packet_loads, &p->obj, steps);
}

/* ---- options ---- */

/*
 * The program is checked (bpf_prog_new) before it is charged, and charged before anybody can run
 * it. With CAP_SYS_RESOURCE there is no limit.
 */
int bpf_prog_from_user(struct uaddr at, u32 len, struct bpf_prog **out)
{
	const struct cred *c = thread_current()->cred;
	u64 limit = ~0ul;
	struct page_stats mem;
	struct bpf_fprog from;
	struct buf *code;
	int err;

	if (len != sizeof(from))
		return -EINVAL;
	if (user_get(&from, at))
		return -EFAULT;
	if (!from.insns || !from.len || from.len > BPF_MAXINSNS)
		return -EINVAL;
	code = buf_alloc_dirty(from.len * sizeof(struct bpf_insn));
	if (!code)
		return -ENOMEM;
	if (copy_in(buf_span(code), UADDR(from.insns))) {
		buf_put(&code);
		return -EFAULT;
	}
	err = bpf_prog_new(&code, 0, out);
	if (err)
		return err;
	page_get_stats(&mem);
	if (!cred_capable(c, CAP_SYS_RESOURCE))
		limit = mem.total * PAGE_SIZE / 64;
	if (bpf_prog_charge(*out, c->uid, limit))
		return 0;
	obj_put(out);
	return -ENOMEM;
}

/*
 * Puts a program, or none, in the place of the one that is there. SO_LOCK_FILTER is looked at under
 * the same lock: a program that has given up its privileges cannot take the filter away that was
 * set before.
 */
static s64 filter_replace(struct socket *s, struct bpf_prog *prog)
{
	s64 err = 0;

	spin_lock(&s->filter_lock);
	if (s->filter_locked) {
		err = -EPERM;
	} else if (!prog && !s->filter) {
		err = -ENOENT;
	} else {
		struct bpf_prog *old = s->filter;
		store_once(s->filter, prog);
		prog = old;
	}
	spin_unlock(&s->filter_lock);
	obj_put(&prog);
	return err;
}

s64 socket_filter_attach(struct socket *s, struct uaddr fprog, u32 len)
{
	struct bpf_prog *prog = NULL;
	s64 err;

	if (load_once(s->filter_locked) && len == sizeof(struct bpf_fprog))
		return -EPERM;
	err = bpf_prog_from_user(fprog, len, &prog);
	return err ? err : filter_replace(s, prog);
}

s64 socket_filter_detach(struct socket *s)
{
	return filter_replace(s, NULL);
}

s64 socket_filter_lock(struct socket *s, s32 on)
{
	s64 err = 0;

	spin_lock(&s->filter_lock);
	if (s->filter_locked && !on)
		err = -EPERM;
	else
		s->filter_locked = on != 0;
	spin_unlock(&s->filter_lock);
	return err;
}

s64 socket_filter_get(struct socket *s, struct uaddr insns, struct uaddr len_at, u32 room)
{
	struct bpf_prog *prog;
	s32 n = 0;
	s64 err = 0;

	spin_lock(&s->filter_lock);
	prog = s->filter ? obj_get(s->filter) : NULL;
	spin_unlock(&s->filter_lock);
	if (prog) {
		n = (s32)prog->len;
		if (room && room < prog->len)
			err = -EINVAL;
		else if (room && copy_out(insns, buf_cspan(prog->code)))
			err = -EFAULT;
	}
	obj_put(&prog);
	if (!err && user_put(len_at, &n))
		err = -EFAULT;
	return err;
}
