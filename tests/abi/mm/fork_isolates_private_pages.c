// SPDX-License-Identifier: MPL-2.0
// Copy on write after fork in both directions and two generations; shared anonymous memory stays
// shared.
#include "../lib/t.h"

static int data = 1;

int main(void)
{
	t_start();
	size_t len = 64 * 4096;
	int *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int *s = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int a[2], b[2];

	t_pipe(a);
	t_pipe(b);
	p[0] = 10;
	s[0] = 10;
	pid_t pid = t_fork();
	if (pid == 0) {
		t_get(a[0]);
		printf("child sees private %d shared %d data %d\n", p[0], s[0], data);
		p[0] = 30;
		s[0] = 30;
		data = 30;
		p[1024] = 31;
		s[1024] = 31;
		IN_CHILD("grandchild", {
			printf("grandchild sees private %d shared %d data %d\n", p[0], s[0], data);
			p[0] = 40;
			s[0] = 40;
		});
		printf("child then sees private %d shared %d\n", p[0], s[0]);
		t_put(b[1]);
		_exit(0);
	}
	p[0] = 20;
	s[0] = 20;
	data = 20;
	t_put(a[1]);
	t_get(b[0]);
	printf("parent sees private %d shared %d data %d\n", p[0], s[0], data);
	printf("untouched private %d shared %d\n", p[1024], s[1024]);
	t_reap("child", pid);
	// Many children, each with its own copy.
	pid_t many[8];
	for (int i = 0; i < 8; i++) {
		many[i] = t_fork();
		if (many[i] == 0) {
			int bad = 0;

			for (int k = 0; k < 64; k++)
				p[k * 1024 + 1] = i;
			for (int k = 0; k < 64; k++)
				bad += p[k * 1024 + 1] != i;
			_exit(bad);
		}
	}
	for (int i = 0; i < 8; i++)
		t_reap("copy", many[i]);
	SHOW(p[1025]);
	return 0;
}
