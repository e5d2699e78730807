// SPDX-License-Identifier: MPL-2.0
// Numbers whose calls are gone, or never came to 64-bit programs; holes; the mark of the other ABI;
// ustat.
#include "../lib/t.h"
#include <sys/sysmacros.h>

int main(void)
{
	// uselib _sysctl create_module get_kernel_syms query_module nfsservctl getpmsg putpmsg
	// afs_syscall tuxcall security
	// set_thread_area get_thread_area lookup_dcookie epoll_ctl_old epoll_wait_old vserver, and
	// the hole before 424
	static const short gone[] = { 134, 156, 174, 177, 178, 180, 181, 182, 183, 184, 185, 205,
		211, 212, 214, 215, 236, 340, 400, 423 };

	t_start();
	for (size_t i = 0; i < T_LEN(gone); i++) {
		errno = 0;
		long r = syscall(gone[i], 1, 2, 3, 4, 5, 6);

		printf("%d: %ld %s\n", gone[i], r, t_errname(errno));
	}
	T(syscall(0x40000000 | 39));
	T(syscall(0x40000000));
	T(syscall(0x40000000 | 512));
	T(syscall(512, 0, 0, 0));
	T(syscall(547, 0, 0, 0));
	// Only the lower half of the number counts.
	IS(syscall(0xffffffff00000000ul | 39) == getpid());
	IS(syscall(1ul << 63 | 110) == getppid());
	T(syscall(0x180000000ul));

	unsigned char u[32];
	struct stat st;
	memset(u, 0xff, sizeof(u));
	CHECK(stat("/dev/shm", &st) == 0);
	T(syscall(136, st.st_dev, u));
	IS(*(int *)u > 0);
	t_hex("names", u + 16, 12);
	T(syscall(136, makedev(99, 99), u));
	T(syscall(136, 0, u));
	T(syscall(136, st.st_dev, (void *)8));
	return 0;
}
