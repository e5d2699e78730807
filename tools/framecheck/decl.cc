// SPDX-License-Identifier: MPL-2.0
/*
 * Declarations: which types may be declared where, which names, with which linkage.
 *
 * A declaration is the frame's when its name was written in a frame header or pasted by a frame macro; then only what the
 * service put into it (initialisers) is checked. The walk goes through every context that holds declarations, so a tag is seen wherever it stands.
 */
#include "framecheck.h"

#include <algorithm>

#include "clang/AST/TypeLoc.h"

using clang::DeclContext;
using clang::EnumDecl;
using clang::FieldDecl;
using clang::FunctionDecl;
using clang::TagDecl;
using clang::VarDecl;

namespace {
std::string name_of(const NamedDecl *d)
{
	return d->getDeclName() ? d->getNameAsString() : "";
}

bool by_frame(const NamedDecl *d)
{
	return trusted(d->getLocation());
}

/* Names that the compiler calls or knows by themselves, whatever the flags. */
bool is_compiler_name(const std::string &name)
{
	static const std::set<std::string> names = {
		"memcpy", "memmove", "memset", "memcmp", "strlen", "main", "abort", "setjmp", "longjmp", "sigsetjmp", "siglongjmp", "vfork",
		"getcontext", "savectx", "alloca",
	};
	return names.count(name);
}

/*
 * Whether (x) + y is a sum or a cast is told by what x names where it stands. No name is both a type and something else, in whatever scopes, so this does
 * not rest on the two compilers having the same scopes.
 */
void check_parse(const NamedDecl *d, const std::string &name)
{
	auto same = u.ast->getTranslationUnitDecl()->lookup(d->getDeclName());
	bool is_type = std::any_of(same.begin(), same.end(), [](const NamedDecl *o) { return llvm::isa<clang::TypedefNameDecl>(o); });
	if (llvm::isa<clang::TypedefNameDecl>(d)) {
		if (!d->getDeclContext()->isTranslationUnit())
			finding_at(d->getLocation(), "P8", "a type is given the name '" + name + "' inside a function; do that at file scope");
	} else if (is_type) {
		finding_at(d->getLocation(), "P8", "'" + name + "' is the name of a type as well; choose another");
	}
}

void check_name(const NamedDecl *d)
{
	std::string name = name_of(d);
	if (name.empty())
		return;
	if (name[0] == '_' && !by_frame(d))
		finding_at(d->getLocation(), "P8", "'" + name + "' begins with an underscore: it is private to the frame or the compiler");
	if (auto *t = llvm::dyn_cast<TagDecl>(d)) {
		if (u.frame_tags.count(name) && t->isThisDeclarationADefinition())
			finding_at(d->getLocation(), "P8", "tag '" + name + "' is the frame's; choose another");
		return;
	}
	check_parse(d, name);
	auto *f = llvm::dyn_cast<FunctionDecl>(d);
	/* A frame header may ask services for a function: then the types agree, or the file does not compile. */
	if (f && seen_in(f->getCanonicalDecl()->getLocation()) == Owner::Frame && f->isThisDeclarationADefinition() && f->isExternallyVisible())
		return;
	if (u.frame_names.count(name))
		finding_at(d->getLocation(), "P8", "'" + name + "' is a name of the frame and frame macros rely on it; choose another");
	else if ((f || llvm::isa<VarDecl>(d)) && is_compiler_name(name))
		finding_at(d->getLocation(), "P8", "'" + name + "' is a name the compiler gives a meaning of its own; choose another");
}

/* ---- structs, unions and enums ---- */

void check_table_field(const FieldDecl *f)
{
	QualType t = canon(f->getType());
	while (t->isConstantArrayType())
		t = element(t);
	Kind k = kind_of(t);
	if (k == Kind::Pinned || k == Kind::Transient || k == Kind::Local || (k == Kind::Value && holds_pointer(t) && !has_private_fields(t)))
		finding_at(f->getLocation(), "P5", "table field of type '" + type_name(t) + "'; a table holds functions, numbers, literals and tables");
}

bool check_union_field(const FieldDecl *f)
{
	QualType t = f->getType();
	if (holds_pointer(t))
		finding_at(f->getLocation(), "P6", "union member holds a pointer; use a struct with one field per case");
	else if (!is_copyable(t) || holds_private(t))
		finding_at(f->getLocation(), "P6", "union member of frame type '" + type_name(t) + "'; use a struct with one field per case");
	else if (has_padding(t))
		finding_at(f->getLocation(), "P6", "union member of type '" + type_name(t) + "' has padding, which another member would show; give the padding a name");
	return is_copyable(t) && !holds_pointer(t);
}

void check_field(const RecordDecl *r, const FieldDecl *f, bool first)
{
	QualType t = f->getType(), whole = u.ast->getRecordType(r);
	check_attrs(f);
	check_type_source(f->getTypeSourceInfo());
	if (f->isBitField())
		check_stmt(f->getBitWidth(), nullptr);
	if (!by_frame(f) && name_of(f)[0] == '_')
		check_name(f);
	if (r->isUnion() && !check_union_field(f))
		return;
	/* The one place for struct obj. */
	if (kind_of(t) == Kind::Obj && first && kind_of(whole) == Kind::Object)
		return;
	if (is_packed(whole) && holds_pointer(t)) {
		finding_at(f->getLocation(), "P6", "pointer in a packed struct can tear; move it out of the packed part");
		return;
	}
	if (kind_of(whole) == Kind::Table) {
		check_table_field(f);
		check_type(t, Pos::TableField, f->getLocation());
	} else {
		check_type(t, Pos::Field, f->getLocation());
	}
}

const char *fact_kind_of(const TagDecl *d)
{
	if (!llvm::isa<RecordDecl>(d))
		return "value";
	switch (kind_of(u.ast->getTagDeclType(d))) {
	case Kind::Obj:
	case Kind::Object:
		return "object";
	case Kind::Handle:
		return "handle";
	case Kind::Table:
		return "table";
	default:
		return "value";
	}
}

void tag_fact(const TagDecl *d, bool frame)
{
	std::string name = name_of(d);
	if (name.empty())
		return;
	if (d->isThisDeclarationADefinition())
		fact(frame ? "ftag" : "tag", name, std::string(fact_kind_of(d)) + " " + layout_of(d), place_of(d->getLocation()));
	else if (frame)
		fact("ftag", name, "handle -", place_of(d->getLocation()));
}

void check_scope(const TagDecl *d)
{
	if (!name_of(d).empty() && !d->getLexicalDeclContext()->isTranslationUnit() && !llvm::isa<RecordDecl>(d->getLexicalDeclContext()))
		finding_at(d->getLocation(), "W1", "tag '" + name_of(d) + "' inside a function or parameter list; declare it at file scope");
	else if (!name_of(d).empty() && d->getDeclContext()->isFunctionOrMethod())
		finding_at(d->getLocation(), "W1", "tag '" + name_of(d) + "' inside a function or parameter list; declare it at file scope");
}

void check_record(const RecordDecl *d)
{
	for (auto *a : d->specific_attrs<clang::AnnotateAttr>())
		if (a->getAnnotation() != "table")
			finding_at(d->getLocation(), "L2", "frame annotation; only TABLE is for services");
	bool first = true;
	for (auto *child : d->decls()) {
		if (auto *f = llvm::dyn_cast<FieldDecl>(child)) {
			u.visited.insert(f);
			check_field(d, f, first);
			first = false;
		} else {
			check_decl(child, false);
		}
	}
}

void check_enum(const EnumDecl *d)
{
	for (auto *c : d->enumerators()) {
		u.visited.insert(c);
		check_attrs(c);
		if (!by_frame(c))
			check_name(c);
		if (c->getInitExpr())
			check_stmt(c->getInitExpr(), nullptr);
	}
}

void check_tag(const TagDecl *d)
{
	if (!u.visited.insert(d).second)
		return;
	u.tag_braces.insert(d->getBraceRange().getBegin().getRawEncoding());
	/* A tag of the frame, made by a frame macro. */
	if (!name_of(d).empty() && by_frame(d))
		return;
	check_attrs(d);
	check_name(d);
	check_scope(d);
	tag_fact(d, false);
	if (!d->isThisDeclarationADefinition())
		return;
	if (auto *r = llvm::dyn_cast<RecordDecl>(d))
		check_record(r);
	else
		check_enum(llvm::cast<EnumDecl>(d));
}

/* ---- linkage ---- */

bool in_main_file(const Decl *d)
{
	return u.sm->getFileID(u.sm->getFileLoc(d->getLocation())) == u.main_file;
}

void check_linkage(const NamedDecl *d, bool definition, bool file_scope)
{
	if (!d->hasLinkage())
		return;
	auto *f = llvm::dyn_cast<FunctionDecl>(d);
	bool by_header = !in_main_file(d->getCanonicalDecl());
	SourceLocation at = d->getLocation();
	/*
	 * Whatever its linkage. Behind a local of the same name clang takes a function declared here for the static one of the file, and GCC for one of
	 * another unit.
	 */
	if (!file_scope)
		finding_at(at, "L4", "'" + name_of(d) + "' is declared in a function; declare it at file scope, or include the header that does");
	if (!d->isExternallyVisible() || !file_scope)
		return;
	if (in_main_file(d) && !u.is_header && !definition)
		finding_at(at, "L4", "'" + name_of(d) + "' declared by hand; include the header that declares it, or make it static");
	else if (in_main_file(d) && !u.is_header && !by_header)
		finding_at(at, "L4", "'" + name_of(d) + "' has no declaration in a header; make it static or declare it");
	else if (f && definition && f->isInlineSpecified())
		finding_at(at, "L4", "inline function '" + name_of(d) + "' with external linkage; write static inline");
	fact("ext", name_of(d), type_shape(llvm::cast<clang::ValueDecl>(d)->getType()), place_of(at));
}

/* ---- variables ---- */

bool names_decl(const Stmt *e, const Decl *d)
{
	if (!e || llvm::isa<clang::UnaryExprOrTypeTraitExpr>(e))
		return false;
	if (auto *ref = llvm::dyn_cast<clang::DeclRefExpr>(e))
		return ref->getDecl() == d;
	return std::any_of(e->child_begin(), e->child_end(), [&](const Stmt *c) { return names_decl(c, d); });
}

void check_table_instance(const VarDecl *d)
{
	QualType t = canon(d->getType());
	bool is_const = t.isConstQualified();
	while (t->isConstantArrayType()) {
		t = element(t);
		is_const |= t.isConstQualified();
	}
	if (kind_of(t) != Kind::Table)
		return;
	if (!is_const)
		finding_at(d->getLocation(), "P5", "table '" + name_of(d) + "' is not const; write static const");
	else if (d->getStorageClass() != clang::SC_Static && !d->isExternallyVisible())
		finding_at(d->getLocation(), "P5", "table '" + name_of(d) + "' on the stack; write static const");
}

void check_local(const VarDecl *d)
{
	QualType t = canon(d->getType());
	check_type(t, Pos::Local, d->getLocation());
	if (!is_borrowed(t))
		return;
	if (!t.isConstQualified())
		finding_at(d->getLocation(), "P4", "borrowed pointer '" + name_of(d) + "' can be pointed elsewhere; write '*const " + name_of(d) + " = ...'");
	else if (!d->getInit())
		finding_at(d->getLocation(), "P4", "borrowed pointer '" + name_of(d) + "' without initialiser");
}

void check_var(const VarDecl *d, bool file_scope)
{
	bool frame = by_frame(d), global = d->hasGlobalStorage();
	check_attrs(d);
	check_type_source(d->getTypeSourceInfo());
	if (!frame) {
		check_name(d);
		check_linkage(d, d->isThisDeclarationADefinition() != VarDecl::DeclarationOnly, file_scope);
		check_table_instance(d);
		if (global)
			check_type(d->getType(), Pos::Global, d->getLocation());
		else if (kind_of(d->getType()) != Kind::Table)
			check_local(d);
		if (d->getInit() && !global && names_decl(d->getInit(), d))
			finding_at(d->getLocation(), "P4", "'" + name_of(d) + "' is used in its own initialiser, before it has a value");
	}
	if (!d->getInit()) {
		if (d->hasLocalStorage())
			u.unset.push_back(d);
		return;
	}
	/* What a frame macro declares, it initialises: OBJ_TYPE_DECL(T) = { 0 } would be an empty pool. */
	if (frame && !trusted(d->getInit()->getBeginLoc()))
		finding_at(d->getInit()->getBeginLoc(), "P8", "'" + name_of(d) + "' is private to the frame; its macro alone gives it a value");
	bool outer = u.in_static_init;
	u.in_static_init = global;
	check_init(d->getInit(), frame);
	u.in_static_init = outer;
}

void check_params(const FunctionDecl *d)
{
	for (auto *p : d->parameters()) {
		u.visited.insert(p);
		check_attrs(p);
		check_type_source(p->getTypeSourceInfo());
		if (!by_frame(p))
			check_name(p);
	}
}

/* GCC lets the linker look for it: it finds any function of that name, whatever its type. */
void check_defined(const FunctionDecl *d)
{
	if (!d->isExternallyVisible() && !d->isDefined())
		finding_at(d->getLocation(), "L4", "static function '" + name_of(d) + "' is declared and not defined; include the header that declares it, or define it");
}

void check_function_decl(const FunctionDecl *d, bool file_scope)
{
	bool frame = by_frame(d);
	check_attrs(d);
	check_defined(d);
	if (!frame) {
		check_name(d);
		check_linkage(d, d->isThisDeclarationADefinition(), file_scope);
		check_type(d->getType(), Pos::Field, d->getLocation());
	}
	check_type_source(d->getTypeSourceInfo());
	check_params(d);
	const FunctionDecl *outer = u.function;
	u.function = d;
	/* Tags of the parameter list and of the body; its variables are seen in their statements. */
	for (auto *child : d->decls())
		if (llvm::isa<TagDecl>(child))
			check_decl(child, false);
	if (d->doesThisDeclarationHaveABody()) {
		check_stmt(d->getBody(), nullptr);
		check_jumps(d->getBody());
	}
	u.function = outer;
}

void frame_facts(const Decl *d)
{
	auto *n = llvm::dyn_cast<NamedDecl>(d);
	if (auto *t = llvm::dyn_cast<TagDecl>(d))
		tag_fact(t, true);
	else if (n && (llvm::isa<FunctionDecl>(d) || llvm::isa<VarDecl>(d)) && n->isExternallyVisible())
		fact("ext", name_of(n), type_shape(llvm::cast<clang::ValueDecl>(d)->getType()), place_of(d->getLocation()));
}
}

