// SPDX-License-Identifier: MPL-2.0
// Calls of the administrator: their argument checks and their refusal to others.
#include "../lib/t.h"
#include <sys/klog.h>
#include <sys/swap.h>

int main(void)
{
	char buf[4096];

	t_start();
	char *was = t_slurp("/proc/sys/kernel/printk");
	int level = was ? atoi(was) : 7;
	t_file("f", "x", 0600);
	mkdir("d", 0755);
	T(syscall(SYS_syslog, 99, NULL, 0));
	T(syscall(SYS_syslog, -1, NULL, 0));
	T(klogctl(0, NULL, 0));
	T(klogctl(1, NULL, 0));
	T(klogctl(3, NULL, 10));
	T(klogctl(3, buf, -1));
	T(klogctl(3, buf, 0));
	T(klogctl(3, (char *)-8, 10));
	int n = (int)T(klogctl(3, buf, sizeof(buf)) > 0);
	n = klogctl(3, buf, sizeof(buf));
	IS(buf[0] == '<' && memchr(buf, '>', 5) && buf[n - 1] == '\n');
	T(klogctl(9, NULL, 0) >= 0);
	T(klogctl(10, NULL, 0) > 0);
	T(klogctl(8, NULL, 0));
	T(klogctl(8, NULL, 9));
	T(klogctl(8, NULL, 4));
	T(klogctl(6, NULL, 0));
	T(klogctl(7, NULL, 0));
	char *printk = t_slurp("/proc/sys/kernel/printk");
	IS(printk && atoi(printk) == 4);
	klogctl(8, NULL, level);
	// Clearing is for READ_ALL only; reading takes whole records, as many as fit.
	int unread = klogctl(9, NULL, 0);
	T(klogctl(5, NULL, 0));
	IS(klogctl(3, buf, sizeof(buf)) < 200);
	IS(klogctl(9, NULL, 0) >= unread);
	T(klogctl(2, buf, 3) < 4);
	n = klogctl(2, buf, 300);
	IS(n > 0 && n <= 300 && buf[n - 1] == '\n');
	IS(klogctl(9, NULL, 0) < unread + 200);
	T(klogctl(2, buf, 0));
	T(klogctl(2, NULL, 10));
	T(swapon("none", 0));
	T(swapon("f", 0));
	T(swapon("d", 0));
	T(swapon("f", 0x1000000));
	T(swapoff("none"));
	T(swapoff("f"));
	T(syscall(SYS_pivot_root, "none", "d"));
	T(syscall(SYS_pivot_root, "f", "d"));
	T(syscall(SYS_pivot_root, "d", "none"));
	T(syscall(SYS_pivot_root, "d", "f"));
	T(syscall(SYS_pivot_root, (char *)8, "d"));
	T(syscall(SYS_bpf, 9999, NULL, 0) < 0);
	T(syscall(SYS_setns, 99, 0));
	IN_CHILD("ordinary user", {
		t_drop_root(1000);
		T(klogctl(2, buf, 10));
		T(klogctl(5, NULL, 0));
		T(klogctl(8, NULL, 4));
		T(klogctl(9, NULL, 0));
		T(swapon("f", 0));
		T(swapoff("f"));
		T(syscall(SYS_pivot_root, "d", "d"));
		T(sethostname("x", 1));
		T(mount("none", "d", "tmpfs", 0, NULL));
		T(umount("d"));
		T(settimeofday(&(struct timeval){ 0, 0 }, NULL));
	});
	return 0;
}
