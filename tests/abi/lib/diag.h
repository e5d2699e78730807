// SPDX-License-Identifier: MPL-2.0
// What tests of NETLINK_SOCK_DIAG share: requests, programs of filters, and how answers are shown.
#ifndef TESTS_ABI_LIB_DIAG_H
#define TESTS_ABI_LIB_DIAG_H

#include "netlink.h"
#include <linux/inet_diag.h>
#include <linux/netlink_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

/* Which sockets are shown: those with a port of the test's. It is none that connect() chooses (32768 and above). */
static int diag_low, diag_high;

static bool diag_ours(const struct inet_diag_msg *m)
{
	int a = ntohs(m->id.idiag_sport), b = ntohs(m->id.idiag_dport);

	return (a >= diag_low && a <= diag_high) || (b >= diag_low && b <= diag_high);
}

static const char *diag_end(int family, const void *addr, int port, char *text, size_t n)
{
	char a[64];

	if (port >= diag_low && port <= diag_high)
		snprintf(text, n, "%s port %d", inet_ntop(family, addr, a, sizeof(a)), port);
	else
		snprintf(text, n, "%s port %s", inet_ntop(family, addr, a, sizeof(a)),
			port ? "some" : "none");
	return text;
}

static ino_t diag_ino(int s)
{
	struct stat st;

	CHECK(fstat(s, &st) == 0);
	return st.st_ino;
}

/* Sizes of sets of numbers; of bytes only whether there are any. */
static void diag_attrs(const struct rtattr *a, int len)
{
	int n = 0;
	const uint32_t *mem = nl_find(a, len, INET_DIAG_SKMEMINFO, &n);
	const struct inet_diag_meminfo *old;
	const struct tcp_info_head {
		uint8_t state, ca_state, retransmits, probes, backoff, options;
	} *info;

	if (mem)
		printf(" skmem of %d words r %d rb %d w %d f+q %d drops %u", n / 4, mem[0] != 0,
			mem[1] > 1000, mem[2] != 0, mem[5] != 0, mem[8]);
	old = nl_find(a, len, INET_DIAG_MEMINFO, &n);
	if (old)
		printf(" mem of %d r %d", n, old->idiag_rmem != 0);
	info = nl_find(a, len, INET_DIAG_INFO, &n);
	if (info)
		printf(" info %d state %d ca %d retransmits %d probes %d backoff %d", n >= 232,
			info->state, info->ca_state, info->retransmits, info->probes,
			info->backoff);
	nl_put_text("cong", a, len, INET_DIAG_CONG);
	nl_put_u32("tos", a, len, INET_DIAG_TOS);
	nl_put_u32("tclass", a, len, INET_DIAG_TCLASS);
	nl_put_u32("shutdown", a, len, INET_DIAG_SHUTDOWN);
	nl_put_u32("protocol", a, len, INET_DIAG_PROTOCOL);
	nl_put_u32("v6only", a, len, INET_DIAG_SKV6ONLY);
	nl_put_u32("mark", a, len, INET_DIAG_MARK);
	nl_put_u32("class", a, len, INET_DIAG_CLASS_ID);
	nl_put_bytes("options", a, len, 22 /* INET_DIAG_SOCKOPT */);
}

static uint32_t diag_cookie[2]; // of the socket that was shown last
static char diag_lines[64][400];
static int diag_nr;
static bool diag_queues; // whether bytes in queues are shown as they are

/* Lines are sorted: tables have no order. */
static void diag_inet(const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	char a[80], b[80];
	FILE *f, *out = stdout;

	if (!diag_ours(m) && diag_high)
		return;
	CHECK(diag_nr < 64);
	f = fmemopen(diag_lines[diag_nr++], sizeof(diag_lines[0]), "w");
	stdout = f;
	printf("family %d state %d %s to %s", m->idiag_family, m->idiag_state,
		diag_end(m->idiag_family, m->id.idiag_src, ntohs(m->id.idiag_sport), a, sizeof(a)),
		diag_end(m->idiag_family, m->id.idiag_dst, ntohs(m->id.idiag_dport), b, sizeof(b)));
	printf(" if %d timer %d retrans %d expires %d", m->id.idiag_if != 0, m->idiag_timer,
		m->idiag_retrans, m->idiag_expires != 0);
	if (diag_queues)
		printf(" r %u w %u", m->idiag_rqueue, m->idiag_wqueue);
	else
		printf(" r %d w %d", m->idiag_rqueue != 0, m->idiag_wqueue != 0);
	printf(" uid %u inode %d", m->idiag_uid, m->idiag_inode != 0);
	memcpy(diag_cookie, m->id.idiag_cookie, 8);
	diag_attrs((void *)(m + 1), NLMSG_PAYLOAD(h, sizeof(*m)));
	printf("\n");
	stdout = out;
	fclose(f);
}

static int diag_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void diag_flush(void)
{
	qsort(diag_lines, diag_nr, sizeof(diag_lines[0]), diag_order);
	for (int i = 0; i < diag_nr; i++)
		/* Linux tells of a netlink socket with groups twice. */
		if (!i || strcmp(diag_lines[i], diag_lines[i - 1]))
			printf("%s", diag_lines[i]);
	diag_nr = 0;
}

/* Receives until an answer ends; @each shows one message. */
static void diag_answer(int s, void (*each)(const struct nlmsghdr *h))
{
	static char buf[65536];
	bool end = false;

	while (!end) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);
		if (n < 0) {
			printf("recv: %s\n", t_errname(errno));
			return;
		}
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const int *err = NLMSG_DATA(h);

			end = !(h->nlmsg_flags & NLM_F_MULTI) || h->nlmsg_type == NLMSG_DONE;
			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
				diag_flush();
				printf("%s %s\n", h->nlmsg_type == NLMSG_DONE ? "done" : "error",
					*err ? t_errname(-*err) : "0");
			} else {
				each(h);
			}
		}
	}
	diag_flush();
}

struct diag_ask {
	int family, protocol, states, ext, flags, type, sport, dport;
	const char *src, *dst;
	const void *program;
	size_t program_len;
	const uint32_t *cookie;
};

static void diag_send(int s, struct diag_ask a)
{
	struct nl_message m;
	struct inet_diag_req_v2 *r = nl_new(&m, a.type ? a.type : SOCK_DIAG_BY_FAMILY,
		a.flags ? a.flags : NLM_F_DUMP, sizeof(*r));

	r->sdiag_family = a.family;
	r->sdiag_protocol = a.protocol;
	r->idiag_states = a.states ? a.states : -1;
	r->idiag_ext = a.ext;
	r->id.idiag_sport = htons(a.sport);
	r->id.idiag_dport = htons(a.dport);
	if (a.src)
		CHECK(inet_pton(a.family, a.src, r->id.idiag_src) == 1);
	if (a.dst)
		CHECK(inet_pton(a.family, a.dst, r->id.idiag_dst) == 1);
	memset(r->id.idiag_cookie, 0xff, 8);
	if (a.cookie)
		memcpy(r->id.idiag_cookie, a.cookie, 8);
	if (a.program)
		nl_attr(&m, INET_DIAG_REQ_BYTECODE, a.program, a.program_len);
	nl_send(s, &m);
}

#define DIAG_EXACT NLM_F_REQUEST

static void diag_ask(const char *what, int s, struct diag_ask a)
{
	printf("%s:\n", what);
	diag_send(s, a);
	diag_answer(s, diag_inet);
}

#endif
