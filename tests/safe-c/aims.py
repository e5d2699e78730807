# SPDX-License-Identifier: MPL-2.0
"""What tests/safe-c/mutate puts into services: accesses outside of their memory, each refused by one rule alone. If that rule were weakened, the access would happen.

An aim is (name, rule, declarations, statement). '@' is its own prefix. The statement stands in a function that the service's test runs; there @_n is 6, which no
compiler knows. COMMON stands before the declarations of every aim.

Not here: rules that stand behind another one (T2: what was taken apart is nobody's, so P2 and L1 refuse it as well; T1, T4: see tests/safe-c/run), behind GCC (an incompatible pointer, an array of unknown size, an integer as a
pointer, a VLA), or behind the machine code (S1), and those of the whole program (W1 of several files, W2).
"""

COMMON = """
struct @_pair { u32 a, b; };
struct @_small { struct obj obj; u32 v; };
struct @_big { struct obj obj; u64 v[40]; };
OBJ_TYPE_DECL(@_small);
OBJ_TYPE_DECL(@_big);
OBJ_TYPE(@_small, NULL_RELEASE);
OBJ_TYPE(@_big, NULL_RELEASE);
static u64 @_sink;
static u32 @_six = 6;
static u32 @_tab[6];
static u32 @_rows[2][6];
static u8 @_lines[6][8];
static char @_text[6];
static struct @_pair @_one;
static struct @_small *@_new(void) { return obj_new(@_small); }
static struct @_big *@_new_big(void) { return obj_new(@_big); }
static noinline void @_fill(u32 i)
{
	/* What nobody writes is a constant to the compiler. */
	store_once(*array_at(@_tab, i), 1);
	store_once(*array_at(*array_at(@_rows, i & 1), i), 1);
	store_once(*array_at(*array_at(@_lines, i), i), 1);
	store_once(*array_at(@_text, i), 1);
	store_once(@_one.b, 1);
}
static noinline void @_set(struct @_pair *p) { p->a = 3; }
static noinline u64 @_at(u32 *p) { return *p; }
static noinline u64 @_far(struct @_big *b) { return b->v[20]; }
"""

AIMS = []


def aim(name, rule, statement, declarations=""):
    AIMS.append((name, rule, declarations, statement))


def use(value):
    return f"store_once(@_sink, (u64)({value}));"


def small(statements):
    return f"struct @_small *s = @_new(); if (s) {{ {statements} }}"


def both(statements):
    return f"struct @_small *s = @_new(); struct @_big *l = @_new_big(); if (s && l) {{ {statements} }}"


# ---- P1: each form of sum
aim("subscript of a pointer", "P1", "u32 *const q = array_at(@_tab, 5); " + use("q[1]"))
aim("sum", "P1", use("*(array_at(@_tab, 5) + 1)"))
aim("difference", "P1", use("*(array_at(@_tab, 0) - 1)"))
aim("sum of an object", "P1", small(use("(s + 1)->v")))
aim("increment of an object", "P1", small("s++; " + use("s->v")))
aim("update of an object", "P1", small("s -= 1; " + use("s->v")))
aim("sum of an array's address", "P1", use("(*(&@_tab + 1))[0]"))
aim("subscript of an address", "P1", use("(&@_one)[1].a"))

# ---- P2: one type for another
aim("cast of an object", "P2", small(use("((struct @_big *)s)->v[20]")))
aim("cast of a borrowed pointer", "P2", use("((struct @_big *)&@_one)->v[20]"))
aim("cast down from struct obj", "P2", small("struct obj *o = &s->obj; " + use("((struct @_big *)o)->v[20]")))
aim("cast from an integer", "P2", use("*(u32 *)(0x7fff00000000ul + @_n)"))
aim("cast to an integer and back", "P2", use("*(u32 *)((u64)&@_tab + 24)"))
aim("cast to void *", "P2", small(use("@_far((void *)s)")))
aim("conversion from void *", "P2", "u64 t = 0; " + small("struct @_big *b = t ? NULL : (1 ? (void *)s : NULL); " + use("b->v[20]")))
aim("parameter of type void *", "P2", small(use("@_any(s)")), "static u64 @_any(void *p) { struct @_big *b = p; return b->v[20]; }")
aim("bytes of a pointer", "P2", small("struct @_hold h = { s }; span_set_byte(value_span(&h), 5, 7); " + use("h.s->v")), "struct @_hold { struct @_small *s; };")
aim("constant written by a cast", "P2", "@_set((struct @_pair *)&@_fixed);", "static const struct @_pair @_fixed = { 1, 2 };")
aim("constant written as bytes", "P2", "@_set_byte(value_span(&@_fixed));", "static const struct @_pair @_fixed = { 1, 2 }; static noinline void @_set_byte(struct span s) { span_set_byte(s, 1, 3); }")
aim("function by a cast", "P2", use("((u64 (*)(u64))@_at)(0x7fff00000000ul)"))

