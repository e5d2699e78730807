// SPDX-License-Identifier: MPL-2.0
/*
 * Rules over the whole program: one definition for each struct tag, one type for each external name, and pointers that
 * were stored before their struct was seen must point to objects.
 *
 * Each unit states facts; they are kept in memory and, with --facts, written as tab-separated lines
 * (kind, name, detail, file, line, column), so that a build checks changed files alone and links the facts of all:
 *	tag   a service's struct, union or enum: its kind and a hash of its layout
 *	ftag  the same of the frame; '-' for one that is never defined
 *	ext   an external name: its canonical type
 *	use   a pointer to an incomplete struct is stored: 'const' or 'mutable'
 */
#include "framecheck.h"

#include <stdlib.h>
#include <string.h>

struct fact {
	const char *kind, *name, *detail;
	struct place at;
};

static struct fact *facts;
static size_t nr_facts, cap_facts;
static FILE *out;
static struct strset seen;

static void add(struct fact f)
{
	if (nr_facts == cap_facts) {
		cap_facts = cap_facts ? cap_facts * 2 : 1024;
		facts = realloc(facts, cap_facts * sizeof(*facts));
		if (!facts)
			exit(2);
	}
	facts[nr_facts++] = f;
}

bool facts_to(const char *path)
{
	out = fopen(path, "w");
	if (!out)
		perror(path);
	return out;
}

void fact(const char *kind, const char *name, const char *detail, struct place at)
{
	char *line = xprintf("%s\t%s\t%s\t%s\t%u\t%u", kind, name, detail, at.file, at.line, at.col);
	if (strset_has(&seen, line)) {
		free(line);
		return;
	}
	strset_add(&seen, line);
	if (out)
		fprintf(out, "%s\n", line);
	add((struct fact){ kind, name, detail, at });
}

void facts_close(void)
{
	if (out && (ferror(out) || fclose(out))) {
		perror("facts");
		exit(2);
	}
	out = NULL;
}

bool facts_read(const char *path)
{
	char *line = NULL;
	size_t cap = 0;
	FILE *f = fopen(path, "r");
	if (!f) {
		perror(path);
		return false;
	}
	while (getline(&line, &cap, f) > 0) {
		char *part[6], *p = xprintf("%s", line);
		unsigned n = 0;
		for (p[strcspn(p, "\n")] = 0; n < 6 && p; n++)
			part[n] = strsep(&p, "\t");
		if (n != 6) {
			fprintf(stderr, "%s: not a facts file\n", path);
			return false;
		}
		struct place at = { part[3], (unsigned)atoi(part[4]), (unsigned)atoi(part[5]) };
		fact(part[0], part[1], part[2], at);
	}
	free(line);
	fclose(f);
	return true;
}

/* Keeps the better of two facts about a name: a definition beats a declaration, the frame beats a service. */
static void check_tag(struct strset *tags, const struct fact *f)
{
	const void **slot = strset_add(tags, f->name);
	const struct fact *g = *slot;
	bool frame = !strcmp(f->kind, "ftag"), other_frame = g && !strcmp(g->kind, "ftag");
	if (!g) {
		*slot = f;
		return;
	}
	if (frame && other_frame) {
		if (strstr(g->detail, " -"))
			*slot = f;
		return;
	}
	if (frame || other_frame) {
		const struct fact *service = frame ? g : f;
		finding(service->at, "W1", "tag '%s' is the frame's; choose another", f->name);
	} else if (strcmp(f->at.file, g->at.file) || f->at.line != g->at.line) {
		finding(f->at, "W1", "tag '%s' is also defined at %s:%u; one name, one type", f->name, g->at.file, g->at.line);
	} else if (strcmp(f->detail, g->detail)) {
		finding(f->at, "W1", "tag '%s' has another layout in another unit; no macro may change it", f->name);
	}
}

static void check_ext(struct strset *names, const struct fact *f)
{
	const void **slot = strset_add(names, f->name);
	const struct fact *g = *slot;
	if (!g)
		*slot = f;
	else if (strcmp(f->detail, g->detail))
		finding(f->at, "W1", "'%s' is '%s' here and '%s' at %s:%u; one name, one type", f->name, f->detail, g->detail,
			g->at.file, g->at.line);
}

static void check_use(const struct strset *tags, const struct fact *f)
{
	const struct fact *tag = strset_get(tags, f->name);
	if (!tag)
		return; /* never defined: no such thing can exist */
	bool table = has_prefix(tag->detail, "table"), is_const = !strcmp(f->detail, "const");
	if (has_prefix(tag->detail, "object") || has_prefix(tag->detail, "handle") || (table && is_const))
		return;
	finding(f->at, "P4", "stored pointer to 'struct %s', which is a %s; keep an object, or copy the value", f->name,
		table ? "table: point to const" : "value");
}

static int by_place(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;
	int d = strcmp(x->at.file, y->at.file);
	return d ? d : (int)x->at.line - (int)y->at.line;
}

void check_program(void)
{
	struct strset tags = { 0 }, names = { 0 };
	qsort(facts, nr_facts, sizeof(*facts), by_place);
	for (size_t i = 0; i < nr_facts; i++) {
		if (!strcmp(facts[i].kind, "tag") || !strcmp(facts[i].kind, "ftag"))
			check_tag(&tags, &facts[i]);
		else if (!strcmp(facts[i].kind, "ext"))
			check_ext(&names, &facts[i]);
	}
	for (size_t i = 0; i < nr_facts; i++)
		if (!strcmp(facts[i].kind, "use"))
			check_use(&tags, &facts[i]);
}
