// SPDX-License-Identifier: MPL-2.0
/*
 * A QEMU plugin that counts each guest instruction between the two hints of tests/bench/bench.h and
 * writes `pc count` lines at the end.
 *
 * QEMU's plugin header is not packaged, so the few functions of its interface (version 1) are
 * declared here. Counting is one inline addition for each instruction. At each hint the plugin goes
 * through all counters, so rows should be few.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void tb_trans_fn(uint64_t id, struct qemu_plugin_tb *tb);
typedef void exec_fn(unsigned cpu, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, tb_trans_fn *f);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*f)(uint64_t id, void *data), void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
	void *counter, uint64_t add);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_fn *f, int flags,
	void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;

/*
 * The hint of either architecture: slti x0, x0, n; nopl n+0x4b454c00(%rax). 0: another instruction.
 */
static unsigned hint(const unsigned char *code, size_t size)
{
	static const unsigned char nop[] = { 0x0f, 0x1f, 0x80 }, address[] = { 0x4c, 0x45, 0x4b };

	if (size == 4 && code[0] == 0x13 && code[1] == 0x20 && !(code[2] & 15) && !code[3])
		return code[2] >> 4;
	if (size == 7 && !memcmp(code, nop, 3) && !memcmp(code + 4, address, 3))
		return code[3];
	return 0;
}

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
		unsigned h = hint(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));

		qemu_plugin_register_vcpu_insn_exec_inline(insn, 0,
			&find(qemu_plugin_insn_vaddr(insn))->now, 1);
		if (h == 1)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, start, 0, NULL);
		if (h == 2)
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
	if (argc < 1 || strncmp(argv[0], "out=", 4) || !(out = fopen(argv[0] + 4, "w")))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, report, NULL);
	return 0;
}
