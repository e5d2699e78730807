// reject: P10
// SPDX-License-Identifier: MPL-2.0
/* GCC evaluates what is const once for the check of an index, and once more for the access. */
#include <thing.h>

static u64 arr[4];
static u64 choice(const struct thing *k, u32 n)
{
	return arr[k->count > n && k->pair.a > n ? k->pair.b : k->tab[0]]; // <- P10
}
static void store(const struct thing *const k)
{
	arr[k->count || k->pair.a] = 1; // <- P10
	arr[(k->count ? k->pair.a : 1) + k->pair.b] = 1; // <- P10
}
static u64 other_index(const struct thing *k)
{
	return arr[k->tab[k->count]]; // <- P10
}
static u64 field(struct grid *g, const struct grid *k)
{
	return g->cell[k->rows ? k->rows : 1][0]; // <- P10
}
static u64 divisor(const struct pair *k, u64 x)
{
	x /= k->a ? k->b : 2; // <- P10
	x = x << (k->a ? k->b : k->a); // <- P10
	x >>= k->a ? 1 : k->b; // <- P10
	return x % (x ? k->a : k->b); // <- P10
}
struct half {
	const u32 sealed;
	u32 open;
};
static u64 member(struct half *h)
{
	return arr[h->sealed ? h->sealed : 1]; // <- P10
}
static struct half half;
static u64 of_static(void)
{
	return arr[half.open ? half.sealed : half.sealed + 1]; // <- P10
}
static const u64 order[4] = { 0, 1, 2, 1ul << 40 };
static const struct grid rows = { .cell = { { 1ul << 30 } } };
static u64 of_table(struct thing *t)
{
	u64 x = arr[order[((t->count > t->pair.a && t->tab[0] > t->tab[1] ? t->pair.a : t->pair.b) + t->tab[2]) & 3]]; // <- P10
	x += arr["\0\1\2~"[((t->count ? t->pair.a : t->pair.b) + t->tab[2]) & 3] & 127]; // <- P10
	return x % rows.cell[((t->count || t->tab[0]) + t->tab[1]) & 1][0]; // <- P10
}
static u64 in_builtin(const struct thing *k)
{
	u64 x = arr[__builtin_bswap32(k->count > k->tab[0] && k->tab[1] > k->tab[2] ? k->pair.a : k->pair.b)]; // <- P10
	x += arr[(u32)unlikely(k->count && k->tab[0]) * k->pair.a]; // <- P10
	return x << __builtin_popcount(k->count ? k->pair.a : k->pair.b); // <- P10
}
