// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: calls into the supervisor firmware; see the RISC-V SBI specification, chapters 3 to 12.
 * Private to the backend.
 */
#ifndef RISCV_SBI_H
#define RISCV_SBI_H

#include <frame/types.h>

enum sbi_ext {
	SBI_BASE = 0x10,
	SBI_TIME = 0x54494d45,
	SBI_IPI = 0x735049,
	SBI_RFENCE = 0x52464e43,
	SBI_HSM = 0x48534d,
	SBI_SRST = 0x53525354,
	SBI_DBCN = 0x4442434e,
	SBI_LEGACY_PUTCHAR = 1,
};

/* Functions of SBI_BASE. */
enum sbi_base_fn {
	SBI_SPEC_VERSION,
	SBI_FIRMWARE,
	SBI_FIRMWARE_VERSION,
	SBI_PROBE,
	SBI_VENDOR,
	SBI_ARCHITECTURE,
	SBI_IMPLEMENTATION,
};

struct sbi_ret {
	s64 error;
	u64 value;
};

static inline struct sbi_ret sbi_call(u64 ext, u64 fn, u64 arg0, u64 arg1, u64 arg2, u64 arg3,
	u64 arg4)
{
	register u64 a0 __asm__("a0") = arg0;
	register u64 a1 __asm__("a1") = arg1;
	register u64 a2 __asm__("a2") = arg2;
	register u64 a3 __asm__("a3") = arg3;
	register u64 a4 __asm__("a4") = arg4;
	register u64 a6 __asm__("a6") = fn;
	register u64 a7 __asm__("a7") = ext;

	/*
	 * TRUST: the firmware is assumed to follow its specification (docs/safe-c.md); it preserves
	 * all registers but a0 and a1.
	 */
	__asm__ volatile("ecall"
		: "+r"(a0), "+r"(a1)
		: "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
		: "memory");
	return (struct sbi_ret){ (s64)a0, a1 };
}

static inline bool sbi_probe(u64 ext)
{
	struct sbi_ret r = sbi_call(SBI_BASE, SBI_PROBE, ext, 0, 0, 0, 0);

	return r.error == 0 && r.value != 0;
}

#endif
