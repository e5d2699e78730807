// SPDX-License-Identifier: MPL-2.0
/*
 * Rules on raw tokens: what may be written at all, before any macro is expanded and in skipped regions too.
 *
 * This is where most of L1 and L2 and all of P8 is decided: a name with a leading underscore belongs to the frame or the
 * compiler, so a service that cannot write one can neither reach a private field or function, nor name a builtin or an attribute,
 * nor test which compiler reads it. Pasting does not help: the first token of a paste would have to be written somewhere.
 */
#include "framecheck.h"

#include <ctype.h>
#include <string.h>

/* ---- the lexer ---- */

static bool is_word(int c)
{
	return isalnum(c) || c == '_' || c == '$' || (c & 0x80);
}

static void newline(struct lexer *lx)
{
	lx->line++;
	lx->line_start = lx->p;
	lx->at_line_start = true;
}

/* A backslash, blanks, a newline: returns the length, or 0. */
static size_t splice_at(const struct lexer *lx, const char *p)
{
	const char *q = p + 1;
	if (p >= lx->end || *p != '\\')
		return 0;
	while (q < lx->end && (*q == ' ' || *q == '\t'))
		q++;
	return q < lx->end && *q == '\n' ? (size_t)(q + 1 - p) : 0;
}

static void skip_line_comment(struct lexer *lx, struct token *t)
{
	while (lx->p < lx->end && *lx->p != '\n') {
		if (splice_at(lx, lx->p))
			t->odd = '\\';
		lx->p++;
	}
}

static void skip_block_comment(struct lexer *lx, struct token *t)
{
	for (lx->p += 2; lx->p < lx->end; lx->p++) {
		if (splice_at(lx, lx->p))
			t->odd = '\\';
		if (*lx->p == '\n') {
			bool at_start = lx->at_line_start;
			lx->line++;
			lx->line_start = lx->p + 1;
			lx->at_line_start = at_start;
		}
		if (lx->p[0] == '*' && lx->p + 1 < lx->end && lx->p[1] == '/') {
			lx->p += 2;
			return;
		}
	}
}

/* Skips blanks and comments; a newline ends a directive. */
static void skip_space(struct lexer *lx, struct token *t)
{
	while (lx->p < lx->end) {
		size_t splice = splice_at(lx, lx->p);
		if (splice) {
			/* Allowed between tokens of a directive only: elsewhere it can hide what a token is. */
			if (!lx->in_directive || is_word((unsigned char)lx->p[-1]))
				t->odd = '\\';
			lx->p += splice;
			lx->line++;
			lx->line_start = lx->p;
		} else if (*lx->p == '\n') {
			lx->p++;
			lx->in_directive = false;
			newline(lx);
		} else if (*lx->p == ' ' || *lx->p == '\t') {
			lx->p++;
		} else if (lx->p[0] == '/' && lx->p + 1 < lx->end && lx->p[1] == '/') {
			skip_line_comment(lx, t);
		} else if (lx->p[0] == '/' && lx->p + 1 < lx->end && lx->p[1] == '*') {
			skip_block_comment(lx, t);
		} else {
			return;
		}
	}
}

static void quoted(struct lexer *lx, struct token *t)
{
	char quote = *lx->p++;
	while (lx->p < lx->end && *lx->p != quote && *lx->p != '\n') {
		if (splice_at(lx, lx->p))
			t->odd = '\\';
		if (*lx->p == '\\' && lx->p + 1 < lx->end && lx->p[1] != '\n')
			lx->p++;
		lx->p++;
	}
	if (lx->p < lx->end && *lx->p == quote)
		lx->p++;
	t->kind = quote == '"' ? TOK_STRING : TOK_CHAR;
}

static void number(struct lexer *lx)
{
	while (lx->p < lx->end) {
		if (strchr("eEpP", *lx->p) && lx->p + 1 < lx->end && strchr("+-", lx->p[1]))
			lx->p++;
		else if (!is_word((unsigned char)*lx->p) && *lx->p != '.')
			return;
		lx->p++;
	}
}

