// SPDX-License-Identifier: MPL-2.0
/*
 * TCP over a simulated network (tcp_sim.h). Arguments: the name of a test, and a seed; without any,
 * the names are printed. The tests are in tests/unit/tcp.
 */
#include "tcp/tcp.h"

int strcmp(const char *a, const char *b);

static const struct tcp_test *const sets[] = {
	tcp_transfer_tests,
	tcp_connect_tests,
	tcp_close_tests,
	tcp_listen_tests,
	tcp_loss_tests,
	tcp_rack_tests,
	tcp_acks_tests,
	tcp_window_tests,
	tcp_urgent_tests,
	tcp_beside_tests,
	tcp_fuzz_tests,
};

int main(int argc, char **argv)
{
	const struct tcp_test *t;
	u32 i;

	for (i = 0; i < ARRAY_LEN(sets); i++) {
		for (t = sets[i]; t->name; t++) {
			if (argc < 2) {
				printf("%s\n", t->name);
			} else if (!strcmp(argv[1], t->name)) {
				sim_start(argc > 2 ? strtoul(argv[2], NULL, 0) : 1);
				t->run();
				return 0;
			}
		}
	}
	return argc > 1;
}
