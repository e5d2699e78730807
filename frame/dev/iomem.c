// SPDX-License-Identifier: MPL-2.0
/*
 * Register access (frame/device.h), ordered by full device fences: before a write everything
 * earlier, after a read everything later. A window may be of I/O ports, where the architecture has
 * them.
 *
 * Trust: offset and width are checked against the window, and what is written against what of the
 * register is the services'. Windows with parts are of memory.
 */
#include <frame/log.h>

#include "dev.h"

static bool is_outside(const struct iomem *io, u64 off, u64 width)
{
	return off > io->size || width > io->size - off || (off & (width - 1));
}

/* The part of the window beyond its first bytes that the access lies in, or NULL. */
static const struct reach *part_of(const struct iomem *io, u64 off, u64 width)
{
	const struct reach *r = io->parts, *end = r ? r + REACH_MAX : r;

	for (; r < end && r->to; r++) {
		if (off >= r->from && off < r->to && width <= r->to - off && !(off & (width - 1)))
			return r;
	}
	return NULL;
}

/* The access is neither to the first bytes nor to any part. */
static noinline void refuse(void)
{
	_kernel_panic("register access outside its window or misaligned");
}

/*
 * What services may not change nobody changes while they run, no device either (struct reach), so
 * the comparison holds until the write. TRUST: @off lies in the part.
 */
static void check_change(const struct iomem *io, const struct reach *r, u64 off, u64 width, u64 v)
{
	if (r->change != REACH_ALL &&
		(width != 4 || ((arch_mmio_read32(io->base + off) ^ (u32)v) & ~r->change)))
		_kernel_panic("a write to bits of a register that are not the driver's");
}

#if ARCH_HAS_PORTS
#define IS_PORT(io) (!(io)->base)
/* Ports are 32 bits wide at most. */
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

/*
 * TRUST: where registers are accessed they were found to lie in the window, or a part of it, right
 * before.
 */
#define ACCESS(T, bits)                                                       \
	static noinline T read_part##bits(struct iomem *io, u64 off)          \
	{                                                                     \
		if (!part_of(io, off, sizeof(T)))                             \
			refuse();                                             \
		return arch_mmio_read##bits(io->base + off);                  \
	}                                                                     \
	static noinline void write_part##bits(struct iomem *io, u64 off, T v) \
	{                                                                     \
		const struct reach *r = part_of(io, off, sizeof(T));          \
		if (!r)                                                       \
			refuse();                                             \
		check_change(io, r, off, sizeof(T), v);                       \
		arch_mmio_write##bits(io->base + off, v);                     \
	}                                                                     \
	T iomem_read##bits(struct iomem *io, u64 off)                         \
	{                                                                     \
		T v;                                                          \
		if (unlikely(is_outside(io, off, sizeof(T))))                 \
			return read_part##bits(io, off);                      \
		if (!IS_PORT(io))                                             \
			return arch_mmio_read##bits(io->base + off);          \
		v = PORT_READ(io, off, bits);                                 \
		arch_io_after_read();                                         \
		return v;                                                     \
	}                                                                     \
	void iomem_write##bits(struct iomem *io, u64 off, T v)                \
	{                                                                     \
		if (unlikely(is_outside(io, off, sizeof(T)))) {               \
			write_part##bits(io, off, v);                         \
			return;                                               \
		}                                                             \
		if (!IS_PORT(io)) {                                           \
			arch_mmio_write##bits(io->base + off, v);             \
			return;                                               \
		}                                                             \
		arch_io_before_write();                                       \
		PORT_WRITE(io, off, bits, v);                                 \
	}
ACCESS(u8, 8)
ACCESS(u16, 16)
ACCESS(u32, 32)
ACCESS(u64, 64)
