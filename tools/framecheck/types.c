// SPDX-License-Identifier: MPL-2.0
/*
 * Kinds of types, as docs/safe-c.md has them: values, objects, tables and frame types. A pointer is either storable (to an
 * object, a handle, a const table, a function) or borrowed (to anything else), and a borrowed one must not outlive its call.
 */
#include "framecheck.h"

#include <string.h>

CXType canon(CXType t)
{
	return clang_getCanonicalType(t);
}

char *type_name(CXType t)
{
	return str(clang_getTypeSpelling(t));
}

bool is_pointer(CXType t)
{
	return canon(t).kind == CXType_Pointer;
}

bool is_array(CXType t)
{
	enum CXTypeKind k = canon(t).kind;
	return k == CXType_ConstantArray || k == CXType_IncompleteArray || k == CXType_VariableArray;
}

CXType pointee(CXType t)
{
	return canon(clang_getPointeeType(canon(t)));
}

CXType element(CXType t)
{
	return canon(clang_getArrayElementType(canon(t)));
}

CXCursor skip_parens(CXCursor e)
{
	while (clang_getCursorKind(e) == CXCursor_ParenExpr) {
		struct cursors v = children_of(e);
		if (v.count != 1)
			break;
		e = v.at[0];
	}
	return e;
}

bool has_annotation(CXCursor record, const char *text)
{
	struct cursors v = children_of(record);
	for (unsigned i = 0; i < v.count; i++) {
		if (clang_getCursorKind(v.at[i]) != CXCursor_AnnotateAttr)
			continue;
		CXString s = clang_getCursorSpelling(v.at[i]);
		bool same = !strcmp(clang_getCString(s), text);
		clang_disposeString(s);
		if (same)
			return true;
	}
	return false;
}

/* Fields in order, with @n their number. */
static enum CXVisitorResult add_field(CXCursor c, CXClientData data)
{
	struct cursors *v = data;
	CXCursor one[1] = { c };
	CXCursor *grown = xmalloc((v->count + 1) * sizeof(c));
	if (v->count)
		memcpy(grown, v->at, v->count * sizeof(c));
	grown[v->count++] = one[0];
	v->at = grown;
	return CXVisit_Continue;
}

struct cursors fields_of(CXType record)
{
	struct cursors v = { 0 };
	clang_Type_visitFields(canon(record), add_field, &v);
	return v;
}

static bool from_frame(CXCursor c)
{
	return !clang_Cursor_isNull(c) && seen_in(c) == FILE_FRAME;
}

bool is_frame_tag(CXType record, const char *tag)
{
	CXCursor decl = clang_getTypeDeclaration(record);
	CXString s = clang_getCursorSpelling(decl);
	bool same = !strcmp(clang_getCString(s), tag);
	clang_disposeString(s);
	return same && strset_has(&tu.frame_tags, tag);
}

static enum kind frame_record_kind(CXType t, CXCursor def)
{
	static const struct {
		const char *text;
		enum kind kind;
	} marks[] = {
		{ "frame:handle", KIND_HANDLE },       { "frame:pinned", KIND_PINNED },
		{ "frame:transient", KIND_TRANSIENT }, { "frame:local", KIND_LOCAL },
		{ "table", KIND_TABLE },
	};
	for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (has_annotation(def, marks[i].text))
			return marks[i].kind;
	return is_frame_tag(t, "obj") ? KIND_OBJ : KIND_VALUE;
}

