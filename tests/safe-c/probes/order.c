// SPDX-License-Identifier: MPL-2.0
/* One function for each access of frame/order.h, and for device registers; the end of its name is the order. tests/safe-c/codegen reads what the compiler makes of them. */
#include <frame/order.h>

#include <frame_arch/private.h>

#define CAS(bits, order)                                                                           \
	bool cas##bits##_##order(u##bits *p, u##bits old, u##bits to);                             \
	bool cas##bits##_##order(u##bits *p, u##bits old, u##bits to)                              \
	{                                                                                          \
		return _cas##bits##_##order(p, &old, to);                                          \
	}
#define AMO(name, bits, order)                                                                     \
	u##bits name##bits##_##order(u##bits *p, u##bits v);                                       \
	u##bits name##bits##_##order(u##bits *p, u##bits v)                                        \
	{                                                                                          \
		return _##name##bits##_##order(p, v);                                              \
	}                                                                                          \
	void name##bits##_unused_##order(u##bits *p, u##bits v);                                   \
	void name##bits##_unused_##order(u##bits *p, u##bits v)                                    \
	{                                                                                          \
		(void)_##name##bits##_##order(p, v);                                               \
	}
#define AMOS(name, bits)                                                                           \
	AMO(name, bits, relaxed)                                                                   \
	AMO(name, bits, acquire)                                                                   \
	AMO(name, bits, release)                                                                   \
	AMO(name, bits, full)
#define WORD(bits)                                                                                 \
	CAS(bits, relaxed)                                                                         \
	CAS(bits, acquire)                                                                         \
	CAS(bits, acq_rel)                                                                         \
	CAS(bits, full)                                                                            \
	AMOS(add, bits)                                                                            \
	AMOS(or, bits)                                                                             \
	AMOS(and, bits)                                                                            \
	AMOS(swap, bits)                                                                           \
	u##bits set##bits##_full(u##bits *p, u##bits v);                                           \
	u##bits set##bits##_full(u##bits *p, u##bits v)                                            \
	{                                                                                          \
		return set_bits(*p, v);                                                            \
	}                                                                                          \
	u##bits clear##bits##_full(u##bits *p, u##bits v);                                         \
	u##bits clear##bits##_full(u##bits *p, u##bits v)                                          \
	{                                                                                          \
		return clear_bits(*p, v);                                                          \
	}                                                                                          \
	u##bits word##bits##_load_acquire(u##bits *p);                                             \
	u##bits word##bits##_load_acquire(u##bits *p)                                              \
	{                                                                                          \
		return load_acquire(*p);                                                           \
	}                                                                                          \
	void word##bits##_store_release(u##bits *p, u##bits v);                                    \
	void word##bits##_store_release(u##bits *p, u##bits v)                                     \
	{                                                                                          \
		store_release(*p, v);                                                              \
	}
WORD(32)
WORD(64)

u32 register_device_read(volatile u8 *reg);
u32 register_device_read(volatile u8 *reg)
{
	return arch_mmio_read32(reg);
}
void register_device_write(volatile u8 *reg, u32 v);
void register_device_write(volatile u8 *reg, u32 v)
{
	arch_mmio_write32(reg, v);
}

void memory_full_barrier(void);
void memory_full_barrier(void)
{
	memory_barrier();
}
