// SPDX-License-Identifier: MPL-2.0
/*
 * Register access (frame/device.h), ordered by full device fences: before a write everything earlier, after a read everything later. A window may be of I/O ports,
 * where the architecture has them.
 *
 * Trust: offset and width are checked against the window.
 */
#include <frame/log.h>

#include "dev.h"

static void check(struct iomem *io, u64 off, u64 width)
{
	if (unlikely(off > io->size || width > io->size - off || (off & (width - 1))))
		_kernel_panic("register access outside its window or misaligned");
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
	return io->size;
}

#define ACCESS(T, bits)                                                                            \
	T iomem_read##bits(struct iomem *io, u64 off)                                              \
	{                                                                                          \
		T v;                                                                               \
		check(io, off, sizeof(T));                                                         \
		v = IS_PORT(io) ? PORT_READ(io, off, bits) : *(volatile T *)(io->base + off); /* TRUST: checked above */ \
		arch_io_after_read();                                                              \
		return v;                                                                          \
	}                                                                                          \
	void iomem_write##bits(struct iomem *io, u64 off, T v)                                     \
	{                                                                                          \
		check(io, off, sizeof(T));                                                         \
		arch_io_before_write();                                                            \
		if (IS_PORT(io))                                                                   \
			PORT_WRITE(io, off, bits, v);                                              \
		else                                                                               \
			*(volatile T *)(io->base + off) = v; /* TRUST: checked above */            \
	}
ACCESS(u8, 8)
ACCESS(u16, 16)
ACCESS(u32, 32)
ACCESS(u64, 64)
