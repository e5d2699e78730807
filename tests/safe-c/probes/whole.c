// SPDX-License-Identifier: MPL-2.0
/*
 * Pointers that another CPU may read meanwhile. The codegen test looks at the width and the place of each store:
 * pointers stand at multiples of 8, and a store that reaches one covers it, and begins there.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

struct value {
	u32 a, b;
	struct shared *p, *q;
	u32 c;
	void (*fn)(void);
	u64 words[16];
};

struct shared {
	u32 head[5], before;
	struct shared *p;
	u32 after;
	u16 between[2];
	struct shared *q;
	u32 more;
	u8 less[4];
	void (*fn)(void);
	u32 last;
	struct value v, w;
};

/* A result or a static has an address of its own, so a clearing may be cut at what is stored again. */
struct small {
	u32 a, b;
	u64 c[2];
	struct shared *p; /* at 24, as in struct shared */
};
struct small whole_result(u32 k);
void whole_static(u32 k, struct shared *p);
struct small *static_seen(void);

void ends(void) __attribute__((noreturn));
void fails(void) __attribute__((noreturn, cold));
void whole_zeroes(struct shared *s);
void whole_numbers(struct shared *s);
void whole_copy(struct shared *s, struct shared *t);
void whole_copies(struct shared *s, struct shared *t);
void whole_before_end(struct shared *s, struct shared *t);
void whole_clear_before_end(struct shared *s);
void whole_before_failure(struct shared *s, struct shared *t);
void whole_some(struct shared *s, struct shared *t);

/* Neighbours that are stored as one would cut the pointer between them. */
void whole_zeroes(struct shared *s)
{
	s->before = 0;
	s->p = 0;
	s->after = 0;
	s->between[0] = s->between[1] = 0;
	s->q = 0;
	s->more = 0;
	s->less[0] = s->less[1] = s->less[2] = s->less[3] = 0;
	s->fn = 0;
	s->last = 0;
}

void whole_numbers(struct shared *s)
{
	s->before = ~0u;
	s->p = 0;
	s->after = ~0u;
	s->q = 0;
	s->more = 5;
	s->fn = 0;
	s->last = 7;
}

void whole_copy(struct shared *s, struct shared *t)
{
	s->before = t->before;
	s->p = t->p;
	s->after = t->after;
	s->q = t->q;
	s->more = t->more;
	s->fn = t->fn;
	s->last = t->last;
}

void whole_copies(struct shared *s, struct shared *t)
{
	s->v = t->v;
	s->w = (struct value){ .b = 5, .q = t };
}

/* Code before a call that does not return is rare for the compiler, which then makes it small. */
void whole_before_end(struct shared *s, struct shared *t)
{
	if (s->last) {
		s->v = t->v;
		ends();
	}
}

void whole_clear_before_end(struct shared *s)
{
	if (s->last) {
		s->v = (struct value){ .a = 1 };
		ends();
	}
}

void whole_before_failure(struct shared *s, struct shared *t)
{
	if (s->last) {
		s->v = t->v;
		s->before = 0;
		s->p = 0;
		s->after = 0;
		fails();
	}
}

/* Parts of a struct that is cleared, stored once more. */
void whole_some(struct shared *s, struct shared *t)
{
	s->before = 0;
	s->v = (struct value){ .a = 3 };
	s->last = 0;
	s->v.p = t;
	s->v.b = 0;
	s->v.c = 0;
}

struct small whole_result(u32 k)
{
	return (struct small){ .a = k };
}

static struct small seen;
void whole_static(u32 k, struct shared *p)
{
	seen = (struct small){ .a = k };
	seen.p = p;
}

struct small *static_seen(void)
{
	return &seen;
}
