// SPDX-License-Identifier: MPL-2.0
// Several processes write records of PIPE_BUF and less to one pipe: none is torn, all arrive.
#include "../lib/t.h"

int main(void)
{
	enum { WRITERS = 4, RECORDS = 200 };
	int p[2], count[WRITERS] = { 0 }, torn = 0;
	static unsigned char rec[512];
	FILE *in;

	t_start();
	t_pipe(p);
	pid_t pid[WRITERS];
	for (int w = 0; w < WRITERS; w++) {
		pid[w] = t_fork();
		if (pid[w] == 0) {
			memset(rec, 'a' + w, sizeof(rec));
			for (int i = 0; i < RECORDS; i++)
				CHECK(write(p[1], rec, sizeof(rec)) == sizeof(rec));
			_exit(0);
		}
	}
	close(p[1]);
	in = fdopen(p[0], "r");
	while (fread(rec, sizeof(rec), 1, in) == 1) {
		for (size_t i = 1; i < sizeof(rec); i++)
			torn += rec[i] != rec[0];
		if (rec[0] >= 'a' && rec[0] < 'a' + WRITERS)
			count[rec[0] - 'a']++;
	}
	SHOW(torn);
	for (int w = 0; w < WRITERS; w++) {
		SHOW(count[w]);
		t_reap("writer", pid[w]);
	}
	return 0;
}
