// SPDX-License-Identifier: MPL-2.0
/* Strings, a set of strings, lists of cursors. Nothing is freed: the process lives for seconds. */
#include "framecheck.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void *xmalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);
	if (!p) {
		fputs("framecheck: out of memory\n", stderr);
		exit(2);
	}
	return p;
}

char *xprintf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;
	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		exit(2);
	va_end(ap);
	return s;
}

char *str(CXString s)
{
	const char *c = clang_getCString(s);
	char *copy = xmalloc(strlen(c ? c : "") + 1);
	strcpy(copy, c ? c : "");
	clang_disposeString(s);
	return copy;
}

bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);
	return n >= m && strcmp(s + n - m, suffix) == 0;
}

unsigned long hash_text(unsigned long h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ul;
	return h;
}

static size_t slot_of(const struct strset *s, const char *key)
{
	size_t i = hash_text(0xcbf29ce484222325ul, key) & (s->cap - 1);
	while (s->slot[i] && strcmp(s->slot[i], key) != 0)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void grow(struct strset *s)
{
	struct strset old = *s;
	s->cap = old.cap ? old.cap * 2 : 256;
	s->slot = xmalloc(s->cap * sizeof(*s->slot));
	s->value = xmalloc(s->cap * sizeof(*s->value));
	for (size_t i = 0; i < old.cap; i++) {
		if (!old.slot[i])
			continue;
		size_t j = slot_of(s, old.slot[i]);
		s->slot[j] = old.slot[i];
		s->value[j] = old.value[i];
	}
	free(old.slot);
	free(old.value);
}

const void **strset_add(struct strset *s, const char *key)
{
	if (s->count * 2 >= s->cap)
		grow(s);
	size_t i = slot_of(s, key);
	if (!s->slot[i]) {
		s->slot[i] = key;
		s->count++;
	}
	return &s->value[i];
}

bool strset_has(const struct strset *s, const char *key)
{
	return s->cap && s->slot[slot_of(s, key)];
}

const void *strset_get(const struct strset *s, const char *key)
{
	return s->cap ? s->value[slot_of(s, key)] : NULL;
}

void strset_clear(struct strset *s)
{
	free(s->slot);
	free(s->value);
	memset(s, 0, sizeof(*s));
}

static enum CXChildVisitResult collect(CXCursor c, CXCursor parent, CXClientData data)
{
	struct cursors *v = data;
	(void)parent;
	if (v->count == v->cap) {
		v->cap = v->cap ? v->cap * 2 : 4;
		v->at = realloc(v->at, v->cap * sizeof(*v->at));
		if (!v->at)
			exit(2);
	}
	v->at[v->count++] = c;
	return CXChildVisit_Continue;
}

struct cursors children_of(CXCursor c)
{
	struct cursors v = { 0 };
	clang_visitChildren(c, collect, &v);
	return v;
}
