// SPDX-License-Identifier: MPL-2.0
/*
 * The name of a core file, or the arguments of the program that gets it: kernel.core_pattern and
 * kernel.core_uses_pid. See core(5).
 *
 * Texts that a user chooses (the name of the program, of the host) must not lead the file to another
 * directory: their slashes become "!", and so do "." and ".." and what is empty. The arguments of a
 * program are split at the blanks of the pattern, not at those of the texts.
 */
#include <frame/fmt.h>
#include <kernel/clock.h>
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/knobs.h>
#include <kernel/namei.h>
#include <kernel/version.h>
#include <uapi/errno.h>

#include "../fs/proc/procfs.h"
#include "core.h"

#define NAME_MAX_BYTES (2 * PATH_LEN)

static const u8 nul[1];

/* Texts that do not fit are cut; the caller finds that at the end. */
static void name_put(struct core_name *const n, struct cspan text)
{
	size_t k = span_copy(span_from(buf_span(n->text), n->len), text);

	n->len += k;
	n->too_long = n->too_long || k < cspan_len(text);
}

static void name_put_number(struct core_name *const n, s64 v)
{
	u8 text[24];
	FMT(f, span_of(text));

	fmt_printf(&f, "%ld", v);
	name_put(n, fmt_text(&f));
}

/* A text of a user's choice, see the top. */
static void name_put_foreign(struct core_name *const n, struct cspan text)
{
	size_t at = n->len, i;

	if (!cspan_len(text) || cspan_equal(text, STR(".")) || cspan_equal(text, STR(".."))) {
		name_put(n, STR("!"));
		name_put(n, cspan_from(text, 1));
		return;
	}
	name_put(n, text);
	for (i = at; i < n->len; i++) {
		if (span_byte(buf_cspan(n->text), i) == '/')
			span_set_byte(buf_span(n->text), i, '!');
	}
}

/* The path of the program's file, or the last part of it (@base). */
static void name_put_exe(struct core_name *const n, struct thread *t, bool base)
{
	struct file *exe = t->process->exe; /* it stays while a thread runs the program */
	struct buf *b = exe ? buf_alloc_dirty(PATH_LEN) : NULL;
	ssize_t len = b ? proc_path_text(&exe->path, buf_span(b)) : -ENOENT;
	size_t from = 0, i;

	if (len < 0) {
		name_put_foreign(n,
			cspan_first(cspan_of(t->comm), cspan_strlen(cspan_of(t->comm))));
		name_put(n, STR(" (path unknown)"));
	} else {
		struct cspan path = cspan_first(buf_cspan(b), (size_t)len);
		for (i = 0; base && i < cspan_len(path); i++) {
			if (span_byte(path, i) == '/')
				from = i + 1;
		}
		name_put_foreign(n, cspan_from(path, from));
	}
	buf_put(&b);
}

/* What the letter @c behind a "%" stands for; nothing, if nobody knows it. */
static void name_put_fact(struct core_name *const n, struct thread *t,
	const struct core_facts *facts, u8 c)
{
	u8 host[65];

	switch (c) {
	case '%':
		name_put(n, STR("%"));
		break;
	case 'p': /* there is one namespace of pids */
	case 'P':
		name_put_number(n, t->process->pid);
		break;
	case 'i':
	case 'I':
		name_put_number(n, t->tid);
		break;
	case 'u':
		name_put_number(n, t->cred->uid);
		break;
	case 'g':
		name_put_number(n, t->cred->gid);
		break;
	case 'd':
		name_put_number(n, facts->dumpable);
		break;
	case 's':
		name_put_number(n, facts->signo);
		break;
	case 't':
		name_put_number(n, (s64)(clock_realtime_ns() / NSEC_PER_SEC));
		break;
	case 'h':
		uts_nodename(span_of(host));
		name_put_foreign(n, cspan_first(cspan_of(host), cspan_strlen(cspan_of(host))));
		break;
	case 'e':
		name_put_foreign(n,
			cspan_first(cspan_of(t->comm), cspan_strlen(cspan_of(t->comm))));
		break;
	case 'f':
	case 'E':
		name_put_exe(n, t, c == 'f');
		break;
	case 'C':
		name_put_number(n, facts->cpu);
		break;
	default:
		break;
	}
}

/* %c: the limit may be the highest number. */
static void name_put_limit(struct core_name *const n, u64 limit)
{
	u8 text[24];
	FMT(f, span_of(text));

	fmt_printf(&f, "%lu", limit);
	name_put(n, fmt_text(&f));
}

static bool is_blank(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Blanks begin the next argument, but for those before the first one and behind the last one. */
static void name_expand(struct core_name *const n, struct thread *t, const struct core_facts *facts,
	struct cspan pattern)
{
	bool was_blank = false;
	size_t i;

	for (i = 0; i < cspan_len(pattern); i++) {
		u8 c = span_byte(pattern, i);
		if (n->nr_args && is_blank(c)) {
			was_blank = n->len > 0;
			continue;
		}
		if (was_blank) {
			name_put(n, cspan_of(nul));
			n->nr_args++;
			was_blank = false;
		}
		if (c != '%') {
			name_put(n, cspan_sub(pattern, i, 1));
			continue;
		}
		if (++i == cspan_len(pattern))
			return;
		if (span_byte(pattern, i) == 'c')
			name_put_limit(n, facts->limit);
		else
			name_put_fact(n, t, facts, span_byte(pattern, i));
	}
}

/* Whether the pattern has "%p", as the letters are read one after the other. */
static bool names_pid(struct cspan pattern)
{
	size_t i;

	for (i = 0; i + 1 < cspan_len(pattern); i++) {
		if (span_byte(pattern, i) != '%')
			continue;
		if (span_byte(pattern, ++i) == 'p')
			return true;
	}
	return false;
}

/* The pattern is copied once: a change meanwhile makes no mixture. */
int core_name_make(struct thread *t, const struct core_facts *facts, struct core_name *n)
{
	u8 text[CORE_PATTERN_LEN];
	struct cspan pattern = cspan_first(cspan_of(text), core_pattern_get(span_of(text)));

	*n = (struct core_name){ .text = buf_alloc(NAME_MAX_BYTES) };
	if (!n->text)
		return -ENOMEM;
	if (cspan_starts(pattern, STR("|"))) {
		n->nr_args = 1;
		pattern = cspan_from(pattern, 1);
		if (!cspan_len(pattern))
			return -EINVAL;
	}
	name_expand(n, t, facts, pattern);
	if (!n->nr_args && knob_get(KNOB_CORE_USES_PID) && !names_pid(pattern)) {
		name_put(n, STR("."));
		name_put_number(n, t->process->pid);
	}
	return n->too_long ? -ENAMETOOLONG : 0;
}
