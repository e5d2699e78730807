// SPDX-License-Identifier: MPL-2.0
/*
 * Register access (frame/device.h), ordered by full device fences: before a write against
 * everything earlier, after a read against everything later. A window may consist of I/O ports,
 * where the architecture has them.
 *
 * Trust: offset and width are checked against the window, and a written value against the bits that
 *        services may change. Windows with parts are memory windows.
 */
#include <frame/log.h>

#include "dev.h"

static bool iomem_is_outside(const struct iomem *io, u64 off, u64 width)
{
	return off > io->size || width > io->size - off || (off & (width - 1));
}

/* The part of the window beyond its first bytes in which the access lies, or NULL. */
static const struct reg_whitelist *iomem_part(const struct iomem *io, u64 off, u64 width)
{
	const struct reg_whitelist *r = io->parts, *end = r ? r + REG_WHITELIST_MAX : r;

	for (; r < end && r->to; r++) {
		if (off >= r->from && off < r->to && width <= r->to - off && !(off & (width - 1)))
			return r;
	}
	return NULL;
}

/* The access is neither in the first bytes nor in any part. */
static noinline void iomem_refuse(void)
{
	_kernel_panic("register access outside its window or misaligned");
}

/*
 * Checks a write against the bits that services may change. Nothing changes the other bits while
 * services run, not even the device (struct reg_whitelist), so the comparison holds until the
 * write. TRUST: @off lies in the part.
 */
static void iomem_check_change(const struct iomem *io, const struct reg_whitelist *r, u64 off,
	u64 width, u64 v)
{
	if (r->change != REG_WHITELIST_ALL &&
		(width != 4 || ((arch_mmio_read32(io->base + off) ^ (u32)v) & ~r->change)))
		_kernel_panic("a write to bits of a register that are not the driver's");
}

#if ARCH_HAS_PORTS
#define IS_PORT(io) (!(io)->base)
/* I/O ports are at most 32 bits wide. */
static u64 arch_port_read64(u16 port)
{
	return arch_port_read32(port) | (u64)arch_port_read32((u16)(port + 4)) << 32;
}
static void arch_port_write64(u16 port, u64 v)
{
	arch_port_write32(port, (u32)v);
	arch_port_write32((u16)(port + 4), (u32)(v >> 32));
}
#define PORT_READ(io, off, bits)     arch_port_read##bits((u16)((io)->port + (off)))
#define PORT_WRITE(io, off, bits, v) arch_port_write##bits((u16)((io)->port + (off)), (v))
#else
#define IS_PORT(io)                  false
#define PORT_READ(io, off, bits)     0
#define PORT_WRITE(io, off, bits, v) ((void)0)
#endif

u64 iomem_size(const struct iomem *io)
{
	return io->end;
}

/* TRUST: each register access follows the check that it lies in the window, or in a part of it. */
#define ACCESS(T, bits)                                                             \
	static noinline T iomem_read_part##bits(struct iomem *io, u64 off)          \
	{                                                                           \
		if (!iomem_part(io, off, sizeof(T)))                                \
			iomem_refuse();                                             \
		return arch_mmio_read##bits(io->base + off);                        \
	}                                                                           \
	static noinline void iomem_write_part##bits(struct iomem *io, u64 off, T v) \
	{                                                                           \
		const struct reg_whitelist *r = iomem_part(io, off, sizeof(T));     \
		if (!r)                                                             \
			iomem_refuse();                                             \
		iomem_check_change(io, r, off, sizeof(T), v);                       \
		arch_mmio_write##bits(io->base + off, v);                           \
	}                                                                           \
	T iomem_read##bits(struct iomem *io, u64 off)                               \
	{                                                                           \
		T v;                                                                \
		if (unlikely(iomem_is_outside(io, off, sizeof(T))))                 \
			return iomem_read_part##bits(io, off);                      \
		if (!IS_PORT(io))                                                   \
			return arch_mmio_read##bits(io->base + off);                \
		v = PORT_READ(io, off, bits);                                       \
		arch_io_after_read();                                               \
		return v;                                                           \
	}                                                                           \
	void iomem_write##bits(struct iomem *io, u64 off, T v)                      \
	{                                                                           \
		if (unlikely(iomem_is_outside(io, off, sizeof(T)))) {               \
			iomem_write_part##bits(io, off, v);                         \
			return;                                                     \
		}                                                                   \
		if (!IS_PORT(io)) {                                                 \
			arch_mmio_write##bits(io->base + off, v);                   \
			return;                                                     \
		}                                                                   \
		arch_io_before_write();                                             \
		PORT_WRITE(io, off, bits, v);                                       \
	}
ACCESS(u8, 8)
ACCESS(u16, 16)
ACCESS(u32, 32)
ACCESS(u64, 64)
