// SPDX-License-Identifier: MPL-2.0
/*
 * Read before each source: the riscv64 backend's own headers, but for what is made of instructions
 * that the host has not.
 */
#ifndef BOARD_BEFORE_H
#define BOARD_BEFORE_H

#define __asm__(name)
#define sbi_call  sbi_call_there
#define sbi_probe sbi_probe_there
#include "../../../arch/riscv64/frame/backend.h"
#include "../../../arch/riscv64/frame/sbi.h"
#undef sbi_call
#undef sbi_probe
#undef __asm__
#undef csr_write
#define csr_write(csr, v) ((void)(v))

struct sbi_ret sbi_call(u64 ext, u64 fn, u64 arg0, u64 arg1, u64 arg2, u64 arg3, u64 arg4);
static inline bool sbi_probe(u64 ext)
{
	struct sbi_ret r = sbi_call(SBI_BASE, SBI_PROBE, ext, 0, 0, 0, 0);

	return r.error == 0 && r.value != 0;
}

#endif