static enum kind record_kind(CXType t)
{
	CXCursor decl = clang_getTypeDeclaration(t), def = clang_getCursorDefinition(decl);
	if (clang_Cursor_isNull(def) || clang_isInvalid(clang_getCursorKind(def))) {
		if (is_frame_tag(t, "frame_raw"))
			return KIND_RAW;
		/* Whether or not this unit sees the frame's definition: only the frame can have one. */
		CXString s = clang_getCursorSpelling(decl);
		bool frame = strset_has(&tu.frame_tags, clang_getCString(s));
		clang_disposeString(s);
		return frame ? KIND_HANDLE : KIND_INCOMPLETE;
	}
	enum kind kind = KIND_VALUE;
	if (from_frame(def))
		kind = frame_record_kind(t, def);
	else if (has_annotation(def, "table"))
		kind = KIND_TABLE;
	if (kind != KIND_VALUE)
		return kind;
	struct cursors f = fields_of(t);
	if (f.count && kind_of(clang_getCursorType(f.at[0])) == KIND_OBJ)
		return KIND_OBJECT;
	for (unsigned i = 0; i < f.count; i++) {
		CXType ft = canon(clang_getCursorType(f.at[i]));
		while (is_array(ft))
			ft = element(ft);
		if (kind_of(ft) == KIND_PINNED)
			return KIND_PINNED;
	}
	return KIND_VALUE;
}

/* A tag can also be declared inside an expression, where the tree does not show the declaration. */
static void check_scope(CXType t)
{
	CXCursor decl = clang_getTypeDeclaration(t);
	CXCursor parent = clang_getCursorSemanticParent(decl);
	if (seen_in(decl) == FILE_SERVICE && !clang_Cursor_isAnonymous(decl) && !clang_Cursor_isNull(parent) &&
	    clang_getCursorKind(parent) == CXCursor_FunctionDecl)
		finding_at(decl, "W1", "tag '%s' inside a function or parameter list; declare it at file scope",
			str(clang_getCursorSpelling(decl)));
}

static enum kind cached_record_kind(CXType t)
{
	static struct strset cache;
	static unsigned serial;
	if (serial != tu.serial) {
		strset_clear(&cache);
		serial = tu.serial;
	}
	CXCursor def = clang_getCursorDefinition(clang_getTypeDeclaration(t));
	if (clang_Cursor_isNull(def)) {
		check_scope(t);
		return record_kind(t); /* may be completed later */
	}
	CXString s = clang_getCursorUSR(def);
	const void *hit = strset_get(&cache, clang_getCString(s));
	if (!hit) {
		enum kind k = record_kind(t);
		check_scope(t);
		char *key = xprintf("%s", clang_getCString(s));
		*strset_add(&cache, key) = hit = (const void *)(long)(k + 1);
	}
	clang_disposeString(s);
	return (enum kind)((long)hit - 1);
}

enum kind kind_of(CXType t)
{
	t = canon(t);
	switch (t.kind) {
	case CXType_Pointer:
		return KIND_POINTER;
	case CXType_ConstantArray:
	case CXType_IncompleteArray:
	case CXType_VariableArray:
	case CXType_DependentSizedArray:
		return KIND_ARRAY;
	case CXType_FunctionProto:
	case CXType_FunctionNoProto:
		return KIND_FUNCTION;
	case CXType_Void:
		return KIND_VOID;
	case CXType_Record:
		return cached_record_kind(t);
	case CXType_Enum:
		return KIND_SCALAR;
	default:
		return t.kind >= CXType_Bool && t.kind <= CXType_Int128 ? KIND_SCALAR : KIND_OTHER;
	}
}

bool is_borrowed(CXType t)
{
	if (!is_pointer(t))
		return false;
	switch (kind_of(pointee(t))) {
	case KIND_FUNCTION:
	case KIND_OBJ:
	case KIND_OBJECT:
	case KIND_HANDLE:
	case KIND_INCOMPLETE:
		return false;
	case KIND_TABLE:
		return !clang_isConstQualifiedType(pointee(t));
	default:
		return true;
	}
}

bool is_copyable(CXType t)
{
	t = canon(t);
	while (is_array(t))
		t = element(t);
	switch (kind_of(t)) {
	case KIND_OBJ:
	case KIND_OBJECT:
	case KIND_HANDLE:
	case KIND_PINNED:
	case KIND_LOCAL:
	case KIND_TABLE:
		return false;
	default:
		return true;
	}
}

