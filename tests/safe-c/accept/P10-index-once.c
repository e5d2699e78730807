// accept: P10
// SPDX-License-Identifier: MPL-2.0
/* Constants are the same each time, what is not const GCC keeps, and so it does the value of a call. */
#include <frame/order.h>
#include <thing.h>

static const u8 order[4] = { 3, 1, 2, 0 };
static u64 arr[4];
static u64 plain(const struct thing *k)
{
	return arr[k->count] + arr[k->count + k->pair.a * 2] + arr[k->tab[2]];
}
static u64 first(const struct thing *k)
{
	u32 i = k->count ? k->pair.a : k->pair.b;

	return arr[i];
}
static u64 mapped(u32 i)
{
	return arr[order[i]] + arr[i ? order[1] : order[0]];
}
static u64 not_const(struct thing *t)
{
	return arr[t->count ? t->pair.a : t->tab[t->pair.b]];
}
static u64 called(const struct thing *k)
{
	return arr[min(k->count, 3u)] / max(k->pair.a, 1u) + arr[sizeof(k->count ? k->count : 1) & 3];
}
static u64 table(struct thing *t)
{
	return arr[order[t->tab[t->count]]] + arr["\0\1\2\3"[t->count & 3] & 3] + arr[t->count && t->tab[t->pair.a] ? order[0] : order[1]];
}
static u64 builtin(const struct thing *k)
{
	return arr[__builtin_bswap32(k->count) + (u32)likely(k->pair.a)] + arr[load_once(k->count) ? 1 : 2];
}
