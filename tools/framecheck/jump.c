// SPDX-License-Identifier: MPL-2.0
/*
 * Jumps over declarations.
 *
 * The compiler gives a local its zero (or its initialiser) where it is declared, so a goto or a case label that enters its scope
 * behind the declaration finds whatever the stack held. Rule: every local in scope at a label is in scope at the jump.
 *
 * The locals in scope form a chain, innermost first; the rule holds when the label's chain is a tail of the jump's.
 */
#include "framecheck.h"

#include <stdlib.h>
#include <string.h>

struct scope {
	const struct scope *outer;
	const char *name;
};

struct jump {
	const char *label;
	const struct scope *from;
	CXCursor at;
};

struct jumps {
	struct jump *list;
	unsigned n, cap;
};

static struct jumps gotos, labels;

static void note(struct jumps *j, const char *label, const struct scope *s, CXCursor at)
{
	if (j->n == j->cap) {
		j->cap = j->cap ? j->cap * 2 : 16;
		j->list = realloc(j->list, j->cap * sizeof(*j->list));
		if (!j->list)
			exit(2);
	}
	j->list[j->n++] = (struct jump){ label, s, at };
}

static void check_jump(const struct scope *from, const struct scope *to, CXCursor at)
{
	const struct scope *s = from;
	while (s && s != to)
		s = s->outer;
	if (s != to)
		finding_at(at, "P4", "jump over the declaration of '%s' leaves it without a value; declare it before the jump",
			to->name);
}

static const struct scope *declare(CXCursor stmt, const struct scope *s)
{
	struct cursors v = children_of(stmt);
	for (unsigned i = 0; i < v.count; i++) {
		if (clang_getCursorKind(v.at[i]) != CXCursor_VarDecl ||
			clang_Cursor_hasVarDeclGlobalStorage(v.at[i]) > 0)
			continue;
		struct scope *in = xmalloc(sizeof(*in));
		in->outer = s;
		in->name = str(clang_getCursorSpelling(v.at[i]));
		s = in;
	}
	free(v.at);
	return s;
}

/* Walks @c, whose locals in scope are @s; @sw are those at the innermost switch. Returns the locals in scope after it. */
static const struct scope *walk(CXCursor c, const struct scope *s, const struct scope *sw)
{
	enum CXCursorKind k = clang_getCursorKind(c);
	const struct scope *in = s;
	if (k == CXCursor_SwitchStmt)
		sw = s;
	else if (k == CXCursor_CaseStmt || k == CXCursor_DefaultStmt)
		check_jump(sw, s, c);
	else if (k == CXCursor_LabelStmt)
		note(&labels, str(clang_getCursorSpelling(c)), s, c);
	struct cursors v = children_of(c);
	if (k == CXCursor_GotoStmt && v.count)
		note(&gotos, str(clang_getCursorSpelling(v.at[0])), s, c);
	for (unsigned i = 0; i < v.count; i++)
		in = walk(v.at[i], in, sw);
	free(v.at);
	if (k == CXCursor_DeclStmt)
		return declare(c, s);
	/* A declaration stays in scope behind a label or case, not behind any other statement. */
	return k == CXCursor_LabelStmt || k == CXCursor_CaseStmt || k == CXCursor_DefaultStmt ? in : s;
}

void check_jumps(CXCursor function_body)
{
	gotos.n = labels.n = 0;
	walk(function_body, NULL, NULL);
	for (unsigned i = 0; i < gotos.n; i++)
		for (unsigned j = 0; j < labels.n; j++)
			if (!strcmp(gotos.list[i].label, labels.list[j].label))
				check_jump(gotos.list[i].from, labels.list[j].from, gotos.list[i].at);
}
