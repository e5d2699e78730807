# SPDX-License-Identifier: MPL-2.0
"""Programs for tests/safe-c/codegen: each inline of the frame that checks a number or a pointer of a service, given a field that another CPU may change.

What the inline returns must come from the value that it checked, so the code must load the field once. A compiler that is short of registers
would rather load it again than keep it, if nothing between check and use ends its basic block. So there is one function for each inline, for
several numbers of live values around it, and for a field that is read before those or after them.

A service may limit the number itself, so that the compiler proves what the inline checks, and drops the check. Where registers are short the limited number
would be made of two loads, and may be any. So there either the field is loaded once, or tools/loadcheck refuses the program.

What GCC inserts a check of (an index, a divisor, the count of a shift) must be computed once, however it is computed. KEPT has the forms in which its front end would
compute it for the check and once more for the operation, each with fields of its own.

And programs in which the compiler does load a field again, which tools/loadcheck must find: those whose check is of a part of the
field, or of it before it was made longer, and one without a check. With load_once() it must find nothing. Other passes are tried by flags that
let them do what the profile's do not: what they load again must be seen in the code.
"""

HEAD = """
#include <frame/obj.h>
#include <frame/span.h>
struct racy { struct obj head; u64 pad[3]; %s; u64 out, w[64], v[64]; u8 bytes[512]; struct racy *next; };
OBJ_TYPE_DECL(racy);
static u8 big[512], small[8];
"""
OFFSET = 40 # of the field
SIGNATURE = "(struct racy *t, struct span d, struct cspan c)"
NUMBER, OBJECT, LITERAL = "u64 x", "struct obj *x", "struct lit x"
USES = {
    "span_first": (NUMBER, "t->out = span_len(span_first(d, x));"),
    "span_from": (NUMBER, "t->out = span_len(span_from(d, x));"),
    "cspan_first": (NUMBER, "t->out = cspan_len(cspan_first(c, x));"),
    "cspan_from": (NUMBER, "t->out = cspan_len(cspan_from(c, x));"),
    "span_copy": (NUMBER, "t->out = span_copy(d, cspan_first(c, x));"),
    "span_sub": (NUMBER, "t->out = span_byte(span_const(span_sub(d, x, 8)), 7);"),
    "span_sub_length": (NUMBER, "t->out = span_len(span_sub(d, 3, x));"),
    "span_byte": (NUMBER, "t->out = span_byte(c, x);"),
    "span_read": (NUMBER, "(void)span_read(c, x, &t->out);"),
    "array_at": (NUMBER, "t->out = *array_at(t->w, x);"),
    "obj_cast": (OBJECT, "t->next = obj_cast(racy, x);"),
    "lit_span": (LITERAL, "t->out = cspan_len(lit_span(x)) + span_byte(lit_span(x), 0);"),
}
# A field decides between spans whose pointers and lengths are constants.
USES |= {
    "chosen_span": (NUMBER, "struct span s = x ? span_of(big) : span_of(small); span_set_byte(s, cspan_len(c), 1);"),
    "chosen_text": (NUMBER, "t->out = span_byte(x ? STR(\"a longer text\") : STR(\"short\"), cspan_len(c));"),
    "chosen_by_if": (NUMBER, "struct cspan s = cspan_of(small); if (x > 7) s = cspan_of(big); t->out = span_byte(s, cspan_len(c));"),
}
LIMITED = {
    "limited_index": "t->out = *array_at(t->w, min(x, 63ul));",
    "limited_subscript": "t->out = t->w[min(x, 63ul)];",
    "limited_ternary": "t->out = *array_at(t->w, x < 63 ? x : 63);",
    "limited_max": "t->out = *array_at(t->w, 63 - max(x, 1ul) % 64);",
    "limited_rest": "t->out = span_byte(cspan_of(t->bytes), x % 500);",
    "limited_byte": "t->out = span_byte(cspan_of(t->bytes), min(x, 511ul));",
    "limited_set_byte": "span_set_byte(span_of(t->bytes), min(x, 511ul), 1);",
    "limited_sub": "t->out = span_byte(cspan_sub(cspan_of(t->bytes), min(x, 504ul), 8), 7);",
    "limited_sub_length": "t->out = span_len(span_sub(span_of(t->bytes), 3, clamp(x, 1ul, 509ul)));",
    "limited_read": "if (!span_read(cspan_of(t->bytes), min(x, 504ul), &t->out)) (void)array_at(t->w, 64);",
    "limited_write": "if (!span_write(span_of(t->bytes), min(x, 504ul), &t->out)) (void)array_at(t->w, 64);",
}


