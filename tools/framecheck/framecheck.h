// SPDX-License-Identifier: MPL-2.0
/*
 * framecheck: the checker of Safe C (docs/safe-c.md), on libclang's C interface.
 *
 * One file, one job: main.c arguments; tu.c one translation unit; files.c where a token was written; lex.c rules on raw tokens;
 * lint.c the text of frame headers; types.c kinds of types; position.c which may stand where; decl.c declarations; expr.c
 * expressions; jump.c jumps over declarations; link.c rules over the whole program; diag.c findings; util.c strings and sets.
 */
#ifndef FRAMECHECK_H
#define FRAMECHECK_H

#include <clang-c/Index.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* ---- util.c: everything is allocated for the life of the process, which is short ---- */
void *xmalloc(size_t n);
char *xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *str(CXString s); /* a C copy; disposes s */
bool has_prefix(const char *s, const char *prefix);
bool has_suffix(const char *s, const char *suffix);
unsigned long hash_text(unsigned long h, const char *s);

struct strset {
	const char **slot;
	const void **value;
	size_t cap, count;
};
/* Adds @key (kept by pointer) unless present; returns where its value is kept. */
const void **strset_add(struct strset *s, const char *key);
bool strset_has(const struct strset *s, const char *key);
const void *strset_get(const struct strset *s, const char *key);
void strset_clear(struct strset *s);

struct cursors {
	CXCursor *at;
	unsigned count, cap;
};
/* The children of @c, in order. */
struct cursors children_of(CXCursor c);

/* ---- diag.c ---- */
struct place {
	const char *file;
	unsigned line, col;
};
void finding(struct place at, const char *rule, const char *what, ...) __attribute__((format(printf, 3, 4)));
void finding_at(CXCursor c, const char *rule, const char *what, ...) __attribute__((format(printf, 3, 4)));
/* Prints the findings in order of place, without repetitions; returns their number. */
unsigned findings_print(void);

/* ---- files.c ---- */
enum file_class {
	FILE_NONE,    /* no file: scratch space of pasted tokens, built-in */
	FILE_SERVICE, /* checked */
	FILE_FRAME,   /* a public header of the frame: trusted */
	FILE_PRIVATE, /* frame sources and private headers: no business of a service */
	FILE_SYSTEM,  /* outside the tree */
};
void files_add_frame_dir(const char *dir);
void files_add_service_dir(const char *dir);
void files_reset(void);
enum file_class file_class_of(CXFile f);
/* Path relative to the working directory where possible. */
const char *file_path(CXFile f);
/* Whether a service whose main file is @main may include @f. */
bool file_may_include(CXFile f, const char *main);

/* Where a finding about this place is shown: the file position, for a macro body its use. */
struct place place_of(CXSourceLocation l);
/* The class of the file a person sees the cursor in (for a macro: where it is used). */
enum file_class seen_in(CXCursor c);
/* The cursor's first token was written in a frame header. */
bool frame_begins(CXCursor c);
/* The cursor's name was written in a frame header, or was pasted by a frame macro. */
bool frame_names(CXCursor c);
/* The cursor has a private name that a service wrote (as the tail of a paste with nothing before it). */
bool private_name_in_service(CXCursor c);
/* The cursor's first token stands inside a frame macro's text, so the token before it is the frame's too. */
bool frame_inside(CXCursor c);
/* The cursor was written in a frame header and does not come from a macro. */
bool frame_text(CXCursor c);
void frame_macro_add(CXCursor definition);