/*
 * GCC leaves out some of the places in which clang takes PACKED: before the struct, at a declaration that the definition follows, inside of a declarator. A layout that they
 * disagree about gives the two compilers different constants.
 */
static void check_packed(const Decl *d)
{
	auto *a = d->getAttr<clang::PackedAttr>();
	if (!a)
		return;
	SourceLocation word = llvm::isa<TagDecl>(d) ? d->getBeginLoc() : d->getLocation();
	if (a->isInherited() || !u.sm->isBeforeInTranslationUnit(word, a->getLocation()))
		finding_at(d->getLocation(), "L2", "PACKED in a place that compilers differ about; write 'struct PACKED tag', or PACKED behind the field");
}

void check_attrs(const Decl *d)
{
	check_packed(d);
	for (auto *a : d->attrs()) {
		if (a->isImplicit() || a->isInherited())
			continue;
		if (!trusted(a->getLocation()))
			finding_at(a->getLocation(), "L2", std::string("attribute '") + a->getSpelling() + "'; use the frame's macros (must_check, fallthrough, PACKED, ...)");
		/* It has no children of the service's: frame macros give attributes literals and numbers only. */
	}
}

/*
 * For GCC a function's promises (noreturn, const) are qualifiers of its type, some of which clang does not know. No type of a service has any: neither by typeof of a
 * function or of a pointer to one, nor as const (unit.cc).
 */
