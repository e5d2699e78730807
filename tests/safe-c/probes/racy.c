// SPDX-License-Identifier: MPL-2.0
/*
 * Values that another CPU may change between check and use. The code must load t->idx once and use what it checked:
 * the codegen test counts loads of offset 4. No table may be indexed or jumped through without a check of the
 * same register.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

struct racy {
	u32 flags;
	u32 idx;
	u32 tab[8];
	u64 last;
};

/* A narrow index: a CPU that compares with memory could do without a register. */
struct racy8 {
	u32 flags;
	u8 idx;
	u8 tab[3];
	u32 wide[8];
};

/* A short one with a sign, below the registers of any machine. */
struct racy16 {
	u32 flags;
	short idx;
	u8 tab[129];
};

struct racy_bytes {
	u32 flags;
	u8 idx[4];
};

u32 once_index(struct racy *t);
u32 once_narrow(struct racy8 *t);
u32 once_narrow_last(struct racy8 *t);
void once_indirect(struct racy **t, u32 v);
void once_store(struct racy *t, u32 v);
u32 once_pressure(struct racy *t, u64 *p);
u32 once_switch(struct racy *t);
u32 once_lookup(struct racy *t);
u32 once_const(const struct racy *t);
u32 once_const_sum(const struct racy *t, struct racy *r);
u32 once_const_narrow(const struct racy8 *t, u32 *p);
u32 once_joined(struct racy_bytes *t);
u64 once_sign(struct racy16 *t);
u64 once_swapped(struct racy16 *t);
u32 other(u32 n);

u32 once_index(struct racy *t)
{
	return t->tab[t->idx];
}

/* What is const GCC evaluates for the check and for the access, and makes one load of the two again where no branch is in it. The others are in inlines.py. */
u32 once_const(const struct racy *t)
{
	return t->tab[t->idx];
}

u32 once_const_sum(const struct racy *t, struct racy *r)
{
	return r->tab[(t->idx & 0xffff) * 3 + t->flags] = 1;
}

u32 once_const_narrow(const struct racy8 *t, u32 *p)
{
	return t->wide[t->idx + *p];
}

/* What was compared is a part of the result. */
u32 once_joined(struct racy_bytes *t)
{
	u8 low = t->idx[0], high = t->idx[1];

	return low < 2 ? low | (u32)high << 8 : 0;
}

/* At most 128, so a shorter check or none is left of what follows. */
u64 once_sign(struct racy16 *t)
{
	long distance = t->idx < 0 ? -(long)t->idx : (long)t->idx;

	return (u64)distance >> 8;
}

u64 once_swapped(struct racy16 *t)
{
	return __builtin_bswap16((unsigned short)t->idx);
}

void once_store(struct racy *t, u32 v)
{
	t->tab[t->idx] = v;
}

u32 once_narrow(struct racy8 *t)
{
	return t->tab[t->idx];
}

u32 once_narrow_last(struct racy8 *t)
{
	return t->wide[t->idx];
}

/* Both the pointer and the index may change. */
void once_indirect(struct racy **t, u32 v)
{
	struct racy *r = *t;

	r->tab[r->idx] += v;
}

/* More live values than registers between the load of the index and its second use. */
u32 once_pressure(struct racy *t, u64 *p)
{
	u32 i = t->idx;
	u64 a = p[0], b = p[1], c = p[2], d = p[3], e = p[4], f = p[5], g = p[6], h = p[7], j = p[8], k = p[9], l = p[10],
	    m = p[11], n = p[12], o = p[13], q = p[14], r = p[15], s = p[16], u = p[17], v = p[18], w = p[19], x = p[20],
	    y = p[21], z = p[22], aa = p[23], bb = p[24], cc = p[25];
	u32 first = t->tab[i];
	p[0] = b * a;
	p[1] = c * b;
	p[2] = d * c;
	p[3] = e * d;
	p[4] = f * e;
	p[5] = g * f;
	p[6] = h * g;
	p[7] = j * h;
	p[8] = k * j;
	p[9] = l * k;
	p[10] = m * l;
	p[11] = n * m;
	p[12] = o * n;
	p[13] = q * o;
	p[14] = r * q;
	p[15] = s * r;
	p[16] = u * s;
	p[17] = v * u;
	p[18] = w * v;
	p[19] = x * w;
	p[20] = y * x;
	p[21] = z * y;
	p[22] = aa * z;
	p[23] = bb * aa;
	p[24] = cc * bb;
	p[25] = a * cc;
	return first + t->tab[i];
}

/* Would be a jump through a table. */
u32 once_switch(struct racy *t)
{
	switch (t->idx) {
	case 0:
		return other(3) + 5;
	case 1:
		return other(9) + 1;
	case 2:
		return other(27) * 2;
	case 3:
		return other(81) - 1;
	case 4:
		return other(1) ^ 7;
	case 5:
		return other(4) | 8;
	case 6:
		return other(5) & 3;
	case 7:
		return other(6) << 1;
	case 8:
		return other(7) + 11;
	default:
		return 0;
	}
}

/* Would be a load from a table made by the compiler. */
u32 once_lookup(struct racy *t)
{
	switch (t->idx) {
	case 0:
		return 10;
	case 1:
		return 22;
	case 2:
		return 31;
	case 3:
		return 47;
	case 4:
		return 58;
	case 5:
		return 63;
	case 6:
		return 71;
	default:
		return 9;
	}
}
