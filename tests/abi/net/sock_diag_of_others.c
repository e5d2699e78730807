// SPDX-License-Identifier: MPL-2.0
// NETLINK_SOCK_DIAG tells of AF_UNIX and AF_NETLINK sockets.
#include "../lib/diag.h"
#include <sys/un.h>

static struct {
	const char *name;
	ino_t ino;
} known[16];
static int nr_known;

static void know(const char *name, int s)
{
	known[nr_known].name = name;
	known[nr_known++].ino = diag_ino(s);
}

static const char *name_of(unsigned ino)
{
	for (int i = 0; i < nr_known; i++)
		if (known[i].ino == ino)
			return known[i].name;
	return ino ? NULL : "none";
}

static uint32_t cookie[2];

static void show_unix(const struct nlmsghdr *h)
{
	const struct unix_diag_msg *m = NLMSG_DATA(h);
	const struct rtattr *a = (void *)(m + 1);
	int len = NLMSG_PAYLOAD(h, sizeof(*m)), n = 0;
	const char *name;
	const struct unix_diag_rqlen *q;
	const uint32_t *p;
	char *line = diag_lines[diag_nr];
	int at;

	if (!name_of(m->udiag_ino))
		return;
	CHECK(++diag_nr < 64);
	at = sprintf(line, "%s type %d state %d", name_of(m->udiag_ino), m->udiag_type,
		m->udiag_state);
	memcpy(cookie, m->udiag_cookie, 8);
	name = nl_find(a, len, UNIX_DIAG_NAME, &n);
	if (name) {
		at += sprintf(line + at, " name of %d ", n);
		for (int i = 0; i < n; i++)
			at += sprintf(line + at, name[i] > 32 ? "%c" : "<%d>", name[i]);
	}
	if (strcmp(name_of(m->udiag_ino), "accepted"))
		at += sprintf(line + at, "%s", nl_find(a, len, UNIX_DIAG_VFS, &n) ? " vfs" : "");
	p = nl_find(a, len, UNIX_DIAG_PEER, &n);
	if (p)
		at += sprintf(line + at, " peer %s", name_of(*p) ? name_of(*p) : "other");
	p = nl_find(a, len, UNIX_DIAG_ICONS, &n);
	for (int i = 0; p && i < n / 4; i++)
		at += sprintf(line + at, " waits %s", name_of(p[i]) ? name_of(p[i]) : "other");
	q = nl_find(a, len, UNIX_DIAG_RQLEN, &n);
	if (q && m->udiag_state == 10)
		at += sprintf(line + at, " queue %u of %u", q->udiag_rqueue, q->udiag_wqueue);
	else if (q)
		at += sprintf(line + at, " queue %u and %d", q->udiag_rqueue, q->udiag_wqueue != 0);
	p = nl_find(a, len, UNIX_DIAG_MEMINFO, &n);
	if (p)
		at += sprintf(line + at, " mem %d", n);
	p = nl_find(a, len, UNIX_DIAG_SHUTDOWN, &n);
	if (p)
		at += sprintf(line + at, " shutdown %d", *(uint8_t *)p);
	p = nl_find(a, len, UNIX_DIAG_UID, &n);
	if (p)
		at += sprintf(line + at, " uid %u", *p);
	sprintf(line + at, "\n");
}

static void ask_unix(const char *what, int d, int flags, unsigned states, unsigned ino, int show,
	const uint32_t *c)
{
	struct nl_message m;
	struct unix_diag_req *r = nl_new(&m, SOCK_DIAG_BY_FAMILY, flags, sizeof(*r));

	r->sdiag_family = AF_UNIX;
	r->udiag_states = states;
	r->udiag_ino = ino;
	r->udiag_show = show;
	memset(r->udiag_cookie, 0xff, 8);
	if (c)
		memcpy(r->udiag_cookie, c, 8);
	nl_send(d, &m);
	printf("%s:\n", what);
	diag_answer(d, show_unix);
}

static int named(int type, const char *name, int n)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, type, 0);

	memcpy(a.sun_path, name, n);
	CHECK(bind(s, (struct sockaddr *)&a, 2 + n) == 0);
	return s;
}

