// SPDX-License-Identifier: MPL-2.0
/*
 * framecheck: the checker of Safe C (docs/safe-c.md), on clang's own syntax tree.
 *
 * One file, one job:
 *	main.cc      arguments
 *	unit.cc      one translation unit: what clang parses, its diagnostics, the order of the passes
 *	text.cc      one text: the tokens that GCC compiles are the tokens that clang parses
 *	plain.cc     rules on the characters and words of service files, before any macro is expanded
 *	origin.cc    who wrote a token, and whether a frame macro's expansion is whole
 *	macro.cc     rules on frame macros: their text, and the arguments that services give them
 *	types.cc     kinds of types, and which may stand where
 *	decl.cc      declarations
 *	expr.cc      expressions and statements
 *	nodes.cc     the kinds of node there are
 *	jump.cc      jumps over declarations
 *	walk.cc      every node is visited: clang's own traversal against ours
 *	program.cc   rules over the whole program
 *	report.cc    findings
 *
 * A node of a kind that the checker does not know is a finding. So is a node that it did not visit.
 */
#ifndef FRAMECHECK_H
#define FRAMECHECK_H

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"
#include "clang/AST/Stmt.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Lex/Preprocessor.h"

using clang::ASTContext;
using clang::Decl;
using clang::Expr;
using clang::NamedDecl;
using clang::QualType;
using clang::RecordDecl;
using clang::SourceLocation;
using clang::Stmt;
using llvm::StringRef;

/* ---- report.cc ---- */
struct Place {
	std::string file;
	unsigned line = 0, col = 0;
};
void finding(const Place &at, const char *rule, const std::string &what);
/*
 * Whether there is one yet: rules that only say that the checker cannot vouch for a text (T1, T4)
 * are silent then.
 */
bool findings_any();
/* Prints the findings in order of place, without repetitions; returns their number. */
unsigned findings_print();

/* ---- text.cc ---- */
struct TextToken {
	SourceLocation at;
	StringRef text;
	bool punctuation;
};

/*
 * An operand whose value GCC must keep: it stands behind the operator at @from and ends with the
 * token at @to, or both are the bracket that ends an index.
 */
struct Kept {
	SourceLocation from, to;
	QualType type;
};

/* ---- unit.cc ---- */
struct Definition {
	const clang::IdentifierInfo *name;
	const clang::MacroInfo *info;
};

/* ---- origin.cc ---- */
enum class Owner {
	None,    /* no file: the compiler's own declarations */
	Service, /* checked */
	Frame,   /* a public header of the frame: trusted */
	Private, /* frame sources and private headers: no business of a service */
	System,  /* outside the tree */
};
void frame_dir_add(const std::string &dir);
void service_dir_add(const std::string &dir);
void origin_reset();
/* The owner of the file, and its path relative to the working directory where possible. */
Owner file_owner(clang::FileID f);
const std::string &file_path(clang::FileID f);
Owner path_owner(const std::string &path);
std::string path_normal(const std::string &path);
/* Whether a service whose main file is @main may include the file at @path. */
bool may_include(const std::string &path, const std::string &main);
/* The file position that a person sees: for a token of a macro's body, the macro's use. */
Place place_of(SourceLocation l);
Owner seen_in(SourceLocation l);
/*
 * Who wrote the token. Frame: it stands in a frame header's own text, or in the body of a frame
 * macro whose expansion is whole: no part of it went through an argument of a service's macro.
 */
Owner written_by(SourceLocation l);
inline bool trusted(SourceLocation l)
{
	return written_by(l) == Owner::Frame;
}
/*
 * Constants of the frame (macros without parameters) that are found whole among the tokens, in one
 * piece and in order, are the frame's also where they went through an argument.
 */
void find_whole_constants(const std::vector<TextToken> &tokens,
	const std::vector<Definition> &definitions);
/* A token of the frame that went through an argument of a service's macro. */
bool is_dissected(SourceLocation l);
/* A token that no file holds: the preprocessor pasted it, or made it of an argument. */
bool is_made(SourceLocation l);
/* Written in a frame header and not by way of a macro. */
bool is_frame_text(SourceLocation l);

/* ---- text.cc again ---- */
struct Options;
/*
 * Compares what the parser read, with @tokens, with the text that GCC made of @file (main.cc:
 * --text, --gcc), and writes what is to be compiled (--compiled): that text, with a zero for each
 * local that has no initialiser.
 */
void text_compare(const std::vector<TextToken> &tokens, const Options &o, const std::string &file);
/* Frame tokens in the arguments of service macros, and tags whose definition was not visited. */
void text_check(const std::vector<TextToken> &tokens);

/* ---- plain.cc ---- */
void plain_frame_file(clang::FileID f);
void plain_service_file(clang::FileID f);
/* P8: what a service may call a macro. */
void plain_macro_name(StringRef name, const Place &at);
/* The same rules for a word or literal that was pasted together. */
void plain_made(StringRef text, const Place &at);

