// SPDX-License-Identifier: MPL-2.0
// inotify: a queue that nobody reads is bounded: then one IN_Q_OVERFLOW stands at its end.
// Instances are limited for each user.
#include "../lib/t.h"
#include <sys/inotify.h>

int main(void)
{
	static char buf[65536];
	long events = 0, overflows = 0, last = 0, max = 16384;
	ssize_t n;

	t_start();
	t_tmpfs("");
	int in = inotify_init1(IN_NONBLOCK);
	T(inotify_add_watch(in, ".", IN_ATTRIB));
	t_file("a", "", 0600);
	t_file("b", "", 0600);
	for (long i = 0; i < max / 2 + 500; i++) {
		chmod("a", 0600);
		chmod("b", 0600);
	}
	while ((n = read(in, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			struct inotify_event *e = (void *)(buf + at);

			events++;
			overflows += e->mask == IN_Q_OVERFLOW && e->wd == -1 && !e->len;
			last = e->mask == IN_Q_OVERFLOW;
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	}
	SHOW(events);
	SHOW(overflows);
	SHOW(last);
	chmod("a", 0600);
	n = read(in, buf, sizeof(buf));
	SHOW(n);
	IN_CHILD("instances of a user", {
		t_drop_root(4711);
		int made = 0;
		while (made < 1000 && inotify_init1(0) >= 0)
			made++;
		SHOW(made);
		SHOWS(t_errname(errno));
	});
	return 0;
}
