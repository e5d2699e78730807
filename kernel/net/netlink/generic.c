// SPDX-License-Identifier: MPL-2.0
/*
 * NETLINK_GENERIC: its controller, which tells the numbers of families by their names. It is the
 * only family there is.
 *
 * Anybody may ask. An answer is one message of fixed size, made of constants.
 */
#include "netlink.h"

static bool put_controller(struct nl_writer *w, const struct nlmsghdr *h)
{
	struct genlmsghdr g = { .cmd = CTRL_CMD_NEWFAMILY, .version = 2 };
	u32 at = nl_begin(w, h, value_cspan(&g));

	nl_put_text(w, CTRL_ATTR_FAMILY_NAME, STR("nlctrl"));
	nl_put_u16(w, CTRL_ATTR_FAMILY_ID, GENL_ID_CTRL);
	nl_put_u32(w, CTRL_ATTR_VERSION, 2);
	nl_put_u32(w, CTRL_ATTR_HDRSIZE, 0);
	nl_put_u32(w, CTRL_ATTR_MAXATTR, 10);
	return nl_end(w, at);
}

/* at[0]: the one family has been told. */
static bool generic_dump(struct nl_dump *d, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&d->rq, GENL_ID_CTRL, NLM_F_MULTI);

	if (!d->at[0])
		(void)put_controller(w, &h);
	d->at[0] = 1;
	return true;
}
static const struct nl_dumper generic_dumper = { .next = generic_dump };

/*
 * Who looks for a family that is not there, as ethtool(8) does for its own, gets ENOENT, and goes
 * another way.
 */
int generic_request(const struct nl_request *rq)
{
	struct nlmsghdr h = nl_reply(rq, GENL_ID_CTRL, 0);
	struct nl_range attrs = nl_attrs(rq, sizeof(struct genlmsghdr)), v = { 0 };
	const struct nl_filter all = { 0 };
	struct genlmsghdr g;
	struct nl_writer w;
	u16 id = 0;

	if (rq->h.type != GENL_ID_CTRL)
		return -ENOENT;
	if (!span_read(nl_span(nl_payload(rq)), 0, &g))
		return -EINVAL;
	if (g.cmd != CTRL_CMD_GETFAMILY)
		return -EOPNOTSUPP;
	if ((rq->h.flags & NLM_F_DUMP) == NLM_F_DUMP)
		return nl_dump_start(rq, &generic_dumper, &all);
	if (nl_get(attrs, CTRL_ATTR_FAMILY_ID, &v)) {
		if (!span_read(nl_span(v), 0, &id) || id != GENL_ID_CTRL)
			return -ENOENT;
	} else if (!nl_get(attrs, CTRL_ATTR_FAMILY_NAME, &v)) {
		return -EINVAL;
	} else if (!cspan_equal(cspan_first(nl_span(v), cspan_strlen(nl_span(v))), STR("nlctrl"))) {
		return -ENOENT;
	}
	w = nl_writer_new(256);
	if (put_controller(&w, &h))
		nl_queue(rq->from, &w);
	nl_writer_end(&w);
	return 0;
}
