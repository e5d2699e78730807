// SPDX-License-Identifier: MPL-2.0
// /proc/softirqs: a column for each processor, a line for each kind.
#include "../lib/t.h"

int main(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN), n;
	char *s, *line, *save, *at, *end;
	struct stat st;

	t_start();
	CHECK(stat("/proc/softirqs", &st) == 0);
	printf("mode %o\n", st.st_mode);
	T(open("/proc/softirqs", O_WRONLY | O_TRUNC) >= 0);
	s = t_slurp("/proc/softirqs");
	line = strtok_r(s, "\n", &save);
	printf("%.31s\n", line);
	IS((long)strlen(line) == 20 + 11 * cpus);
	while ((line = strtok_r(NULL, "\n", &save)) != NULL) {
		at = strchr(line, ':');
		CHECK(at);
		printf("%.*s\n", (int)(at - line), line);
		for (n = 0, at++; *at; n++, at = end) {
			strtoul(at, &end, 10);
			CHECK(end > at);
		}
		IS(n == cpus && (long)strlen(line) == 13 + 11 * cpus);
	}
	return 0;
}
