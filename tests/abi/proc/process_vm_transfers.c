// SPDX-License-Identifier: MPL-2.0
// process_vm_readv and process_vm_writev: whole, scattered, partial, faulting on either side; who
// may; arguments.
#include "../lib/t.h"

static char *area;

int main(void)
{
	char a[100], b[100];
	struct iovec l[3], r[3];
	int go[2], back[2];

	t_start();
	t_pipe(go);
	t_pipe(back);
	area = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *lazy = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(area, 'p', 3 * 4096);
	pid_t pid = t_fork();
	if (pid == 0) {
		for (int i = 0; i < 3 * 4096; i++)
			area[i] = (char)('a' + i % 26);
		munmap(area + 8192, 4096);
		mprotect(area + 4096, 4096, PROT_READ);
		t_put(back[1]);
		t_get(go[0]);
		printf("child sees %.5s %d\n", area, area[4096] == 'a' + 4096 % 26);
		_exit(0);
	}
	t_get(back[0]);
	l[0] = (struct iovec){ a, 10 };
	r[0] = (struct iovec){ area, 10 };
	T(process_vm_readv(pid, l, 1, r, 1, 0));
	t_text("read", a, 10);
	IS(area[0] == 'p');
	l[0] = (struct iovec){ a, 3 };
	l[1] = (struct iovec){ b, 5 };
	r[0] = (struct iovec){ area + 4094, 4 };
	r[1] = (struct iovec){ area + 26, 10 };
	T(process_vm_readv(pid, l, 2, r, 2, 0));
	t_text("scattered", a, 3);
	t_text("scattered", b, 5);
	// Into the hole: what was there counts.
	l[0] = (struct iovec){ a, 100 };
	r[0] = (struct iovec){ area + 8192 - 20, 50 };
	T(process_vm_readv(pid, l, 1, r, 1, 0));
	r[0] = (struct iovec){ area + 8192, 50 };
	T(process_vm_readv(pid, l, 1, r, 1, 0));
	r[0] = (struct iovec){ none, 5 };
	T(process_vm_readv(pid, l, 1, r, 1, 0));
	r[0] = (struct iovec){ lazy, 5 };
	T(process_vm_readv(pid, l, 1, r, 1, 0));
	IS(a[0] == 0);
	r[0] = (struct iovec){ area, 5 };
	l[0] = (struct iovec){ (void *)8, 5 };
	T(process_vm_readv(pid, l, 1, r, 1, 0));
	// Writing.
	memcpy(a, "HELLO", 5);
	l[0] = (struct iovec){ a, 5 };
	T(process_vm_writev(pid, l, 1, r, 1, 0));
	r[0] = (struct iovec){ area + 4096, 5 };
	T(process_vm_writev(pid, l, 1, r, 1, 0));
	r[0] = (struct iovec){ lazy, 5 };
	T(process_vm_writev(pid, l, 1, r, 1, 0));
	l[0] = (struct iovec){ (void *)8, 5 };
	T(process_vm_writev(pid, l, 1, r, 1, 0));
	// Oneself.
	l[0] = (struct iovec){ a, 4 };
	r[0] = (struct iovec){ "self", 4 };
	T(process_vm_readv(getpid(), l, 1, r, 1, 0));
	t_text("self", a, 4);
	// Arguments.
	T(process_vm_readv(pid, l, 1, r, 1, 1));
	T(process_vm_readv(pid, l, 0, r, 1, 0));
	T(process_vm_readv(pid, l, 1, r, 0, 0));
	T(process_vm_readv(pid, l, 5000, r, 1, 0));
	T(process_vm_readv(pid, l, 1, r, 5000, 0));
	T(process_vm_readv(pid, (void *)8, 1, r, 1, 0));
	T(process_vm_readv(pid, l, 1, (void *)8, 1, 0));
	T(process_vm_readv(999999, l, 1, r, 1, 0));
	T(process_vm_readv(0, l, 1, r, 1, 0));
	l[0].iov_len = (size_t)-1;
	T(process_vm_readv(pid, l, 1, r, 1, 0));
	l[0].iov_len = 4;
	r[0].iov_len = (size_t)-1;
	T(process_vm_readv(pid, l, 1, r, 1, 0));
	r[0].iov_len = 4;
	IN_CHILD("another user", {
		t_drop_root(1000);
		T(process_vm_readv(pid, l, 1, r, 1, 0));
	});
	t_put(go[1]);
	t_wait_state(pid, 'Z');
	T(process_vm_readv(pid, l, 1, r, 1, 0));
	t_reap("child", pid);
	return 0;
}
