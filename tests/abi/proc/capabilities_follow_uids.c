// SPDX-License-Identifier: MPL-2.0
// Capabilities: full for root, gone after setuid, kept in the permitted set by PR_SET_KEEPCAPS;
// capget and capset errors.
#include "../lib/t.h"
#include <linux/capability.h>

static void caps(const char *what)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	memset(d, 0, sizeof(d));
	CHECK(syscall(SYS_capget, &h, d) == 0);
	printf("%s: effective chown %d kill %d sys_admin %d, permitted chown %d, inheritable any "
	       "%d\n",
		what, !!(d[0].effective & (1u << CAP_CHOWN)), !!(d[0].effective & (1u << CAP_KILL)),
		!!(d[0].effective & (1u << CAP_SYS_ADMIN)), !!(d[0].permitted & (1u << CAP_CHOWN)),
		!!(d[0].inheritable | d[1].inheritable));
}

int main(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	t_start();
	t_file("f", "", 0644);
	caps("root");
	IN_CHILD("setuid", {
		setuid(1000);
		caps("setuid");
		T(chown("f", 5, 5));
	});
	IN_CHILD("seteuid", {
		seteuid(1000);
		caps("seteuid 1000");
		T(chown("f", 5, 5));
		seteuid(0);
		caps("seteuid 0");
		T(chown("f", 5, 5));
	});
	IN_CHILD("keepcaps", {
		T(prctl(PR_GET_KEEPCAPS));
		T(prctl(PR_SET_KEEPCAPS, 2));
		T(prctl(PR_SET_KEEPCAPS, 1));
		setuid(1000);
		caps("kept");
		syscall(SYS_capget, &h, d);
		d[0].effective = 1u << CAP_CHOWN;
		d[1].effective = 0;
		T(syscall(SYS_capset, &h, d));
		caps("raised");
		T(chown("f", 6, 6));
		T(chroot("."));
		d[0].permitted = 0;
		d[1].permitted = 0;
		T(syscall(SYS_capset, &h, d));
		d[0].effective = 0;
		T(syscall(SYS_capset, &h, d));
		caps("dropped");
		d[0].permitted = 1;
		T(syscall(SYS_capset, &h, d));
	});
	h.version = 0x12345;
	T(syscall(SYS_capget, &h, d));
	IS(h.version == _LINUX_CAPABILITY_VERSION_3);
	h.pid = -1;
	T(syscall(SYS_capget, &h, d));
	h.pid = 999999;
	T(syscall(SYS_capget, &h, d));
	h.pid = 1;
	T(syscall(SYS_capset, &h, d));
	T(syscall(SYS_capget, NULL, NULL));
	T(prctl(PR_CAPBSET_READ, CAP_CHOWN));
	T(prctl(PR_CAPBSET_READ, 1000));
	IN_CHILD("bounding set", {
		T(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
		T(prctl(PR_CAPBSET_READ, CAP_CHOWN));
		setuid(1000);
		T(prctl(PR_CAPBSET_DROP, CAP_KILL));
	});
	return 0;
}