# ---- P3: one past the end
aim("address of an element", "P3", "u32 *const q = &@_tab[@_n]; " + use("*q"))
aim("address of an element in brackets", "P3", "u32 *const q = &(@_tab[(@_n)]); " + use("*q"))
aim("address of an element as an argument", "P3", use("@_at(&@_tab[@_n])"))
aim("element read by a frame macro", "P3", use("load_once(@_tab[@_n])"))
aim("element written by a frame macro", "P3", "store_once(@_tab[@_n], 1);")
aim("address of a row", "P3", "u32 (*const r)[6] = &@_rows[@_n - 4]; " + use("(*r)[1]"))
aim("row as a pointer", "P3", "u32 *const q = @_rows[@_n - 4]; " + use("*q"))
aim("row for a frame macro", "P3", use("span_byte(span_const(span_of(@_lines[@_n])), 2)"))
aim("address of a literal", "P3", "char (*const w)[4] = &\"abc\"; (*w)[@_n & 1] = 1;")
aim("literal as a pointer", "P3", "char *const q = \"abc\"; *q = 1;")
aim("index in a static initialiser", "P3", use("load_once(@_outside)->n"),
    "struct TABLE @_part { u64 n; }; struct TABLE @_whole { struct @_part part; u64 n; }; static const struct @_whole @_list[2] = { { { 1 }, 2 }, { { 3 }, 4 } }; "
    "static const struct @_part *@_outside = &@_list[2].part;")

# ---- P4: a pointer that outlives what it points to
LEAVE = "static noinline void @_leave(u32 x) { struct @_pair l = { x, x }; %s store_once(l.a, 3); }"
aim("borrowed pointer in a global", "P4", "@_leave(@_n); " + use("@_keep->a"), "static struct @_pair *@_keep; " + LEAVE % "@_keep = &l;")
aim("span in a global", "P4", "@_leave(@_n); " + use("span_byte(@_keep, 1)"), "static struct cspan @_keep; " + LEAVE % "@_keep = value_cspan(&l);")
aim("borrowed pointer in a field", "P4", "@_leave(@_n); " + use("@_keep.p->a"), "struct @_hold { struct @_pair *p; }; static struct @_hold @_keep; " + LEAVE % "@_keep = (struct @_hold){ &l };")
aim("borrowed pointer as a result", "P4", use("*@_out(@_n)"),
    "static noinline u32 *@_kn(struct @_pair *p) { return &p->a; } static noinline u32 *@_out(u32 x) { struct @_pair l = { x, x }; store_once(l.b, 3); return @_kn(&l); }")
aim("span as a result", "P4", use("span_byte(@_out(@_n), 1)"),
    "static noinline struct cspan @_out(u32 x) { struct @_pair l = { x, x }; store_once(l.b, 3); return value_cspan(&l); }")

aim("local without a value", "P4", "for (u32 @_k = 0; @_k < 9000; @_k = @_k + 1) @_stain(0x7fff00000000ul); " + use("@_jump(@_n)"),
    "static noinline void @_see(u64 *p) { store_once(*p, load_once(*p)); } static noinline void @_stain(u64 x) { u64 l = x; @_see(&l); } "
    "static noinline u64 @_read(struct @_small **p) { return *p ? (*p)->v : 0; } static noinline u64 @_jump(u32 n) { switch (n) { struct @_small *s; case 6: return @_read(&s); default: return 0; } }")