struct token lex_next(struct lexer *lx)
{
	struct token t = { 0 };
	skip_space(lx, &t);
	t.s = lx->p;
	t.line = lx->line;
	t.col = (unsigned)(lx->p - lx->line_start) + 1;
	t.starts_line = lx->at_line_start;
	lx->at_line_start = false;
	if (lx->p >= lx->end) {
		t.kind = TOK_END;
		return t;
	}
	unsigned char c = (unsigned char)*lx->p;
	if (c == '#' && t.starts_line)
		lx->in_directive = true;
	t.directive = lx->in_directive;
	if (isdigit(c) || (c == '.' && lx->p + 1 < lx->end && isdigit((unsigned char)lx->p[1]))) {
		number(lx);
		t.kind = TOK_NUMBER;
	} else if (is_word(c)) {
		while (lx->p < lx->end && is_word((unsigned char)*lx->p))
			lx->p++;
		t.kind = TOK_IDENT;
	} else if (c == '"' || c == '\'') {
		quoted(lx, &t);
	} else {
		/* A backslash outside strings can only begin a universal character name. */
		if (c < 0x20 || c == 0x7f || c == '\\')
			t.odd = 'c';
		lx->p++;
		t.kind = TOK_PUNCT;
	}
	t.len = (unsigned)(lx->p - t.s);
	return t;
}

bool token_is(const struct token *t, const char *text)
{
	return t->len == strlen(text) && !memcmp(t->s, text, t->len);
}

char *token_text(const struct token *t)
{
	return xprintf("%.*s", (int)t->len, t->s);
}

bool lex_open(struct lexer *lx, CXFile f)
{
	size_t n;
	const char *text = clang_getFileContents(tu.unit, f, &n);
	if (!text)
		return false;
	*lx = (struct lexer){ .p = text, .end = text + n, .line_start = text, .line = 1, .at_line_start = true };
	return true;
}

bool token_listed(const struct token *t, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (token_is(t, list[i]))
			return true;
	return false;
}
/* ---- service files ---- */

static const struct {
	const char *word, *rule, *what;
} banned[] = {
	{ "asm", "L1", "inline assembly; the frame must offer the operation" },
	{ "volatile", "L1", "volatile; use load_once() and store_once()" },
	{ "restrict", "L1", "restrict is a promise that nobody checks; leave it out" },
	{ "register", "L1", "register; leave it out" },
	{ "float", "L1", "floating point; compute with integers" },
	{ "double", "L1", "floating point; compute with integers" },
	{ "_Complex", "L1", "floating point; compute with integers" },
	{ "_Thread_local", "L1", "thread-local storage; use an array indexed by cpu_id()" },
	{ "__thread", "L1", "thread-local storage; use an array indexed by cpu_id()" },
	{ "_Atomic", "L1", "_Atomic; use struct atomic" },
	{ "_Generic", "L1", "_Generic; write one function per type" },
	{ "__asm__", "L1", "inline assembly; the frame must offer the operation" },
	{ "__asm", "L1", "inline assembly; the frame must offer the operation" },
	{ "__volatile__", "L1", "volatile; use load_once() and store_once()" },
	{ "__volatile", "L1", "volatile; use load_once() and store_once()" },
	{ "__restrict", "L1", "restrict is a promise that nobody checks; leave it out" },
	{ "__restrict__", "L1", "restrict is a promise that nobody checks; leave it out" },
	{ "__label__", "L1", "local labels; write a function" },
	{ "__extension__", "L1", "language extension; write standard C" },
	{ "__attribute__", "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)" },
	{ "__attribute", "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)" },
	{ "__declspec", "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)" },
	{ "_Noreturn", "L2", "_Noreturn is a promise that nobody checks; leave it out" },
	{ "_Alignas", "L2", "_Alignas; the natural alignment is right" },
	{ "_Pragma", "L2", "pragma; mend the code instead" },
	{ "va_list", "L3", "variadic arguments; pass a struct" },
	{ "va_start", "L3", "variadic arguments; pass a struct" },
	{ "va_arg", "L3", "variadic arguments; pass a struct" },
	{ "__builtin_alloca", "P7", "alloca; use a buf or a fixed array" },
	{ "alloca", "P7", "alloca; use a buf or a fixed array" },
	{ "FRAME_MARK", "L2", "frame annotation; only TABLE is for services" },
	{ "FRAME_HANDLE", "L2", "frame annotation; only TABLE is for services" },
	{ "FRAME_PINNED", "L2", "frame annotation; only TABLE is for services" },
	{ "FRAME_TRANSIENT", "L2", "frame annotation; only TABLE is for services" },
	{ "FRAME_LOCAL", "L2", "frame annotation; only TABLE is for services" },
};