static void check_no_function(QualType t, SourceLocation at)
{
	while (is_pointer(t) || is_array(t))
		t = is_pointer(t) ? pointee(t) : element(t);
	if (kind_of(t) == Kind::Function && !trusted(at))
		finding_at(at, "L1", "typeof gives the type of a function, with promises that nobody checks; write the type");
}

void check_type_source(const clang::TypeSourceInfo *info)
{
	if (!info)
		return;
	for (clang::TypeLoc l = info->getTypeLoc(); !l.isNull(); l = l.getNextTypeLoc()) {
		if (auto a = l.getAs<clang::ArrayTypeLoc>())
			check_stmt(a.getSizeExpr(), nullptr);
		if (auto t = l.getAs<clang::TypeOfExprTypeLoc>()) {
			check_stmt(t.getUnderlyingExpr(), nullptr);
			check_measured(t.getUnderlyingExpr(), !trusted(t.getTypeofLoc()));
			check_no_function(t.getUnderlyingExpr()->getType(), t.getTypeofLoc());
		}
		if (auto t = l.getAs<clang::TypeOfTypeLoc>()) {
			check_type_source(t.getUnmodifiedTInfo());
			check_no_function(t.getUnmodifiedTInfo()->getType(), t.getTypeofLoc());
		}
		if (auto t = l.getAs<clang::AttributedTypeLoc>())
			if (t.getAttr() && !t.getAttr()->isImplicit() && !trusted(t.getAttr()->getLocation()))
				finding_at(t.getAttr()->getLocation(), "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)");
		if (auto f = l.getAs<clang::FunctionTypeLoc>())
			for (auto *p : f.getParams())
				if (p && u.visited.insert(p).second) {
					check_attrs(p);
					check_type_source(p->getTypeSourceInfo());
				}
	}
}

