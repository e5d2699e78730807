// SPDX-License-Identifier: MPL-2.0
/*
 * Expressions and statements.
 *
 * Each node is judged by who wrote its own token (the operator, the parenthesis of a cast, the first word of a statement), never by what
 * surrounds it, so a service's argument inside a frame macro is checked like any other text. What libclang calls an unexposed
 * expression with one child is an implicit conversion; it has no token, so it is judged wherever it is.
 */
#include "framecheck.h"

#include <stdlib.h>
#include <string.h>

static CXType type_of(CXCursor c)
{
	return canon(clang_getCursorType(c));
}

static bool is_void_pointer(CXType t)
{
	return is_pointer(t) && kind_of(clang_getPointeeType(canon(t))) == KIND_VOID;
}

static bool is_raw_pointer(CXType t)
{
	return is_pointer(t) && kind_of(clang_getPointeeType(canon(t))) == KIND_RAW;
}

/* The expression under parentheses and implicit conversions. */
static CXCursor bare(CXCursor e)
{
	for (;;) {
		e = skip_parens(e);
		if (clang_getCursorKind(e) != CXCursor_UnexposedExpr)
			return e;
		struct cursors v = children_of(e);
		if (v.count != 1)
			return e;
		e = v.at[0];
	}
}

static bool expr_children(CXCursor c, CXCursor e[2])
{
	struct cursors v = children_of(c);
	unsigned n = 0;
	for (unsigned i = 0; i < v.count && n < 2; i++)
		if (clang_isExpression(clang_getCursorKind(v.at[i])))
			e[n++] = v.at[i];
	free(v.at);
	return n == 2;
}

static bool either_pointer(CXCursor e[2])
{
	return is_pointer(type_of(e[0])) || is_pointer(type_of(e[1])) || is_array(type_of(e[0])) || is_array(type_of(e[1]));
}

static void check_assignment(CXCursor c, CXCursor e[2])
{
	CXType t = type_of(e[0]);
	if (is_pointer(t) && is_borrowed(t) && !frame_inside(e[1]))
		finding_at(c, "P4", "a borrowed pointer is assigned; declare another one with its own initialiser");
	if (!is_copyable(t))
		finding_at(c, "P5", "assignment of '%s'; it cannot be copied, set its fields", type_name(t));
}

static void check_binary(CXCursor c)
{
	CXCursor e[2];
	enum CXBinaryOperatorKind op = clang_getCursorBinaryOperatorKind(c);
	if (!expr_children(c, e))
		return;
	switch (op) {
	case CXBinaryOperator_Add:
	case CXBinaryOperator_Sub:
	case CXBinaryOperator_AddAssign:
	case CXBinaryOperator_SubAssign:
		if (either_pointer(e) && !frame_inside(e[1]))
			finding_at(c, "P1", "pointer arithmetic; use array_at(), a span or an index");
		break;
	case CXBinaryOperator_LT:
	case CXBinaryOperator_GT:
	case CXBinaryOperator_LE:
	case CXBinaryOperator_GE:
		if (either_pointer(e) && !frame_inside(e[1]))
			finding_at(c, "P1", "order of pointers; compare indices or keys");
		break;
	case CXBinaryOperator_Assign:
		check_assignment(c, e);
		break;
	default:
		break;
	}
}

/* ---- & ---- */

/* Whether an lvalue lies in a packed struct; arrays of bytes are aligned everywhere. */
static bool in_packed(CXCursor lvalue)
{
	lvalue = skip_parens(lvalue);
	enum CXCursorKind k = clang_getCursorKind(lvalue);
	if (k != CXCursor_MemberRefExpr && k != CXCursor_ArraySubscriptExpr)
		return false;
	struct cursors v = children_of(lvalue);
	if (!v.count)
		return false;
	CXCursor base = bare(v.at[0]);
	CXType t = type_of(v.at[0]);
	if (is_pointer(t) && k == CXCursor_MemberRefExpr)
		t = canon(clang_getPointeeType(t));
	if (k == CXCursor_MemberRefExpr && is_packed(t))
		return true;
	/* Through a pointer the chain ends: what it points to was checked where its address was taken. */
	if (k == CXCursor_MemberRefExpr && is_pointer(type_of(v.at[0])))
		return false;
	return in_packed(base);
}

