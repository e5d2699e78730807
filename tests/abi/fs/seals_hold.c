// SPDX-License-Identifier: MPL-2.0
// What is sealed stays so: against a mapping that turns writable, against execute permission; holes
// in files of any size; limits of fallocate.
#include "../lib/t.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
#define PUNCH (1 | 2)

static int sealed(int seals, bool map_first)
{
	int m = memfd_create("m", MFD_ALLOW_SEALING);
	void *first = MAP_FAILED;

	ftruncate(m, 4096);
	if (map_first)
		first = mmap(NULL, 4096, PROT_READ, MAP_SHARED, m, 0);
	T(fcntl(m, F_ADD_SEALS, seals));
	if (first != MAP_FAILED)
		T(mprotect(first, 4096, PROT_READ | PROT_WRITE));
	return m;
}

static void maps(int m)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m, 0);

	IS(p == MAP_FAILED && errno == EPERM);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, m, 0);
	IS(p != MAP_FAILED);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, m, 0);
	IS(p != MAP_FAILED);
	T(mprotect(p, 4096, PROT_READ | PROT_WRITE));
	T(fcntl(m, F_ADD_SEALS, F_SEAL_WRITE));
	close(m);
}

static void executable(void)
{
	int m = memfd_create("m", MFD_NOEXEC_SEAL), x = memfd_create("x", MFD_ALLOW_SEALING);

	SHOW(fcntl(m, F_GET_SEALS));
	T(fchmod(m, 0777));
	T(fchmod(m, 0600));
	T(fcntl(x, F_ADD_SEALS, F_SEAL_EXEC));
	SHOW(fcntl(x, F_GET_SEALS));
	T(fchmod(x, 0666));
	T(fchmod(x, 0755));
	T(write(x, "x", 1));
	int f = open("f", O_CREAT | O_RDWR, 0600);
	SHOW(fcntl(f, F_GET_SEALS));
	T(fcntl(f, F_ADD_SEALS, F_SEAL_GROW));
	int dir = open(".", O_RDONLY);
	T(fcntl(dir, F_GET_SEALS));
}

static void holes(void)
{
	int f = memfd_create("sparse", 0);
	char b[8193];

	T(ftruncate(f, 1l << 62));
	T(fallocate(f, PUNCH, 0, 1l << 62));
	memset(b, 'x', sizeof(b));
	pwrite(f, b, sizeof(b), 4096);
	T(fallocate(f, PUNCH, 5000, 100));
	T(fallocate(f, PUNCH, 6000, 4096));
	T(fallocate(f, PUNCH, 4095, 2));
	T(fallocate(f, PUNCH, 8193, 1l << 50));
	pread(f, b, 8193, 4096);
	for (int i = 0, from = 0; i <= 8193; i++)
		if (i == 8193 || (i && (b[i] != 0) != (b[i - 1] != 0))) {
			printf("%d-%d %s\n", from, i, b[from] ? "x" : "0");
			from = i;
		}
}

static void noexec(void)
{
	mkdir("n", 0755);
	mount("t", "n", "tmpfs", MS_NOEXEC, "");
	int f = open("n/a", O_CREAT | O_RDWR, 0600);
	ftruncate(f, 4096);
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, f, 0);
	T(mprotect(p, 4096, PROT_READ | PROT_EXEC));
	T(mprotect(p, 4096, PROT_READ));
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, f, 0);
	IS(p == MAP_FAILED && errno == EPERM);
	umount2("n", MNT_DETACH);
}

int main(void)
{
	struct rlimit limit = { 10000, 10000 };

	t_start();
	t_tmpfs("");
	maps(sealed(F_SEAL_WRITE, false));
	maps(sealed(F_SEAL_FUTURE_WRITE, false));
	maps(sealed(F_SEAL_FUTURE_WRITE, true));
	maps(sealed(F_SEAL_WRITE, true));
	executable();
	int g = memfd_create("g", MFD_ALLOW_SEALING);
	T(ftruncate(g, 4096));
	T(fcntl(g, F_ADD_SEALS, F_SEAL_GROW));
	T(fallocate(g, FALLOC_FL_KEEP_SIZE, 0, 4096));
	T(fallocate(g, FALLOC_FL_KEEP_SIZE, 4096, 4096));
	T(fallocate(g, FALLOC_FL_KEEP_SIZE, 0, 4097));
	holes();
	noexec();
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	int f = open("big", O_CREAT | O_RDWR, 0600);
	T(fallocate(f, 0, 0, 10000));
	T(fallocate(f, 0, 0, 10001));
	T(fallocate(f, 1, 9000, 1001));
	return 0;
}
