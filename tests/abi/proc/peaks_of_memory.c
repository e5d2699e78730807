// SPDX-License-Identifier: MPL-2.0
// VmPeak and VmHWM stay when memory goes; clear_refs has the second counted anew.
#include "../lib/t.h"

#define MIB (1ul << 20)

static long status(const char *name)
{
	char *s = strstr(t_slurp("/proc/self/status"), name);

	return s ? atol(s + strlen(name) + 1) : -1;
}

static int set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), n = (int)write(fd, text, strlen(text)), e = errno;

	close(fd);
	errno = e;
	return n;
}

int main(void)
{
	long size, peak, hwm, rss;
	char *p, *q;

	t_start();
	t_slurp("/proc/self/status");
	size = status("VmSize:");
	rss = status("VmRSS:");
	IS(status("VmPeak:") >= size && status("VmHWM:") >= rss);
	p = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(p, 1, 8 * MIB);
	IS((peak = status("VmPeak:")) >= size + 16 * 1024);
	q = mremap(p, 16 * MIB, 16 * MIB, MREMAP_MAYMOVE | MREMAP_FIXED, p - (1ul << 32));
	IS(status("VmPeak:") < peak + 8 * 1024);
	munmap(q, 16 * MIB);
	IS(status("VmSize:") < size + 8 * 1024);
	IS(status("VmPeak:") >= size + 16 * 1024);
	hwm = status("VmHWM:");
	IS(hwm >= rss + 7 * 1024 && status("VmRSS:") < hwm - 4 * 1024);
	IN_CHILD("child", { IS(status("VmPeak:") < size + 12 * 1024); });
	T(set("/proc/self/clear_refs", "0"));
	T(set("/proc/self/clear_refs", "6"));
	T(set("/proc/self/clear_refs", "x"));
	IS(status("VmHWM:") == hwm);
	T(set("/proc/self/clear_refs", "5\n"));
	IS(status("VmHWM:") < hwm - 4 * 1024);
	T(open("/proc/self/clear_refs", O_RDONLY) >= 0);
	IN_CHILD("user", {
		t_drop_root(1000);
		T(open("/proc/1/clear_refs", O_WRONLY));
	});
	return 0;
}