static void check_address(CXCursor c, CXCursor operand)
{
	CXCursor o = skip_parens(operand), e[2];
	CXType t = type_of(operand);
	if (clang_getCursorKind(o) == CXCursor_ArraySubscriptExpr && expr_children(o, e) && !frame_inside(e[1]))
		finding_at(o, "P3", "address of an array element, which may be one past the end; use array_at(array, index)");
	if (in_packed(operand) && clang_Type_getAlignOf(t) > 1)
		finding_at(o, "P6", "address in a packed struct; copy the field");
	if (frame_begins(c))
		return;
	if (kind_of(t) == KIND_TRANSIENT)
		finding_at(c, "P4", "address of a '%s'; pass it by value", type_name(t));
	else if (is_pointer(t) && is_borrowed(t))
		finding_at(c, "P4", "address of a borrowed pointer; pass the pointer itself");
}

static void check_unary(CXCursor c, CXCursor operand)
{
	switch (clang_getCursorUnaryOperatorKind(c)) {
	case CXUnaryOperator_PostInc:
	case CXUnaryOperator_PostDec:
	case CXUnaryOperator_PreInc:
	case CXUnaryOperator_PreDec:
		if (is_pointer(type_of(operand)))
			finding_at(c, "P1", "pointer arithmetic; use array_at(), a span or an index");
		break;
	case CXUnaryOperator_AddrOf:
		check_address(c, operand);
		break;
	case CXUnaryOperator_Extension:
		if (!frame_begins(c))
			finding_at(c, "L1", "language extension; write standard C");
		break;
	default:
		break;
	}
}

static void check_subscript(CXCursor c)
{
	CXCursor e[2];
	if (!expr_children(c, e))
		return;
	bool decayed = clang_getCursorKind(e[0]) == CXCursor_UnexposedExpr && is_pointer(type_of(e[0]));
	if (decayed) {
		struct cursors v = children_of(e[0]);
		decayed = v.count == 1 && is_array(type_of(v.at[0]));
		if (decayed && type_of(v.at[0]).kind != CXType_ConstantArray)
			finding_at(c, "P7", "subscript of an array of unknown size; declare it with its size");
		free(v.at);
	}
	if (!decayed && !frame_inside(e[1]))
		finding_at(c, "P1", "subscript of a pointer; use a span, array_at(), or a pointer to the array");
}

/* ---- casts and conversions ---- */

static void check_frame_cast(CXCursor c, CXType to, CXCursor operand)
{
	CXType from = type_of(operand);
	if (!is_pointer(to) || !is_pointer(from))
		return;
	CXType target = canon(clang_getPointeeType(to)), source = canon(clang_getPointeeType(from));
	if (clang_isConstQualifiedType(source) && !clang_isConstQualifiedType(target))
		finding_at(c, "P2", "'%s' is written here, but the argument is const", type_name(source));
	if (is_raw_pointer(to)) {
		const char *why = raw_unsafe_because(source);
		if (why)
			finding_at(c, "P2", "'%s' is treated as bytes, but holds %s; use a struct of integers",
				type_name(source), why);
	}
	if (kind_of(source) == KIND_OBJ && target.kind == CXType_Record) {
		enum kind k = kind_of(target);
		if (k == KIND_INCOMPLETE)
			fact("use", str(clang_getCursorSpelling(clang_getTypeDeclaration(target))), "mutable",
				place_of(clang_getCursorLocation(c)));
		else if (k != KIND_OBJECT && k != KIND_OBJ && k != KIND_HANDLE)
			finding_at(c, "P5", "'%s' is not an object: its first field must be 'struct obj obj'",
				type_name(target));
	}
}

