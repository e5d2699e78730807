// SPDX-License-Identifier: MPL-2.0
/* Findings: collected, sorted by place, printed once each. */
#include "framecheck.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct found {
	struct place at;
	const char *rule, *what;
};

static struct found *found;
static unsigned nr_found, cap_found;

static void add(struct place at, const char *rule, const char *what)
{
	if (nr_found == cap_found) {
		cap_found = cap_found ? cap_found * 2 : 64;
		found = realloc(found, cap_found * sizeof(*found));
		if (!found)
			exit(2);
	}
	found[nr_found++] = (struct found){ at, rule, what };
}

static char *format(const char *what, va_list ap)
{
	char *s = NULL;
	if (vasprintf(&s, what, ap) < 0)
		exit(2);
	return s;
}

void finding(struct place at, const char *rule, const char *what, ...)
{
	va_list ap;
	va_start(ap, what);
	add(at, rule, format(what, ap));
	va_end(ap);
}

void finding_at(CXCursor c, const char *rule, const char *what, ...)
{
	va_list ap;
	va_start(ap, what);
	add(place_of(clang_getCursorLocation(c)), rule, format(what, ap));
	va_end(ap);
}

static int by_place(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int d = strcmp(x->at.file, y->at.file);
	if (d)
		return d;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	if (x->at.col != y->at.col)
		return x->at.col < y->at.col ? -1 : 1;
	d = strcmp(x->rule, y->rule);
	return d ? d : strcmp(x->what, y->what);
}

unsigned findings_print(void)
{
	unsigned printed = 0;
	qsort(found, nr_found, sizeof(*found), by_place);
	for (unsigned i = 0; i < nr_found; i++) {
		const struct found *f = &found[i];
		/* One finding per place and rule: the first says it all. */
		if (i && f[-1].at.line == f->at.line && f[-1].at.col == f->at.col && !strcmp(f[-1].rule, f->rule) &&
		    !strcmp(f[-1].at.file, f->at.file))
			continue;
		printf("%s:%u:%u: [%s] %s\n", f->at.file, f->at.line, f->at.col, f->rule, f->what);
		printed++;
	}
	return printed;
}
