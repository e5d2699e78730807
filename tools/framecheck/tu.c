// SPDX-License-Identifier: MPL-2.0
/*
 * One translation unit: parse it, read its raw text, walk what services wrote in it, and turn the compiler's own
 * complaints about types into findings.
 */
#include "framecheck.h"

#include <stdlib.h>
#include <string.h>

struct tu tu;

/* Clang's warnings that are rules of ours. The checker relies on clang for compatibility of pointer types. */
static const struct {
	const char *option, *rule;
} rule_of_warning[] = {
	{ "-Wincompatible-pointer-types", "P2" },
	{ "-Wincompatible-pointer-types-discards-qualifiers", "P2" },
	{ "-Wincompatible-function-pointer-types", "P2" },
	{ "-Wint-conversion", "P2" },
	{ "-Wpointer-sign", "P2" },
	{ "-Wpointer-type-mismatch", "P2" },
	{ "-Wcompare-distinct-pointer-types", "P2" },
	{ "-Wpointer-integer-compare", "P2" },
	{ "-Wmissing-braces", "P8" },
	{ "-Wincompatible-library-redeclaration", "P8" },
	{ "-Wreturn-type", "P4" },
	{ "-Wvla", "P7" },
	{ "-Wimplicit-function-declaration", "L4" },
	{ "-Wimplicit-int", "L4" },
	{ "-Wstrict-prototypes", "L4" },
	{ "-Wdeprecated-non-prototype", "L4" },
	{ "-Wvisibility", "W1" },
	{ "-Wformat", "L3" },
	{ "-Wformat-security", "L3" },
	{ "-Wformat-extra-args", "L3" },
	{ "-Wformat-insufficient-args", "L3" },
	{ "-Wformat-invalid-specifier", "L3" },
	{ "-Wformat-nonliteral", "L3" },
};

/* Errors without an option that are rules of ours. */
static const struct {
	const char *text, *rule;
} rule_of_error[] = {
	{ "function definition is not allowed here", "L1" },
	{ "variable length array", "P7" },
	{ "fields must have a constant size", "P7" },
	{ "va_start", "L3" },
};

static const char *rule_for(CXDiagnostic d, const char *text)
{
	char *option = str(clang_getDiagnosticOption(d, NULL));
	for (size_t i = 0; i < sizeof(rule_of_warning) / sizeof(rule_of_warning[0]); i++)
		if (!strcmp(option, rule_of_warning[i].option))
			return rule_of_warning[i].rule;
	for (size_t i = 0; i < sizeof(rule_of_error) / sizeof(rule_of_error[0]); i++)
		if (strstr(text, rule_of_error[i].text))
			return rule_of_error[i].rule;
	return NULL;
}

static bool written_by_frame(CXSourceLocation l)
{
	CXFile f;
	clang_getSpellingLocation(l, &f, NULL, NULL, NULL);
	return file_class_of(f) == FILE_FRAME;
}

static enum file_class seen_at(CXSourceLocation l)
{
	CXFile f;
	clang_getFileLocation(l, &f, NULL, NULL, NULL);
	return file_class_of(f);
}

/* Returns false when the unit does not compile. */
static bool take_diagnostics(void)
{
	bool ok = true;
	for (unsigned i = 0; i < clang_getNumDiagnostics(tu.unit); i++) {
		CXDiagnostic d = clang_getDiagnostic(tu.unit, i);
		CXSourceLocation l = clang_getDiagnosticLocation(d);
		char *text = str(clang_getDiagnosticSpelling(d));
		const char *rule = rule_for(d, text);
		bool error = clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error;
		bool service = seen_at(l) == FILE_SERVICE;
		if (rule && service && !(!strcmp(rule, "P8") && written_by_frame(l))) {
			finding(place_of(l), rule, "%s", text);
		} else if (error) {
			struct place at = place_of(l);
			fprintf(stderr, "%s:%u:%u: error: %s\n", at.file, at.line, at.col, text);
			ok = false;
		}
		clang_disposeDiagnostic(d);
	}
	return ok;
}

/* ---- the preprocessor's record ---- */

static void note_file(CXFile f, struct strset *seen)
{
	const char *path = file_path(f);
	if (!f || strset_has(seen, path))
		return;
	strset_add(seen, path);
	if (file_class_of(f) == FILE_FRAME)
		lex_frame_file(f, tu.is_header && clang_File_isEqual(f, tu.main));
}

