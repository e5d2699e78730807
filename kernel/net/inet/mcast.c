// SPDX-License-Identifier: MPL-2.0
/*
 * Reports of joined groups to routers: IGMPv3 (RFC 3376), MLDv2 (RFC 3810), and what older routers
 * understand: IGMPv2 (RFC 2236), MLDv1 (RFC 2710).
 *
 * A group that is joined or left on a device is reported REPORTS times, within a second each. A
 * group that was left stays in the device's list until that is done; inet_group.nr is 0 then. A
 * query of a router is answered for each group that it is about, after a random part of the time
 * that it gives. A query of an old router makes this machine speak the old version on that link for
 * OLD_NS.
 *
 * A report of the new versions has many records: what is due on a device at the same time goes in
 * as few reports as possible, and the answers to a query about all groups are due together. The old
 * versions have a report for each group, so there the answers are spread.
 *
 * Queries come in netdev_run and only set times, under addr_lock; the network's job sends.
 *
 * The gathered records are one buffer of the kernel, not of a device: the job fills it for one
 * device and sends it before it goes on to the next, with net_config held all the while.
 */
#include <frame/sync.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/neigh.h>
#include <kernel/random.h>
#include <uapi/if.h>

#include "nd.h"

#define REPORTS     2u
#define INTERVAL_NS NSEC_PER_SEC
#define OLD_NS      (260 * NSEC_PER_SEC) /* robustness * query interval + response interval */

enum mcast_record { MODE_IS_EXCLUDE = 2, CHANGE_TO_INCLUDE = 3, CHANGE_TO_EXCLUDE = 4 };
enum igmp_type { IGMP_QUERY = 0x11, IGMP2_REPORT = 0x16, IGMP2_LEAVE = 0x17, IGMP3_REPORT = 0x22 };
enum mld_type { MLD_QUERY = 130, MLD1_REPORT = 131, MLD1_DONE = 132, MLD2_REPORT = 143 };

static u32 job_number;

/* All hosts of a link, and groups of this machine alone, are not reported. */
static bool is_reported(const struct netdev *d, struct ip_addr group)
{
	if ((d->flags & IFF_LOOPBACK) || !(d->flags & IFF_MULTICAST) || !(d->flags & IFF_UP))
		return false;
	if (ip_is4(group))
		return ip4_bits(group) != 0xe0000001;
	return !ip_equal(group, ND_ALL_NODES) && (group.hi >> 48 & 15) > 1;
}

/* ---- out ---- */

struct igmp_message {
	u8 type, code;
	u16 csum;
	u32 group;
};
/* Behind the header of a report of the new versions, whose last word is the number of records. */
struct igmp_record {
	u8 type, aux;
	u16 sources;
	u32 group;
};

/* The header of IPv4 with the option that routers look at the packet (RFC 2113). */
struct alert_header {
	struct ip4_header h;
	u8 option[4];
};

/* Routers see the option and look at the packet although it is not addressed to them. */
static bool push_alert4(struct packet *p, u32 from, u32 to)
{
	struct alert_header a = { .h = { .version_len = 0x46,
					  .tos = 0xc0,
					  .ttl = 1,
					  .protocol = IP_PROTO_IGMP,
					  .frag = be16(IP4_DF),
					  .from = be32(from),
					  .to = be32(to) },
		.option = { 148, 4, 0, 0 } };

	packet_push(p, sizeof(a));
	a.h.len = be16((u16)p->len);
	if (!span_write(packet_head(p), 0, &a))
		return false;
	a.h.csum = be16(sum_fold(bytes_sum(cspan_first(packet_headers(p), sizeof(a)), 0)));
	p->net = p->head;
	p->ethertype = ETHERTYPE_IP4;
	return span_write(packet_head(p), 0, &a);
}

/* A packet with room for a header of @head bytes, and with @body behind it. NULL: no memory. */
static struct packet *mcast_make(u32 head, struct cspan body)
{
	struct packet *p = packet_new(PACKET_ROOM);
	u32 len = (u32)cspan_len(body);

	if (!p)
		return NULL;
	p->tail += (u16)head;
	p->len = head;
	p->transport = p->head;
	if (len && (packet_add_room(p, len) || !packet_write(p, head, body)))
		packet_drop(&p);
	return p;
}

/*
 * Sends a message of IGMP, with records behind it. Past ip4_output, since the header has an option.
 * Nothing comes back to this machine: members here need no report.
 */
static void send4(struct netdev *d, struct igmp_message m, u32 to, struct cspan records)
{
	struct ip_addr from = addr_on_link_for(d, ip4_addr(to));
	struct packet *p = mcast_make(sizeof(m), records);
	bool good;
	int err = 0;

	if (!p)
		return;
	good = span_write(packet_head(p), 0, &m);
	m.csum = be16(sum_fold(packet_sum(p, 0, p->len, 0)));
	good = good && span_write(packet_head(p), 0, &m) &&
		push_alert4(p, ip_is_zero(from) ? 0 : ip4_bits(from), to);
	if (good)
		err = neigh_send(d, ip4_addr(to), false, p);
	else
		packet_drop(&p);
	(void)err; /* it is repeated */
}

