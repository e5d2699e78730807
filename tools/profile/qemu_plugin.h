// SPDX-License-Identifier: MPL-2.0
/*
 * What QEMU's plugins of this tree share: the functions of QEMU's interface (version 1) that they
 * call, since its header is not packaged, and the hints of tests/bench/bench.h.
 */
#ifndef PROFILE_QEMU_PLUGIN_H
#define PROFILE_QEMU_PLUGIN_H

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
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, exec_fn *f, int flags,
	void *data);
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

enum { HINT_NONE, HINT_START, HINT_STOP };

/* The hint of either architecture: slti x0, x0, n; nopl n+0x4b454c00(%rax). */
static unsigned hint_of(const struct qemu_plugin_insn *insn)
{
	static const unsigned char nop[] = { 0x0f, 0x1f, 0x80 }, address[] = { 0x4c, 0x45, 0x4b };
	const unsigned char *code = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn);

	if (size == 4 && code[0] == 0x13 && code[1] == 0x20 && !(code[2] & 15) && !code[3])
		return code[2] >> 4;
	if (size == 7 && !memcmp(code, nop, 3) && !memcmp(code + 4, address, 3))
		return code[3];
	return HINT_NONE;
}

/* Opens the file that the plugin's argument out=FILE names; NULL: there is none. */
static FILE *open_out(int argc, char **argv)
{
	return argc == 1 && !strncmp(argv[0], "out=", 4) ? fopen(argv[0] + 4, "w") : NULL;
}

#endif
