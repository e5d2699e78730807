// reject: L4
// SPDX-License-Identifier: MPL-2.0
/* Behind a local of the same name clang means the static function of the file, GCC one of another unit or of the frame, whatever its type. */
#include <thing.h>

static u32 iomem_write64(u64 where, u64 off, u64 v)
{
	return (u32)(where + off + v);
}
static u32 count;
static u32 tab[4];

static u32 behind_local(u64 n)
{
	u64 iomem_write64 = n;
	{
		u32 iomem_write64(u64 where, u64 off, u64 v); // <- L4
		return iomem_write64(n, 0, 1);
	}
}
static u32 behind_parameter(u64 n, u64 iomem_write64)
{
	if (n) {
		u32 iomem_write64(u64 where, u64 off, u64 v); // <- L4
		return iomem_write64(n, 0, 1);
	}
	return (u32)iomem_write64;
}
static u32 behind_constant(u64 n)
{
	enum { iomem_write64 = 3 };
	for (;;) {
		u32 iomem_write64(u64 where, u64 off, u64 v), other(u32 n); // <- L4
		return iomem_write64(n, 0, 1);
	}
}
typedef u32 writer(u64 where, u64 off, u64 v);
static u32 by_typedef(u64 n)
{
	writer iomem_write64; // <- L4
	return iomem_write64(n, 0, 1);
}
static u32 variables(u32 n)
{
	extern u32 count; // <- L4
	extern u32 tab[]; // <- L4
	return tab[n] + count + tab[0];
}