/* Extension header: this packet is about MLD (RFC 2711). */
static bool push_alert6(struct packet *p)
{
	u8 b[8] = { IP_PROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };

	packet_push(p, sizeof(b));
	return span_copy(packet_head(p), cspan_of(b)) == sizeof(b);
}

/* A message of MLD with @len bytes behind the header of ICMP. */
static void send6(struct netdev *d, struct ip_addr to, struct icmp_header *const h,
	struct cspan body)
{
	struct flow f = { .to = to,
		.from = addr_link_local(d),
		.ifindex = d->index,
		.ttl = 1,
		.protocol = IP6_HOPOPTS,
		.no_loop = true };
	struct route *r = addr_link_route(d->index, to);
	struct packet *p = r ? mcast_make(sizeof(*h), body) : NULL;
	bool good;

	if (!p) {
		obj_put(&r);
		return;
	}
	good = icmp_put_header(p, h, f.from, f.to) && push_alert6(p);
	icmp_count(false, true, h->type);
	if (good)
		good = !ip6_output(p, r, &f);
	else
		packet_drop(&p);
	obj_put(&r);
}

/* ---- reports ---- */

#define RECORDS_MAX 50u /* in a report, which fits any link of IPv6 */
#define RECORD4     8u  /* bytes: struct igmp_record */
#define RECORD6     20u

/* Records of the new versions that wait for others of the same device. net_config. */
static struct gathered {
	u32 nr;
	u8 records[RECORDS_MAX * RECORD6];
} gathered[2]; /* [0]: IPv4, [1]: IPv6 */

static void send_gathered4(struct netdev *d)
{
	struct gathered *const to = array_at(gathered, 0);
	struct igmp_message m = { .type = IGMP3_REPORT, .group = be32(to->nr) };

	if (to->nr)
		send4(d, m, 0xe0000016, cspan_first(cspan_of(to->records), to->nr * RECORD4));
	to->nr = 0;
}

static void send_gathered6(struct netdev *d)
{
	struct gathered *const to = array_at(gathered, 1);
	struct icmp_header h = { .type = MLD2_REPORT, .info = be32(to->nr) };

	if (to->nr)
		send6(d, (struct ip_addr){ 0xff02ul << 48, 0x16 }, &h,
			cspan_first(cspan_of(to->records), to->nr * RECORD6));
	to->nr = 0;
}

static void report4(struct netdev *d, const struct inet_dev *i, const struct inet_group *g, u8 kind)
{
	struct gathered *const to = array_at(gathered, 0);
	u32 group = ip4_bits(g->group);
	bool leave = kind == CHANGE_TO_INCLUDE;
	struct igmp_record record = { .type = kind, .group = be32(group) };

	if (time_mono_ns() < load_once(i->old4_until_ns)) {
		struct igmp_message m = { .type = leave ? IGMP2_LEAVE : IGMP2_REPORT,
			.group = be32(group) };
		send4(d, m, leave ? 0xe0000002 : group, CSPAN_NONE);
		return;
	}
	span_copy(span_from(span_of(to->records), to->nr * RECORD4), value_cspan(&record));
	if (++to->nr == RECORDS_MAX)
		send_gathered4(d);
}

static void report6(struct netdev *d, const struct inet_dev *i, const struct inet_group *g, u8 kind)
{
	struct gathered *const to = array_at(gathered, 1);
	bool leave = kind == CHANGE_TO_INCLUDE;
	u64 group[2] = { be64(g->group.hi), be64(g->group.lo) };
	u8 head[4] = { kind };

	if (time_mono_ns() < load_once(i->old6_until_ns)) {
		struct icmp_header h = { .type = leave ? MLD1_DONE : MLD1_REPORT };
		send6(d, leave ? ND_ALL_ROUTERS : g->group, &h, value_cspan(&group));
		return;
	}
	span_copy(span_from(span_of(to->records), to->nr * RECORD6), cspan_of(head));
	span_copy(span_from(span_of(to->records), to->nr * RECORD6 + 4), value_cspan(&group));
	if (++to->nr == RECORDS_MAX)
		send_gathered6(d);
}

static void report(struct netdev *d, const struct inet_dev *i, const struct inet_group *g, u8 kind)
{
	if (ip_is4(g->group))
		report4(d, i, g, kind);
	else
		report6(d, i, g, kind);
}

/* ---- changes ---- */

bool mcast_changed(struct netdev *d, struct inet_group *g)
{
	if (!is_reported(d, g->group))
		return false;
	g->changes_left = REPORTS;
	g->change_due_ns = time_mono_ns();
	net_job_kick(job_number);
	return true;
}

void mcast_up(struct netdev *d)
{
	struct inet_dev *i = addr_inet(d);
	struct inet_group *g;
	bool sent;

	list_for_each(g, &i->groups, link) {
		sent = g->nr && mcast_changed(d, g);
		(void)sent;
	}
}

/* ---- what is due ---- */

