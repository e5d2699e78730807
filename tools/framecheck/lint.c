// SPDX-License-Identifier: MPL-2.0
/*
 * Frame headers as text: the words that a service's macro may not redefine, and the rules that public frame macros keep so that the
 * service's arguments stay the service's (F1, F2).
 */
#include "framecheck.h"

#include <string.h>

static bool paste_at(const struct token *t)
{
	return token_is(t, "#") && t[1].s && token_is(t + 1, "#") && t->s + 1 == t[1].s;
}

/*
 * F2: a parameter beside an operator, or an element of a list in braces. An operator or a comma that a service puts into it would be
 * taken as the frame's, and shift the elements of the list.
 */
static bool is_exposed(const struct token *body, const struct token *t)
{
	char open[64] = "";
	int depth = 0;
	for (const struct token *b = body; b < t; b++) {
		if (b->kind == TOK_PUNCT && strchr("({[", b->s[0]) && depth < 63)
			open[++depth] = b->s[0];
		else if (b->kind == TOK_PUNCT && strchr(")}]", b->s[0]) && depth > 0)
			depth--;
	}
	static const char *const tags[] = { "struct", "union", "enum" };
	if (token_listed(t - 1, tags, 3))
		return false;
	const struct token *side[] = { t - 1, t + 1 };
	for (int i = 0; i < 2; i++) {
		if (!side[i]->s || side[i]->kind != TOK_PUNCT)
			continue;
		if (strchr("+-*/%&|^~!<>?:[.", side[i]->s[0]) || (side[i]->s[0] == ',' && open[depth] == '{'))
			return true;
	}
	return false;
}

/*
 * F1: a public macro that uses a parameter both pasted, where it is not expanded, and otherwise, where it is. A service that
 * makes the parameter a macro gets two different things, for example a pool of one type and a cast to another.
 */
static void lint_macro(struct lexer *lx, CXFile f)
{
	enum { MAX = 512 };
	static struct token t[MAX + 4];
	unsigned n = 0;
	struct token name = lex_next(lx);
	if (name.s[0] == '_' || lx->p >= lx->end || *lx->p != '(')
		return;
	while (lx->in_directive && n < MAX) {
		t[n] = lex_next(lx);
		if (!t[n].directive || t[n].starts_line || t[n].kind == TOK_END)
			break;
		n++;
	}
	memset(&t[n], 0, sizeof(t[0]) * 2);
	unsigned body = 0;
	while (body < n && !token_is(&t[body], ")"))
		body++;
	for (unsigned p = 1; p < body; p++) {
		bool pasted = false, expanded = false, bare = false;
		for (unsigned i = body; t[p].kind == TOK_IDENT && i < n; i++) {
			if (t[i].len != t[p].len || memcmp(t[i].s, t[p].s, t[p].len))
				continue;
			bool joined = paste_at(&t[i + 1]) || paste_at(&t[i - 2]);
			pasted |= joined;
			bool expands = !joined && !token_is(&t[i - 1], "#");
			expanded |= expands;
			bare |= expands && is_exposed(&t[body], &t[i]);
		}
		if (bare)
			finding((struct place){ file_path(f), name.line, name.col }, "F2",
				"public frame macro '%s' uses '%s' without parentheses; an operator or comma in it would be the frame's",
				token_text(&name), token_text(&t[p]));
		if (pasted && expanded)
			finding((struct place){ file_path(f), name.line, name.col }, "F1",
				"public frame macro '%s' uses '%s' pasted and expanded; hand it to an underscore macro first",
				token_text(&name), token_text(&t[p]));
	}
}

void lex_frame_file(CXFile f, bool lint)
{
	struct lexer lx;
	bool after_hash = false;
	if (!lex_open(&lx, f))
		return;
	for (struct token t = lex_next(&lx); t.kind != TOK_END; t = lex_next(&lx)) {
		if (lint && after_hash && token_is(&t, "define")) {
			struct lexer ahead = lx;
			lint_macro(&ahead, f);
		}
		after_hash = token_is(&t, "#") && t.starts_line;
		if (t.kind == TOK_IDENT) {
			char *word = token_text(&t);
			strset_add(&tu.frame_tokens, word);
		}
	}
}