static void note_service_file(CXFile f, struct strset *seen)
{
	const char *path = file_path(f);
	if (!f || strset_has(seen, path))
		return;
	strset_add(seen, path);
	if (file_class_of(f) == FILE_SERVICE)
		lex_service_file(f);
}

static void note_frame_macro(CXCursor c)
{
	frame_macro_add(c);
	strset_add(&tu.frame_macros, str(clang_getCursorSpelling(c)));
}

/* @inner: files that were included inside a declaration, with all they include. */
static void check_include(CXCursor c, struct strset *inner)
{
	CXFile f = clang_getIncludedFile(c);
	struct place at = place_of(clang_getCursorLocation(c));
	if (seen_in(c) != FILE_SERVICE)
		return;
	if (strset_has(inner, at.file) || strset_has(&tu.inner_includes, xprintf("%s:%u", at.file, at.line))) {
		strset_add(inner, file_path(f));
		if (file_class_of(f) == FILE_FRAME)
			finding_at(c, "L4", "frame header included inside a declaration; put it at the top of the file");
	}
	if (f && !file_may_include(f, tu.main_path))
		finding_at(c, "L4", "#include of '%s'; services include the frame's public headers and kernel/ headers",
			file_path(f));
}

/* Two rounds, because which words the frame uses must be known before the service's macros are judged. */
static void read_text(const struct cursors *top)
{
	struct strset frame_seen = { 0 }, service_seen = { 0 }, inner = { 0 };
	note_file(tu.main, &frame_seen);
	for (unsigned i = 0; i < top->count; i++) {
		CXCursor c = top->at[i];
		if (clang_getCursorKind(c) == CXCursor_InclusionDirective)
			note_file(clang_getIncludedFile(c), &frame_seen);
		else if (clang_getCursorKind(c) == CXCursor_MacroDefinition && seen_in(c) == FILE_FRAME)
			note_frame_macro(c);
	}
	note_service_file(tu.main, &service_seen);
	for (unsigned i = 0; i < top->count; i++)
		if (clang_getCursorKind(top->at[i]) == CXCursor_InclusionDirective)
			note_service_file(clang_getIncludedFile(top->at[i]), &service_seen);
	for (unsigned i = 0; i < top->count; i++)
		if (clang_getCursorKind(top->at[i]) == CXCursor_InclusionDirective)
			check_include(top->at[i], &inner);
}

static void print_decl(CXCursor c)
{
	enum CXCursorKind k = clang_getCursorKind(c);
	if ((k == CXCursor_FunctionDecl || k == CXCursor_VarDecl) && clang_getCursorLinkage(c) == CXLinkage_External &&
	    seen_in(c) == FILE_FRAME)
		puts(str(clang_getCursorSpelling(c)));
}

static void walk(const struct cursors *top, bool list_decls)
{
	for (unsigned i = 0; i < top->count; i++)
		if (clang_isDeclaration(clang_getCursorKind(top->at[i])) && seen_in(top->at[i]) == FILE_FRAME)
			note_frame_decl(top->at[i]);
	for (unsigned i = 0; i < top->count; i++) {
		CXCursor c = top->at[i];
		if (clang_isPreprocessing(clang_getCursorKind(c)))
			continue;
		enum file_class class = seen_in(c);
		if (list_decls)
			print_decl(c);
		else if (class == FILE_SERVICE || class == FILE_FRAME)
			check_decl(c, true);
	}
}

bool check_file(CXIndex index, const char *path, const char *const *flags, int nr_flags, bool list_decls)
{
	unsigned serial = tu.serial + 1;
	memset(&tu, 0, sizeof(tu));
	tu.serial = serial;
	files_reset();
	tu.is_header = has_suffix(path, ".h");
	unsigned options = CXTranslationUnit_DetailedPreprocessingRecord | CXTranslationUnit_KeepGoing;
	enum CXErrorCode e = clang_parseTranslationUnit2(index, path, flags, nr_flags, NULL, 0, options, &tu.unit);
	if (e || !tu.unit) {
		fprintf(stderr, "framecheck: cannot read %s\n", path);
		return false;
	}
	tu.main = clang_getFile(tu.unit, path);
	tu.main_path = file_path(tu.main);
	files_reset(); /* now that main_path is known */
	bool ok = take_diagnostics();
	struct cursors top = children_of(clang_getTranslationUnitCursor(tu.unit));
	if (!list_decls)
		read_text(&top);
	walk(&top, list_decls);
	clang_disposeTranslationUnit(tu.unit);
	return ok;
}
