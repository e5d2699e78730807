// SPDX-License-Identifier: MPL-2.0
/*
 * What pools do with the sizes of object types (frame/mm/pool.c), for any size: only a type of a
 * possible size has a pool, and a new object's zeroes are those of its own slot. Where the slots are
 * is group.c's proof.
 */
#include "proof.h"

#include "frame/mm/pool.c"

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;

paddr_t page_alloc_frame(void)
{
	return nondet_bool() ? PAGE_SIZE : 0;
}
void *arch_phys_to_virt(u64 pa)
{
	(void)pa;
	return NULL;
}
struct cpu *arch_this_cpu(void)
{
	return &cpus[0];
}
void _spin_wait(struct spinlock *l)
{
	(void)l;
	ASSUME(false);
}
void pool_layout(struct obj_pool *p)
{
	(void)p;
}

static struct obj_type type;

/* Whatever _size is: there is no pool but for objects that have a struct obj and lie in a unit. */
void main_types(void)
{
	u32 size = nondet_u32();
	struct obj_pool *p;

	type._size = size;
	p = pool_create(&type);
	CLAIM(!p || (size >= sizeof(struct obj) && size <= OBJ_MAX),
		"an object of a possible size");
	CLAIM(!p || (p->slot_size >= size && p->slot_size - size < 16),
		"a slot is as large as its object needs");
}

/* slot_zero writes the slot behind struct obj, and not a byte more. */
void main_zero(void)
{
	u64 bytes[34], size = nondet_u32(), i = nondet_u64();

	ASSUME(size >= sizeof(struct obj) && size <= sizeof(bytes) - 16);
	type._size = (u32)size;
	size = round_up(size, 16);
	ASSUME(i < ARRAY_LEN(bytes));
	bytes[i] = 5;
	slot_zero((struct obj *)bytes, pool_slot_size(&type));
	CLAIM(bytes[i] == (i >= sizeof(struct obj) / 8 && i < size / 8 ? 0 : 5),
		"the body of a slot is zero, what is beside it stays");
}
