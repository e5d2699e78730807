// SPDX-License-Identifier: MPL-2.0
// Several processes append to one file and race for O_EXCL: no record is lost, one creator wins.
#include "../lib/t.h"

int main(void)
{
	enum { N = 4, ROUNDS = 100 };
	pid_t pid[N];
	int count[N] = { 0 }, bad = 0, winners = 0;

	t_start();
	for (int i = 0; i < N; i++) {
		pid[i] = t_fork();
		if (pid[i] == 0) {
			char rec[16];
			int won = 0, fd = open("log", O_WRONLY | O_APPEND | O_CREAT, 0600);

			memset(rec, 'a' + i, sizeof(rec));
			for (int k = 0; k < ROUNDS; k++) {
				char name[32];

				CHECK(write(fd, rec, sizeof(rec)) == sizeof(rec));
				snprintf(name, sizeof(name), "x%d", k);
				int x = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
				won += x >= 0;
				close(x);
			}
			_exit(won);
		}
	}
	for (int i = 0; i < N; i++)
		winners += WEXITSTATUS(t_wait(pid[i]));
	SHOW(winners);
	char *log = t_slurp("log");
	IS(strlen(log) == N * ROUNDS * 16);
	for (size_t i = 0; i + 16 <= strlen(log); i += 16) {
		for (int k = 1; k < 16; k++)
			bad += log[i + k] != log[i];
		if (log[i] >= 'a' && log[i] < 'a' + N)
			count[log[i] - 'a']++;
	}
	SHOW(bad);
	for (int i = 0; i < N; i++)
		SHOW(count[i]);
	return 0;
}
