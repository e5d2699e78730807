// SPDX-License-Identifier: MPL-2.0
// Scripts: the interpreter line, one argument, white space, nesting, missing interpreters, close-
// on-exec.
#include "../lib/t.h"

static char *const ev[] = { "SHOW=1", NULL };

static void script(const char *name, const char *text)
{
	t_file(name, text, 0755);
}

static void run(const char *path)
{
	char *const av[] = { "argv0", "one", "two", NULL };

	fflush(stdout);
	pid_t pid = t_fork();
	if (pid == 0) {
		execve(path, av, ev);
		printf("%s: %s\n", path, t_errname(errno));
		_exit(0);
	}
	t_reap(path, pid);
}

int main(int argc, char **argv)
{
	char text[600];

	if (getenv("SHOW")) {
		for (int i = 0; i < argc; i++)
			t_text(" arg", argv[i], (ssize_t)strlen(argv[i]));
		return 0;
	}
	t_start();
	CHECK(symlink("/proc/self/exe", "me0") == 0);
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	CHECK(n > 0);
	self[n] = 0;
	unlink("me0");
	CHECK(symlink(self, "me") == 0);
	script("plain", "#!me\n");
	script("arg", "#!me  -x   y z  \n");
	script("spaces", "#! \tme\targ\t\n");
	script("nonl", "#!me end");
	script("nest1", "#!plain\n");
	script("nest2", "#!nest1 A\n");
	script("nest3", "#!nest2\n");
	script("nest4", "#!nest3\n");
	script("nest5", "#!nest4\n");
	script("self", "#!self\n");
	script("missing", "#!./none\n");
	script("noint", "#!\n");
	script("noint2", "#!   \n");
	script("hash", "#me\n");
	script("crlf", "#!me\r\n");
	script("dirint", "#!.\n");
	t_file("noexec", "#!me\n", 0644);
	t_file("textint", "text\n", 0755);
	script("badint", "#!textint\n");
	run("plain");
	run("./plain");
	run("arg");
	run("spaces");
	run("nonl");
	run("nest1");
	run("nest2");
	run("nest3");
	run("nest4");
	run("nest5");
	run("self");
	run("missing");
	run("noint");
	run("noint2");
	run("hash");
	run("crlf");
	run("dirint");
	run("noexec");
	run("badint");
	memset(text, 0, sizeof(text));
	strcpy(text, "#!me ");
	memset(text + 5, 'a', 245);
	strcat(text, "\n");
	script("len251", text);
	run("len251");
	memset(text + 5, 'a', 400);
	strcpy(text + 405, "\n");
	script("longarg", text);
	run("longarg");
	memset(text + 2, 'b', 400);
	script("longint", text);
	run("longint");
	return 0;
}
