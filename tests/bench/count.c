// SPDX-License-Identifier: MPL-2.0
/*
 * A QEMU plugin that counts the instructions of all harts between the two hints of bench.h, and
 * writes the sum of each interval as a line. Each hart has a counter of its own, so harts may run in
 * parallel; a hart that waits for an interrupt counts nothing.
 */
#include "../../tools/profile/qemu_plugin.h"

#define HARTS 16

/* A cache line each: harts count at the same time. */
static struct {
	_Alignas(64) volatile uint64_t n;
} counts[HARTS];
static uint64_t before;
static FILE *out;

static uint64_t sum(void)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < HARTS; i++)
		n += counts[i].n;
	return n;
}

static void block(unsigned cpu, void *data)
{
	counts[cpu % HARTS].n += (uintptr_t)data;
}

static void start(unsigned cpu, void *data)
{
	(void)cpu, (void)data;
	before = sum();
}

static void stop(unsigned cpu, void *data)
{
	(void)cpu, (void)data;
	fprintf(out, "%llu\n", (unsigned long long)(sum() - before));
	fflush(out);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb), i;
	struct qemu_plugin_insn *insn;
	unsigned kind;

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block, 0, (void *)(uintptr_t)n);
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		kind = hint_of(insn);
		if (kind == HINT_START || kind == HINT_STOP)
			qemu_plugin_register_vcpu_insn_exec_cb(insn,
				kind == HINT_START ? start : stop, 0, NULL);
	}
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	out = open_out(argc, argv);
	if (!out)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
