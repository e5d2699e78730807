// SPDX-License-Identifier: MPL-2.0
/*
 * Register access (frame/device.h), ordered by full device fences: before a write everything earlier, after a read everything later.
 *
 * Trust: offset and width are checked against the window.
 */
#include <frame/log.h>

#include "dev.h"

static volatile void *at(struct iomem *io, u64 off, u64 width)
{
	if (unlikely(off > io->size || width > io->size - off || (off & (width - 1))))
		_kernel_panic("register access outside its window or misaligned");
	return io->base + off; /* TRUST: checked above */
}

u64 iomem_size(const struct iomem *io)
{
	return io->size;
}

#define ACCESS(T, bits)                                                                            \
	T iomem_read##bits(struct iomem *io, u64 off)                                              \
	{                                                                                          \
		T v = *(volatile T *)at(io, off, sizeof(T));                                       \
		arch_io_after_read();                                                              \
		return v;                                                                          \
	}                                                                                          \
	void iomem_write##bits(struct iomem *io, u64 off, T v)                                     \
	{                                                                                          \
		arch_io_before_write();                                                            \
		*(volatile T *)at(io, off, sizeof(T)) = v;                                         \
	}
ACCESS(u8, 8)
ACCESS(u16, 16)
ACCESS(u32, 32)
ACCESS(u64, 64)
