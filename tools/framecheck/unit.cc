// SPDX-License-Identifier: MPL-2.0
/*
 * One translation unit: clang parses it while its tokens, macros and includes are recorded; then its raw text is read, its
 * tokens are compared with GCC's, and what services wrote in it is walked. clang's own complaints about types become findings.
 */
#include "framecheck.h"

#include <algorithm>
#include <map>
#include <unistd.h>

#include "clang/AST/ASTConsumer.h"
#include "clang/Basic/DiagnosticIDs.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Tooling/Tooling.h"

using namespace clang;

Unit u;

namespace {
/* Clang's warnings that are rules of ours. The checker relies on clang for compatibility of pointer types. */
const std::map<StringRef, const char *> rule_of_warning = {
	{ "incompatible-pointer-types", "P2" },
	{ "incompatible-pointer-types-discards-qualifiers", "P2" },
	{ "incompatible-function-pointer-types", "P2" },
	{ "int-conversion", "P2" },
	{ "pointer-sign", "P2" },
	{ "pointer-type-mismatch", "P2" },
	{ "compare-distinct-pointer-types", "P2" },
	{ "pointer-integer-compare", "P2" },
	{ "missing-braces", "P8" },
	{ "incompatible-library-redeclaration", "P8" },
	{ "return-type", "P4" },
	{ "vla", "P7" },
	{ "implicit-function-declaration", "L4" },
	{ "implicit-int", "L4" },
	{ "strict-prototypes", "L4" },
	{ "deprecated-non-prototype", "L4" },
	{ "implicitly-unsigned-literal", "L1" },
	{ "visibility", "W1" },
	{ "format", "L3" },
	{ "format-security", "L3" },
	{ "format-extra-args", "L3" },
	{ "format-insufficient-args", "L3" },
	{ "format-invalid-specifier", "L3" },
	{ "format-nonliteral", "L3" },
	{ "multichar", "L2" },
	{ "unknown-attributes", "L2" },
	{ "ignored-attributes", "L2" },
};

/* Errors and warnings without an option that are rules of ours. */
const struct {
	const char *text, *rule;
} rule_of_error[] = {
	{ "function definition is not allowed here", "L1" },
	{ "variable length array", "P7" },
	{ "fields must have a constant size", "P7" },
	{ "va_start", "L3" },
	{ "an object has at most", "P5" },
	{ "qualifier on function type", "L2" },
};

const char *rule_for(const Diagnostic &d, StringRef text)
{
	auto it = rule_of_warning.find(DiagnosticIDs::getWarningOptionForDiag(d.getID()));
	if (it != rule_of_warning.end())
		return it->second;
	for (auto &r : rule_of_error)
		if (text.contains(r.text))
			return r.rule;
	return nullptr;
}

struct Complaint {
	SourceLocation at;
	const char *rule;
	bool error;
	std::string text;
};
std::vector<Complaint> complaints;

struct Complaints : DiagnosticConsumer {
	void HandleDiagnostic(DiagnosticsEngine::Level level, const Diagnostic &d) override
	{
		SmallString<128> text;
		DiagnosticConsumer::HandleDiagnostic(level, d);
		if (level < DiagnosticsEngine::Warning)
			return;
		d.FormatDiagnostic(text);
		complaints.push_back({ d.getLocation(), rule_for(d, text), level >= DiagnosticsEngine::Error, text.str().str() });
	}
};

/* Clears @ok when the unit does not compile. */
void take_complaints(bool &ok)
{
	for (auto &c : complaints) {
		bool service = seen_in(c.at) == Owner::Service;
		if (c.rule && service && !(StringRef(c.rule) == "P8" && trusted(c.at))) {
			finding_at(c.at, c.rule, c.text);
		} else if (c.error) {
			Place at = place_of(c.at);
			fprintf(stderr, "%s:%u:%u: error: %s\n", at.file.c_str(), at.line, at.col, c.text.c_str());
			ok = false;
		}
	}
	complaints.clear();
}

/* ---- the preprocessor's record ---- */

struct Include {
	SourceLocation at;
	std::string path;
	bool clean; /* stands between declarations */
};
std::vector<Include> includes;
int depth; /* of brackets, while the tokens go by */

std::vector<Definition> definitions;

struct Record : PPCallbacks {
	void MacroDefined(const Token &name, const MacroDirective *d) override
	{
		definitions.push_back({ name.getIdentifierInfo(), d->getMacroInfo() });
		if (d->getMacroInfo()->isFunctionLike())
			u.function_macros.insert(name.getIdentifierInfo()->getName().str());
		if (written_by(name.getLocation()) == Owner::Frame)
			u.frame_macros.insert(name.getIdentifierInfo()->getName().str());
	}
	void MacroExpands(const Token &name, const MacroDefinition &d, SourceRange, const MacroArgs *args) override
	{
		macro_invoked(name, d.getMacroInfo(), args);
	}
	void InclusionDirective(SourceLocation hash, const Token &, StringRef, bool, CharSourceRange, OptionalFileEntryRef file, StringRef, StringRef,
		const clang::Module *, bool, SrcMgr::CharacteristicKind) override
	{
		StringRef last = u.tokens.empty() ? ";" : u.tokens.back().text;
		if (file)
			includes.push_back({ hash, path_normal(file->getName().str()), depth == 0 && (last == ";" || last == "}") });
	}
};

void take_token(const Token &t)
{
	if (t.isAnnotation() || t.is(tok::eof))
		return;
	StringRef text;
	if (auto *id = t.getIdentifierInfo()) {
		text = id->getName();
	} else {
		static std::set<std::string> kept;
		text = *kept.insert(u.pp->getSpelling(t)).first;
	}
	bool punctuation = !t.isAnyIdentifier() && !t.getIdentifierInfo() && !t.isLiteral();
	if (t.isOneOf(tok::l_paren, tok::l_brace, tok::l_square))
		depth++;
	else if (t.isOneOf(tok::r_paren, tok::r_brace, tok::r_square))
		depth--;
	u.tokens.push_back({ t.getLocation(), text, punctuation });
}

void check_includes()
{
	std::set<std::string> inner; /* files that were included inside a declaration, with all they include */
	for (auto &i : includes) {
		std::string from = place_of(i.at).file;
		if (seen_in(i.at) != Owner::Service)
			continue;
		if (inner.count(from) || !i.clean) {
			inner.insert(i.path);
			if (path_owner(i.path) == Owner::Frame)
				finding_at(i.at, "L4", "frame header included inside a declaration; put it at the top of the file");
		}
		if (!may_include(i.path, u.main_path))
			finding_at(i.at, "L4", "#include of '" + i.path + "'; services include the frame's public headers and kernel/ headers");
	}
}

/* Two rounds, because which words the frame uses must be known before the service's macros are judged. */
void read_text()
{
	std::map<std::string, FileID> frame, service;
	for (unsigned i = 0; i < u.sm->local_sloc_entry_size(); i++) {
		const auto &e = u.sm->getLocalSLocEntry(i);
		if (!e.isFile())
			continue;
		FileID f = u.sm->getFileID(SourceLocation::getFromRawEncoding(e.getOffset()));
		if (file_owner(f) == Owner::Frame)
			frame.insert({ file_path(f), f });
		else if (file_owner(f) == Owner::Service)
			service.insert({ file_path(f), f });
	}
	for (auto &[path, f] : frame)
		plain_frame_file(f);
	for (auto &[path, f] : service)
		plain_service_file(f);
}

void print_decl(const Decl *d)
{
	auto *n = dyn_cast<NamedDecl>(d);
	if (n && (isa<FunctionDecl>(d) || isa<VarDecl>(d)) && n->isExternallyVisible() && seen_in(d->getLocation()) == Owner::Frame)
		puts(n->getNameAsString().c_str());
}

void check_definition(const Definition &d)
{
	SourceLocation at = d.info->getDefinitionLoc();
	if (written_by(at) == Owner::Service && seen_in(at) == Owner::Service)
		plain_macro_name(d.name->getName(), place_of(at));
	else if (u.is_header && u.sm->getFileID(at) == u.main_file && file_owner(u.main_file) == Owner::Frame)
		macro_lint(d);
}

struct Consumer : ASTConsumer {
	const Options &o;
	const std::string &path;
	bool &ok;
	Consumer(const Options &o, const std::string &path, bool &ok) : o(o), path(path), ok(ok) {}

