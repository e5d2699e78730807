// SPDX-License-Identifier: MPL-2.0
/*
 * Declarations: which types may be declared where, which names, with which linkage.
 *
 * A declaration is the frame's when its name was written in a frame header or pasted by a frame macro; then only what the
 * service put into it (initialisers) is checked.
 */
#include "framecheck.h"

#include <stdlib.h>
#include <string.h>

static char *name_of(CXCursor c)
{
	return str(clang_getCursorSpelling(c));
}

/* Names that the compiler calls or knows by themselves, whatever the flags. */
static bool is_compiler_name(const char *name)
{
	static const char *const names[] = {
		"memcpy", "memmove", "memset", "memcmp", "strlen", "main", "abort", "setjmp", "longjmp", "sigsetjmp",
		"siglongjmp", "vfork", "getcontext", "savectx", "alloca",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void check_name(CXCursor c)
{
	char *name = name_of(c);
	enum CXCursorKind k = clang_getCursorKind(c);
	bool tag = k == CXCursor_StructDecl || k == CXCursor_UnionDecl || k == CXCursor_EnumDecl;
	if (!name[0])
		return;
	if (private_name_in_service(c))
		finding_at(c, "P8", "'%s' begins with an underscore: it is private to the frame or the compiler", name);
	if (tag) {
		if (strset_has(&tu.frame_tags, name) && clang_isCursorDefinition(c))
			finding_at(c, "P8", "tag '%s' is the frame's; choose another", name);
		return;
	}
	/* A frame header may ask services for a function: then the types agree, or the file does not compile. */
	if (k == CXCursor_FunctionDecl && seen_in(clang_getCanonicalCursor(c)) == FILE_FRAME && clang_isCursorDefinition(c) &&
	    clang_getCursorLinkage(c) == CXLinkage_External)
		return;
	if (strset_has(&tu.frame_names, name))
		finding_at(c, "P8", "'%s' is a name of the frame and frame macros rely on it; choose another", name);
	else if ((k == CXCursor_FunctionDecl || k == CXCursor_VarDecl) && is_compiler_name(name))
		finding_at(c, "P8", "'%s' is a name the compiler gives a meaning of its own; choose another", name);
}

/* ---- structs and unions ---- */

static void check_table_field(CXCursor f)
{
	CXType t = canon(clang_getCursorType(f));
	while (t.kind == CXType_ConstantArray)
		t = canon(clang_getArrayElementType(t));
	enum kind k = kind_of(t);
	if (k == KIND_PINNED || k == KIND_TRANSIENT || k == KIND_LOCAL || (k == KIND_VALUE && holds_pointer(t) &&
	    !has_private_fields(t)))
		finding_at(f, "P5", "table field of type '%s'; a table holds functions, numbers, literals and tables",
			type_name(t));
}

static void check_union_field(CXCursor f)
{
	CXType t = clang_getCursorType(f);
	if (holds_pointer(t))
		finding_at(f, "P6", "union member holds a pointer; use a struct with one field per case");
	else if (!is_copyable(t) || holds_private(t))
		finding_at(f, "P6", "union member of frame type '%s'; use a struct with one field per case", type_name(t));
}

static void check_field(CXCursor record, CXCursor f, bool first)
{
	CXType t = clang_getCursorType(f);
	enum kind k = kind_of(t);
	bool table = kind_of(clang_getCursorType(record)) == KIND_TABLE;
	if (clang_getCursorKind(record) == CXCursor_UnionDecl) {
		check_union_field(f);
		if (!is_copyable(t) || holds_pointer(t))
			return; /* said already */
	}
	/* The one place for struct obj. */
	if (k == KIND_OBJ && first && kind_of(clang_getCursorType(record)) == KIND_OBJECT)
		return;
	if (is_packed(clang_getCursorType(record)) && holds_pointer(t)) {
		finding_at(f, "P6", "pointer in a packed struct can tear; move it out of the packed part");
		return;
	}
	if (table) {
		check_table_field(f);
		check_type(t, POS_TABLE_FIELD, f);
	} else {
		check_type(t, POS_FIELD, f);
	}
}

/* Name, type and offset of each field: what two units must agree on. */
static char *layout_of(CXCursor record)
{
	unsigned long h = 0xcbf29ce484222325ul;
	struct cursors v = children_of(record);
	for (unsigned i = 0; i < v.count; i++) {
		enum CXCursorKind k = clang_getCursorKind(v.at[i]);
		if (k == CXCursor_FieldDecl) {
			h = hash_text(h, name_of(v.at[i]));
			h = hash_text(h, type_name(canon(clang_getCursorType(v.at[i]))));
			h = hash_text(h, xprintf("@%lld:%d", clang_Cursor_getOffsetOfField(v.at[i]),
				clang_getFieldDeclBitWidth(v.at[i])));
		} else if (k == CXCursor_EnumConstantDecl) {
			h = hash_text(h, name_of(v.at[i]));
			h = hash_text(h, xprintf("=%lld", clang_getEnumConstantDeclValue(v.at[i])));
		}
	}
	return xprintf("%016lx", h);
}

static const char *fact_kind_of(CXCursor record)
{
	switch (kind_of(clang_getCursorType(record))) {
	case KIND_OBJ:
	case KIND_OBJECT:
		return "object";
	case KIND_HANDLE:
		return "handle";
	case KIND_TABLE:
		return "table";
	default:
		return "value";
	}
}

static void tag_fact(CXCursor c, bool frame)
{
	char *name = name_of(c);
	if (!name[0] || clang_Cursor_isAnonymous(c))
		return;
	struct place at = place_of(clang_getCursorLocation(c));
	if (clang_isCursorDefinition(c))
		fact(frame ? "ftag" : "tag", name, xprintf("%s %s", fact_kind_of(c), layout_of(c)), at);
	else if (frame)
		fact("ftag", name, "handle -", at);
}

static void check_record(CXCursor c, bool file_scope)
{
	bool anonymous = clang_Cursor_isAnonymous(c);
	if (frame_names(c) && !anonymous)
		return;
	if (!anonymous) {
		check_name(c);
		if (!file_scope && clang_getCursorKind(clang_getCursorSemanticParent(c)) != CXCursor_TranslationUnit)
			finding_at(c, "W1", "tag '%s' inside a function or parameter list; declare it at file scope",
				name_of(c));
	}
	tag_fact(c, false);
	if (!clang_isCursorDefinition(c))
		return;
	struct cursors v = children_of(c);
	for (unsigned i = 0; i < v.count; i++) {
		enum CXCursorKind k = clang_getCursorKind(v.at[i]);
		if (k == CXCursor_AnnotateAttr && strcmp(name_of(v.at[i]), "table") != 0)
			finding_at(c, "L2", "frame annotation; only TABLE is for services");
		if (k == CXCursor_StructDecl || k == CXCursor_UnionDecl || k == CXCursor_EnumDecl)
			check_decl(v.at[i], file_scope);
	}
	struct cursors f = fields_of(clang_getCursorType(c));
	for (unsigned i = 0; i < f.count; i++)
		check_field(c, f.at[i], i == 0);
}

static void check_enum(CXCursor c)
{
	if (frame_names(c) && name_of(c)[0])
		return;
	check_name(c);
	if (name_of(c)[0] && !clang_Cursor_isAnonymous(c) && clang_isCursorDefinition(c))
		tag_fact(c, false);
	struct cursors v = children_of(c);
	for (unsigned i = 0; i < v.count; i++)
		if (clang_getCursorKind(v.at[i]) == CXCursor_EnumConstantDecl && !frame_names(v.at[i]))
			check_name(v.at[i]);
}

/* ---- linkage ---- */

static bool in_main_file(CXCursor c)
{
	CXFile f;
	clang_getFileLocation(clang_getCursorLocation(c), &f, NULL, NULL, NULL);
	return f && clang_File_isEqual(f, tu.main);
}

static bool declared_in_header(CXCursor c)
{
	return !in_main_file(clang_getCanonicalCursor(c));
}

static void check_linkage(CXCursor c, bool file_scope)
{
	enum CXLinkageKind link = clang_getCursorLinkage(c);
	bool function = clang_getCursorKind(c) == CXCursor_FunctionDecl;
	bool definition = function ? clang_isCursorDefinition(c) : clang_Cursor_getStorageClass(c) != CX_SC_Extern;
	if (link != CXLinkage_External && link != CXLinkage_UniqueExternal)
		return;
	if (!file_scope)
		finding_at(c, "L4", "extern declaration in a function; include the header that declares '%s'", name_of(c));
	else if (in_main_file(c) && !tu.is_header && !definition)
		finding_at(c, "L4", "'%s' declared by hand; include the header that declares it, or make it static", name_of(c));
	else if (in_main_file(c) && !tu.is_header && !declared_in_header(c))
		finding_at(c, "L4", "'%s' has no declaration in a header; make it static or declare it", name_of(c));
	else if (function && definition && clang_Cursor_isFunctionInlined(c))
		finding_at(c, "L4", "inline function '%s' with external linkage; write static inline", name_of(c));
	fact("ext", name_of(c), type_name(canon(clang_getCursorType(c))), place_of(clang_getCursorLocation(c)));
}

/* ---- variables ---- */

static bool names_decl(CXCursor e, CXCursor decl)
{
	if (clang_getCursorKind(e) == CXCursor_UnaryExpr)
		return false; /* sizeof */
	if (clang_getCursorKind(e) == CXCursor_DeclRefExpr && clang_equalCursors(clang_getCursorReferenced(e), decl))
		return true;
	struct cursors v = children_of(e);
	bool found = false;
	for (unsigned i = 0; i < v.count && !found; i++)
		found = names_decl(v.at[i], decl);
	free(v.at);
	return found;
}

static void check_table_instance(CXCursor c)
{
	CXType t = canon(clang_getCursorType(c));
	bool header = clang_getCursorLinkage(c) == CXLinkage_External;
	bool is_static = clang_Cursor_getStorageClass(c) == CX_SC_Static;
	/* Canonical types carry the const of an array's elements outside. */
	bool is_const = clang_isConstQualifiedType(t);
	while (t.kind == CXType_ConstantArray) {
		t = canon(clang_getArrayElementType(t));
		is_const |= clang_isConstQualifiedType(t);
	}
	if (kind_of(t) != KIND_TABLE)
		return;
	if (!is_const)
		finding_at(c, "P5", "table '%s' is not const; write static const", name_of(c));
	else if (!is_static && !header)
		finding_at(c, "P5", "table '%s' on the stack; write static const", name_of(c));
}

static void check_local(CXCursor c, CXCursor init)
{
	CXType t = canon(clang_getCursorType(c));
	check_type(t, POS_LOCAL, c);
	if (is_pointer(t) && is_borrowed(t)) {
		if (!clang_isConstQualifiedType(t))
			finding_at(c, "P4", "borrowed pointer '%s' can be pointed elsewhere; write '*const %s = ...'", name_of(c),
				name_of(c));
		else if (clang_Cursor_isNull(init))
			finding_at(c, "P4", "borrowed pointer '%s' without initialiser", name_of(c));
	}
}

static void check_var(CXCursor c, bool file_scope)
{
	CXCursor init = clang_Cursor_getVarDeclInitializer(c);
	if (!frame_names(c)) {
		bool global = clang_Cursor_hasVarDeclGlobalStorage(c) > 0;
		check_name(c);
		check_linkage(c, file_scope);
		check_table_instance(c);
		if (global)
			check_type(clang_getCursorType(c), POS_GLOBAL, c);
		else if (kind_of(clang_getCursorType(c)) != KIND_TABLE)
			check_local(c, init);
		if (!clang_Cursor_isNull(init) && !global && names_decl(init, c))
			finding_at(c, "P4", "'%s' is used in its own initialiser, before it has a value", name_of(c));
	}
	struct cursors v = children_of(c);
	for (unsigned i = 0; i < v.count; i++)
		check_expr(v.at[i], c);
}

static void check_param(CXCursor c)
{
	if (frame_names(c))
		return;
	check_name(c);
}

static void check_function_decl(CXCursor c, bool file_scope)
{
	struct cursors v = children_of(c);
	if (!frame_names(c)) {
		check_name(c);
		check_linkage(c, file_scope);
		check_type(clang_getCursorType(c), POS_FIELD, c);
	}
	for (unsigned i = 0; i < v.count; i++) {
		enum CXCursorKind k = clang_getCursorKind(v.at[i]);
		if (k == CXCursor_ParmDecl)
			check_param(v.at[i]);
		else if (k == CXCursor_StructDecl || k == CXCursor_UnionDecl || k == CXCursor_EnumDecl)
			check_decl(v.at[i], false);
		else if (k == CXCursor_CompoundStmt) {
			tu.function = c;
			check_expr(v.at[i], c);
			check_jumps(v.at[i]);
		}
	}
}

/* ---- the frame's own declarations: remembered for names, tags and facts ---- */

void note_frame_decl(CXCursor c)
{
	enum CXCursorKind k = clang_getCursorKind(c);
	char *name = name_of(c);
	if (k == CXCursor_StructDecl || k == CXCursor_UnionDecl || k == CXCursor_EnumDecl) {
		if (name[0] && !clang_Cursor_isAnonymous(c))
			strset_add(&tu.frame_tags, name);
		struct cursors v = children_of(c);
		for (unsigned i = 0; k == CXCursor_EnumDecl && i < v.count; i++)
			strset_add(&tu.frame_names, name_of(v.at[i]));
		return;
	}
	strset_add(&tu.frame_names, name);
}

static void frame_facts(CXCursor c)
{
	enum CXCursorKind k = clang_getCursorKind(c);
	char *name = name_of(c);
	if (k == CXCursor_StructDecl || k == CXCursor_UnionDecl || k == CXCursor_EnumDecl)
		tag_fact(c, true);
	if ((k == CXCursor_FunctionDecl || k == CXCursor_VarDecl) && clang_getCursorLinkage(c) == CXLinkage_External)
		fact("ext", name, type_name(canon(clang_getCursorType(c))), place_of(clang_getCursorLocation(c)));
}

void check_decl(CXCursor c, bool file_scope)
{
	if (file_scope && seen_in(c) == FILE_FRAME) {
		frame_facts(c);
		return;
	}
	switch (clang_getCursorKind(c)) {
	case CXCursor_StructDecl:
	case CXCursor_UnionDecl:
		check_record(c, file_scope);
		break;
	case CXCursor_EnumDecl:
		check_enum(c);
		break;
	case CXCursor_VarDecl:
		check_var(c, file_scope);
		break;
	case CXCursor_FunctionDecl:
		check_function_decl(c, file_scope);
		break;
	case CXCursor_TypedefDecl:
		if (!frame_names(c))
			check_name(c);
		break;
	case CXCursor_StaticAssert:
	case CXCursor_UnexposedDecl: /* a lone semicolon */
	case CXCursor_ParmDecl:
	case CXCursor_EnumConstantDecl:
	case CXCursor_FieldDecl:
	case CXCursor_LabelStmt:
		break;
	default:
		if (!frame_text(c) && !frame_begins(c))
			finding_at(c, "L1", "construct outside Safe C");
	}
}
