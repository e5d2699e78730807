// SPDX-License-Identifier: MPL-2.0
// Processor time goes to user or system mode by where it was spent, and never runs backwards.
#include "../lib/t.h"
#include <sys/times.h>

static uint64_t us_of(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * 1000000 + (uint64_t)tv->tv_usec;
}

struct spent {
	uint64_t user, system;
};

static struct spent spent(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (struct spent){ us_of(&r.ru_utime), us_of(&r.ru_stime) };
}

/* Works until a second of processor time has gone; whether both times only grew. */
static int work(void (*step)(void))
{
	struct spent first = spent(), last = first, now = first;
	int grew = 1;

	while (now.user + now.system < first.user + first.system + 1000000) {
		step();
		now = spent();
		grew = grew && now.user >= last.user && now.system >= last.system;
		last = now;
	}
	return grew;
}

static void compute(void)
{
	for (volatile int i = 0; i < 300000; i++)
		;
}

static int zero;
static char buf[1 << 20];
static void call(void)
{
	for (int i = 0; i < 8; i++)
		read(zero, buf, sizeof(buf));
}

/*
 * How much of which is the host's affair as well: an emulated processor that stands still for a
 * while spends the time where it stood.
 */
static void report(const char *what, void (*step)(void))
{
	printf("%s\n", what);
	IN_CHILD(what, {
		IS(work(step));
		struct spent s = spent();
		if (step == compute)
			IS(s.user > 0);
		else
			IS(s.system > 0);
	});
}

int main(void)
{
	struct tms a;

	t_start();
	zero = open("/dev/zero", O_RDONLY);
	memset(buf, 1, sizeof(buf));
	report("computing", compute);
	report("calling", call);
	times(&a);
	IS(a.tms_cutime > 0 && a.tms_cstime > 0);
	return 0;
}
