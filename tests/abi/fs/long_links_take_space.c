// SPDX-License-Identifier: MPL-2.0
// The text of a long symbolic link takes space of its tmpfs, and gives it back.
#include "../lib/t.h"
#include <sys/statfs.h>

static long links(size_t len)
{
	char text[PATH_MAX] = { 0 }, name[32];
	long n;

	memset(text, 'x', len);
	for (n = 0; n < 2000; n++) {
		snprintf(name, sizeof(name), "m/%ld", n);
		if (symlink(text, name))
			break;
	}
	return n;
}

static void unlink_all(long n)
{
	char name[32];

	while (n-- > 0) {
		snprintf(name, sizeof(name), "m/%ld", n);
		CHECK(unlink(name) == 0);
	}
}

int main(void)
{
	struct statfs before, full, after;
	long n;

	t_start();
	mkdir("m", 0755);
	CHECK(mount("t", "m", "tmpfs", 0, "size=1m,nr_inodes=4000") == 0);
	CHECK(statfs("m", &before) == 0);
	n = links(4000);
	IS(errno == ENOSPC);
	IS(n > 200 && n <= 256);
	CHECK(statfs("m", &full) == 0);
	IS(full.f_bfree < 8);
	unlink_all(n);
	CHECK(statfs("m", &after) == 0);
	IS(after.f_bfree == before.f_bfree);
	IS(after.f_ffree == before.f_ffree);
	n = links(100);
	SHOW(n);
	unlink_all(n);
	T(umount2("m", 0));
	return 0;
}