/* ---- the frame's own declarations: remembered for names, tags and facts ---- */

void note_frame_decl(const Decl *d)
{
	auto *n = llvm::dyn_cast<NamedDecl>(d);
	if (auto *t = llvm::dyn_cast<TagDecl>(d)) {
		if (!name_of(t).empty())
			u.frame_tags.insert(name_of(t));
		if (auto *e = llvm::dyn_cast<EnumDecl>(t))
			for (auto *c : e->enumerators())
				u.frame_names.insert(name_of(c));
	} else if (n) {
		u.frame_names.insert(name_of(n));
	}
}

void check_record_once(const TagDecl *d)
{
	if (seen_in(d->getLocation()) == Owner::Service)
		check_tag(d);
}

void check_decl(const Decl *d, bool file_scope)
{
	if (file_scope && seen_in(d->getLocation()) == Owner::Frame) {
		frame_facts(d);
		return;
	}
	if (!file_scope && is_frame_text(d->getLocation()) && u.function) {
		finding_at(u.function->getLocation(), "L4", "frame header included inside a function; include it at the top");
		return;
	}
	if (llvm::isa<TagDecl>(d)) {
		check_tag(llvm::cast<TagDecl>(d));
		return;
	}
	u.visited.insert(d);
	switch (d->getKind()) {
	case Decl::Var:
		check_var(llvm::cast<VarDecl>(d), file_scope);
		break;
	case Decl::Function:
		check_function_decl(llvm::cast<FunctionDecl>(d), file_scope);
		break;
	case Decl::Typedef:
		check_attrs(d);
		check_type_source(llvm::cast<clang::TypedefDecl>(d)->getTypeSourceInfo());
		if (!by_frame(llvm::cast<NamedDecl>(d)))
			check_name(llvm::cast<NamedDecl>(d));
		break;
	case Decl::StaticAssert:
		check_stmt(llvm::cast<clang::StaticAssertDecl>(d)->getAssertExpr(), nullptr);
		if (auto *m = llvm::cast<clang::StaticAssertDecl>(d)->getMessage())
			u.visited.insert(m);
		break;
	case Decl::IndirectField: /* a name for a field of a struct without a name */
	case Decl::Label:
	case Decl::Empty: /* a lone semicolon */
		break;
	default:
		finding_at(d->getLocation(), "L1", std::string("a ") + d->getDeclKindName() + " declaration is outside Safe C");
	}
}