def function(name, field, use, n, is_early):
    read = f"{field} = t->x;"
    load = [f"u64 a{i} = t->w[{i}];" for i in range(n)]
    mix = [f"a{i} = a{i} * a{(i + 1) % n} + a{(i + 3) % n};" for i in range(n)]
    again = [f"a{i} = a{i} * a{(i + 3) % n} + a{(i + 7) % n};" for i in range(n)]
    store = [f"t->v[{i}] = a{i};" for i in range(n)]
    body = ["(void)d, (void)c;", *([read] + load if is_early else load + [read]), *mix, use, *(again if n in (12, 13, 14, 16) else []), *store]
    return f"void {name}{SIGNATURE};\nvoid {name}{SIGNATURE}\n{{\n\t" + "\n\t".join(body) + "\n}\n"


def programs():
    """Pairs of an inline's name and a program for it."""
    for name, (field, use) in {**USES, **{name: (NUMBER, use) for name, use in LIMITED.items()}}.items():
        yield name, HEAD % field + "".join(function(f"once_{name}_{n}_{'early' if is_early else 'late'}", field, use, n, is_early)
                                           for n in (4, 12, 13, 14, 16, 20, 30) for is_early in (True, False))


AGAIN = """
#include <frame/obj.h>
struct racy { struct obj head; u64 x; u32 bits : 5; s8 small; u64 w[64], v[64], out, more; void (*fn[8])(void); };
"""
REPEATS = {
    "again_part": "u32 i = t->bits; if (!(i >> 3)) (*array_at(t->fn, i))();",
    "again_sign": "s8 i = READ(t->small); t->out = (u64)i; if (i != 0 && (u64)i < 6) t->more = *array_at(t->v, i - 1);",
    "again_values": "t->out = 0;",
}
# Which of them the compiler makes repeat a load.
FOUND = {"riscv64": {"again_part", "again_values"}, "x86_64": set(REPEATS)}


def repeated(is_once):
    """A program of many live values and, in each function, one of the above; all read by load_once() or none, but for a field of bits, which cannot be."""
    read = "load_once" if is_once else ""
    text = [AGAIN, f"#define READ(x) {read}(x)"]
    for name, use in REPEATS.items():
        for n in (12, 13, 14, 30):
            # Only what the check is about may be loaded again, but for the program without a check.
            load = [f"u64 a{i} = {'READ' if name == 'again_values' else 'load_once'}(t->w[{i}]);" for i in range(n)]
            mix = [f"a{i} = a{i} * a{(i + 1) % n} + a{(i + 3) % n};" for i in range(n)]
            store = [f"t->v[{i}] = a{i};" for i in range(n)]
            head = f"void {name}_{n}(struct racy *t)"
            if not (is_once and "bits" in use):
                text.append(f"{head};\n{head}\n{{\n\t" + "\n\t".join([*load, *mix, use, *store]) + "\n}")
    return "\n".join(text) + "\n"


