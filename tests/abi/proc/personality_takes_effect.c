// SPDX-License-Identifier: MPL-2.0
// personality(2): READ_IMPLIES_EXEC adds a right to what mmap and mprotect make readable, but not on
// a mount with noexec; UNAME26 tells a release that begins with 2.6; threads have their own.
#include "../lib/t.h"
#include <sys/personality.h>
#include <sys/utsname.h>

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

/* The rights of the mapping at @p, as /proc/self/maps shows them. */
static void rights(const char *label, char *p)
{
	char start[32], *s = t_slurp("/proc/self/maps"), *at;

	snprintf(start, sizeof(start), "%08lx-", (unsigned long)p);
	at = strstr(s, start);
	CHECK(at);
	printf("%s: %.4s\n", label, strchr(at, ' ') + 1);
}

static char *map(int prot, int flags, int fd)
{
	/* Between two holes, so that it joins none. */
	char *p = mmap(NULL, 3 * 4096, PROT_NONE, ANON, -1, 0);

	munmap(p, 3 * 4096);
	return mmap(p + 4096, 4096, prot, flags | MAP_FIXED, fd, 0);
}

static void *other_thread(void *arg)
{
	SHOWX(personality(0xffffffff));
	SHOWX(personality(UNAME26));
	return NULL;
}

int main(void)
{
	struct utsname u, v;
	pthread_t th;
	char *p, *q, *before;
	int fd, noexec;

	t_start();
	t_tmpfs("");
	fd = open("f", O_RDWR | O_CREAT, 0644);
	CHECK(ftruncate(fd, 4096) == 0);
	CHECK(mkdir("m", 0755) == 0 && mount("none", "m", "tmpfs", MS_NOEXEC, "") == 0);
	noexec = open("m/f", O_RDWR | O_CREAT, 0644);
	CHECK(ftruncate(noexec, 4096) == 0);
	before = map(PROT_READ, ANON, -1);
	T(personality(READ_IMPLIES_EXEC));
	rights("before", before);
	rights("anonymous", map(PROT_READ, ANON, -1));
	rights("write only", map(PROT_WRITE, ANON, -1));
	rights("none", map(PROT_NONE, ANON, -1));
	rights("file", map(PROT_READ | PROT_WRITE, MAP_SHARED, fd));
	rights("noexec", p = map(PROT_READ, MAP_SHARED, noexec));
	T(mprotect(p, 4096, PROT_READ | PROT_WRITE));
	rights("noexec, mprotect", p);
	IS(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, noexec, 0) == MAP_FAILED);
	T(mprotect(before, 4096, PROT_READ | PROT_WRITE));
	rights("mprotect", before);
	T(mprotect(before, 4096, PROT_WRITE));
	rights("mprotect, write only", before);
	T(mprotect(before, 4096, PROT_NONE));
	rights("mprotect, none", before);
	q = mmap(NULL, 3 * 4096, PROT_NONE, ANON, -1, 0);
	CHECK(mmap(q, 4096, PROT_NONE, MAP_SHARED | MAP_FIXED, noexec, 0) == q);
	T(mprotect(q, 2 * 4096, PROT_READ));
	rights("both at once, noexec", q);
	rights("both at once, anonymous", q + 4096);
	T(personality(0));
	rights("after", map(PROT_READ, ANON, -1));

	CHECK(uname(&u) == 0);
	T(personality(UNAME26));
	CHECK(uname(&v) == 0);
	IS(!strncmp(v.release, "2.6.", 4));
	IS(atoi(v.release + 4) == atoi(strchr(u.release, '.') + 1) + 60);
	IS(!strcmp(v.release + strcspn(v.release, "-+"), u.release + strcspn(u.release, "-+")));
	CHECK(pthread_create(&th, NULL, other_thread, NULL) == 0);
	CHECK(pthread_join(th, NULL) == 0);
	SHOWX(personality(0));
	CHECK(uname(&v) == 0);
	IS(!strcmp(u.release, v.release));
	umount("m");
	return 0;
}