static void check_cast(CXCursor c, CXCursor operand)
{
	CXType to = type_of(c), from = type_of(bare(operand));
	if (frame_begins(c)) {
		check_frame_cast(c, to, operand);
		return;
	}
	if (kind_of(to) == KIND_VOID)
		return;
	if (is_pointer(to) || is_pointer(from) || is_array(from) || kind_of(from) == KIND_FUNCTION)
		finding_at(c, "P2", "cast from '%s' to '%s'; use obj_cast(), a span, or the right type", type_name(from),
			type_name(to));
	else if (to.kind == CXType_Record)
		finding_at(c, "P2", "cast to '%s'; use an initialiser", type_name(to));
}

/* The text of a literal may become a pointer inside a frame macro, or as the format or name a frame function asks for. */
static bool literal_may_decay(CXCursor c, CXCursor parent)
{
	if (frame_begins(c))
		return true;
	if (clang_getCursorKind(parent) != CXCursor_CallExpr)
		return false;
	CXCursor callee = clang_getCursorReferenced(parent);
	return !clang_Cursor_isNull(callee) && seen_in(callee) == FILE_FRAME; /* and check_call */
}

static void check_decay(CXCursor c, CXCursor array, CXCursor parent)
{
	CXType e = canon(clang_getArrayElementType(type_of(array)));
	enum CXCursorKind pk = clang_getCursorKind(parent);
	if (pk == CXCursor_ArraySubscriptExpr)
		return; /* check_subscript */
	if (clang_getCursorKind(skip_parens(array)) == CXCursor_StringLiteral && literal_may_decay(c, parent))
		return;
	if (kind_of(e) == KIND_TABLE && (clang_isConstQualifiedType(e) || clang_isConstQualifiedType(type_of(array))))
		return;
	/* A row's address may be one past the end, whoever takes it. */
	CXCursor row = skip_parens(array), ij[2];
	bool is_row = clang_getCursorKind(row) == CXCursor_ArraySubscriptExpr && expr_children(row, ij);
	if (frame_inside(c) && !(is_row && !frame_inside(ij[1])))
		return;
	finding_at(c, "P3", "array used as a pointer; use span_of(), array_at(), or a pointer to the array");
}

/* An implicit conversion has no token; other expressions libclang does not expose have some of their own. */
static bool same_extent(CXCursor a, CXCursor b)
{
	return clang_isExpression(clang_getCursorKind(b)) &&
		clang_equalRanges(clang_getCursorExtent(a), clang_getCursorExtent(b));
}

static void check_conversion(CXCursor c, CXCursor from_expr, CXCursor parent)
{
	CXType to = type_of(c), from = type_of(from_expr);
	if (is_array(from) && is_pointer(to)) {
		check_decay(c, from_expr, parent);
		return;
	}
	if (is_pointer(to) && !is_null_constant(from_expr)) {
		if (is_pointer(from) && is_void_pointer(to) != is_void_pointer(from))
			finding_at(c, "P2", "implicit conversion from '%s' to '%s'; use obj_cast(), a span, or the right type",
				type_name(from), type_name(to));
		else if (kind_of(from) == KIND_SCALAR)
			finding_at(c, "P2", "integer used as a pointer");
	}
	if (is_pointer(from) && kind_of(to) == KIND_SCALAR && to.kind != CXType_Bool)
		finding_at(c, "P2", "pointer used as an integer");
	if (from.kind == CXType_Record && to.kind == CXType_Record && !is_copyable(from) &&
	    clang_getCursorKind(skip_parens(from_expr)) != CXCursor_CallExpr)
		finding_at(c, "P5", "'%s' is copied; use a pointer to it", type_name(from));
}

/* ---- calls ---- */

/* L3: only literals reach a format, and nothing in them reads through a pointer of unknown extent or writes. */
static void check_format(CXCursor literal)
{
	char *s = str(clang_getCursorSpelling(literal));
	for (char *p = strchr(s, '%'); p; p = strchr(p, '%')) {
		p++;
		if (*p == '%') {
			p++;
			continue;
		}
		p += strspn(p, "-+ #0123456789.*$'IhljztLq");
		if (*p == 's' || *p == 'n' || *p == 'S')
			finding_at(literal, "L3", "%%%c in a format; log a lit or a span with the frame's functions", *p);
	}
}

