// SPDX-License-Identifier: MPL-2.0
// access() looks with the capabilities of the real user, also if no id differs.
#include "../lib/t.h"
#include <linux/capability.h>
#include <linux/securebits.h>

static void caps(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { effective, permitted, 0 },
		{ effective >> 32, permitted >> 32, 0 } };

	CHECK(syscall(SYS_capset, &h, d) == 0);
}

static void look(const char *who)
{
	printf("%s\n", who);
	T(access("secret", R_OK));
	T(syscall(SYS_faccessat2, AT_FDCWD, "secret", R_OK, AT_EACCESS));
	T(access("shut/f", F_OK));
	int fd = TOK(open("secret", O_RDONLY));
	if (fd >= 0)
		close(fd);
}

#define DAC (1ul << CAP_DAC_OVERRIDE | 1ul << CAP_DAC_READ_SEARCH)
#define IDS (1ul << CAP_SETPCAP | 1ul << CAP_SETUID | 1ul << CAP_SETGID)

static void ordinary_with_capabilities(unsigned long bits)
{
	pid_t pid = fork();

	if (!pid) {
		CHECK(prctl(PR_SET_SECUREBITS, bits | SECBIT_KEEP_CAPS) == 0);
		CHECK(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
		caps(DAC | IDS, 0);
		look("user 1000, permitted only");
		caps(DAC | IDS, DAC);
		look("user 1000, effective");
		_exit(0);
	}
	T(t_wait(pid) >= 0);
}

static void root_without_capabilities(unsigned long bits)
{
	pid_t pid = fork();

	if (!pid) {
		CHECK(prctl(PR_SET_SECUREBITS, bits) == 0);
		caps(DAC | IDS, IDS);
		look("root, permitted only");
		caps(IDS, IDS);
		look("root, neither");
		_exit(0);
	}
	T(t_wait(pid) >= 0);
}

int main(void)
{
	t_start();
	t_file("secret", "x", 0600);
	CHECK(chown("secret", 2000, 2000) == 0);
	CHECK(mkdir("shut", 0700) == 0);
	t_file("shut/f", "x", 0644);
	CHECK(chown("shut", 2000, 2000) == 0);
	CHECK(syscall(SYS_setgroups, 0, NULL) == 0);
	ordinary_with_capabilities(0);
	ordinary_with_capabilities(SECBIT_NO_SETUID_FIXUP);
	root_without_capabilities(0);
	root_without_capabilities(SECBIT_NO_SETUID_FIXUP);
	return 0;
}
