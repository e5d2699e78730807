// SPDX-License-Identifier: MPL-2.0
/*
 * A QEMU plugin that counts each guest instruction between the two hints of tests/bench/bench.h and
 * writes `pc count` lines at the end.
 *
 * Counting is one inline addition for each instruction. At each hint the plugin goes through all
 * counters, so rows should be few.
 */
#include "qemu_plugin.h"

/* All counters, found by address; QEMU adds to `now` at any time. */
struct counter {
	struct counter *next;
	uint64_t pc, now, before, sum;
};
#define BUCKETS (1u << 16)
static struct counter *table[BUCKETS];
static FILE *out;
static uint64_t starts;

static struct counter *find(uint64_t pc)
{
	struct counter **at = &table[(pc >> 1) * 0x9e3779b97f4a7c15ull >> 48];
	struct counter *c;

	for (c = *at; c; c = c->next) {
		if (c->pc == pc)
			return c;
	}
	c = calloc(1, sizeof *c);
	c->pc = pc;
	c->next = *at;
	*at = c;
	return c;
}

static void start(unsigned cpu, void *data)
{
	(void)cpu, (void)data;
	starts++;
	for (unsigned i = 0; i < BUCKETS; i++) {
		for (struct counter *c = table[i]; c; c = c->next)
			c->before = c->now;
	}
}
static void stop(unsigned cpu, void *data)
{
	(void)cpu, (void)data;
	for (unsigned i = 0; i < BUCKETS; i++) {
		for (struct counter *c = table[i]; c; c = c->next) {
			c->sum += c->now - c->before;
			c->before = c->now;
		}
	}
}

static void translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		unsigned h = hint_of(insn);

		qemu_plugin_register_vcpu_insn_exec_inline(insn, 0,
			&find(qemu_plugin_insn_vaddr(insn))->now, 1);
		if (h == HINT_START)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, start, 0, NULL);
		if (h == HINT_STOP)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, stop, 0, NULL);
	}
}

static void report(uint64_t id, void *data)
{
	(void)id, (void)data;
	/* Without any hint (a boot): everything. */
	for (unsigned i = 0; i < BUCKETS; i++) {
		for (struct counter *c = table[i]; c; c = c->next) {
			uint64_t n = starts ? c->sum : c->now;
			if (n)
				fprintf(out, "%lx %lu\n", (unsigned long)c->pc, (unsigned long)n);
		}
	}
	fclose(out);
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	out = open_out(argc, argv);
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, report, NULL);
	return 0;
}