/* Such a function is only called by name, so that its texts are seen to be literals. */
static bool takes_text(CXCursor function)
{
	CXType f = canon(clang_getCursorType(function));
	if (clang_getCursorKind(function) != CXCursor_FunctionDecl || seen_in(function) != FILE_FRAME)
		return false;
	for (int i = 0; i < clang_getNumArgTypes(f); i++) {
		CXType p = canon(clang_getArgType(f, (unsigned)i));
		enum CXTypeKind k = is_pointer(p) ? canon(clang_getPointeeType(p)).kind : CXType_Invalid;
		if (k == CXType_Char_S || k == CXType_Char_U)
			return true;
	}
	return clang_isFunctionTypeVariadic(f);
}

static void check_name_use(CXCursor c, CXCursor parent)
{
	CXCursor to = clang_getCursorReferenced(c);
	if (private_name_in_service(c))
		finding_at(c, "P8", "'%s' is private to the frame", str(clang_getCursorSpelling(c)));
	if (clang_Cursor_isNull(to) || !takes_text(to))
		return;
	if (clang_getCursorKind(parent) != CXCursor_CallExpr || !clang_equalCursors(clang_getCursorReferenced(parent), to))
		finding_at(c, "L3", "'%s' takes text and is only called by its name", str(clang_getCursorSpelling(c)));
}

static void check_call(CXCursor c)
{
	CXCursor callee = clang_getCursorReferenced(c);
	if (clang_Cursor_isNull(callee) || clang_getCursorKind(callee) != CXCursor_FunctionDecl)
		return;
	CXType f = canon(clang_getCursorType(callee));
	int n = clang_Cursor_getNumArguments(c);
	for (int i = 0; i < n && i < clang_getNumArgTypes(f); i++) {
		CXType p = canon(clang_getArgType(f, (unsigned)i));
		if (!is_pointer(p) || seen_in(callee) != FILE_FRAME)
			continue;
		CXType text = canon(clang_getPointeeType(p));
		if (text.kind != CXType_Char_S && text.kind != CXType_Char_U)
			continue;
		CXCursor arg = bare(clang_Cursor_getArgument(c, (unsigned)i));
		if (clang_getCursorKind(arg) != CXCursor_StringLiteral)
			finding_at(arg, "L3", "text for a frame function must be a literal");
		else if (!clang_isConstQualifiedType(text))
			finding_at(arg, "P2", "a literal cannot be written to");
		else if (clang_isFunctionTypeVariadic(f))
			check_format(arg);
	}
}

/* ---- literals of structs ---- */

static bool is_zero_list(CXCursor list)
{
	struct cursors v = children_of(list);
	return v.count == 0 || (v.count == 1 && clang_getCursorKind(bare(v.at[0])) == CXCursor_IntegerLiteral &&
		is_null_constant(v.at[0]));
}

/* LIT(x) is a list with one designated element; x might be an expression that begins with a literal. */
static bool is_literal_list(CXCursor list)
{
	CXCursor e = list;
	for (int depth = 0; depth < 8 && clang_getCursorKind(e) != CXCursor_StringLiteral; depth++) {
		struct cursors v = children_of(e);
		enum CXCursorKind k = clang_getCursorKind(e);
		if (!v.count || (k != CXCursor_InitListExpr && k != CXCursor_UnexposedExpr && k != CXCursor_ParenExpr))
			return false;
		e = v.at[v.count - 1];
	}
	return clang_getCursorKind(e) == CXCursor_StringLiteral;
}

static void check_init_list(CXCursor c)
{
	CXType t = type_of(c);
	if (frame_begins(c) && is_frame_tag(t, "lit") && !is_literal_list(c))
		finding_at(c, "L3", "a lit is made of a string literal only");
	if (!frame_begins(c) && has_private_fields(t) && !is_zero_list(c))
		finding_at(c, "P8", "private fields of '%s' are initialised; use the frame's function or macro", type_name(t));
}

