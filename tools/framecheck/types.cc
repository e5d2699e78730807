// SPDX-License-Identifier: MPL-2.0
/*
 * Kinds of types, as docs/safe-c.md has them: values, objects, tables and frame types. A pointer is either storable (to an
 * object, a handle, a const table, a function) or borrowed (to anything else), and a borrowed one must not outlive its call.
 *
 * And which type may stand where: fields, globals, locals, parameters, results.
 */
#include "framecheck.h"

#include "clang/AST/RecordLayout.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

using clang::ArrayType;
using clang::BuiltinType;
using clang::FunctionProtoType;
using clang::FunctionType;
using clang::RecordType;

namespace {
/* What a call may put on the stack beyond the caller's own frame: with these, -Wframe-larger-than and tools/stackcheck have the rest. */
const unsigned max_parameters = 12;
const uint64_t max_by_value = 128;

const RecordDecl *definition_of(QualType t)
{
	auto *r = canon(t)->getAs<RecordType>();
	return r ? r->getDecl()->getDefinition() : nullptr;
}

QualType innermost(QualType t)
{
	for (t = canon(t); is_array(t); t = element(t))
		;
	return t;
}

bool is_frame_tag(const RecordDecl *d, StringRef tag)
{
	return d->getName() == tag && u.frame_tags.count(tag.str());
}

Kind frame_record_kind(const RecordDecl *def)
{
	static const struct {
		const char *text;
		Kind kind;
	} marks[] = {
		{ "frame:handle", Kind::Handle },       { "frame:pinned", Kind::Pinned }, { "frame:transient", Kind::Transient },
		{ "frame:local", Kind::Local },         { "table", Kind::Table },
	};
	for (auto &m : marks)
		if (has_annotation(def, m.text))
			return m.kind;
	return is_frame_tag(def, "obj") ? Kind::Obj : Kind::Value;
}

Kind record_kind(const RecordDecl *def)
{
	Kind kind = Kind::Value;
	if (seen_in(def->getLocation()) == Owner::Frame)
		kind = frame_record_kind(def);
	else if (has_annotation(def, "table"))
		kind = Kind::Table;
	if (kind != Kind::Value)
		return kind;
	bool first = true;
	for (auto *f : def->fields()) {
		if (first && kind_of(f->getType()) == Kind::Obj)
			return Kind::Object;
		first = false;
		if (kind_of(innermost(f->getType())) == Kind::Pinned)
			return Kind::Pinned;
	}
	return Kind::Value;
}

Kind kind_of_record(QualType t)
{
	const RecordDecl *decl = t->getAs<RecordType>()->getDecl(), *def = decl->getDefinition();
	if (!def) {
		if (is_frame_tag(decl, "frame_raw"))
			return Kind::Raw;
		/* Whether or not this unit sees the frame's definition: only the frame can have one. */
		return u.frame_tags.count(decl->getName().str()) ? Kind::Handle : Kind::Incomplete;
	}
	auto it = u.kinds.find(def);
	if (it != u.kinds.end())
		return it->second;
	u.kinds[def] = Kind::Value;
	Kind k = u.kinds[def] = record_kind(def);
	check_record_once(def);
	return k;
}
}

QualType pointee(QualType t)
{
	return canon(canon(t)->getPointeeType());
}

QualType element(QualType t)
{
	return canon(u.ast->getAsArrayType(canon(t))->getElementType());
}

bool is_pointer(QualType t)
{
	return canon(t)->isPointerType();
}

bool is_array(QualType t)
{
	return canon(t)->isArrayType();
}

std::string type_name(QualType t)
{
	clang::PrintingPolicy p(u.ast->getLangOpts());
	return t.getAsString(p);
}

bool has_annotation(const RecordDecl *d, StringRef text)
{
	for (auto *a : d->specific_attrs<clang::AnnotateAttr>())
		if (a->getAnnotation() == text)
			return true;
	return false;
}

Kind kind_of(QualType t)
{
	t = canon(t);
	switch (t->getTypeClass()) {
	case clang::Type::Pointer:
		return Kind::Pointer;
	case clang::Type::ConstantArray:
	case clang::Type::IncompleteArray:
	case clang::Type::VariableArray:
		return Kind::Array;
	case clang::Type::FunctionProto:
	case clang::Type::FunctionNoProto:
		return Kind::Function;
	case clang::Type::Record:
		return kind_of_record(t);
	case clang::Type::Enum:
		return Kind::Scalar;
	case clang::Type::Builtin:
		if (t->isVoidType())
			return Kind::Void;
		return t->isIntegerType() ? Kind::Scalar : Kind::Other;
	default:
		return Kind::Other;
	}
}

