// SPDX-License-Identifier: MPL-2.0
/*
 * A QEMU plugin that counts the instructions of all harts between the two hints of bench.h, and
 * writes the sum of each interval as a line. Each hart has a counter of its own, so harts may run in
 * parallel; a hart that waits for an interrupt counts nothing.
 *
 * QEMU's plugin header is not packaged, so the few functions of its interface (version 1) are
 * declared here.
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
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, exec_fn *f, int flags,
	void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_fn *f, int flags,
	void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;

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

/* The hint of either architecture: slti x0, x0, n; nopl n+0x4b454c00(%rax). 0: another instruction. */
static unsigned hint(const unsigned char *code, size_t size)
{
	static const unsigned char nop[] = { 0x0f, 0x1f, 0x80 }, address[] = { 0x4c, 0x45, 0x4b };

	if (size == 4 && code[0] == 0x13 && code[1] == 0x20 && !(code[2] & 15) && !code[3])
		return code[2] >> 4;
	if (size == 7 && !memcmp(code, nop, 3) && !memcmp(code + 4, address, 3))
		return code[3];
	return 0;
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
		kind = hint(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));
		if (kind == 1 || kind == 2)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, kind == 1 ? start : stop, 0,
				NULL);
	}
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	out = argc == 1 && !strncmp(argv[0], "out=", 4) ? fopen(argv[0] + 4, "w") : NULL;
	if (!out)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