static void show_netlink(const struct nlmsghdr *h)
{
	const struct netlink_diag_msg *m = NLMSG_DATA(h);
	const struct rtattr *a = (void *)(m + 1);
	int len = NLMSG_PAYLOAD(h, sizeof(*m)), n = 0;
	const uint32_t *p;
	char *line = diag_lines[diag_nr];
	int at;

	if (!m->ndiag_ino || !name_of(m->ndiag_ino))
		return;
	CHECK(++diag_nr < 64);
	at = sprintf(line, "%s type %d protocol %d state %d to %u group %u", name_of(m->ndiag_ino),
		m->ndiag_type, m->ndiag_protocol, m->ndiag_state, m->ndiag_dst_portid,
		m->ndiag_dst_group);
	p = nl_find(a, len, NETLINK_DIAG_GROUPS, &n);
	if (p)
		at += sprintf(line + at, " groups %#x", p[0]);
	p = nl_find(a, len, NETLINK_DIAG_MEMINFO, &n);
	if (p)
		at += sprintf(line + at, " mem %d", n);
	p = nl_find(a, len, NETLINK_DIAG_FLAGS, &n);
	if (p)
		at += sprintf(line + at, " flags %#x", *p);
	sprintf(line + at, "\n");
}

static void ask_netlink(const char *what, int d, int flags, int protocol, int show)
{
	struct nl_message m;
	struct netlink_diag_req *r = nl_new(&m, SOCK_DIAG_BY_FAMILY, flags, sizeof(*r));

	r->sdiag_family = AF_NETLINK;
	r->sdiag_protocol = protocol;
	r->ndiag_show = show;
	nl_send(d, &m);
	printf("%s:\n", what);
	diag_answer(d, show_netlink);
}

#define SHOW_ALL 0x7f

int main(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "path" };
	int d, l, c, a, g, h, pair[2], one = 1;
	struct nl_message m;

	net_start();
	d = nl_socket(NETLINK_SOCK_DIAG, 0);
	l = named(SOCK_STREAM, "path", 5);
	CHECK(listen(l, 5) == 0);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(connect(c, (struct sockaddr *)&to, 7) == 0);
	g = named(SOCK_DGRAM, "\0abstract", 9);
	h = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	CHECK(send(pair[0], "hello", 5, 0) == 5 && send(pair[0], "you", 3, 0) == 3);
	know("listener", l);
	know("client", c);
	know("abstract", g);
	know("new", h);
	know("pair 0", pair[0]);
	know("pair 1", pair[1]);
	ask_unix("not accepted", d, NLM_F_DUMP, -1, 0, SHOW_ALL, NULL);
	a = accept(l, NULL, NULL);
	know("accepted", a);
	CHECK(send(c, "data", 4, 0) == 4);
	CHECK(shutdown(c, SHUT_WR) == 0);
	ask_unix("accepted", d, NLM_F_DUMP, -1, 0, SHOW_ALL, NULL);
	ask_unix("with little to show", d, NLM_F_DUMP, -1, 0, 0, NULL);
	ask_unix("listeners", d, NLM_F_DUMP, 1 << 10, 0, UDIAG_SHOW_NAME, NULL);
	ask_unix("one", d, 0, -1, diag_ino(a), UDIAG_SHOW_RQLEN, NULL);
	ask_unix("one by its cookie", d, 0, -1, diag_ino(a), 0, cookie);
	cookie[0] ^= 4096;
	ask_unix("with another cookie", d, 0, -1, diag_ino(a), 0, cookie);
	ask_unix("without a number", d, 0, -1, 0, 0, NULL);
	ask_unix("with a number of no socket", d, 0, -1, -1, 0, NULL);
	close(c);
	ask_unix("its peer has gone", d, 0, -1, diag_ino(a), UDIAG_SHOW_PEER, NULL);
	nl_new(&m, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 20);
	((char *)NLMSG_DATA(&m.h))[0] = AF_UNIX;
	nl_ask("a short request", d, &m);
	nl_new(&m, SOCK_DESTROY, 0, 24);
	((char *)NLMSG_DATA(&m.h))[0] = AF_UNIX;
	nl_ask("destroy", d, &m);
	close(l), close(a), close(g), close(h), close(pair[0]), close(pair[1]);

	nr_known = 0;
	g = nl_socket(NETLINK_ROUTE, 0x15);
	CHECK(setsockopt(g, SOL_NETLINK, NETLINK_CAP_ACK, &one, 4) == 0);
	h = nl_socket(NETLINK_GENERIC, 0);
	know("route", g);
	know("generic", h);
	know("diag", d);
	ask_netlink("netlink", d, NLM_F_DUMP, NDIAG_PROTO_ALL,
		NDIAG_SHOW_MEMINFO | NDIAG_SHOW_GROUPS);
	ask_netlink("one protocol", d, NLM_F_DUMP, NETLINK_ROUTE, NDIAG_SHOW_FLAGS);
	ask_netlink("no protocol", d, NLM_F_DUMP, 200, 0);
	ask_netlink("no dump", d, 0, NETLINK_ROUTE, 0);
	return 0;
}
