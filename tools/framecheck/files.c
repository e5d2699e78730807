// SPDX-License-Identifier: MPL-2.0
/*
 * Where a token was written, which is what trust rests on.
 *
 * A location has two faces: the place a person sees (clang_getFileLocation: a macro body counts as its use) and the place the
 * token was written (clang_getSpellingLocation; right since LLVM 19, earlier versions give the use). Text of a frame
 * header is trusted wherever a macro carries it; macro arguments keep the place of whoever wrote them.
 *
 * An operator's own position is not to be had from libclang, only the first tokens of its operands. frame_inside() settles who
 * wrote it: the token before the right operand is the operator, and if the right operand begins inside a frame macro's text, not at
 * its start, then the token before it is from that text too (frame macros put arguments in parentheses or between commas).
 * If it begins at the start of a macro's text, the token before it is from outside.
 */
#include "framecheck.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MACRO_BIT 0x80000000u

static const char *frame_dir[64], *service_dir[64];
static unsigned nr_frame_dirs, nr_service_dirs;

struct known_file {
	CXFile file;
	enum file_class class;
	const char *path;
};
static struct known_file known[2048];
static unsigned nr_known;

struct macro_text {
	CXFile file;
	unsigned begin, end;
};
static struct macro_text macros[16384];
static unsigned nr_macros;

static const char *cwd(void)
{
	static char buf[PATH_MAX];
	if (!buf[0] && !getcwd(buf, sizeof(buf) - 1))
		strcpy(buf, "/");
	return buf;
}

/* The real path, relative to the working directory when inside it. */
static const char *normal(const char *path)
{
	char real[PATH_MAX];
	size_t n = strlen(cwd());
	if (!realpath(path, real))
		return xprintf("%s", path);
	if (!strncmp(real, cwd(), n) && real[n] == '/')
		return xprintf("%s", real + n + 1);
	return xprintf("%s", real);
}

void files_add_frame_dir(const char *dir)
{
	if (nr_frame_dirs < 64)
		frame_dir[nr_frame_dirs++] = xprintf("%s/", normal(dir));
}

void files_add_service_dir(const char *dir)
{
	if (nr_service_dirs < 64)
		service_dir[nr_service_dirs++] = xprintf("%s/", normal(dir));
}

void files_reset(void)
{
	nr_known = 0;
	nr_macros = 0;
}

/* arch/NAME/PART/... */
static bool in_arch(const char *path, const char *part)
{
	const char *slash;
	if (!has_prefix(path, "arch/") || !(slash = strchr(path + 5, '/')))
		return false;
	return has_prefix(slash + 1, part);
}

static bool in_frame_dir(const char *path)
{
	for (unsigned i = 0; i < nr_frame_dirs; i++)
		if (has_prefix(path, frame_dir[i]))
			return true;
	return has_prefix(path, "frame/include/") || in_arch(path, "frame/include/");
}

static enum file_class classify(const char *path)
{
	if (in_frame_dir(path))
		return FILE_FRAME;
	if (has_prefix(path, "frame/") || in_arch(path, "frame/"))
		return FILE_PRIVATE;
	for (unsigned i = 0; i < nr_service_dirs; i++)
		if (has_prefix(path, service_dir[i]))
			return FILE_SERVICE;
	return path[0] == '/' ? FILE_SYSTEM : FILE_SERVICE;
}

static const struct known_file *know(CXFile f)
{
	static const struct known_file none = { .path = "?" };
	if (!f)
		return &none;
	for (unsigned i = nr_known; i-- > 0;)
		if (known[i].file == f)
			return &known[i];
	if (nr_known == 2048) {
		fputs("framecheck: too many files in one unit\n", stderr);
		exit(2);
	}
	struct known_file *k = &known[nr_known++];
	k->file = f;
	k->path = normal(str(clang_getFileName(f)));
	/* The file on the command line is checked wherever it lies, unless it is the frame's. */
	k->class = classify(k->path);
	if (k->class == FILE_SYSTEM && tu.main_path && !strcmp(k->path, tu.main_path))
		k->class = FILE_SERVICE;
	return k;
}

enum file_class file_class_of(CXFile f)
{
	return know(f)->class;
}

const char *file_path(CXFile f)
{
	return know(f)->path;
}

static const char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? xprintf("%.*s", (int)(slash + 1 - path), path) : "";
}