# ---- P5: what is no object of a pool, or has the head of another
aim("head of another object", "P5", both("s->obj = l->obj; struct @_big *b = obj_cast(@_big, &s->obj); " + use("b->v[20]")))
aim("object on the stack", "P5", small("struct @_small local = *s; struct @_small *p = &local; obj_put(&p);"))
aim("object in static storage", "P5", small("@_root = *s; struct @_small *p = &@_root; obj_put(&p);"), "static struct @_small @_root;")
aim("object in a field", "P5", small("@_kept.in = *s; struct @_small *p = &@_kept.in; obj_put(&p);"), "struct @_hold { u64 n; struct @_small in; }; static struct @_hold @_kept;")

# ---- P6: a pointer made of integers
aim("union of pointer and integer", "P6", small("union @_pun u = { s }; u.word = u.word + 64; " + use("u.s->v")), "union @_pun { struct @_small *s; u64 word; };")
aim("union in a struct", "P6", "struct @_pun u = { 0 }; u.word = 0x7fff00000000ul; " + use("u.in.f()"), "struct @_pun { u32 n; union { u64 word; struct { u64 (*f)(void); } in; }; };")

# ---- P7: no bound
aim("flexible array", "P7", "@_grow(); " + use("@_end.text[@_n + 2]"), "struct @_flex { u32 n; u8 text[]; }; static struct @_flex @_end; static noinline void @_grow(void) { store_once(@_end.n, 3); }")
aim("array of no elements", "P7", "@_grow(); " + use("@_end.text[@_n - 5]"), "struct @_none { u64 n; u64 text[0]; }; static struct @_none @_end; static noinline void @_grow(void) { store_once(@_end.n, 3); }")

# ---- P8: what is the frame's own
aim("span with private fields", "P8", "struct cspan s = { cspan_of(@_text)._p, 40 }; " + use("span_byte(s, 20)"))
aim("span with another length", "P8", "struct cspan s = cspan_of(@_text); s._n = 40; " + use("span_byte(s, 20)"))
aim("type of an object", "P8", both("s->obj._type = l->obj._type; struct @_big *b = obj_cast(@_big, &s->obj); " + use("b->v[20]")))
aim("macro of the frame's name", "P8", "u32 *const q = array_at(@_tab, @_n); " + use("*q"), "\n#undef ARRAY_LEN\n#define ARRAY_LEN(a) 40\n")

# ---- P9: read before the check
aim("update in place", "P9", "@_tab[@_n] += 1;")
aim("bits set in place", "P9", "@_tab[@_n] |= 1;")

# ---- L1, L2: where the compilers part, and what turns the traps off
aim("shift too far", "L1", "@_grow(); " + use("@_end.text[@_n - 5]") + use("@_size"),
    "static const u64 @_size = sizeof(enum { @_NONE = (1u << 32) ? 1 : 0 }); struct @_none { u64 n; u64 text[@_NONE]; }; static struct @_none @_end; static noinline void @_grow(void) { store_once(@_end.n, 3); }")
aim("assembly", "L1", "struct @_small *s = NULL; asm(\"movabs $0x7fff00000000, %0\" : \"=r\"(s)); " + use("s->v"))
aim("no sanitizer", "L2", use("@_get(@_n)"), "__attribute__((no_sanitize(\"undefined\"))) static noinline u64 @_get(u32 n) { return @_tab[n]; }")
aim("alias", "L2", use("@_call(0x7fff00000000ul)"), "static u64 @_call(u64 far) __attribute__((alias(\"@_at\")));")

# ---- L4, W1: another declaration of the same
aim("prototype by hand", "L4", use("strsep(0x7fff00000000ul, 8)"), "u64 strsep(u64 text, u64 by);")
aim("tag in a function", "W1", "struct @_small { struct obj obj; u64 far[40]; } *s = obj_new(@_small); if (s) " + use("s->far[20]"))

# ---- T3: more than a frame macro takes
aim("argument that ends a bracket", "T3", "u32 *const q = array_at(@_tab, 0 @_OUT 6); " + use("*q"), "static inline u64 @_first(u64 a, u64 b) { return b ? a : 0; }\n#define @_OUT ), 6ul) + @_first((\n")