bool holds_pointer(CXType t)
{
	t = canon(t);
	while (is_array(t))
		t = element(t);
	if (t.kind == CXType_Pointer)
		return true;
	if (t.kind != CXType_Record)
		return false;
	struct cursors f = fields_of(t);
	for (unsigned i = 0; i < f.count; i++)
		if (holds_pointer(clang_getCursorType(f.at[i])))
			return true;
	return false;
}

bool has_private_fields(CXType record)
{
	record = canon(record);
	if (record.kind != CXType_Record || !from_frame(clang_getTypeDeclaration(record)))
		return false;
	struct cursors f = fields_of(record);
	for (unsigned i = 0; i < f.count; i++) {
		CXString s = clang_getCursorSpelling(f.at[i]);
		bool private = clang_getCString(s)[0] == '_';
		clang_disposeString(s);
		if (private)
			return true;
	}
	return false;
}

bool holds_private(CXType t)
{
	t = canon(t);
	while (is_array(t))
		t = element(t);
	if (t.kind != CXType_Record)
		return false;
	if (has_private_fields(t))
		return true;
	struct cursors f = fields_of(t);
	for (unsigned i = 0; i < f.count; i++)
		if (holds_private(clang_getCursorType(f.at[i])))
			return true;
	return false;
}

bool is_packed(CXType record)
{
	record = canon(record);
	if (record.kind != CXType_Record)
		return false;
	struct cursors v = children_of(clang_getCursorDefinition(clang_getTypeDeclaration(record)));
	for (unsigned i = 0; i < v.count; i++) {
		if (clang_getCursorKind(v.at[i]) == CXCursor_PackedAttr)
			return true;
		if (clang_getCursorKind(v.at[i]) != CXCursor_FieldDecl)
			continue;
		struct cursors a = children_of(v.at[i]);
		for (unsigned j = 0; j < a.count; j++)
			if (clang_getCursorKind(a.at[j]) == CXCursor_PackedAttr)
				return true;
	}
	return false;
}

const char *raw_unsafe_because(CXType t)
{
	t = canon(t);
	while (is_array(t))
		t = element(t);
	switch (kind_of(t)) {
	case KIND_SCALAR:
		if (t.kind == CXType_Bool)
			return "a bool";
		return t.kind == CXType_Enum ? "an enum" : NULL;
	case KIND_VALUE:
		break;
	case KIND_POINTER:
		return "a pointer";
	case KIND_OBJ:
	case KIND_OBJECT:
		return "an object";
	case KIND_HANDLE:
	case KIND_PINNED:
	case KIND_TRANSIENT:
	case KIND_LOCAL:
		return "a frame type";
	case KIND_TABLE:
		return "a table";
	default:
		return "something without a known layout";
	}
	if (has_private_fields(t))
		return "a frame type with private fields";
	struct cursors f = fields_of(t);
	for (unsigned i = 0; i < f.count; i++) {
		const char *why = raw_unsafe_because(clang_getCursorType(f.at[i]));
		if (why)
			return why;
	}
	return NULL;
}

bool is_null_constant(CXCursor e)
{
	e = skip_parens(e);
	if (clang_getCursorKind(e) == CXCursor_UnexposedExpr || clang_getCursorKind(e) == CXCursor_CStyleCastExpr) {
		struct cursors v = children_of(e);
		return v.count == 1 && kind_of(clang_getCursorType(e)) != KIND_FUNCTION && is_null_constant(v.at[0]);
	}
	if (clang_getCursorKind(e) != CXCursor_IntegerLiteral)
		return false;
	CXEvalResult r = clang_Cursor_Evaluate(e);
	bool zero = r && clang_EvalResult_getKind(r) == CXEval_Int && clang_EvalResult_getAsLongLong(r) == 0;
	if (r)
		clang_EvalResult_dispose(r);
	return zero;
}