/* ---- types.c ---- */
enum kind {
	KIND_SCALAR,
	KIND_POINTER,
	KIND_ARRAY,
	KIND_FUNCTION,
	KIND_VALUE,
	KIND_OBJ,        /* struct obj itself */
	KIND_OBJECT,     /* a struct that begins with struct obj */
	KIND_HANDLE,
	KIND_PINNED,
	KIND_TRANSIENT,
	KIND_LOCAL,
	KIND_TABLE,
	KIND_RAW,        /* struct frame_raw */
	KIND_INCOMPLETE, /* a service's struct without a definition here */
	KIND_VOID,
	KIND_OTHER, /* floating point, complex, vector, ... */
};
enum kind kind_of(CXType t);
CXType canon(CXType t);
CXType pointee(CXType t);
CXType element(CXType t); /* of an array */
bool is_pointer(CXType t);
bool is_array(CXType t);
bool is_borrowed(CXType t);                /* a pointer that may not be stored */
bool is_copyable(CXType t);
bool holds_pointer(CXType t);              /* a pointer inside, at any depth */
const char *raw_unsafe_because(CXType t);  /* NULL: any bytes are a valid value */
struct cursors fields_of(CXType record); /* also those without a name */
bool has_private_fields(CXType record);
bool holds_private(CXType t); /* at any depth */
bool is_packed(CXType record);
bool is_frame_tag(CXType record, const char *tag);
bool has_annotation(CXCursor record, const char *text);
bool is_null_constant(CXCursor e);
CXCursor skip_parens(CXCursor e);
char *type_name(CXType t);

/* ---- position.c ---- */
enum pos { POS_FIELD, POS_GLOBAL, POS_LOCAL, POS_PARAM, POS_RESULT, POS_ELEMENT, POS_POINTEE, POS_TABLE_FIELD };
/* P2, P4, P5, P7, L1, L3, L4: whether an entity in position @pos may have type @t; findings go to @at. */
void check_type(CXType t, enum pos pos, CXCursor at);

/* ---- tu.c ---- */
struct tu {
	CXTranslationUnit unit;
	unsigned serial; /* of the unit; its address may come again */
	CXFile main;
	const char *main_path;
	struct strset frame_names; /* ordinary identifiers that frame headers declare */
	struct strset frame_tags;
	struct strset frame_tokens; /* every identifier that occurs in a frame header */
	struct strset frame_macros;
	struct strset inner_includes; /* FILE:LINE of each #include that does not stand between declarations */
	bool is_header;
	CXCursor function; /* whose body is being checked */
};
extern struct tu tu;
/* Checks @path; returns false when it does not parse. */
bool check_file(CXIndex index, const char *path, const char *const *flags, int nr_flags, bool list_decls);

/* ---- lint.c ---- */
/* Adds the identifiers of a frame header to tu.frame_tokens; with @lint checks the frame's own macro rules. */
void lex_frame_file(CXFile f, bool lint);

/* ---- lex.c ---- */
void lex_service_file(CXFile f);
struct token {
	const char *s;
	unsigned len, line, col;
	enum { TOK_IDENT, TOK_NUMBER, TOK_STRING, TOK_CHAR, TOK_PUNCT, TOK_END } kind;
	bool starts_line; /* first token of a physical line */
	bool directive;   /* part of a preprocessing directive */
	char odd;         /* a splice or byte that Safe C does not allow stands before it */
};
struct lexer {
	const char *p, *end, *line_start;
	unsigned line;
	bool at_line_start, in_directive;
};
struct token lex_next(struct lexer *lx);
bool lex_open(struct lexer *lx, CXFile f);
bool token_is(const struct token *t, const char *text);
bool token_listed(const struct token *t, const char *const *list, size_t n);
char *token_text(const struct token *t);

/* ---- decl.c, expr.c, jump.c ---- */
void note_frame_decl(CXCursor c); /* all of them before the first check_decl() */
void check_decl(CXCursor c, bool file_scope);
void check_expr(CXCursor c, CXCursor parent);
void check_jumps(CXCursor function_body);

/* ---- link.c ---- */
bool facts_to(const char *path); /* also write this run's facts to a file */
void fact(const char *kind, const char *name, const char *detail, struct place at);
bool facts_read(const char *path);
void facts_close(void);
void check_program(void);

#endif
