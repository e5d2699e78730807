// reject: T3
// SPDX-License-Identifier: MPL-2.0
/* The argument is expanded twice, for the address and for the length, and is not the same array each time. */
#include <thing.h>

enum { N = 1 };
struct piece {
	u64 v[16];
};
struct few {
	struct obj obj;
	u8 text[4];
	struct piece tab[1];
};
struct many {
	struct obj obj;
	u8 text[4096];
	struct piece tab[200];
};
static struct few *held;
static struct many *none;
static struct few *pick(void)
{
	return held;
}
#define EMPTY()
#define pick() none
/* The length is behind one scan more than the address: it is that of none->text. */
static void far(u32 i)
{
	span_set_byte(span_of(pick EMPTY EMPTY () () ()->text), i, 3); // <- T3
}
static void type_of_next_object(u32 i)
{
	struct piece *const p = array_at(pick EMPTY EMPTY () () ()->tab, i); // <- T3

	p->v[0] = 7;
}
/* Behind the index N is another one. */
static u64 stack(u32 i)
{
	struct piece *const p = array_at(((struct piece[N]){ { { 0 } } }), i + 0 * sizeof(enum { N = 4096 })); // <- T3

	p->v[2] = i;
	return p->v[3] + max(sizeof(struct { u8 a; }), i); // <- T3
}
static u64 use(u32 i)
{
	held = NULL;
	none = NULL;
	far(i);
	type_of_next_object(i);
	return stack(i) + N + min(sizeof(struct few), i) + min((struct piece){ { 1 } }.v[0], (u64)i);
}
