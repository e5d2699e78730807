// SPDX-License-Identifier: MPL-2.0
// personality is a thread's; with ADDR_NO_RANDOMIZE a program has the same addresses each time, and
// a set-user-id program never does.
#include "../lib/t.h"
#include <sys/auxv.h>
#include <sys/personality.h>

struct layout {
	void *stack, *heap, *code, *map;
	unsigned persona;
};

static int report(int fd)
{
	struct layout l = { .stack = &l, .heap = sbrk(0), .code = (void *)(uintptr_t)report };

	l.map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	l.persona = (unsigned)personality(0xffffffff);
	return write(fd, &l, sizeof(l)) != sizeof(l);
}

static struct layout run(const char *program, unsigned persona, uid_t uid)
{
	struct layout l = { 0 };
	char fd[12];
	int p[2];
	pid_t pid;

	t_pipe(p);
	snprintf(fd, sizeof(fd), "%d", p[1]);
	pid = t_fork();
	if (pid == 0) {
		CHECK(personality(persona) != -1);
		if (uid)
			t_drop_root(uid);
		execl(program, "me", fd, NULL);
		_exit(1);
	}
	close(p[1]);
	CHECK(t_wait(pid) == 0);
	CHECK(read(p[0], &l, sizeof(l)) == sizeof(l));
	close(p[0]);
	return l;
}

static void compare(const char *label, const char *program, unsigned persona, uid_t uid)
{
	struct layout a = run(program, persona, uid);
	bool stack = true, heap = true, code = true, map = true;

	for (int i = 0; i < 4; i++) {
		struct layout b = run(program, persona, uid);
		stack = stack && a.stack == b.stack;
		heap = heap && a.heap == b.heap;
		code = code && a.code == b.code;
		map = map && a.map == b.map;
	}
	printf("%s: stack %s, heap %s, code %s, map %s, personality %#x\n", label,
		stack ? "same" : "different", heap ? "same" : "different",
		code ? "same" : "different", map ? "same" : "different", a.persona);
}

static void *set(void *arg)
{
	T(personality(ADDR_NO_RANDOMIZE));
	SHOWX(personality(0xffffffff));
	return NULL;
}

static void copy_self(const char *name)
{
	static char buf[65536];
	int in = open("/proc/self/exe", O_RDONLY);
	int out = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK(write(out, buf, (size_t)n) == n);
	CHECK(fchown(out, 1001, 1001) == 0 && fchmod(out, 04755) == 0);
	close(in);
	close(out);
}

int main(int argc, char **argv)
{
	pthread_t t;

	if (argc > 1)
		return report(atoi(argv[1]));
	t_start();
	compare("random", "/proc/self/exe", 0, 0);
	compare("not random", "/proc/self/exe", ADDR_NO_RANDOMIZE, 0);
	compare("a user", "/proc/self/exe", ADDR_NO_RANDOMIZE, 1000);
	pthread_create(&t, NULL, set, NULL);
	pthread_join(t, NULL);
	SHOWX(personality(0xffffffff));
	t_tmpfs("");
	copy_self("suid");
	compare("set-user-id", "./suid",
		ADDR_NO_RANDOMIZE | MMAP_PAGE_ZERO | READ_IMPLIES_EXEC | STICKY_TIMEOUTS, 1000);
	return 0;
}
