// SPDX-License-Identifier: MPL-2.0
/*
 * Register windows (frame/dev/iomem.c): whatever offset a driver gives, the access lies in the
 * window's first bytes or in one of its parts, is aligned, and changes no bit that is not the
 * driver's. The window is any that device.c could make: base or first port, size, parts.
 * tests/proofs/run renames iomem_part to real_iomem_part, so that the accesses meet what main_part proves
 * of it: some part or none.
 */
#include "proof.h"

struct iomem;
struct reg_whitelist;
static const struct reg_whitelist *iomem_part(const struct iomem *io, unsigned long off,
	unsigned long width);
#include "frame/dev/iomem.c"

#define BASE 0x4000000000000000ul /* of the window; aligned as pages are */
static struct reg_whitelist parts[REG_WHITELIST_MAX],
	some; /* some: what iomem_part gives for the access */
static struct iomem io;
static u32 held; /* what the register holds that iomem_check_change reads */

void arch_io_before_write(void)
{
}
void arch_io_after_read(void)
{
}

static bool in_part(const struct reg_whitelist *r, u64 off, u64 width)
{
	return off >= r->from && off < r->to && r->to - off >= width;
}

/* What iomem_part promises. */
static const struct reg_whitelist *iomem_part(const struct iomem *w, u64 off, u64 width)
{
	some = (struct reg_whitelist){ nondet_u32(), nondet_u32(), nondet_u32() };
	return w->parts && off % width == 0 && in_part(&some, off, width) && nondet_bool() ? &some
											   : NULL;
}

void main_part(void)
{
	u64 off = nondet_u64(), width = 1ul << (nondet_u8() & 3);
	const struct reg_whitelist *r;
	u32 k;

	for (k = 0; k < REG_WHITELIST_MAX; k++)
		parts[k] = (struct reg_whitelist){ nondet_u32(), nondet_u32(), nondet_u32() };
	io.parts = nondet_bool() ? parts : NULL;
	r = real_iomem_part(&io, off, width);
	if (!r)
		return;
	CLAIM(off % width == 0 && in_part(r, off, width), "an aligned access in the part");
	k = (u32)(r - parts);
	CLAIM(io.parts && k < REG_WHITELIST_MAX && r == &parts[k], "a part of the window");
	while (k > 0)
		CLAIM(parts[--k].to, "before the one that ends them");
}

/* The access itself: its place, and for a write what of it changes. */
static void claim_access(u64 off, u64 width, bool is_write, u64 v)
{
	CLAIM(off % width == 0, "an access is aligned");
	if (off < io.size && io.size - off >= width)
		return;
	CLAIM(io.parts && in_part(&some, off, width), "an access lies in the window or a part");
	CLAIM(!is_write || some.change == REG_WHITELIST_ALL ||
			(width == 4 && !((held ^ (u32)v) & ~some.change)),
		"a write changes no bit of others");
}

#define REGISTER(T, bits)                                           \
	T arch_mmio_read##bits(const volatile u8 *reg)              \
	{                                                           \
		claim_access((u64)reg - BASE, sizeof(T), false, 0); \
		return (T)held;                                     \
	}                                                           \
	void arch_mmio_write##bits(volatile u8 *reg, T v)           \
	{                                                           \
		claim_access((u64)reg - BASE, sizeof(T), true, v);  \
	}
REGISTER(u8, 8)
REGISTER(u16, 16)
REGISTER(u32, 32)
REGISTER(u64, 64)
#ifdef PROOF_X86_64
#define PORT(T, bits)                                                                \
	T arch_port_read##bits(u16 port)                                             \
	{                                                                            \
		CLAIM(port >= io.port && (u64)port - io.port + sizeof(T) <= io.size, \
			"a port of the window");                                     \
		return (T)held;                                                      \
	}                                                                            \
	void arch_port_write##bits(u16 port, T v)                                    \
	{                                                                            \
		(void)v;                                                             \
		CLAIM(port >= io.port && (u64)port - io.port + sizeof(T) <= io.size, \
			"a port of the window");                                     \
	}
PORT(u8, 8)
PORT(u16, 16)
PORT(u32, 32)
#endif

static void any_window(void)
{
	held = nondet_u32();
	io.size = nondet_u64();
	io.base = (volatile u8 *)BASE;
	ASSUME(io.size <= 1ul << 32);
	io.parts = nondet_bool() ? parts : NULL;
#ifdef PROOF_X86_64
	if (nondet_bool()) {
		io.base = NULL;
		io.parts = NULL;
		io.port = nondet_u16();
		ASSUME(io.size <= 0x10000ul - io.port);
	}
#endif
}

#define MAIN(T, bits)                                      \
	void main_##bits(void)                             \
	{                                                  \
		u64 off = nondet_u64(), v = nondet_u64();  \
		any_window();                              \
		if (nondet_bool())                         \
			(void)iomem_read##bits(&io, off);  \
		else                                       \
			iomem_write##bits(&io, off, (T)v); \
	}
MAIN(u8, 8)
MAIN(u16, 16)
MAIN(u32, 32)
MAIN(u64, 64)
