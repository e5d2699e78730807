// SPDX-License-Identifier: MPL-2.0
/*
 * Raw sockets: the way out (raw.h). A program gives the contents of a packet, or with IP_HDRINCL its
 * header, too; then the fields that say where the packet comes from and how long it is are checked
 * or completed here, as on Linux. It leaves by the route that the flow has, and counts in the
 * socket's send buffer until the driver is done with it.
 */
#include <frame/task.h>
#include <kernel/cred.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "diag.h"
#include "raw.h"

/*
 * The caller's own IPv4 header: the kernel fills in what stands as 0, the length and the sum. The
 * caller has CAP_NET_RAW and may send what it likes: source, options, even another version's
 * nonsense in fields that nobody here reads. Length and sum are the kernel's. A packet beyond the
 * MTU is refused, as it would have to be cut by a header that is not ours.
 */
static int send_with_header(struct packet *p, struct route *r, const struct flow *f)
{
	struct ip4_header h;
	u32 len;

	if (!packet_linear(p, sizeof(h)) || !span_read(packet_headers(p), 0, &h)) {
		packet_drop(&p);
		return -EINVAL;
	}
	len = (h.version_len & 15u) * 4;
	if (len < sizeof(h) || len > p->len || !packet_linear(p, len)) {
		packet_drop(&p);
		return -EINVAL;
	}
	if (p->len > route_mtu(r, f->to)) {
		packet_drop(&p);
		return -EMSGSIZE;
	}
	if (!h.from)
		h.from = be32(ip4_bits(f->from));
	if (!h.id)
		h.id = be16((u16)random_u64());
	h.len = be16((u16)p->len);
	h.csum = 0;
	if (!span_write(packet_head(p), 0, &h))
		p->len = 0;
	h.csum = be16(sum_fold(bytes_sum(cspan_first(packet_headers(p), len), 0)));
	if (!span_write(packet_head(p), 0, &h))
		p->len = 0;
	p->net = p->head;
	p->ethertype = ETHERTYPE_IP4;
	return ip_send(p, r, f);
}

/*
 * The sum of IPv6 covers the addresses, which the kernel chooses, so the kernel makes it: of ICMPv6
 * always, of other protocols where IPV6_CHECKSUM says (RFC 3542, 3.1). Whatever the user has put
 * there counts for nothing.
 */
static int set_checksum6(const struct raw_sock *rs, struct packet *p, const struct flow *f)
{
	u32 at = (u32)load_once(rs->csum_at), sum;

	if (at + 2 > p->len || !packet_linear(p, at + 2))
		return -EINVAL;
	p->data[p->head + at] = p->data[p->head + at + 1] = 0;
	sum = ip_pseudo_sum(f->from, f->to, (u8)rs->inet.socket->protocol, p->len);
	sum = sum_fold(packet_sum(p, 0, p->len, sum));
	if (!sum && rs->inet.socket->protocol == IP_PROTO_UDP)
		sum = 0xffff;
	p->data[p->head + at] = (u8)(sum >> 8);
	p->data[p->head + at + 1] = (u8)sum;
	return 0;
}

/* A message of ICMP that a program has made counts, if it has a type. */
static void raw_count_icmp(const struct packet *p, const struct flow *f)
{
	bool is4 = ip_is4(f->to);
	u8 type;

	if (f->protocol == (is4 ? IP_PROTO_ICMP : IP_PROTO_ICMPV6) &&
		packet_read(p, 0, value_span(&type)))
		icmp_count(is4, true, type);
}

/*
 * The sum is made over the whole packet, which therefore is in memory before anything is sent.
 * Charged to the socket until the driver has sent it.
 */
static int raw_send_packet(struct raw_sock *rs, struct uio *u, const struct socket_msg *m,
	struct route *r, const struct flow *f)
{
	struct socket *s = rs->inet.socket;
	struct packet *p = packet_new(PACKET_ROOM);
	int err = p ? packet_add_user(p, u, (u32)u->left) : -ENOBUFS;

	if (!err && load_once(rs->csum_at) >= 0)
		err = set_checksum6(rs, p, f);
	if (err) {
		packet_drop(&p);
		return err;
	}
	p->mark = f->mark;
	p->transport = p->head;
	socket_stamp_packet(s, m, p);
	inet_charge(s, p, r);
	if ((rs->inet.flags & INET_HDRINCL) && s->family == AF_INET)
		return send_with_header(p, r, f);
	raw_count_icmp(p, f);
	return ip_output(p, r, f);
}

/* Room in the send buffer is waited for before the copy, with nothing held. */
ssize_t raw_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	struct raw_sock *rs = raw_of(s);
	size_t len = u->left;
	struct route *r = NULL;
	struct flow f;
	int err;

	if (len > 0xffff)
		return -EMSGSIZE;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = inet_message_flow(&rs->inet, m, name, (u8)s->protocol, &f);
	if (!err)
		err = socket_wait_room(s, m->flags);
	/* A header of the caller's has the caller's source. */
	if (!err && (rs->inet.flags & INET_HDRINCL))
		f.transparent = true;
	if (!err)
		err = inet_send_route(&rs->inet, &f, &r);
	if (!err)
		err = raw_send_packet(rs, u, m, r, &f);
	obj_put(&r);
	netdev_run();
	return err ? err : (ssize_t)len;
}