# Functions, and flags by which one of them is made of two loads, on one architecture: its comparison stands before each of two conditional moves; or the first RTL has
# two loads of a number whose sign is taken away. Of a whole word the passes have to be off that make one of them again. Of a half they stay, as one is with the sign and the
# other one without; another way through the function has more loads.
TWICE = """
#include <frame/obj.h>
#include <frame/span.h>
struct racy { struct obj head; s64 x; u64 w[8]; };
struct racy16 { struct obj head; s16 x; u64 w; };
static u8 big[512], small[8];
void work(struct racy *t);
u8 chosen(struct racy *t, u64 i);
u8 chosen(struct racy *t, u64 i)
{
	struct cspan s = t->x ? cspan_of(big) : cspan_of(small);
	return span_byte(s, i);
}
u64 without_sign(struct racy *t);
u64 without_sign(struct racy *t)
{
	s64 x = t->x;
	return x < 0 ? -x : x;
}
u64 without_sign_beside(struct racy16 *t, s16 *p);
u64 without_sign_beside(struct racy16 *t, s16 *p)
{
	if (!t->w) {
		s64 x = t->x < 0 ? -(s64)t->x : t->x;
		return (u64)x >> 8;
	}
	*p = 1;
	u64 sum = (u64)t->x;
	*p = 2;
	return sum + (u64)t->x;
}
s64 read_twice(struct racy *t);
s64 read_twice(struct racy *t)
{
	s64 x = t->x;
	work(t);
	return x - t->x;
}
s64 read_on_each_way(struct racy *t);
s64 read_on_each_way(struct racy *t)
{
	if (t->w[0]) {
		work(t);
		return t->x;
	}
	while (t->x > 7)
		work(t);
	return -1;
}
"""
TWICE_BY = {
    "x86_64": {"": set(), "-ftree-ter -fif-conversion": {"chosen"}},
    "riscv64": {"": set(), "-ftree-ter": {"without_sign_beside"},
                "-ftree-ter -fdisable-rtl-cse1 -fdisable-rtl-cse2 -fdisable-rtl-postreload": {"without_sign", "without_sign_beside"}},
}


# ---- operands with a check ----

KEPT_FROM = 1024 # the offset of field 0
CHOICE = "(p->f[%d] > p->f[%d] && p->f[%d] > p->f[%d] ? p->f[%d] : p->f[%d])"
KEPT = {
    "plain": "t->fn[p->f[0] + p->f[1]]();",
    "choice": "t->fn[#0 + #1]();",
    "builtin": "t->fn[__builtin_bswap64(#0) + __builtin_bswap64(#1)]();",
    "likely": "t->fn[(u64)likely(#0) * p->f[20] + (u64)unlikely(#1) * p->f[21]]();",
    "table": "t->fn[order[#0 & 3] + order[#1 & 3]]();",
    "nested": "t->fn[p->tab[#0] + p->tab[#1]]();",
    "offset": "t->fn[(offsetof(struct view, tab[#0]) + offsetof(struct view, tab[#1])) & 4095]();",
    "narrow": "t->fn[(u8)#0 + (p->f[20] || p->f[21])]();",
    "stored": "t->w[#0] = t->w[#1];",
    "compared": "t->fn[(p->f[0] > p->f[1] || p->f[2] > p->f[3]) + (p->f[4] > p->f[5])]();",
    "place": "(p->f[20] && p->f[21] ? t->o[#0] : t->o[#1])->w[1] = 1;",
    "divisor": "t->fn[p->f[20] / #0]();",
    "of_frame": "t->fn[bit(#0) & 7]();",
    "rest": "t->fn[p->f[20] % (#0 & 7)]();",
    "count": "t->fn[p->f[20] >> #0]();",
    "changed": "u64 x = n; x /= #0; x <<= #1; x %= p->f[20] ? p->f[21] : p->f[22]; t->w[0] = x;",
    "of_static": "t->fn[sealed.f[0] && sealed.f[1] ? sealed.f[2] : sealed.f[3]]();",
}


def kept():
    """A program in Safe C with a function for each form."""
    out = ["#include <frame/obj.h>\n#include <frame/span.h>\nstruct view { u64 pad[%d]; u64 f[64], tab[8]; };\n" % (KEPT_FROM // 8),
           "struct racy { struct obj obj; u64 w[8]; void (*fn[8])(void); struct racy *o[8]; };\nOBJ_TYPE(racy, NULL_RELEASE);\n"
           "static const u64 order[4] = { 3, 1, 0x12345678, 0 };\nstatic struct view sealed;\nstatic void init_sealed(void)\n{\n\tsealed.f[0] = 1;\n}\n"]
    for name, text in KEPT.items():
        for k in 0, 1:
            text = text.replace("#%d" % k, CHOICE % tuple(range(6 * k, 6 * k + 6)))
        out.append("static void kept_%s(struct racy *t, const struct view *p, u64 n)\n{\n\t%s\n}\n" % (name, text))
    return "".join(out)
