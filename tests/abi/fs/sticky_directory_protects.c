// SPDX-License-Identifier: MPL-2.0
// In a sticky directory only the owner of the file, of the directory, or root removes and renames.
#include "../lib/t.h"

int main(void)
{
	t_start();
	mkdir("t", 0777);
	CHECK(chmod("t", 01777) == 0);
	t_file("t/root", "", 0666);
	t_file("t/mine", "", 0600);
	t_file("t/his", "", 0666);
	CHECK(chown("t/mine", 1000, 1000) == 0 && chown("t/his", 1001, 1001) == 0);
	mkdir("t/hisdir", 0777);
	CHECK(chown("t/hisdir", 1001, 1001) == 0);
	IN_CHILD("user", {
		t_drop_root(1000);
		T(unlink("t/root"));
		T(unlink("t/his"));
		T(rmdir("t/hisdir"));
		T(rename("t/his", "t/other"));
		T(rename("t/mine", "t/his"));
		T(rename("t/mine", "t/mine2"));
		T(link("t/mine2", "t/mine3"));
		T(unlink("t/mine2"));
		T(open("t/new", O_RDWR | O_CREAT, 0600) >= 0);
	});
	t_list("t", "t");
	CHECK(chown("t", 1002, 1002) == 0);
	IN_CHILD("owner of the directory", {
		t_drop_root(1002);
		T(unlink("t/his"));
	});
	T(unlink("t/new"));
	t_list("t", "t");
	return 0;
}