bool is_borrowed(QualType t)
{
	if (!is_pointer(t))
		return false;
	switch (kind_of(pointee(t))) {
	case Kind::Function:
	case Kind::Obj:
	case Kind::Object:
	case Kind::Handle:
	case Kind::Incomplete:
		return false;
	case Kind::Table:
		return !pointee(t).isConstQualified();
	default:
		return true;
	}
}

bool is_copyable(QualType t)
{
	switch (kind_of(innermost(t))) {
	case Kind::Obj:
	case Kind::Object:
	case Kind::Handle:
	case Kind::Pinned:
	case Kind::Local:
	case Kind::Table:
		return false;
	default:
		return true;
	}
}

bool holds_pointer(QualType t)
{
	t = innermost(t);
	if (t->isPointerType())
		return true;
	const RecordDecl *def = definition_of(t);
	if (def)
		for (auto *f : def->fields())
			if (holds_pointer(f->getType()))
				return true;
	return false;
}

bool has_private_fields(QualType t)
{
	const RecordDecl *def = definition_of(t);
	if (!def || seen_in(def->getLocation()) != Owner::Frame)
		return false;
	for (auto *f : def->fields())
		if (f->getName().starts_with("_"))
			return true;
	return false;
}

bool holds_private(QualType t)
{
	t = innermost(t);
	if (has_private_fields(t))
		return true;
	const RecordDecl *def = definition_of(t);
	if (def)
		for (auto *f : def->fields())
			if (holds_private(f->getType()))
				return true;
	return false;
}

bool is_packed(QualType t)
{
	const RecordDecl *def = definition_of(t);
	if (!def)
		return false;
	if (def->hasAttr<clang::PackedAttr>())
		return true;
	for (auto *f : def->fields())
		if (f->hasAttr<clang::PackedAttr>())
			return true;
	return false;
}

/*
 * Whether some bits of a value belong to no field of it. GCC may copy a struct field by field; what is between the fields is then undefined for it, and it
 * may take one number for it where an index is checked, and another one where it is used. So nothing shows these bits to a service.
 */
bool has_padding(QualType t)
{
	t = canon(innermost(t));
	if (!t->isRecordType() || !definition_of(t))
		return false;
	const RecordDecl *d = definition_of(t);
	const auto &layout = u.ast->getASTRecordLayout(d);
	uint64_t end = 0, i = 0;
	for (auto *f : d->fields()) {
		uint64_t at = layout.getFieldOffset(i++);
		if (f->isBitField() && !f->getDeclName())
			continue; // bits without a name are nobody's
		if (at > end || has_padding(f->getType()))
			return true;
		end = std::max(end, at + (f->isBitField() ? f->getBitWidthValue(*u.ast) : u.ast->getTypeSize(f->getType())));
	}
	return end < (uint64_t)layout.getSize().getQuantity() * 8;
}

const char *raw_unsafe_because(QualType t)
{
	t = innermost(t);
	switch (kind_of(t)) {
	case Kind::Scalar:
		if (t->isBooleanType())
			return "a bool";
		return t->isEnumeralType() ? "an enum" : nullptr;
	case Kind::Value:
		break;
	case Kind::Pointer:
		return "a pointer";
	case Kind::Obj:
	case Kind::Object:
		return "an object";
	case Kind::Handle:
	case Kind::Pinned:
	case Kind::Transient:
	case Kind::Local:
		return "a frame type";
	case Kind::Table:
		return "a table";
	default:
		return "something without a known layout";
	}
	if (has_private_fields(t))
		return "a frame type with private fields";
	for (auto *f : definition_of(t)->fields())
		if (const char *why = raw_unsafe_because(f->getType()))
			return why;
	return has_padding(t) ? "padding" : nullptr;
}

/* ---- shapes ---- */

