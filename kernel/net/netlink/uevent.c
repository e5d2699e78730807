// SPDX-License-Identifier: MPL-2.0
/*
 * NETLINK_KOBJECT_UEVENT: tells udev that a network device has come, has gone, or has a new name. A
 * message is a line ACTION@DEVPATH and lines KEY=VALUE, each ended by a NUL.
 *
 * A program may ask for an event by writing its action to the file uevent of the device in /sys
 * (udevadm trigger), perhaps with an UUID by which the program knows the event again. Such an event
 * says so by SYNTH_UUID.
 *
 * Numbers are given to all events, also to those that nobody listened to, so a listener sees by a
 * gap that it missed some.
 */
#include <kernel/netdev.h>
#include <kernel/netlink.h>
#include <kernel/text.h>
#include <uapi/errno.h>

#include "netlink.h"

#define UEVENT_GROUP 1u
#define UEVENT_SIZE  512u
#define UUID_LEN     36u

/* "KEY=/devices/virtual/net/NAME" and a NUL. */
static void put_path(struct fmt *f, struct lit key, struct cspan name)
{
	fmt_lit(f, key);
	fmt_lit(f, LIT("/devices/virtual/net/"));
	fmt_span(f, name);
	fmt_char(f, 0);
}

/*
 * @uuid: of an event that a program has asked for; empty: it is another one. net_config held. One
 * message for all members. Without memory it is lost; udev has the counter to see it by.
 */
static void uevent_send(const struct netdev *d, struct cspan action, bool renamed,
	struct cspan uuid)
{
	static u64 seqnum; /* net_config */
	struct nl_writer w = { 0 };
	struct cspan name = text_in(d->name);
	char text[UEVENT_SIZE];
	FMT(f, span_of(text));

	seqnum++;
	if (!nl_has_listeners(NETLINK_KOBJECT_UEVENT, UEVENT_GROUP))
		return;
	fmt_span(&f, action);
	put_path(&f, LIT("@"), name);
	fmt_lit(&f, LIT("ACTION="));
	fmt_span(&f, action);
	fmt_char(&f, 0);
	put_path(&f, LIT("DEVPATH="), name);
	fmt_lit(&f, LIT("SUBSYSTEM=net"));
	fmt_char(&f, 0);
	if (renamed)
		put_path(&f, LIT("DEVPATH_OLD="), text_in(d->old_name));
	if (cspan_len(uuid)) {
		fmt_lit(&f, LIT("SYNTH_UUID="));
		fmt_span(&f, uuid);
		fmt_char(&f, 0);
	}
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

void uevent_net(const struct netdev *d, enum net_event e)
{
	if (e == NET_DEV_NEW)
		uevent_send(d, STR("add"), false, STR(""));
	else if (e == NET_DEV_GONE)
		uevent_send(d, STR("remove"), false, STR(""));
	else if (e == NET_DEV_RENAMED)
		uevent_send(d, STR("move"), true, STR(""));
}

static const struct lit actions[] = { LIT("add"), LIT("remove"), LIT("change"), LIT("move"),
	LIT("online"), LIT("offline"), LIT("bind"), LIT("unbind") };

static bool is_action(struct cspan text)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(actions); i++) {
		if (cspan_equal(lit_span(*array_at(actions, i)), text))
			return true;
	}
	return false;
}

/* Eight, four, four, four and twelve hexadecimal digits with a dash between the groups. */
static bool is_uuid(struct cspan text)
{
	u32 i;

	if (cspan_len(text) != UUID_LEN)
		return false;
	for (i = 0; i < UUID_LEN; i++) {
		u8 c = span_byte(text, i);
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? c != '-'
			 : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
				   (c >= 'A' && c <= 'F')))
			return false;
	}
	return true;
}

/* One newline or NUL at the end is not part of the text; further words are not understood. */
int uevent_net_ask(const struct netdev *d, struct cspan text)
{
	size_t n = cspan_len(text), blank;
	struct cspan uuid = STR("0");

	if (n && (span_byte(text, n - 1) == '\n' || span_byte(text, n - 1) == 0))
		text = cspan_first(text, n - 1);
	blank = cspan_find(text, ' ');
	if (blank < cspan_len(text)) {
		uuid = cspan_from(text, blank + 1);
		if (!is_uuid(uuid))
			return -EINVAL;
	}
	if (!is_action(cspan_first(text, blank)))
		return -EINVAL;
	uevent_send(d, cspan_first(text, blank), false, uuid);
	return 0;
}
