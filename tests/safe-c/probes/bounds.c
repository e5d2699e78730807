// SPDX-License-Identifier: MPL-2.0
/*
 * What the production flags must trap: each trap_* function contains one access or operation that is out of range for the
 * arguments given in the table below. The codegen test looks for the trap in the code of every architecture, and runs the
 * functions on the host.
 *
 * Of interest are the places where compilers take an array for larger than it is: last members of structs, arrays of arrays,
 * arrays behind pointers, and where the index is not an int.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef _Bool bool;

#define PROBE __attribute__((noinline, noclone))

struct last8 {
	u64 x;
	u8 a[8];
};
struct last1 {
	u64 x;
	u32 a[1];
};
struct first {
	u8 a[8];
	u64 x;
};
struct nested {
	struct first f;
	struct last8 l;
	u64 z;
};
struct last_in_last {
	u64 x;
	struct last8 l;
};
struct rows {
	u64 n;
	u32 m[3][4];
};
struct cube {
	u64 n;
	u32 d[2][2][2];
};
struct mixed {
	union {
		u8 b[4];
		u32 w;
	} u;
};

static struct last8 last8;
static struct last1 last1;
static struct first first;
static struct nested nested[2];
static struct last_in_last last_in_last;
static struct rows rows;
static struct cube cube;
static struct mixed mixed;
static u8 bytes[8];
static u32 square[2][2];
static u32 global[4];
static u64 counter = 8;
static u8 not_a_bool = 2;

u64 trap_last_member(struct last8 *p, u64 i);
u64 trap_last_member_write(struct last8 *p, u64 i);
u64 trap_last_member_of_one(struct last1 *p, u64 i);
u64 trap_first_member(struct first *p, u64 i);
u64 trap_nested_first(struct nested *p, u64 i);
u64 trap_nested_last(struct nested *p, u64 i);
u64 trap_last_in_last(struct last_in_last *p, u64 i);
u64 trap_inner_index(struct rows *p, u64 i);
u64 trap_outer_index(struct rows *p, u64 i);
u64 trap_middle_index(struct cube *p, u64 i);
u64 trap_union(struct mixed *p, u64 i);
u64 trap_global(void *unused, u64 i);
u64 trap_static_local(void *unused, u64 i);
u64 trap_pointer_to_array(u8 (*p)[8], u64 i);
u64 trap_pointer_to_rows(u32 (*p)[2][2], u64 i);
u64 trap_negative_int(struct first *p, u64 i);
u64 trap_negative_char(struct first *p, u64 i);
u64 trap_above_32_bits(struct first *p, u64 i);
u64 trap_by_value(struct first *p, u64 i);
u64 trap_result(void *unused, u64 i);
u64 trap_compound_literal(void *unused, u64 i);
u64 trap_conditional(struct first *p, u64 i);
u64 trap_increment(struct first *p, u64 i);
u64 trap_or_assign(struct first *p, u64 i);
u64 trap_nested_index(struct first *p, u64 i);
u64 trap_in_switch(struct first *p, u64 i);
u64 trap_in_loop(struct first *p, u64 n);
u64 trap_field_address(struct nested (*p)[2], u64 i);
u64 trap_element_of_row_address(struct rows *p, u64 i);
u64 trap_array_of_element_address(struct nested (*p)[2], u64 i);
u64 trap_struct_read(struct nested (*p)[2], u64 i);
u64 trap_struct_write(struct nested (*p)[2], u64 i);
u64 trap_index_assigned(struct first *p, u64 i);
u64 trap_index_incremented(struct first *p, u64 i);
u64 trap_function_table(void *unused, u64 i);
u64 trap_bool(bool *p, u64 i);
u64 trap_shift_too_far(void *unused, u64 n);
u64 trap_shift_negative(void *unused, u64 n);
u64 trap_divide(void *unused, u64 n);
u64 trap_remainder(void *unused, u64 n);
u64 trap_unreachable(void *unused, u64 n);

PROBE u64 trap_last_member(struct last8 *p, u64 i)
{
	return p->a[i];
}
PROBE u64 trap_last_member_write(struct last8 *p, u64 i)
{
	p->a[i] = 1;
	return 0;
}
PROBE u64 trap_last_member_of_one(struct last1 *p, u64 i)
{
	return p->a[i];
}
PROBE u64 trap_first_member(struct first *p, u64 i)
{
	return p->a[i];
}
PROBE u64 trap_nested_first(struct nested *p, u64 i)
{
	return p->f.a[i];
}
PROBE u64 trap_nested_last(struct nested *p, u64 i)
{
	return p->l.a[i];
}
PROBE u64 trap_last_in_last(struct last_in_last *p, u64 i)
{
	return p->l.a[i];
}
PROBE u64 trap_inner_index(struct rows *p, u64 i)
{
	return p->m[0][i];
}
PROBE u64 trap_outer_index(struct rows *p, u64 i)
{
	return p->m[i][0];
}
PROBE u64 trap_middle_index(struct cube *p, u64 i)
{
	return p->d[1][i][1];
}
PROBE u64 trap_union(struct mixed *p, u64 i)
{
	return p->u.b[i];
}
PROBE u64 trap_global(void *unused, u64 i)
{
	(void)unused;
	return global[i];
}
PROBE u64 trap_static_local(void *unused, u64 i)
{
	static const u8 table[4] = { 1, 2, 3, 4 };
	(void)unused;
	return table[i];
}
PROBE u64 trap_pointer_to_array(u8 (*p)[8], u64 i)
{
	return (*p)[i];
}
PROBE u64 trap_pointer_to_rows(u32 (*p)[2][2], u64 i)
{
	return (*p)[1][i];
}
PROBE u64 trap_negative_int(struct first *p, u64 i)
{
	return p->a[(int)i];
}
PROBE u64 trap_negative_char(struct first *p, u64 i)
{
	return p->a[(signed char)i];
}
PROBE u64 trap_above_32_bits(struct first *p, u64 i)
{
	return p->a[i];
}
PROBE u64 trap_by_value(struct first *p, u64 i)
{
	struct first f = *p;
	return f.a[i];
}
static PROBE struct first make_first(void)
{
	struct first f = { { 1, 2, 3, 4, 5, 6, 7, 8 }, 9 };
	return f;
}
PROBE u64 trap_result(void *unused, u64 i)
{
	(void)unused;
	return make_first().a[i];
}
PROBE u64 trap_compound_literal(void *unused, u64 i)
{
	(void)unused;
	return ((u8[]){ 1, 2, 3, 4 })[i];
}
PROBE u64 trap_conditional(struct first *p, u64 i)
{
	return (i & 1 ? *p : first).a[i];
}
PROBE u64 trap_increment(struct first *p, u64 i)
{
	p->a[i]++;
	return 0;
}
PROBE u64 trap_or_assign(struct first *p, u64 i)
{
	p->a[i] |= 4;
	return 0;
}
PROBE u64 trap_nested_index(struct first *p, u64 i)
{
	p->a[0] = 8;
	return p->a[p->a[i]];
}
PROBE u64 trap_in_switch(struct first *p, u64 i)
{
	switch (p->a[i]) {
	case 1:
		return 5;
	default:
		return 6;
	}
}
PROBE u64 trap_in_loop(struct first *p, u64 n)
{
	u64 sum = 0;
	for (u64 i = 0; i < n; i++)
		sum += p->a[i];
	return sum;
}
PROBE u64 trap_field_address(struct nested (*p)[2], u64 i)
{
	u64 *const z = &(*p)[i].z;
	return *z;
}
/* What array_at(p->m[i], 0) and span_of((*p)[i].l.a) come down to. */
PROBE u64 trap_element_of_row_address(struct rows *p, u64 i)
{
	return (u64) & (p->m[i])[0];
}
PROBE u64 trap_array_of_element_address(struct nested (*p)[2], u64 i)
{
	return (u64)(u8 *)((*p)[i].l.a);
}
PROBE u64 trap_struct_read(struct nested (*p)[2], u64 i)
{
	struct first f = (*p)[i].f;
	return f.x;
}
PROBE u64 trap_struct_write(struct nested (*p)[2], u64 i)
{
	(*p)[i].f = first;
	return 0;
}
PROBE u64 trap_index_assigned(struct first *p, u64 i)
{
	u64 k;
	return p->a[k = i];
}
PROBE u64 trap_index_incremented(struct first *p, u64 i)
{
	(void)i;
	return p->a[counter++];
}
PROBE u64 trap_function_table(void *unused, u64 i)
{
	static u64 (*const table[2])(void *, u64) = { trap_global, trap_result };
	return table[i](unused, 0);
}
PROBE u64 trap_bool(bool *p, u64 i)
{
	(void)i;
	return *p;
}
PROBE u64 trap_shift_too_far(void *unused, u64 n)
{
	(void)unused;
	return 1u << n;
}
PROBE u64 trap_shift_negative(void *unused, u64 n)
{
	(void)unused;
	return (u64)(1 >> (int)n);
}
PROBE u64 trap_divide(void *unused, u64 n)
{
	(void)unused;
	return 100 / n;
}
PROBE u64 trap_remainder(void *unused, u64 n)
{
	(void)unused;
	return (u64)(100 % (int)n);
}
PROBE u64 trap_unreachable(void *unused, u64 n)
{
	(void)unused;
	if (n == 3)
		__builtin_unreachable();
	return n;
}