	void HandleTranslationUnit(ASTContext &ast) override
	{
		auto *top = ast.getTranslationUnitDecl();
		u.ast = &ast;
		if (o.list_decls) {
			for (auto *d : top->decls())
				print_decl(d);
			return;
		}
		for (auto *d : top->decls())
			if (!d->isImplicit() && seen_in(d->getLocation()) == Owner::Frame)
				note_frame_decl(d);
		find_whole_constants(u.tokens, definitions);
		read_text();
		check_includes();
		for (auto &d : definitions)
			check_definition(d);
		for (auto *d : top->decls())
			if (!d->isImplicit() && (seen_in(d->getLocation()) == Owner::Frame || seen_in(d->getLocation()) == Owner::Service))
				check_decl(d, true);
		text_check(u.tokens);
		macro_check_arguments(u.tokens);
		take_complaints(ok);
		if (!findings_any() || o.count)
			check_all_visited();
		if (!findings_any() && file_owner(u.main_file) == Owner::Service)
			text_compare(u.tokens, o, path);
	}
};

struct Action : ASTFrontendAction {
	const Options &o;
	const std::string &path;
	bool &ok;
	Action(const Options &o, const std::string &path, bool &ok) : o(o), path(path), ok(ok) {}

	bool BeginSourceFileAction(CompilerInstance &ci) override
	{
		u.ci = &ci;
		u.sm = &ci.getSourceManager();
		u.pp = &ci.getPreprocessor();
		u.main_file = u.sm->getMainFileID();
		/* It has no option. GCC takes such a function for one that neither reads nor writes memory, or does not return. */
		for (unsigned warning : { diag::warn_typecheck_function_qualifiers_ignored, diag::warn_typecheck_function_qualifiers_unspecified })
			ci.getDiagnostics().setSeverity(warning, diag::Severity::Warning, SourceLocation());
		u.pp->addPPCallbacks(std::make_unique<Record>());
		u.pp->setTokenWatcher(take_token);
		return true;
	}
	std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &, StringRef) override
	{
		return std::make_unique<Consumer>(o, path, ok);
	}
	void EndSourceFileAction() override
	{
		take_complaints(ok);
	}
};
}

