// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/PID/cmdline of a script: the interpreter, its argument, the script and the arguments, and
 * nothing else; names of threads in status.
 */
#include "../lib/t.h"

static void show_cmdline(void)
{
	char b[4096];
	int fd = open("/proc/self/cmdline", O_RDONLY);
	ssize_t n = read(fd, b, sizeof(b));

	close(fd);
	for (ssize_t i = 0; i < n; i++)
		putchar(b[i] ? b[i] : '|');
	printf(" (%zd)\n", n);
}

static void run(const char *name, char *const argv[])
{
	pid_t p;

	fflush(stdout);
	p = t_fork();
	if (p == 0) {
		execv(name, argv);
		_exit(99);
	}
	t_reap(name, p);
}

static void set_name(const char *name)
{
	char line[128] = "";
	FILE *f;

	prctl(PR_SET_NAME, name);
	f = fopen("/proc/self/status", "r");
	fgets(line, sizeof(line), f);
	fclose(f);
	printf("%s", line);
}

int main(int argc, char **argv)
{
	static char text[300] = "#!./interp an argument\n";
	char *none[] = { NULL }, *one[] = { "a", NULL },
	     *some[] = { "zero", "one", "", "three", NULL };
	char *longer[] = {
		"an argv[0] that is a good deal longer than what a script puts in its place, that is the interpreter and its argument",
		"x", NULL
	};

	if (argc > 0 && strstr(argv[0], "interp")) {
		show_cmdline();
		return 0;
	}
	t_start();
	int in = open("/proc/self/exe", O_RDONLY), out = open("interp", O_WRONLY | O_CREAT, 0755);
	static char b[65536];
	for (ssize_t n; (n = read(in, b, sizeof(b))) > 0;)
		write(out, b, n);
	close(out);
	t_file("s1", text, 0755);
	t_file("s2", "#!./interp\n", 0755);
	t_file("s3", "#!./s1\n", 0755);
	run("./s1", one);
	run("./s1", some);
	run("./s1", longer);
	run("./s2", one);
	run("./s2", some);
	run("./s2", longer);
	run("./s2", none);
	run("./s3", some);
	run("./s3", longer);
	set_name("plain");
	set_name("a\nb");
	set_name("a\\b\\\n");
	set_name("\t \x01z");
	return 0;
}
