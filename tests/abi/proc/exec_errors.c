// SPDX-License-Identifier: MPL-2.0
// execve says why not: missing, not executable, a directory, not a format, too long, no search
// right.
#include "../lib/t.h"

static char *const av[] = { "x", NULL };
static char *const ev[] = { NULL };

#define X(path) T(execve(path, av, ev))

int main(void)
{
	char name[300];

	t_start();
	t_file("plain", "just text\n", 0644);
	t_file("text", "just text\n", 0755);
	t_file("empty", "", 0755);
	t_file("noexec", "\177ELF", 0644);
	t_file("elf4", "\177ELF", 0755);
	mkdir("dir", 0755);
	symlink("text", "link");
	symlink("loop", "loop");
	mkfifo("fifo", 0777);
	memset(name, 'a', 256);
	name[256] = 0;
	X("none");
	X("");
	X("plain");
	X("noexec");
	X("text");
	X("empty");
	X("elf4");
	X("dir");
	X("dir/");
	X(".");
	X("link");
	X("loop");
	X("fifo");
	X("/dev/null");
	X("text/x");
	X("text/");
	X(name);
	t_file("run", "#!/none\n", 0711);
	X("run");
	mkdir("closed", 0700);
	t_file("closed/prog", "x", 0755);
	t_file("group", "x", 0701);
	chown("group", 0, 1000);
	IN_CHILD("user", {
		t_drop_root(1000);
		X("closed/prog");
		X("group");
	});
	return 0;
}