bool check_file(const std::string &path, const std::vector<std::string> &flags, const Options &o)
{
	std::vector<std::string> args = { "framecheck" };
	bool ok = true;
	u = Unit();
	u.main_path = path_normal(path);
	u.is_header = StringRef(path).ends_with(".h");
	origin_reset();
	complaints.clear();
	includes.clear();
	definitions.clear();
	depth = 0;
	if (access(path.c_str(), R_OK)) {
		fprintf(stderr, "framecheck: cannot read %s\n", path.c_str());
		return false;
	}
	args.insert(args.end(), flags.begin(), flags.end());
	for (const char *f : { "-xc", "-fsyntax-only", "-ferror-limit=0", "-Wno-everything", "-fno-caret-diagnostics" })
		args.push_back(f);
	for (auto &[option, rule] : rule_of_warning)
		args.push_back("-W" + option.str());
	args.push_back(path);
	Complaints consumer;
	auto files = llvm::makeIntrusiveRefCnt<FileManager>(FileSystemOptions());
	tooling::ToolInvocation run(args, std::make_unique<Action>(o, path, ok), files.get());
	run.setDiagnosticConsumer(&consumer);
	run.run();
	if (o.count)
		printf("%s: %u of %u nodes visited\n", u.main_path.c_str(), u.nr_visited, u.nr_nodes);
	return ok;
}
