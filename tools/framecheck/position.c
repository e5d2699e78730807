// SPDX-License-Identifier: MPL-2.0
/*
 * Which type may stand where: fields, globals, locals, parameters, results.
 */
#include "framecheck.h"

static void check_function(CXType t, CXCursor at)
{
	if (t.kind == CXType_FunctionNoProto) {
		finding_at(at, "L4", "function type without a prototype; write (void) or the parameters");
		return;
	}
	if (clang_isFunctionTypeVariadic(t))
		finding_at(at, "L3", "variadic function; pass a struct or write one function per form");
	check_type(clang_getResultType(t), POS_RESULT, at);
	for (int i = 0; i < clang_getNumArgTypes(t); i++)
		check_type(clang_getArgType(t, i), POS_PARAM, at);
}

static const char *const pos_name[] = {
	[POS_FIELD] = "a field",     [POS_GLOBAL] = "a global",         [POS_LOCAL] = "a local",
	[POS_PARAM] = "a parameter", [POS_RESULT] = "a result",         [POS_ELEMENT] = "an array element",
	[POS_POINTEE] = "a pointee", [POS_TABLE_FIELD] = "a table field",
};

/* A pointer to a struct that is stored before this unit has seen what it is: settled over the whole program. */
static void assume_storable(CXType t, CXType to, CXCursor at)
{
	char *tag = str(clang_getCursorSpelling(clang_getTypeDeclaration(to)));
	(void)t;
	fact("use", tag, clang_isConstQualifiedType(to) ? "const" : "mutable", place_of(clang_getCursorLocation(at)));
}

static void check_pointer(CXType t, enum pos pos, CXCursor at)
{
	CXType to = pointee(t);
	enum kind k = kind_of(to);
	if (k == KIND_VOID || k == KIND_RAW) {
		finding_at(at, "P2", "%s of type '%s'; use struct obj * with obj_cast(), or a span", pos_name[pos],
			type_name(t));
		return;
	}
	if (k == KIND_TRANSIENT) {
		finding_at(at, "P4", "pointer to '%s'; pass it by value", type_name(to));
		return;
	}
	if (k == KIND_FUNCTION)
		check_function(to, at);
	else if (k == KIND_POINTER)
		check_type(to, POS_POINTEE, at);
	else if (k == KIND_ARRAY)
		check_type(element(to), POS_ELEMENT, at);
	else if (k == KIND_OTHER)
		check_type(to, pos, at);
	if (to.kind == CXType_IncompleteArray)
		finding_at(at, "P7", "pointer to an array of unknown size; write the size");
	if (k == KIND_INCOMPLETE && pos != POS_PARAM)
		assume_storable(t, to, at);
	/* A local is settled at its declaration, where const and the initialiser are seen. */
	if (pos == POS_PARAM || pos == POS_LOCAL || !is_borrowed(t))
		return;
	finding_at(at, "P4",
		k == KIND_TABLE ? "%s of type '%s': a table pointer must point to const" :
				  "%s of type '%s': a pointer to a value cannot be stored; keep an object, or copy the value",
		pos_name[pos], type_name(t));
}

static void check_record(CXType t, enum kind k, enum pos pos, CXCursor at)
{
	bool stored = pos == POS_FIELD || pos == POS_GLOBAL || pos == POS_ELEMENT;
	switch (k) {
	case KIND_OBJ:
	case KIND_OBJECT:
		finding_at(at, "P5", "object '%s' as %s; make it with obj_new() and keep a pointer", type_name(t),
			pos_name[pos]);
		break;
	case KIND_HANDLE:
		finding_at(at, "P5", "handle '%s' by value; keep a pointer", type_name(t));
		break;
	case KIND_PINNED:
		if (!stored)
			finding_at(at, "P5", "'%s' as %s; it lives in objects and in static storage", type_name(t),
				pos_name[pos]);
		break;
	case KIND_TRANSIENT:
		if (pos != POS_PARAM && pos != POS_LOCAL)
			finding_at(at, "P4", "'%s' as %s; it lives in parameters and locals", type_name(t), pos_name[pos]);
		break;
	case KIND_LOCAL:
		if (pos != POS_LOCAL)
			finding_at(at, "P5", "'%s' as %s; make it a local and pass its address", type_name(t),
				pos_name[pos]);
		break;
	case KIND_TABLE:
		if (pos != POS_GLOBAL && pos != POS_ELEMENT && pos != POS_TABLE_FIELD)
			finding_at(at, "P5", "table '%s' as %s; make it 'static const' and keep a pointer to const",
				type_name(t), pos_name[pos]);
		break;
	default:
		break;
	}
}

static void check_array(CXType t, enum pos pos, CXCursor at)
{
	if (t.kind == CXType_IncompleteArray)
		finding_at(at, "P7", "array of unknown size; write the size");
	else if (t.kind != CXType_ConstantArray)
		finding_at(at, "P7", "array whose size is not a constant; use a buf or a fixed size");
	else if (clang_getArraySize(t) <= 0)
		finding_at(at, "P7", "array of no elements; use a buf");
	CXType e = element(t);
	/* An array of pinned things or tables stands where one may stand; everything else in an array is stored. */
	enum kind k = kind_of(e);
	check_type(e, k == KIND_PINNED || k == KIND_TABLE || k == KIND_ARRAY ? pos : POS_ELEMENT, at);
}

void check_type(CXType t, enum pos pos, CXCursor at)
{
	t = canon(t);
	enum kind k = kind_of(t);
	switch (k) {
	case KIND_POINTER:
		check_pointer(t, pos, at);
		break;
	case KIND_ARRAY:
		check_array(t, pos, at);
		break;
	case KIND_FUNCTION:
		check_function(t, at);
		break;
	case KIND_OTHER:
		finding_at(at, "L1", "type '%s'; services compute with integers", type_name(t));
		break;
	case KIND_SCALAR:
	case KIND_VOID:
		break;
	default:
		check_record(t, k, pos, at);
	}
}
