// SPDX-License-Identifier: MPL-2.0
/*
 * Expressions and statements.
 *
 * Each node is judged by who wrote its own token (the operator, the parenthesis of a cast, the first word of a statement), never by what
 * surrounds it, so a service's argument inside a frame macro is checked like any other text. Implicit conversions have no token and are
 * judged wherever they are: frame macros convert explicitly.
 *
 * nodes.cc has the complete list of the kinds of node that are allowed. A kind that it does not name is a finding.
 */
#include "framecheck.h"

#include <algorithm>
#include <regex>

#include "clang/AST/ExprCXX.h"
#include "clang/Basic/Builtins.h"

using namespace clang;

namespace {
/* As many arguments as a call of a variadic frame function may have. */
const unsigned max_arguments = 24;

bool is_void_pointer(QualType t)
{
	return is_pointer(t) && pointee(t)->isVoidType();
}

bool is_raw_pointer(QualType t)
{
	return is_pointer(t) && kind_of(pointee(t)) == Kind::Raw;
}

const Expr *bare(const Expr *e)
{
	return e->IgnoreParenImpCasts();
}

/*
 * A null pointer as it is written: 0, or that cast to void *. The standard takes any constant that comes to 0, but whether a constant does is what compilers may
 * disagree about (the size of a bit-field), and where clang finds 0 GCC could find an address.
 */
bool is_null(const Expr *e)
{
	e = bare(e);
	if (auto *c = dyn_cast<CStyleCastExpr>(e))
		e = is_void_pointer(c->getType()) ? bare(c->getSubExpr()) : e;
	auto *n = dyn_cast<IntegerLiteral>(e);
	return n && n->getValue() == 0;
}

bool pointerish(const Expr *e)
{
	return is_pointer(e->getType()) || is_array(e->getType());
}

/* The token that makes the node what it is; invalid: it has none of its own. */
SourceLocation token_of(const Stmt *s)
{
	if (auto *b = dyn_cast<BinaryOperator>(s))
		return b->getOperatorLoc();
	if (auto *p = dyn_cast<UnaryOperator>(s))
		return p->getOperatorLoc();
	if (auto *c = dyn_cast<CStyleCastExpr>(s))
		return c->getLParenLoc();
	if (auto *a = dyn_cast<ArraySubscriptExpr>(s))
		return a->getRBracketLoc();
	if (auto *c = dyn_cast<CallExpr>(s))
		return c->getRParenLoc();
	if (auto *m = dyn_cast<MemberExpr>(s))
		return m->getMemberLoc();
	if (auto *c = dyn_cast<ConditionalOperator>(s))
		return c->getQuestionLoc();
	if (auto *i = dyn_cast<InitListExpr>(s))
		return i->getLBraceLoc();
	return s->getBeginLoc();
}

bool by_frame(const Stmt *s)
{
	return trusted(token_of(s));
}

/* ---- operators ---- */

/* A subscript in the way of an lvalue, up to where a pointer is followed. */
const ArraySubscriptExpr *subscript_in(const Expr *lvalue)
{
	for (;;) {
		lvalue = lvalue->IgnoreParens();
		if (auto *a = dyn_cast<ArraySubscriptExpr>(lvalue))
			return a;
		auto *m = dyn_cast<MemberExpr>(lvalue);
		if (!m || m->isArrow())
			return nullptr;
		lvalue = m->getBase();
	}
}

/* Whether the subscript is of an array, and the index a constant inside it. */
bool is_inside(const ArraySubscriptExpr *a)
{
	auto *decay = dyn_cast<ImplicitCastExpr>(a->getBase()->IgnoreParens());
	auto *t = decay ? u.ast->getAsConstantArrayType(decay->getSubExpr()->getType()) : nullptr;
	auto n = a->getIdx()->getIntegerConstantExpr(*u.ast);
	return t && n && !n->isNegative() && n->getActiveBits() < 64 && (uint64_t)n->getExtValue() < t->getSize().getLimitedValue();
}

/*
 * Whether GCC keeps the value of @s and never evaluates it anew: what has an effect, which calls and blocks with declarations have for it. Not its builtins, of which
 * many are functions of their arguments and no more. What is only measured is not evaluated at all.
 */
bool is_kept(const Stmt *s)
{
	if (auto *block = dyn_cast<StmtExpr>(s))
		return !block->getSubStmt()->body_empty() && isa<DeclStmt>(block->getSubStmt()->body_front());
	if (auto *call = dyn_cast<CallExpr>(s)) {
		const FunctionDecl *f = call->getDirectCallee();
		return !f || !f->getBuiltinID() || f->getName().starts_with("__atomic_");
	}
	return isa<UnaryExprOrTypeTraitExpr>(s) || isa<OffsetOfExpr>(s);
}

/* Whether @s is evaluated by branches. */
bool chooses(const Stmt *s)
{
	if (!s || is_kept(s))
		return false;
	auto *b = dyn_cast<BinaryOperator>(s);
	return isa<ConditionalOperator>(s) || (b && b->isLogicalOp()) || std::any_of(s->child_begin(), s->child_end(), chooses);
}

/*
 * GCC 12 loads the old value of a[i] before it checks i when the result is stored to the same place. And it finds the place twice, once to load and once to store, but
 * evaluates a checked index in it once: by a choice that comes out otherwise the second time it gets to an index that was never evaluated.
 */
void check_update(const Expr *lvalue, const Stmt *op)
{
	const ArraySubscriptExpr *a = subscript_in(lvalue);
	if (a && !by_frame(op) && !trusted(a->getRBracketLoc()) && !is_inside(a))
		finding_at(token_of(op), "P9", "an element is changed in place, which reads it before the index is checked; write a[i] = a[i] + ..., or use array_at()");
	if (chooses(lvalue))
		finding_at(token_of(op), "P9", "what is changed in place is chosen in the same expression, and GCC chooses twice; give the pointer to a local before");
}

/* Whether nothing but the function itself can change the value: a local variable, or a constant. */
bool is_settled(const Expr *e)
{
	auto *ref = dyn_cast<DeclRefExpr>(e->IgnoreParenImpCasts());
	auto *v = ref ? dyn_cast<VarDecl>(ref->getDecl()) : nullptr;
	return (v && v->hasLocalStorage()) || e->getIntegerConstantExpr(*u.ast);
}

/*
 * What GCC inserts a check of: an index, a divisor, the count of a shift. Its front end keeps the operand's value for both the check and the operation, unless the
 * operand is const throughout: then it takes it for invariable, also behind a pointer and in a builtin, and evaluates it for each of the two; across a branch the
 * optimisers do not make one of them again. So what is compiled has a call around it (text.cc), whose value GCC keeps. Also in the frame's macros and inlines.
 */
void keep_once(const Expr *operand, SourceLocation from, SourceLocation to)
{
	if (!is_settled(operand))
		u.kept[from.getRawEncoding()] = { from, to, operand->getType() };
}

void keep_right(const BinaryOperator *b)
{
	keep_once(b->getRHS(), b->getOperatorLoc(), b->getRHS()->getEndLoc());
}

void check_assignment(const BinaryOperator *b)
{
	QualType t = b->getLHS()->getType();
	if (is_borrowed(t) && !by_frame(b))
		finding_at(b->getOperatorLoc(), "P4", "a borrowed pointer is assigned; declare another one with its own initialiser");
	if (!is_copyable(t))
		finding_at(b->getOperatorLoc(), "P5", "assignment of '" + type_name(t) + "'; it cannot be copied, set its fields");
}

/*
 * A shift by a constant that the type has not enough bits for: clang shifts by as many as there are, GCC computes 0, and without a warning where the shift is not
 * evaluated. So one value in the checked program, another in the compiled one: of an index, or of the length of an array. Also for frame macros, as in bit(64).
 */
void check_shift(const BinaryOperator *b)
{
	auto *assign = dyn_cast<CompoundAssignOperator>(b);
	QualType t = assign ? assign->getComputationLHSType() : b->getLHS()->getType();
	Expr::EvalResult r;
	if (!t->isIntegerType() || !b->getRHS()->EvaluateAsInt(r, *u.ast, Expr::SE_AllowSideEffects))
		return;
	const llvm::APSInt &n = r.Val.getInt();
	if ((n.isSigned() && n.isNegative()) || n.uge(u.ast->getIntWidth(t)))
		finding_at(b->getOperatorLoc(), "L1", "shift by a constant that is negative or not below the bits of the type, about which compilers differ");
}

void check_binary(const BinaryOperator *b)
{
	bool pointers = pointerish(b->getLHS()) || pointerish(b->getRHS());
	switch (b->getOpcode()) {
	case BO_Add:
	case BO_Sub:
	case BO_AddAssign:
	case BO_SubAssign:
		if (pointers && !by_frame(b))
			finding_at(b->getOperatorLoc(), "P1", "pointer arithmetic; use array_at(), a span or an index");
		break;
	case BO_LT:
	case BO_GT:
	case BO_LE:
	case BO_GE:
		if (pointers && !by_frame(b))
			finding_at(b->getOperatorLoc(), "P1", "order of pointers; compare indices or keys");
		break;
	case BO_Shl:
	case BO_Shr:
	case BO_ShlAssign:
	case BO_ShrAssign:
		check_shift(b);
		keep_right(b);
		break;
	case BO_Div:
	case BO_Rem:
	case BO_DivAssign:
	case BO_RemAssign:
		keep_right(b);
		break;
	case BO_Assign:
		check_assignment(b);
		break;
	case BO_Cmp:
	case BO_PtrMemD:
	case BO_PtrMemI:
		finding_at(b->getOperatorLoc(), "L1", "operator outside Safe C");
		break;
	default:
		break;
	}
	if (b->isCompoundAssignmentOp())
		check_update(b->getLHS(), b);
}

/* Whether an lvalue lies in a packed struct; arrays of bytes are aligned everywhere. */
bool in_packed(const Expr *lvalue)
{
	lvalue = lvalue->IgnoreParens();
	if (auto *a = dyn_cast<ArraySubscriptExpr>(lvalue))
		return in_packed(bare(a->getBase()));
	auto *m = dyn_cast<MemberExpr>(lvalue);
	if (!m)
		return false;
	QualType t = m->getBase()->getType();
	if (is_packed(m->isArrow() ? pointee(t) : t))
		return true;
	/* Through a pointer the chain ends: what it points to was checked where its address was taken. */
	return !m->isArrow() && in_packed(m->getBase());
}

void check_address(const UnaryOperator *op)
{
	const Expr *operand = op->getSubExpr(), *o = operand->IgnoreParens();
	QualType t = operand->getType();
	auto *a = dyn_cast<ArraySubscriptExpr>(o);
	if (a && !trusted(a->getRBracketLoc()))
		finding_at(a->getBeginLoc(), "P3", "address of an array element, which may be one past the end; use array_at(array, index)");
	if (isa<StringLiteral>(o))
		finding_at(op->getOperatorLoc(), "P3", "address of a literal; initialise an array with it, or use LIT()");
	if (in_packed(operand) && !t->isFunctionType() && !t->isIncompleteType() && u.ast->getTypeAlignInChars(t).getQuantity() > 1)
		finding_at(op->getOperatorLoc(), "P6", "address in a packed struct; copy the field");
	if (kind_of(t) == Kind::Transient)
		finding_at(op->getOperatorLoc(), "P4", "address of a '" + type_name(t) + "'; pass it by value");
	/* Also for a frame macro: a store through it would point the borrowed pointer elsewhere. */
	else if (is_borrowed(t) && !isa<DeclRefExpr>(o))
		finding_at(op->getOperatorLoc(), "P4", "address of a borrowed pointer; pass the pointer itself");
	else if (is_borrowed(t) && !trusted(cast<DeclRefExpr>(o)->getLocation()))
		finding_at(op->getOperatorLoc(), "P4", "address of a borrowed pointer; pass the pointer itself");
}

void check_unary(const UnaryOperator *op)
{
	switch (op->getOpcode()) {
	case UO_PostInc:
	case UO_PostDec:
	case UO_PreInc:
	case UO_PreDec:
		if (is_pointer(op->getSubExpr()->getType()))
			finding_at(op->getOperatorLoc(), "P1", "pointer arithmetic; use array_at(), a span or an index");
		check_update(op->getSubExpr(), op);
		break;
	case UO_AddrOf:
		check_address(op);
		break;
	case UO_Extension:
	case UO_Real:
	case UO_Imag:
	case UO_Coawait:
		if (!by_frame(op))
			finding_at(op->getOperatorLoc(), "L1", "language extension; write standard C");
		break;
	case UO_Deref:
	case UO_Plus:
	case UO_Minus:
	case UO_Not:
	case UO_LNot:
		break;
	}
}

void check_subscript(const ArraySubscriptExpr *a)
{
	const Expr *base = a->getBase()->IgnoreParens();
	auto *decay = dyn_cast<ImplicitCastExpr>(base);
	bool decayed = decay && decay->getCastKind() == CK_ArrayToPointerDecay;
	if (a->getLHS() != a->getBase())
		finding_at(a->getBeginLoc(), "P1", "index before the array; write array[index]");
	if (decayed && !decay->getSubExpr()->getType()->isConstantArrayType())
		finding_at(a->getBeginLoc(), "P7", "subscript of an array of unknown size; declare it with its size");
	if (!decayed && !by_frame(a))
		finding_at(a->getBeginLoc(), "P1", "subscript of a pointer; use a span, array_at(), or a pointer to the array");
	keep_once(a->getIdx(), a->getRBracketLoc(), a->getRBracketLoc());
	if (decayed && u.in_static_init && !is_inside(a))
		finding_at(a->getBeginLoc(), "P3", "index outside the array in the initialiser of a static object, where nothing checks it");
}

/* ---- casts and conversions ---- */

void check_frame_cast(const CStyleCastExpr *c)
{
	QualType to = canon(c->getType()), from = canon(c->getSubExpr()->getType());
	/* round_down(x, &y) would tell where y is. */
	if (is_pointer(from) && kind_of(to) == Kind::Scalar && !to->isBooleanType())
		finding_at(c->getLParenLoc(), "P2", "a pointer where a frame macro takes a number");
	if (!is_pointer(to) || !is_pointer(from))
		return;
	QualType target = pointee(to), source = pointee(from);
	if (source.isConstQualified() && !target.isConstQualified())
		finding_at(c->getLParenLoc(), "P2", "'" + type_name(source) + "' is written here, but the argument is const");
	/* Bytes by name or by type: span_of() of an array takes those that are compatible with characters, and packed enumerations are. */
	bool bytes = is_raw_pointer(to) || (target->isCharType() && source->isEnumeralType());
	const char *why = bytes ? raw_unsafe_because(source) : nullptr;
	if (why)
		finding_at(c->getLParenLoc(), "P2", "'" + type_name(source) + "' is treated as bytes, but holds " + why + "; use a struct of integers");
	if (kind_of(source) != Kind::Obj || !target->isRecordType())
		return;
	Kind k = kind_of(target);
	if (k == Kind::Incomplete)
		fact("use", target->getAs<RecordType>()->getDecl()->getName().str(), "mutable", place_of(c->getLParenLoc()));
	else if (k != Kind::Object && k != Kind::Obj && k != Kind::Handle)
		finding_at(c->getLParenLoc(), "P5", "'" + type_name(target) + "' is not an object: its first field must be 'struct obj obj'");
}

void check_cast(const CStyleCastExpr *c)
{
	QualType to = canon(c->getType()), from = canon(bare(c->getSubExpr())->getType());
	check_type_source(c->getTypeInfoAsWritten());
	if (by_frame(c)) {
		check_frame_cast(c);
		return;
	}
	/* What nobody declared can be called all the same; of the call the type alone says what it puts on the stack. */
	if (is_pointer(to) && kind_of(pointee(to)) == Kind::Function)
		check_type(to, Pos::Local, c->getLParenLoc());
	if (kind_of(to) == Kind::Void || (is_pointer(to) && is_null(c->getSubExpr())))
		return;
	if (is_pointer(to) || is_pointer(from) || is_array(from) || kind_of(from) == Kind::Function)
		finding_at(c->getLParenLoc(), "P2", "cast from '" + type_name(from) + "' to '" + type_name(to) + "'; use obj_cast(), a span, or the right type");
	else if (kind_of(to) != Kind::Scalar)
		finding_at(c->getLParenLoc(), "P2", "cast to '" + type_name(to) + "'; use an initialiser");
}

const FunctionDecl *callee_of(const CallExpr *c)
{
	return c->getDirectCallee();
}

bool is_text(QualType t)
{
	return is_pointer(t) && pointee(t)->isAnyCharacterType() && (pointee(t)->isSpecificBuiltinType(BuiltinType::Char_S) ||
		pointee(t)->isSpecificBuiltinType(BuiltinType::Char_U));
}

/* The text of a literal may become a pointer inside a frame macro, or as the format or name a frame function asks for (check_call). */
bool literal_may_decay(const Expr *literal, const Stmt *parent)
{
	auto *call = dyn_cast_or_null<CallExpr>(parent);
	if (trusted(literal->getBeginLoc()))
		return true;
	return call && callee_of(call) && seen_in(callee_of(call)->getLocation()) == Owner::Frame;
}

void check_decay(const ImplicitCastExpr *c, const Stmt *parent, bool frame_parent)
{
	const Expr *array = c->getSubExpr(), *a = array->IgnoreParens();
	if (parent && isa<ArraySubscriptExpr>(parent))
		return; /* check_subscript */
	if (isa<StringLiteral>(a) && literal_may_decay(a, parent))
		return;
	/* A row's address may be one past the end, whoever takes it and whatever is in it. */
	auto *row = dyn_cast<ArraySubscriptExpr>(a);
	bool checked = !row || trusted(row->getRBracketLoc());
	QualType e = element(array->getType());
	if (checked && kind_of(e) == Kind::Table && (e.isConstQualified() || array->getType().isConstQualified()))
		return;
	if (checked && frame_parent)
		return;
	finding_at(c->getBeginLoc(), "P3", "array used as a pointer; use span_of(), array_at(), or a pointer to the array");
}

void check_pointer_conversion(const ImplicitCastExpr *c)
{
	QualType to = canon(c->getType()), from = canon(c->getSubExpr()->getType());
	if (is_null(c->getSubExpr()))
		return;
	if (is_void_pointer(to) || is_void_pointer(from))
		finding_at(c->getBeginLoc(), "P2", "conversion from '" + type_name(from) + "' to '" + type_name(to) + "'; use struct obj * with obj_cast(), or a span");
	else if (!is_pointer(to) || !is_pointer(from) || !u.ast->hasSameUnqualifiedType(pointee(to), pointee(from)))
		finding_at(c->getBeginLoc(), "P2", "conversion from '" + type_name(from) + "' to '" + type_name(to) + "'; use the right type");
}

void check_implicit(const ImplicitCastExpr *c, const Stmt *parent, bool frame_parent)
{
	const Expr *sub = c->getSubExpr();
	switch (c->getCastKind()) {
	case CK_NoOp:
	case CK_IntegralCast:
	case CK_IntegralToBoolean:
	case CK_PointerToBoolean:
	case CK_BooleanToSignedIntegral:
	case CK_FunctionToPointerDecay:
	case CK_ToVoid:
		break;
	case CK_LValueToRValue:
		if (sub->getType()->isRecordType() && !is_copyable(sub->getType()))
			finding_at(c->getBeginLoc(), "P5", "'" + type_name(sub->getType()) + "' is copied; use a pointer to it");
		break;
	case CK_NullToPointer:
		if (!is_null(sub))
			finding_at(c->getBeginLoc(), "P2", "a computed constant as the null pointer; write NULL");
		break;
	case CK_ArrayToPointerDecay:
		check_decay(c, parent, frame_parent);
		break;
	case CK_BitCast:
		check_pointer_conversion(c);
		break;
	case CK_IntegralToPointer:
		finding_at(c->getBeginLoc(), "P2", "integer used as a pointer");
		break;
	case CK_PointerToIntegral:
		finding_at(c->getBeginLoc(), "P2", "pointer used as an integer");
		break;
	case CK_BuiltinFnToFnPtr:
		break; /* check_name_use has the name */
	default:
		finding_at(c->getBeginLoc(), "L1", std::string("conversion '") + c->getCastKindName() + "' is outside Safe C");
	}
}

/* ---- names and calls ---- */

/* L3: only literals reach a format, and only what fmt.h names stands in them: the frame's formatter reads what the compiler was told of, nothing through a pointer. */
void check_format(const StringLiteral *literal)
{
	static const std::regex plain("%|[-+ #0-9.*]*(hh|h|ll|l|z)?[diuxXoc]");
	std::string s = literal->getString().str();
	for (size_t p = s.find('%'); p != std::string::npos; p = s.find('%', p)) {
		std::smatch m;
		p++;
		if (std::regex_search(s.cbegin() + (long)p, s.cend(), m, plain, std::regex_constants::match_continuous))
			p += (size_t)m.length();
		else
			finding_at(literal->getBeginLoc(), "L3", "'%" + s.substr(p, 1) + "' in a format; it has integers and characters only, log a lit or a span with the "
				"frame's functions");
	}
}

/* Such a function is only called by name, so that its texts are seen to be literals. */
bool takes_text(const FunctionDecl *f)
{
	if (seen_in(f->getLocation()) != Owner::Frame)
		return false;
	return f->isVariadic() || std::any_of(f->param_begin(), f->param_end(), [](const ParmVarDecl *p) { return is_text(p->getType()); });
}

bool is_harmless_builtin(StringRef name)
{
	static const std::set<StringRef> names = {
		"__builtin_bswap16", "__builtin_bswap32", "__builtin_bswap64", "__builtin_popcount", "__builtin_popcountl", "__builtin_popcountll",
		"__builtin_add_overflow", "__builtin_sub_overflow", "__builtin_mul_overflow",
	};
	return names.count(name);
}

void check_private(const NamedDecl *d, SourceLocation at)
{
	StringRef name = d->getDeclName().isIdentifier() ? d->getName() : "";
	auto *f = dyn_cast<FunctionDecl>(d);
	if (name.starts_with("_") && !trusted(at) && !(f && f->getBuiltinID()))
		finding_at(at, "P8", "'" + name.str() + "' is private to the frame");
}

void check_decl_ref(const DeclRefExpr *e, const Stmt *parent)
{
	check_private(e->getDecl(), e->getLocation());
	auto *f = dyn_cast<FunctionDecl>(e->getDecl());
	auto *call = dyn_cast_or_null<CallExpr>(parent);
	if (f && f->getBuiltinID() && !trusted(e->getLocation()) && !is_harmless_builtin(f->getName()) && seen_in(f->getLocation()) == Owner::None)
		finding_at(e->getLocation(), "L2", "builtin '" + f->getName().str() + "'; use the frame's functions");
	if (f && takes_text(f) && !(call && bare(call->getCallee()) == e))
		finding_at(e->getLocation(), "L3", "'" + f->getName().str() + "' takes text and is only called by its name");
}

void check_call(const CallExpr *c)
{
	const FunctionDecl *f = callee_of(c);
	if (c->getNumArgs() > max_arguments)
		finding_at(c->getBeginLoc(), "S1", "more than " + std::to_string(max_arguments) + " arguments; split the call");
	if (!f || seen_in(f->getLocation()) != Owner::Frame)
		return;
	for (unsigned i = 0; i < c->getNumArgs() && i < f->getNumParams(); i++) {
		QualType p = f->getParamDecl(i)->getType();
		if (!is_text(p))
			continue;
		auto *literal = dyn_cast<StringLiteral>(bare(c->getArg(i)));
		if (!literal)
			finding_at(c->getArg(i)->getBeginLoc(), "L3", "text for a frame function must be a literal");
		else if (!pointee(p).isConstQualified())
			finding_at(literal->getBeginLoc(), "P2", "a literal cannot be written to");
		else if (f->isVariadic())
			check_format(literal);
	}
}

/* ---- literals of structs ---- */

bool is_zero(const Expr *e)
{
	if (isa<ImplicitValueInitExpr>(e))
		return true;
	if (auto *list = dyn_cast<InitListExpr>(e))
		return std::all_of(list->begin(), list->end(), [](const Stmt *s) { return is_zero(cast<Expr>(s)); });
	auto *n = dyn_cast<IntegerLiteral>(e->IgnoreParenImpCasts());
	return n && n->getValue() == 0;
}

void check_init_list(const InitListExpr *l)
{
	QualType t = l->getType();
	if (!l->isSemanticForm())
		return; /* as written; the form that is compiled is looked at as well */
	bool frame = trusted(l->getLBraceLoc());
	auto *r = canon(t)->getAs<RecordType>();
	bool is_lit = r && r->getDecl()->getName() == "lit" && seen_in(r->getDecl()->getLocation()) == Owner::Frame;
	bool text = l->getNumInits() == 1 && isa<StringLiteral>(bare(l->getInit(0)));
	if (frame && is_lit && !text)
		finding_at(l->getBeginLoc(), "L3", "a lit is made of a string literal only");
	if (!frame && has_private_fields(t) && !std::all_of(l->begin(), l->end(), [](const Stmt *s) { return is_zero(cast<Expr>(s)); }))
		finding_at(l->getBeginLoc(), "P8", "private fields of '" + type_name(t) + "' are initialised; use the frame's function or macro");
}

void check_compound_literal(const CompoundLiteralExpr *c)
{
	QualType t = c->getType();
	check_type_source(c->getTypeSourceInfo());
	if (trusted(c->getLParenLoc()))
		return;
	if (!is_copyable(t))
		finding_at(c->getLParenLoc(), "P5", "'" + type_name(t) + "' as a compound literal; it cannot be copied");
	else
		check_type(t, Pos::Local, c->getLParenLoc());
	if (is_borrowed(t))
		finding_at(c->getLParenLoc(), "P4", "borrowed pointer as a compound literal");
}

/* GCC evaluates the value for each element, but an index that it checks in it once: the elements may get other branches of a choice. */
void check_designators(const DesignatedInitExpr *e)
{
	for (auto &d : e->designators())
		if (d.isArrayRangeDesignator())
			finding_at(d.getLBracketLoc(), "L1", "range of elements, a language extension; write a loop, or one initialiser for each");
}

/* ---- the walk ---- */

/* A name that was pasted to nothing is seen here alone. */
void check_offset(const OffsetOfExpr *o)
{
	check_type_source(o->getTypeSourceInfo());
	for (unsigned i = 0; i < o->getNumComponents(); i++)
		if (o->getComponent(i).getKind() == OffsetOfNode::Field)
			check_private(o->getComponent(i).getField(), o->getComponent(i).getEndLoc());
}

/* The rules of one node. Kinds that nodes.cc lists and that are not named here have none but those of their parts. */
void node_rule(const Stmt *s, const Stmt *parent, bool frame_parent)
{
	switch (node_treatment(s->getStmtClass())) {
	case Treatment::Refused:
		finding_at(s->getBeginLoc(), "L1", std::string("construct outside Safe C: ") + s->getStmtClassName());
		return;
	case Treatment::FrameOnly:
		if (!trusted(s->getBeginLoc()))
			finding_at(s->getBeginLoc(), isa<AtomicExpr>(s) ? "L2" : "L1", std::string(s->getStmtClassName()) + " is the frame's alone; use its functions and macros");
		break;
	case Treatment::Parts:
		break;
	}
	switch (s->getStmtClass()) {
	case Stmt::LabelStmtClass:
		u.visited.insert(cast<LabelStmt>(s)->getDecl());
		check_attrs(cast<LabelStmt>(s)->getDecl());
		break;
	case Stmt::DeclStmtClass:
		for (auto *d : cast<DeclStmt>(s)->decls())
			check_decl(d, false);
		break;
	case Stmt::AttributedStmtClass:
		for (auto *a : cast<AttributedStmt>(s)->getAttrs())
			if (!a->isImplicit() && !trusted(a->getLocation()))
				finding_at(a->getLocation(), "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)");
		break;
	case Stmt::BinaryOperatorClass:
	case Stmt::CompoundAssignOperatorClass:
		check_binary(cast<BinaryOperator>(s));
		break;
	case Stmt::UnaryOperatorClass:
		check_unary(cast<UnaryOperator>(s));
		break;
	case Stmt::ArraySubscriptExprClass:
		check_subscript(cast<ArraySubscriptExpr>(s));
		break;
	case Stmt::CStyleCastExprClass:
		check_cast(cast<CStyleCastExpr>(s));
		break;
	case Stmt::ImplicitCastExprClass:
		check_implicit(cast<ImplicitCastExpr>(s), parent, frame_parent);
		break;
	case Stmt::CallExprClass:
		check_call(cast<CallExpr>(s));
		break;
	case Stmt::DeclRefExprClass:
		check_decl_ref(cast<DeclRefExpr>(s), parent);
		break;
	case Stmt::MemberExprClass:
		check_private(cast<MemberExpr>(s)->getMemberDecl(), cast<MemberExpr>(s)->getMemberLoc());
		break;
	case Stmt::InitListExprClass:
		check_init_list(cast<InitListExpr>(s));
		break;
	case Stmt::DesignatedInitExprClass:
		check_designators(cast<DesignatedInitExpr>(s));
		break;
	case Stmt::CompoundLiteralExprClass:
		check_compound_literal(cast<CompoundLiteralExpr>(s));
		break;
	case Stmt::UnaryExprOrTypeTraitExprClass:
		if (cast<UnaryExprOrTypeTraitExpr>(s)->isArgumentType())
			check_type_source(cast<UnaryExprOrTypeTraitExpr>(s)->getArgumentTypeInfo());
		else
			check_measured(cast<UnaryExprOrTypeTraitExpr>(s)->getArgumentExpr(), false);
		break;
	case Stmt::OffsetOfExprClass:
		check_offset(cast<OffsetOfExpr>(s));
		break;
	case Stmt::TypeTraitExprClass:
		for (auto *t : cast<TypeTraitExpr>(s)->getArgs())
			check_type_source(t);
		break;
	default:
		break;
	}
}

bool looks_through(const Stmt *s)
{
	return isa<ParenExpr>(s) || isa<ImplicitCastExpr>(s) || isa<ConstantExpr>(s);
}

void walk(const Stmt *s, const Stmt *parent, bool frame_parent)
{
	if (!s || !u.visited.insert(s).second)
		return;
	node_rule(s, parent, frame_parent);
	if (!looks_through(s)) {
		parent = s;
		frame_parent = by_frame(s);
	}
	if (isa<DeclStmt>(s))
		return; /* its declarations have their initialisers */
	for (const Stmt *child : s->children())
		walk(child, parent, frame_parent);
	/* What a list says and what it means: designators have expressions of their own. */
	if (auto *l = dyn_cast<InitListExpr>(s))
		walk(l->isSemanticForm() ? l->getSyntacticForm() : l->getSemanticForm(), parent, frame_parent);
}
}

namespace {
bool names_bit_field(const Stmt *s)
{
	auto *e = dyn_cast_or_null<Expr>(s);
	return s && ((e && e->getSourceBitField()) || std::any_of(s->child_begin(), s->child_end(), names_bit_field));
}
}

/*
 * The operand of sizeof or typeof. For GCC the type of a bit-field has its width, for clang it does not; nor has, where it is wider than an int, that of a sum with it, from
 * which a service could compute a constant: (typeof(x->b + 0))-1.
 */
void check_measured(const Expr *e, bool named)
{
	if (named && names_bit_field(e)) {
		finding_at(e->getBeginLoc(), "L1", "type of an expression with a bit-field, about which compilers differ; name the type");
		return;
	}
	e = bare(e);
	auto *op = dyn_cast<UnaryOperator>(e);
	if (e->getSourceBitField() || (op && op->isIncrementDecrementOp() && op->getSubExpr()->getSourceBitField()))
		finding_at(e->getBeginLoc(), "L1", "size or type of a bit-field, about which compilers differ; name the type");
}

void check_stmt(const Stmt *s, const Stmt *parent)
{
	walk(s, parent, false);
}

void check_init(const Expr *e, bool by_frame)
{
	walk(e, nullptr, by_frame);
}