/* ---- macro.cc ---- */
void macro_lint(const Definition &d);
void macro_invoked(const clang::Token &name, const clang::MacroInfo *info,
	const clang::MacroArgs *args);
/* The arguments of frame macros as they were substituted. */
void macro_check_arguments(const std::vector<TextToken> &tokens);

/* ---- types.cc ---- */
enum class Kind {
	Scalar,
	Pointer,
	Array,
	Function,
	Void,
	Value,
	Obj,    /* struct obj itself */
	Object, /* a struct that begins with struct obj */
	Handle,
	Pinned,
	Transient,
	Local,
	Table,
	Raw,        /* struct frame_raw */
	Incomplete, /* a service's struct without a definition here */
	Other,      /* floating point, vectors, atomics, everything else */
};
enum class Pos { Field, Global, Local, Param, Result, Element, Pointee, TableField };
Kind kind_of(QualType t);
inline QualType canon(QualType t)
{
	return t.getCanonicalType();
}
QualType pointee(QualType t);
QualType element(QualType t);
bool is_pointer(QualType t);
bool is_array(QualType t);
bool is_borrowed(QualType t); /* a pointer that may not be stored */
bool is_copyable(QualType t);
bool holds_pointer(QualType t);
bool has_private_fields(QualType t);
bool holds_private(QualType t);
bool is_packed(QualType t);
bool has_padding(QualType t);
const char *raw_unsafe_because(QualType t); /* nullptr: any bytes are a valid value */
bool has_annotation(const RecordDecl *d, StringRef text);
std::string type_name(QualType t);
/* All that two units must agree on: names, types, offsets, through structs without a tag. */
std::string type_shape(QualType t);
std::string layout_of(const clang::TagDecl *d);
/* P2, P4, P5, P7, L1, L3, L4: whether an entity in position @pos may have type @t. */
void check_type(QualType t, Pos pos, SourceLocation at);

/* ---- unit.cc again ---- */
struct Unit {
	clang::CompilerInstance *ci = nullptr;
	clang::SourceManager *sm = nullptr;
	clang::Preprocessor *pp = nullptr;
	ASTContext *ast = nullptr;
	std::string main_path;
	clang::FileID main_file;
	bool is_header = false;
	std::vector<TextToken> tokens;
	std::set<std::string> frame_names; /* ordinary identifiers that frame headers declare */
	std::set<std::string> frame_tags;
	std::set<std::string> frame_tokens; /* every identifier that occurs in a frame header */
	std::set<std::string> frame_macros;
	std::set<std::string> function_macros;         /* with parameters, whoever's */
	const clang::FunctionDecl *function = nullptr; /* whose body is being checked */
	bool in_static_init = false;
	std::unordered_map<const RecordDecl *, Kind> kinds;
	std::unordered_set<const void *> visited;  /* nodes */
	std::unordered_set<unsigned> tag_braces;   /* where visited tags are defined */
	std::vector<const clang::VarDecl *> unset; /* locals without an initialiser */
	std::map<unsigned, Kept> kept;             /* by the place of the operator, or bracket */
	unsigned nr_visited = 0, nr_nodes = 0;
};
extern Unit u;
struct Options {
	std::string text, compiled, gcc;
	std::vector<std::string> gcc_flags;
	bool list_decls = false, count = false;
};
bool check_file(const std::string &path, const std::vector<std::string> &flags, const Options &o);
inline void finding_at(SourceLocation l, const char *rule, const std::string &what)
{
	finding(place_of(l), rule, what);
}

/* ---- decl.cc, expr.cc, jump.cc, walk.cc ---- */
void note_frame_decl(const Decl *d);
void check_decl(const Decl *d, bool file_scope);
void check_record_once(const clang::TagDecl *d);
void check_attrs(const Decl *d);
void check_stmt(const Stmt *s, const Stmt *parent);
/* An initialiser: its parent is no expression; @by_frame: the frame wrote the declaration. */
void check_init(const Expr *e, bool by_frame);
void check_type_source(const clang::TypeSourceInfo *t);
/* @named: the service can use the type itself, not only its size. */
void check_measured(const Expr *operand, bool named);
void check_jumps(const Stmt *body);
void check_all_visited();

/* ---- nodes.cc ---- */
enum class Treatment {
	Refused,   /* not in the list: whatever clang may call it */
	Parts,     /* the rules of expr.cc, if it has any, and its parts */
	FrameOnly, /* where the frame wrote it; and its parts */
};
Treatment node_treatment(Stmt::StmtClass kind);
/* All kinds that the checker knows, as a page of the documentation. */
void nodes_print();

/* ---- program.cc ---- */
bool facts_to(const std::string &path);
void fact(const std::string &kind, const std::string &name, const std::string &detail,
	const Place &at);
bool facts_read(const char *path);
void facts_close();
void check_program();

#endif