/* Names with a leading underscore that are the language's and do no harm. */
static const char *const allowed[] = {
	"__VA_ARGS__", "__VA_OPT__", "_Static_assert", "_Bool", "__typeof__", "__builtin_bswap16",
	"__builtin_bswap32", "__builtin_bswap64", "__builtin_popcount", "__builtin_popcountl", "__builtin_popcountll",
	"__builtin_add_overflow", "__builtin_sub_overflow", "__builtin_mul_overflow",
};

static const char *const keywords[] = {
	"auto", "break", "case", "char", "const", "continue", "default", "do", "else", "enum", "extern", "for", "goto", "if",
	"inline", "int", "long", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "typeof", "union",
	"unsigned", "void", "while", "asm", "volatile", "restrict", "register", "float", "double", "defined",
};

#define LISTED(t, list) token_listed(t, list, sizeof(list) / sizeof((list)[0]))

static const char *lexed_file;

#define complain(t, ...) finding((struct place){ lexed_file, (t)->line, (t)->col }, __VA_ARGS__)

/*
 * What follows ## is the tail of a name. Should its left side be empty after all, the name is private: private macros are refused
 * here, and everything else is seen in the tree (expr.c, decl.c).
 */
static bool is_harmless_tail(const struct token *t)
{
	char *word = token_text(t);
	return islower((unsigned char)word[1]) && !strset_has(&tu.frame_macros, word);
}

static void check_word(const struct token *t)
{
	if (t->s[0] == '_') {
		if (LISTED(t, allowed))
			return;
		for (size_t i = 0; i < sizeof(banned) / sizeof(banned[0]); i++)
			if (token_is(t, banned[i].word)) {
				complain(t, banned[i].rule, "%s", banned[i].what);
				return;
			}
		char *word = token_text(t);
		if (has_prefix(word, "__builtin_") || has_prefix(word, "__sync_") || has_prefix(word, "__atomic_"))
			complain(t, "L2", "builtin '%s'; use the frame's functions", word);
		else
			complain(t, "P8", "'%s' begins with an underscore: it is private to the frame or the compiler", word);
		return;
	}
	for (size_t i = 0; i < sizeof(banned) / sizeof(banned[0]); i++)
		if (token_is(t, banned[i].word))
			complain(t, banned[i].rule, "%s", banned[i].what);
}

static void check_macro_name(const struct token *t)
{
	char *name = token_text(t);
	if (LISTED(t, keywords))
		complain(t, "P8", "macro named like the keyword '%s'", name);
	else if (strset_has(&tu.frame_tokens, name))
		complain(t, "P8", "macro '%s' would change what a frame header says; choose another name", name);
}

static void check_if_word(const struct token *t)
{
	static const char *const compiler[] = { "linux", "unix", "riscv", "i386" };
	if (LISTED(t, compiler))
		complain(t, "L2", "test of the compiler's macro '%s'; services are the same everywhere", token_text(t));
}

