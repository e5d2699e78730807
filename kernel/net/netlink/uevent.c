// SPDX-License-Identifier: MPL-2.0
/*
 * NETLINK_KOBJECT_UEVENT: tells udev that a network device has come or gone. A message is a line
 * ACTION@DEVPATH and lines KEY=VALUE, each ended by a NUL.
 */
#include <kernel/netdev.h>

#include "netlink.h"

#define UEVENT_GROUP 1u
#define UEVENT_SIZE  512u

void uevent_net(const struct netdev *d, bool gone)
{
	static u64 seqnum; /* net_config */
	struct nl_writer w = { 0 };
	struct cspan name = cspan_first(cspan_of(d->name), cspan_strlen(cspan_of(d->name)));
	struct lit action = gone ? LIT("remove") : LIT("add");
	char text[UEVENT_SIZE];
	FMT(f, span_of(text));

	seqnum++;
	if (!nl_has_listeners(NETLINK_KOBJECT_UEVENT, UEVENT_GROUP))
		return;
	fmt_lit(&f, action);
	fmt_lit(&f, LIT("@/devices/virtual/net/"));
	fmt_span(&f, name);
	fmt_char(&f, 0);
	fmt_lit(&f, LIT("ACTION="));
	fmt_lit(&f, action);
	fmt_char(&f, 0);
	fmt_lit(&f, LIT("DEVPATH=/devices/virtual/net/"));
	fmt_span(&f, name);
	fmt_char(&f, 0);
	fmt_lit(&f, LIT("SUBSYSTEM=net"));
	fmt_char(&f, 0);
	fmt_lit(&f, LIT("INTERFACE="));
	fmt_span(&f, name);
	fmt_char(&f, 0);
	fmt_printf(&f, "IFINDEX=%u%cSEQNUM=%lu%c", d->index, 0, seqnum, 0);
	w = nl_writer_new(UEVENT_SIZE);
	if (w.buf) {
		w.len = (u32)span_copy(buf_span(w.buf), fmt_text(&f));
		nl_multicast(NETLINK_KOBJECT_UEVENT, UEVENT_GROUP, &w);
	}
	nl_writer_end(&w);
}