bool file_may_include(CXFile f, const char *main)
{
	const struct known_file *k = know(f);
	if (!has_suffix(k->path, ".h") && !has_suffix(k->path, ".def"))
		return false;
	if (k->class == FILE_FRAME)
		return !in_arch(k->path, "frame/") && !strstr(k->path, "/frame_arch/");
	if (k->class == FILE_PRIVATE)
		return false;
	for (unsigned i = 0; i < nr_service_dirs; i++)
		if (has_prefix(k->path, service_dir[i]))
			return true;
	if (has_prefix(k->path, "kernel/") || in_arch(k->path, "abi/"))
		return true;
	return has_prefix(k->path, dir_of(main)) && k->path[0] != '/';
}

struct place place_of(CXSourceLocation l)
{
	CXFile f;
	struct place at;
	clang_getFileLocation(l, &f, &at.line, &at.col, NULL);
	at.file = file_path(f);
	return at;
}

enum file_class seen_in(CXCursor c)
{
	CXFile f;
	clang_getFileLocation(clang_getCursorLocation(c), &f, NULL, NULL, NULL);
	return file_class_of(f);
}

static CXSourceLocation begin_of(CXCursor c)
{
	return clang_getRangeStart(clang_getCursorExtent(c));
}

static enum file_class spelled_in(CXSourceLocation l)
{
	CXFile f;
	clang_getSpellingLocation(l, &f, NULL, NULL, NULL);
	return file_class_of(f);
}

bool frame_begins(CXCursor c)
{
	return spelled_in(begin_of(c)) == FILE_FRAME;
}

bool frame_names(CXCursor c)
{
	enum file_class class = spelled_in(clang_getCursorLocation(c));
	if (class != FILE_NONE)
		return class == FILE_FRAME;
	/* Pasted, then. Services cannot begin a name with an underscore (P8), so a frame macro pasted it. */
	CXString s = clang_getCursorSpelling(c);
	const char *name = clang_getCString(s);
	bool pasted = name && name[0] == '_';
	clang_disposeString(s);
	return pasted;
}

bool private_name_in_service(CXCursor c)
{
	CXString s = clang_getCursorSpelling(c);
	const char *name = clang_getCString(s);
	bool private = name && name[0] == '_' && name[1] != '_' && spelled_in(clang_getCursorLocation(c)) == FILE_SERVICE;
	clang_disposeString(s);
	return private;
}

bool frame_text(CXCursor c)
{
	CXSourceLocation l = clang_getCursorLocation(c);
	return spelled_in(l) == FILE_FRAME && !(l.int_data & MACRO_BIT);
}

/* Where the replacement text of a macro starts, given the offset of its name. */
static unsigned body_start(const char *text, size_t n, unsigned at, bool function_like)
{
	while (at < n && (isalnum((unsigned char)text[at]) || text[at] == '_'))
		at++;
	while (function_like && at < n && text[at++] != ')')
		;
	while (at < n && (strchr(" \t\\", text[at]) || (text[at] == '\n' && text[at - 1] == '\\')))
		at++;
	return at;
}

void frame_macro_add(CXCursor definition)
{
	struct macro_text *m = &macros[nr_macros];
	CXSourceRange r = clang_getCursorExtent(definition);
	unsigned name;
	size_t n;
	if (nr_macros == sizeof(macros) / sizeof(macros[0])) {
		fputs("framecheck: too many frame macros\n", stderr);
		exit(2);
	}
	clang_getSpellingLocation(clang_getRangeStart(r), &m->file, NULL, NULL, &name);
	clang_getSpellingLocation(clang_getRangeEnd(r), NULL, NULL, NULL, &m->end);
	const char *text = clang_getFileContents(tu.unit, m->file, &n);
	if (!text)
		return;
	m->begin = body_start(text, n, name, clang_Cursor_isMacroFunctionLike(definition));
	nr_macros++;
}

bool frame_inside(CXCursor c)
{
	CXFile f;
	unsigned at;
	clang_getSpellingLocation(begin_of(c), &f, NULL, NULL, &at);
	if (file_class_of(f) != FILE_FRAME)
		return false;
	for (unsigned i = 0; i < nr_macros; i++)
		if (macros[i].file == f && at > macros[i].begin && at < macros[i].end)
			return true;
	return false;
}