/* Reads one directive after its '#'. @clean: the text before it is whole declarations. */
static void directive(struct lexer *lx, const struct token *hash, bool clean)
{
	static const char *const plain[] = { "else", "endif", "error" };
	static const char *const tests[] = { "if", "ifdef", "ifndef", "elif" };
	struct token d = lex_next(lx);
	bool define = token_is(&d, "define") || token_is(&d, "undef"), test = LISTED(&d, tests);
	bool include = token_is(&d, "include"), pragma = token_is(&d, "pragma"), first = true;
	struct token prev = d;
	bool pasted = false;
	if (!d.directive)
		return; /* the null directive: put back by the caller */
	if (!define && !test && !include && !pragma && !LISTED(&d, plain)) {
		complain(hash, "L2", "directive '#%s'", token_text(&d));
		return;
	}
	if (include && !clean)
		strset_add(&tu.inner_includes, xprintf("%s:%u", lexed_file, hash->line));
	while (lx->in_directive) {
		struct lexer save = *lx;
		struct token t = lex_next(lx);
		if (!t.directive || t.starts_line || t.kind == TOK_END) {
			*lx = save;
			break;
		}
		if (t.odd)
			complain(&t, "L2", "line splice or control character that could hide a token");
		if (include && first && t.kind != TOK_STRING && !token_is(&t, "<"))
			complain(&t, "L4", "#include of a macro; name the header");
		if (pragma && first)
			complain(hash, "L2", "pragma; mend the code, or use an include guard");
		if (define && first)
			check_macro_name(&t);
		if (test && t.kind == TOK_IDENT)
			check_if_word(&t);
		if (t.kind == TOK_IDENT && !include && !pragma && !token_is(&d, "error") &&
		    !(pasted && t.s[0] == '_' && is_harmless_tail(&t)))
			check_word(&t);
		if (token_is(&t, "?") && lx->p < lx->end && *lx->p == '?')
			complain(&t, "L2", "trigraph");
		pasted = token_is(&t, "#") && token_is(&prev, "#") && prev.s + 1 == t.s;
		prev = t;
		first = false;
	}
}

static void check_pair(const struct token *prev, const struct token *t)
{
	static const char *const digraphs[] = { "<:", ":>", "<%", "%>", "%:" };
	if (prev->kind == TOK_IDENT && t->kind == TOK_STRING && prev->s + prev->len == t->s) {
		if (prev->s[prev->len - 1] == 'R' && prev->len <= 3)
			complain(prev, "L2", "raw string literal");
		return;
	}
	if (prev->kind != TOK_PUNCT || t->kind != TOK_PUNCT || prev->s + 1 != t->s)
		return;
	if (prev->s[0] == '[' && t->s[0] == '[')
		complain(prev, "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)");
	if (prev->s[0] == '?' && t->s[0] == '?')
		complain(prev, "L2", "trigraph");
	for (size_t i = 0; i < sizeof(digraphs) / sizeof(digraphs[0]); i++)
		if (prev->s[0] == digraphs[i][0] && t->s[0] == digraphs[i][1])
			complain(prev, "L2", "digraph; write the usual character");
}

/* Also in comments and literals: clang ends a line at a lone carriage return, GCC does not. */
static void check_bytes(struct lexer lx)
{
	for (const char *p = lx.p; p < lx.end; p++) {
		if (*p == '\n') {
			lx.line++;
			lx.line_start = p + 1;
		} else if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f) {
			finding((struct place){ lexed_file, lx.line, (unsigned)(p - lx.line_start) + 1 }, "L2",
				"control character; compilers may disagree about it");
		}
	}
}

void lex_service_file(CXFile f)
{
	struct lexer lx;
	struct token prev = { 0 };
	int depth = 0;
	lexed_file = file_path(f);
	if (!lex_open(&lx, f))
		return;
	check_bytes(lx);
	for (;;) {
		struct token t = lex_next(&lx);
		if (t.odd)
			complain(&t, "L2", "line splice or control character that could hide a token");
		if (t.kind == TOK_END)
			return;
		if (t.directive && token_is(&t, "#")) {
			struct lexer after = lx;
			bool clean = depth == 0 && (!prev.s || token_is(&prev, ";") || token_is(&prev, "}"));
			if (lex_next(&after).directive)
				directive(&lx, &t, clean);
			continue;
		}
		if (t.directive)
			continue;
		if (t.kind == TOK_PUNCT && strchr("({[", t.s[0]))
			depth++;
		else if (t.kind == TOK_PUNCT && strchr(")}]", t.s[0]))
			depth--;
		if (prev.s)
			check_pair(&prev, &t);
		if (t.kind == TOK_IDENT)
			check_word(&t);
		prev = t;
	}
}
