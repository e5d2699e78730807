// SPDX-License-Identifier: MPL-2.0
// The lines of smaps, what is locked, and VmFlags of mappings of each kind.
#include "../lib/t.h"

// The text of smaps from the mapping at @at on.
static char *entry(void *at)
{
	char start[32], *s = t_slurp("/proc/self/smaps");

	snprintf(start, sizeof(start), "%08lx-", (unsigned long)at);
	s = strstr(s, start);
	CHECK(s);
	return s;
}

static long kb(void *at, const char *name)
{
	char *s = strstr(entry(at), name);

	return s ? atol(s + strlen(name)) : -1;
}

static void flags(const char *label, void *at)
{
	static const char *const known = "rd wr ex sh mr mw me ms gd lo dc ac nr wf dd";
	char *s = strstr(entry(at), "VmFlags:") + 8;

	printf("%s:", label);
	s[strcspn(s, "\n")] = 0;
	for (s = strtok(s, " "); s; s = strtok(NULL, " "))
		if (strstr(known, s))
			printf(" %s", s);
	printf("\n");
}

static void *map(int prot, int how, int fd)
{
	// A hole behind each, so that no two are one.
	char *p = mmap(NULL, 65536 + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	p = mmap(p, 65536, prot, how | MAP_FIXED, fd, 0);
	CHECK(p != MAP_FAILED);
	munmap(p + 65536, 4096);
	return p;
}

int main(void)
{
	char *p, *line;
	int fd, ro;

	t_start();
	t_tmpfs("");
	t_file("f", "x", 0644);
	CHECK(truncate("f", 65536) == 0);
	fd = open("f", O_RDWR);
	ro = open("f", O_RDONLY);
	p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(p, 1, 16384);
	line = entry(p);
	line = strchr(line, '\n') + 1;
	line[strcspn(line, "") - 1] = 0;
	for (line = strtok(line, "\n"); line; line = strtok(NULL, "\n")) {
		// A line of CPUs that have keys.
		if (strncmp(line, "ProtectionKey", 13))
			printf("%.*s\n", (int)strcspn(line, ":"), line);
		if (!strncmp(line, "VmFlags", 7))
			break;
	}
	SHOW(kb(p, "Rss:"));
	SHOW(kb(p, "Pss:"));
	SHOW(kb(p, "Pss_Dirty:"));
	SHOW(kb(p, "Anonymous:"));
	SHOW(kb(p, "Locked:"));
	flags("anonymous", p);
	CHECK(mlock(p, 65536) == 0);
	SHOW(kb(p, "Rss:"));
	SHOW(kb(p, "Locked:"));
	flags("locked", p);
	flags("read only", map(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	flags("none", map(PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	flags("code", map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	flags("shared", map(PROT_READ | PROT_WRITE, MAP_SHARED, fd));
	flags("shared, read only", map(PROT_READ, MAP_SHARED, fd));
	flags("shared, never written", map(PROT_READ, MAP_SHARED, ro));
	flags("private file", map(PROT_READ, MAP_PRIVATE, ro));
	flags("private file, written", map(PROT_READ | PROT_WRITE, MAP_PRIVATE, ro));
	flags("no reserve",
		map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1));
	p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK(madvise(p, 65536, MADV_DONTFORK) == 0);
	flags("dontfork", p);
	p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK(madvise(p, 65536, MADV_WIPEONFORK) == 0);
	flags("wipeonfork", p);
	p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK(madvise(p, 65536, MADV_DONTDUMP) == 0);
	flags("dontdump", p);
	return 0;
}