namespace {
/* Two layouts are never taken for one, whatever names their fields are given. */
std::string hashed(const std::string &s)
{
	return llvm::toHex(llvm::SHA256::hash(llvm::ArrayRef<uint8_t>((const uint8_t *)s.data(), s.size())), true);
}

std::string shape_of_enum(const clang::EnumDecl *e)
{
	std::string s = "enum{" + type_name(canon(e->getIntegerType())) + ";";
	for (auto *c : e->enumerators())
		s += c->getName().str() + "=" + llvm::toString(c->getInitVal(), 10) + ";";
	return s + "}";
}

std::string shape_of_fields(const RecordDecl *d)
{
	const auto &layout = u.ast->getASTRecordLayout(d);
	/* Whether a pointer to it may be kept must be agreed on as well; a tag's kind is a fact of its own (program.cc). */
	std::string s = has_annotation(d, "table") ? "table " : "";
	s += (d->isUnion() ? "union{" : "struct{") + std::to_string(layout.getSize().getQuantity()) + "/" +
		std::to_string(layout.getAlignment().getQuantity()) + ";";
	unsigned i = 0;
	for (auto *f : d->fields()) {
		s += f->getName().str() + ":" + type_shape(f->getType()) + "@" + std::to_string(layout.getFieldOffset(i++));
		if (f->isBitField())
			s += "/" + std::to_string(f->getBitWidthValue(*u.ast));
		s += ";";
	}
	return s + "}";
}

std::string shape_of_tag(const clang::TagDecl *d)
{
	if (!d->getName().empty())
		return d->getKindName().str() + " " + d->getName().str();
	if (auto *e = llvm::dyn_cast<clang::EnumDecl>(d))
		return shape_of_enum(e);
	auto *r = llvm::cast<RecordDecl>(d);
	return r->getDefinition() && !r->isInvalidDecl() ? shape_of_fields(r->getDefinition()) : "?";
}
}

std::string type_shape(QualType t)
{
	t = canon(t);
	std::string q = t.getLocalQualifiers().getAsString();
	if (!q.empty())
		q += " ";
	const clang::Type *p = t.getTypePtr();
	if (auto *pt = llvm::dyn_cast<clang::PointerType>(p))
		return q + "*" + type_shape(pt->getPointeeType());
	if (auto *ca = llvm::dyn_cast<clang::ConstantArrayType>(p))
		return q + "[" + llvm::toString(ca->getSize(), 10, false) + "]" + type_shape(ca->getElementType());
	if (auto *at = llvm::dyn_cast<ArrayType>(p))
		return q + "[]" + type_shape(at->getElementType());
	if (auto *fp = llvm::dyn_cast<FunctionProtoType>(p)) {
		std::string s = q + (fp->getNoReturnAttr() ? "noreturn fn(" : "fn(");
		for (QualType a : fp->param_types())
			s += type_shape(a) + ",";
		return s + (fp->isVariadic() ? "...)" : ")") + type_shape(fp->getReturnType());
	}
	if (auto *tag = llvm::dyn_cast<clang::TagType>(p))
		return q + shape_of_tag(tag->getDecl());
	return q + type_name(QualType(p, 0));
}

std::string layout_of(const clang::TagDecl *d)
{
	if (d->isInvalidDecl())
		return "?";
	if (auto *e = llvm::dyn_cast<clang::EnumDecl>(d))
		return hashed(shape_of_enum(e));
	return hashed(shape_of_fields(llvm::cast<RecordDecl>(d)));
}

/* ---- positions ---- */

