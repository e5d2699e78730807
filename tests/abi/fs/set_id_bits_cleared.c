// SPDX-License-Identifier: MPL-2.0
// Writing, truncating and chown take the set-id bits away from those without privilege; chown does
// for all.
#include "../lib/t.h"

static void mode(const char *what)
{
	struct stat st;

	CHECK(stat("f", &st) == 0);
	printf("%s: %05o\n", what, st.st_mode & 07777);
}

static void again(mode_t m)
{
	CHECK(chown("f", 1000, 1000) == 0 && chmod("f", m) == 0);
}

int main(void)
{
	t_start();
	t_tmpfs("");
	t_file("f", "data", 0755);
	int fd = open("f", O_RDWR);
	again(06755);
	T(write(fd, "x", 1));
	mode("root wrote");
	T(chown("f", 1000, 1000));
	mode("root chown 6755");
	again(06644);
	T(chown("f", 1000, 1000));
	mode("root chown 6644");
	again(06755);
	T(chown("f", -1, -1));
	mode("root chown -1");
	again(06777);
	IN_CHILD("user", {
		t_drop_root(2000);
		T(write(fd, "y", 1));
	});
	mode("user wrote");
	again(06777);
	IN_CHILD("user", {
		t_drop_root(2000);
		T(ftruncate(fd, 2));
	});
	mode("user truncated");
	again(06777);
	IN_CHILD("owner", {
		t_drop_root(1000);
		T(chmod("f", 06711));
	});
	mode("owner chmod");
	CHECK(chown("f", 1000, 3000) == 0 && chmod("f", 0755) == 0);
	IN_CHILD("owner outside the group", {
		t_drop_root(1000);
		T(chmod("f", 02755));
	});
	mode("owner chmod g+s");
	return 0;
}