/*
 * The times of a group; returns when the next is. net_config held. Changes and answers are
 * independent; a report of a change is repeated by itself (REPORTS), an answer is sent once, and
 * routers ask again.
 */
static u64 group_due(struct netdev *d, const struct inet_dev *i, struct inet_group *g, u64 now)
{
	u64 answer = addr_group_answer(g, now), next = NO_DEADLINE;

	if (g->changes_left && g->change_due_ns <= now) {
		g->changes_left--;
		g->change_due_ns = now + random_u64() % INTERVAL_NS;
		report(d, i, g, g->nr ? CHANGE_TO_EXCLUDE : CHANGE_TO_INCLUDE);
	}
	if (g->changes_left)
		next = g->change_due_ns;
	if (answer && answer <= now && g->nr)
		report(d, i, g, MODE_IS_EXCLUDE);
	else if (answer && answer > now)
		next = min(next, answer);
	return next;
}

static u64 mcast_run(u64 now)
{
	struct inet_group *g, *after;
	u64 next = NO_DEADLINE;
	struct inet_dev *i;
	struct netdev *d;
	u32 index = 0;

	mutex_lock(&net_config);
	while ((d = netdev_next(index)) != NULL) {
		index = d->index;
		i = addr_inet(d);
		if (i && (d->flags & IFF_UP)) {
			list_for_each_safe(g, after, &i->groups, link) {
				next = min(next, group_due(d, i, g, now));
				if (!g->nr && !g->changes_left)
					addr_forget_group(d, g);
			}
			send_gathered4(d);
			send_gathered6(d);
		}
		obj_put(&d);
	}
	mutex_unlock(&net_config);
	return next;
}
static const struct net_job mcast_job = { .run = mcast_run };

/* ---- queries ---- */

/* RFC 3376, 4.1.1; RFC 3810, 5.1.3: large codes are a mantissa and an exponent. */
static u32 decode(u32 code, u32 bits)
{
	u32 least = 1u << (bits - 1), mantissa = bits - 4;

	if (code < least)
		return code;
	return ((code & ((1u << mantissa) - 1)) | 1u << mantissa) << ((code >> mantissa & 7) + 3);
}

/*
 * Version 1 has no time in it (code 0), and counts as version 2 here. The packet is not answered
 * now, so a flood of queries sets times, and answers are no more than before.
 */
static void igmp_receive(struct packet *p, const struct ip_info *info)
{
	struct inet_dev *i = addr_inet(p->dev);
	struct igmp_message m;
	u64 most;

	if (i && packet_read(p, 0, value_span(&m)) && m.type == IGMP_QUERY &&
		(p->csum != CSUM_UNKNOWN || !sum_fold(packet_sum(p, 0, p->len, 0)))) {
		if (p->len < 12) {
			store_once(i->old4_until_ns, time_mono_ns() + OLD_NS);
			most = m.code ? m.code * (NSEC_PER_SEC / 10) : 10 * NSEC_PER_SEC;
		} else {
			most = decode(m.code, 8) * (NSEC_PER_SEC / 10);
		}
		addr_query_groups(p->dev, true, m.group ? ip4_addr(be32(m.group)) : ip4_addr(0),
			most, time_mono_ns() >= load_once(i->old4_until_ns));
		net_job_kick(job_number);
	}
	(void)info;
	packet_drop(&p);
}

/* Whether the packet has come with the extension header that says that it is about MLD. */
static bool has_alert(const struct packet *p)
{
	struct cspan h = cspan_from(cspan_of(p->data), p->net + 40u);

	return cspan_len(h) >= 8 && span_byte(cspan_of(p->data), p->net + 6u) == IP6_HOPOPTS &&
		span_byte(h, 2) == 5 && span_byte(h, 3) == 2 && !span_byte(h, 4) &&
		!span_byte(h, 5);
}

/*
 * Only from a router of this link: link-local source, hop limit 1, and the router alert (RFC 3810,
 * 5.1.14).
 */
void mld_receive(struct packet *p, const struct ip_info *info)
{
	struct inet_dev *i = addr_inet(p->dev);
	struct ip_addr group;
	u64 words[2];
	u16 code;

	if (!i || !ip_is_link_local(info->from) || info->ttl != 1 || !has_alert(p) ||
		!packet_read(p, 4, value_span(&code)) || !packet_read(p, 8, value_span(&words)))
		return;
	group = (struct ip_addr){ be64(words[0]), be64(words[1]) };
	if (p->len < 28)
		store_once(i->old6_until_ns, time_mono_ns() + OLD_NS);
	addr_query_groups(p->dev, false, group,
		(p->len < 28 ? be16(code) : decode(be16(code), 16)) * (NSEC_PER_SEC / 1000),
		time_mono_ns() >= load_once(i->old6_until_ns));
	net_job_kick(job_number);
}

static const struct ip_transport igmp = { .protocol = IP_PROTO_IGMP, .receive = igmp_receive };

void mcast_init(void)
{
	ip_transport_register(&igmp);
	job_number = net_job_register(&mcast_job);
}