static void check_compound_literal(CXCursor c)
{
	CXType t = type_of(c);
	if (frame_begins(c))
		return;
	if (!is_copyable(t))
		finding_at(c, "P5", "'%s' as a compound literal; it cannot be copied", type_name(t));
	else
		check_type(t, POS_LOCAL, c);
	if (is_pointer(t) && is_borrowed(t))
		finding_at(c, "P4", "borrowed pointer as a compound literal");
}

/* ---- the walk ---- */

static void check_banned(CXCursor c, const char *what)
{
	if (!frame_begins(c))
		finding_at(c, "L1", "%s", what);
}

static void check_node(CXCursor c, CXCursor parent, const struct cursors *v)
{
	switch (clang_getCursorKind(c)) {
	case CXCursor_BinaryOperator:
	case CXCursor_CompoundAssignOperator:
		check_binary(c);
		break;
	case CXCursor_UnaryOperator:
		if (v->count == 1)
			check_unary(c, v->at[0]);
		break;
	case CXCursor_ArraySubscriptExpr:
		check_subscript(c);
		break;
	case CXCursor_CStyleCastExpr:
		if (v->count)
			check_cast(c, v->at[v->count - 1]);
		break;
	case CXCursor_UnexposedExpr:
		if (v->count == 1 && same_extent(c, v->at[0]))
			check_conversion(c, v->at[0], parent);
		break;
	case CXCursor_CallExpr:
		check_call(c);
		break;
	case CXCursor_InitListExpr:
		check_init_list(c);
		break;
	case CXCursor_CompoundLiteralExpr:
		check_compound_literal(c);
		break;
	case CXCursor_DeclRefExpr:
	case CXCursor_MemberRefExpr:
		check_name_use(c, parent);
		break;
	case CXCursor_FloatingLiteral:
	case CXCursor_ImaginaryLiteral:
		check_banned(c, "floating point; compute with integers");
		break;
	case CXCursor_StmtExpr:
		check_banned(c, "statement expression; write a static inline function");
		break;
	case CXCursor_AddrLabelExpr:
	case CXCursor_IndirectGotoStmt:
		check_banned(c, "computed goto; use switch");
		break;
	case CXCursor_GenericSelectionExpr:
		check_banned(c, "_Generic; write one function per type");
		break;
	case CXCursor_AsmStmt:
	case CXCursor_MSAsmStmt:
		check_banned(c, "inline assembly; the frame must offer the operation");
		break;
	default:
		break;
	}
}

static bool is_known(enum CXCursorKind k)
{
	if (clang_isReference(k) || clang_isAttribute(k))
		return true;
	if (k == CXCursor_UnexposedStmt || k == CXCursor_UnexposedExpr)
		return true;
	return (k >= CXCursor_DeclRefExpr && k <= CXCursor_CallExpr) ||
		(k >= CXCursor_BlockExpr + 1 && k <= CXCursor_StmtExpr) || k == CXCursor_GenericSelectionExpr ||
		k == CXCursor_GNUNullExpr || k == CXCursor_UnaryExpr || (k >= CXCursor_LabelStmt && k <= CXCursor_AsmStmt) ||
		k == CXCursor_NullStmt || k == CXCursor_DeclStmt;
}

void check_expr(CXCursor c, CXCursor parent)
{
	enum CXCursorKind k = clang_getCursorKind(c);
	if (clang_isDeclaration(k) || k == CXCursor_StaticAssert) {
		if (frame_text(c))
			finding_at(tu.function, "L4", "frame header included inside a function; include it at the top");
		check_decl(c, false);
		return;
	}
	if (!is_known(k))
		check_banned(c, "construct outside Safe C");
	struct cursors v = children_of(c);
	check_node(c, parent, &v);
	/* Conversions are looked through: the parent is what has a token. */
	for (unsigned i = 0; i < v.count; i++)
		check_expr(v.at[i], k == CXCursor_UnexposedExpr && v.count == 1 ? parent : c);
	free(v.at);
}