#ifdef PROBE_RUN
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROW(name, p, i) { #name, (u64(*)(void *, u64))(void *)trap_##name, (void *)(p), (u64)(i) }
static const struct {
	const char *name;
	u64 (*fn)(void *, u64);
	void *arg;
	u64 i;
} table[] = {
	ROW(last_member, &last8, 8),
	ROW(last_member_write, &last8, 8),
	ROW(last_member_of_one, &last1, 1),
	ROW(first_member, &first, 8),
	ROW(nested_first, nested, 8),
	ROW(nested_last, nested, 8),
	ROW(last_in_last, &last_in_last, 8),
	ROW(inner_index, &rows, 4),
	ROW(outer_index, &rows, 3),
	ROW(middle_index, &cube, 2),
	ROW(union, &mixed, 4),
	ROW(global, NULL, 4),
	ROW(static_local, NULL, 4),
	ROW(pointer_to_array, &bytes, 8),
	ROW(pointer_to_rows, &square, 2),
	ROW(negative_int, &first, -1),
	ROW(negative_char, &first, -1),
	ROW(above_32_bits, &first, 1ul << 32),
	ROW(by_value, &first, 8),
	ROW(result, NULL, 8),
	ROW(compound_literal, NULL, 4),
	ROW(conditional, &first, 8),
	ROW(increment, &first, 8),
	ROW(or_assign, &first, 8),
	ROW(nested_index, &first, 0),
	ROW(in_switch, &first, 8),
	ROW(in_loop, &first, 9),
	ROW(field_address, nested, 2),
	ROW(element_of_row_address, &rows, 3),
	ROW(array_of_element_address, nested, 2),
	ROW(struct_read, nested, 2),
	ROW(struct_write, nested, 2),
	ROW(index_assigned, &first, 8),
	ROW(index_incremented, &first, 0),
	ROW(function_table, NULL, 2),
	ROW(bool, &not_a_bool, 0),
	ROW(shift_too_far, NULL, 32),
	ROW(shift_negative, NULL, -1),
	ROW(divide, NULL, 0),
	ROW(remainder, NULL, 0),
	ROW(unreachable, NULL, 3),
};

int main(void)
{
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int status;
		pid_t pid = fork();
		if (pid == 0) {
			table[i].fn(table[i].arg, table[i].i);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		printf("%s %s\n", WIFSIGNALED(status) ? "trap" : "none", table[i].name);
	}
	return 0;
}
#endif