namespace {
const char *pos_name(Pos p)
{
	switch (p) {
	case Pos::Field: return "a field";
	case Pos::Global: return "a global";
	case Pos::Local: return "a local";
	case Pos::Param: return "a parameter";
	case Pos::Result: return "a result";
	case Pos::Element: return "an array element";
	case Pos::Pointee: return "a pointee";
	case Pos::TableField: return "a table field";
	}
	return "?";
}

void check_by_value(QualType t, const char *what, SourceLocation at)
{
	const RecordDecl *def = definition_of(t);
	if (def && !def->isInvalidDecl() && u.ast->getTypeSizeInChars(canon(t)).getQuantity() > (int64_t)max_by_value)
		finding_at(at, "S1", "'" + type_name(t) + "' by value as " + what + " takes more stack than a call may (" +
			std::to_string(max_by_value) + " bytes); pass a pointer");
}

void check_function(QualType t, SourceLocation at)
{
	auto *f = t->getAs<FunctionType>();
	auto *proto = llvm::dyn_cast<FunctionProtoType>(f);
	if (!proto) {
		finding_at(at, "L4", "function type without a prototype; write (void) or the parameters");
		return;
	}
	if (proto->isVariadic())
		finding_at(at, "L3", "variadic function; pass a struct or write one function per form");
	if (proto->getNoReturnAttr())
		finding_at(at, "L2", "type of a function that does not return, a promise that nobody checks; write the type");
	if (proto->getNumParams() > max_parameters)
		finding_at(at, "S1", "more than " + std::to_string(max_parameters) + " parameters; pass a struct");
	check_type(f->getReturnType(), Pos::Result, at);
	check_by_value(f->getReturnType(), "a result", at);
	for (QualType p : proto->param_types()) {
		check_type(p, Pos::Param, at);
		check_by_value(p, "a parameter", at);
	}
}

void check_pointer(QualType t, Pos pos, SourceLocation at)
{
	QualType to = pointee(t);
	Kind k = kind_of(to);
	if (k == Kind::Void || k == Kind::Raw) {
		finding_at(at, "P2", std::string(pos_name(pos)) + " of type '" + type_name(t) + "'; use struct obj * with obj_cast(), or a span");
		return;
	}
	if (k == Kind::Transient) {
		finding_at(at, "P4", "pointer to '" + type_name(to) + "'; pass it by value");
		return;
	}
	if (k == Kind::Function)
		check_function(to, at);
	else if (k == Kind::Pointer)
		check_type(to, Pos::Pointee, at);
	else if (k == Kind::Array)
		check_type(element(to), Pos::Element, at);
	else if (k == Kind::Other)
		check_type(to, pos, at);
	if (to->isIncompleteArrayType())
		finding_at(at, "P7", "pointer to an array of unknown size; write the size");
	/* Stored before this unit has seen what it points to: settled over the whole program. */
	if (k == Kind::Incomplete && pos != Pos::Param)
		fact("use", to->getAs<RecordType>()->getDecl()->getName().str(), to.isConstQualified() ? "const" : "mutable", place_of(at));
	/* A local is settled at its declaration, where const and the initialiser are seen. */
	if (pos == Pos::Param || pos == Pos::Local || !is_borrowed(t))
		return;
	finding_at(at, "P4", std::string(pos_name(pos)) + " of type '" + type_name(t) + (k == Kind::Table ?
		"': a table pointer must point to const" : "': a pointer to a value cannot be stored; keep an object, or copy the value"));
}

void check_record(QualType t, Kind k, Pos pos, SourceLocation at)
{
	bool stored = pos == Pos::Field || pos == Pos::Global || pos == Pos::Element;
	std::string as = "'" + type_name(t) + "' as " + pos_name(pos);
	switch (k) {
	case Kind::Obj:
	case Kind::Object:
		finding_at(at, "P5", "object " + as + "; make it with obj_new() and keep a pointer");
		break;
	case Kind::Handle:
		finding_at(at, "P5", "handle '" + type_name(t) + "' by value; keep a pointer");
		break;
	case Kind::Pinned:
		if (!stored)
			finding_at(at, "P5", as + "; it lives in objects and in static storage");
		break;
	case Kind::Transient:
		if (pos != Pos::Param && pos != Pos::Local)
			finding_at(at, "P4", as + "; it lives in parameters and locals");
		break;
	case Kind::Local:
		if (pos != Pos::Local)
			finding_at(at, "P5", as + "; make it a local and pass its address");
		break;
	case Kind::Table:
		if (pos != Pos::Global && pos != Pos::Element && pos != Pos::TableField)
			finding_at(at, "P5", "table " + as + "; make it 'static const' and keep a pointer to const");
		break;
	default:
		break;
	}
}

void check_array(QualType t, Pos pos, SourceLocation at)
{
	if (t->isIncompleteArrayType())
		finding_at(at, "P7", "array of unknown size; write the size");
	else if (!t->isConstantArrayType())
		finding_at(at, "P7", "array whose size is not a constant; use a buf or a fixed size");
	else if (u.ast->getAsConstantArrayType(t)->getSize() == 0)
		finding_at(at, "P7", "array of no elements; use a buf");
	QualType e = element(t);
	/* An array of pinned things or tables stands where one may stand; everything else in an array is stored. */
	Kind k = kind_of(e);
	check_type(e, k == Kind::Pinned || k == Kind::Table || k == Kind::Array ? pos : Pos::Element, at);
}
}

void check_type(QualType t, Pos pos, SourceLocation at)
{
	t = canon(t);
	Kind k = kind_of(t);
	switch (k) {
	case Kind::Pointer:
		check_pointer(t, pos, at);
		break;
	case Kind::Array:
		check_array(t, pos, at);
		break;
	case Kind::Function:
		check_function(t, at);
		break;
	case Kind::Other:
		finding_at(at, "L1", "type '" + type_name(t) + "'; services compute with integers");
		break;
	case Kind::Scalar:
	case Kind::Void:
		break;
	default:
		check_record(t, k, pos, at);
	}
}
