// SPDX-License-Identifier: MPL-2.0
/*
 * One text.
 *
 * GCC preprocesses a service once, and compiles what came out. clang preprocesses the same file for the checker. Here the two
 * results are compared token by token, so whatever a macro, an #if or an odd spelling means to one of the two
 * preprocessors, the program that is checked is the program that is compiled. A difference is a finding (T1).
 *
 * Two things are added to what is compiled. A zero for each local that has no initialiser: GCC takes such a local for undefined where branches join, also with
 * -ftrivial-auto-var-init=zero, and then one half of a span may come from one branch, and one half from another. And a call around each operand that GCC
 * inserts a check of, a[_kept_u32(p->i)]: what is const GCC evaluates once for the check and once more for the operation, but the value of a call it keeps.
 *
 * What is left to agree on is how the tokens of GCC's output are lexed. That text has no directives (line markers are looked at here), no macros, no
 * comments and no line splices, and plain.cc keeps prefixes of literals, odd characters and odd escapes out of service files.
 *
 * The tokens of the unit are then looked at for frame macros that were taken apart (T2).
 */
#include "framecheck.h"

#include <fstream>
#include <map>
#include <regex>

#include "clang/Basic/LangOptions.h"
#include "clang/Lex/Lexer.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/FileSystem.h"

namespace {
struct GccToken {
	StringRef text;
	unsigned line;
};

/* Blanks line markers. Anything else that begins with '#' is a directive that GCC left for the compiler proper: a pragma. */
void take_markers(std::string &text)
{
	static const std::regex marker(R"(# [0-9]+ "[^"]*"( [1-4])*)");
	for (size_t at = 0; at < text.size();) {
		size_t end = std::min(text.find('\n', at), text.size());
		if (text[at] == '#') {
			std::string line = text.substr(at, end - at);
			if (!std::regex_match(line, marker))
				finding({ u.main_path, 1, 1 }, "T1", "GCC reads a directive that is not plain: '" + line + "'");
			std::fill(text.begin() + at, text.begin() + end, ' ');
		}
		at = end + 1;
	}
}

std::vector<GccToken> lex(const std::string &text)
{
	std::vector<GccToken> tokens;
	const char *begin = text.data(), *end = begin + text.size();
	clang::Lexer lexer(SourceLocation(), u.pp->getLangOpts(), begin, begin, end);
	unsigned line = 1;
	const char *counted = begin;
	for (clang::Token t;;) {
		lexer.LexFromRawLexer(t);
		if (t.is(clang::tok::eof))
			return tokens;
		const char *p = lexer.getBufferLocation() - t.getLength();
		for (; counted < p; counted++)
			line += *counted == '\n';
		tokens.push_back({ StringRef(p, t.getLength()), line });
	}
}

bool run_gcc(const std::string &gcc, const std::vector<std::string> &flags, const std::string &file, std::string &out)
{
	llvm::SmallString<64> path;
	auto program = llvm::sys::findProgramByName(gcc);
	if (!program || llvm::sys::fs::createTemporaryFile("framecheck", "i", path))
		return false;
	std::vector<StringRef> args = { gcc, "-E", "-x", "c" };
	for (auto &f : flags)
		args.push_back(f);
	args.insert(args.end(), { file, "-o", path });
	/* Its messages are clang's too, and those are findings. */
	int status = llvm::sys::ExecuteAndWait(*program, args, std::nullopt, { std::nullopt, std::nullopt, StringRef("/dev/null") });
	auto buffer = llvm::MemoryBuffer::getFile(path);
	if (buffer)
		out = (*buffer)->getBuffer().str();
	llvm::sys::fs::remove(path);
	return buffer && (status == 0 || !out.empty());
}

/* The index of the token that ends the declarator, or 0. Behind what clang calls its end may stand attributes and, of a name in parentheses, these. */
size_t declarator_end(const std::vector<TextToken> &tokens, const std::unordered_map<unsigned, size_t> &index, const clang::VarDecl *d)
{
	auto it = index.find(d->getEndLoc().getRawEncoding());
	if (it == index.end())
		return 0;
	size_t i = it->second + 1;
	while (i < tokens.size() && (tokens[i].text == ")" || tokens[i].text == "__attribute__")) {
		if (tokens[i++].text == ")")
			continue;
		int depth = 0;
		do
			depth += (tokens[i].text == "(") - (tokens[i].text == ")");
		while (++i < tokens.size() && depth);
	}
	return i < tokens.size() && (tokens[i].text == "," || tokens[i].text == ";") ? i : 0;
}

/* The end of the function's name for a type: the types that are left after the promotions. Empty: there is none. */
std::string kept_suffix(QualType t)
{
	if (auto *e = t->getAs<clang::EnumType>())
		t = e->getDecl()->getPromotionType();
	if (t.isNull() || !t->isIntegerType())
		return "";
	if (u.ast->isPromotableIntegerType(t))
		t = u.ast->getPromotedIntegerType(t);
	unsigned bits = u.ast->getIntWidth(t);
	return bits != 32 && bits != 64 ? "" : (t->isSignedIntegerType() ? "s" : "u") + std::to_string(bits);
}

/* The first token of what is kept, @i being the operator or the bracket behind it; 0: not found. */
size_t kept_begin(const std::vector<TextToken> &tokens, const Kept &k, size_t i)
{
	int depth = 0;
	if (k.from != k.to)
		return i + 1;
	for (; i; i--) {
		depth += (tokens[i].text == "]") - (tokens[i].text == "[");
		if (!depth)
			return i + 1;
	}
	return 0;
}

/* GCC's text with what is added; @other are its tokens, in the copy @made. */
void write_compiled(const std::string &path, const std::string &text, const std::string &made, const std::vector<TextToken> &tokens, const std::vector<GccToken> &other)
{
	std::unordered_map<unsigned, size_t> index;
	std::map<size_t, std::string> added; /* by the place that they stand before */
	for (size_t i = 0; i < tokens.size(); i++)
		index[tokens[i].at.getRawEncoding()] = i;
	auto before = [&](size_t i) -> std::string & { return added[(size_t)(other[i].text.data() - made.data())]; };
	for (auto *d : u.unset) {
		size_t i = declarator_end(tokens, index, d);
		if (i)
			before(i) += d->getType()->isAggregateType() ? " = { }" : " = 0";
		else
			finding_at(d->getLocation(), "T1", "the end of this declaration is not found, and with it the place of its zero; write an initialiser");
	}
	for (auto &[place, k] : u.kept) {
		auto from = index.find(place), to = index.find(k.to.getRawEncoding());
		std::string suffix = kept_suffix(k.type);
		size_t begin = from == index.end() || to == index.end() ? 0 : kept_begin(tokens, k, from->second);
		size_t end = begin ? to->second + (k.from != k.to) : 0;
		if (begin && begin < end && end < tokens.size() && !suffix.empty()) {
			before(begin) += "_kept_" + suffix + "(";
			before(end) += ")";
		} else {
			finding_at(k.from, "T1", "this index, divisor or shift count is not found in what is compiled; give it to a local before");
		}
	}
	std::ofstream out(path);
	size_t from = 0;
	for (const char *type : { "int s32", "unsigned u32", "long s64", "unsigned long u64" }) {
		StringRef t(type);
		auto [word, suffix] = t.rsplit(' ');
		out << "static inline __attribute__((always_inline)) " << word.str() << " _kept_" << suffix.str() << "(" << word.str() << " v) { return v; }\n";
	}
	for (auto &[at, what] : added) {
		out << text.substr(from, at - from) << what;
		from = at;
	}
	out << text.substr(from);
	out.close();
	if (out.fail()) {
		perror(path.c_str());
		exit(2);
	}
}
}

void text_compare(const std::vector<TextToken> &tokens, const Options &o, const std::string &file)
{
	std::string made;
	if (!o.text.empty()) {
		auto buffer = llvm::MemoryBuffer::getFile(o.text);
		if (!buffer) {
			fprintf(stderr, "framecheck: cannot read %s\n", o.text.c_str());
			exit(2);
		}
		made = (*buffer)->getBuffer().str();
	} else if (!run_gcc(o.gcc, o.gcc_flags, file, made)) {
		fprintf(stderr, "framecheck: cannot run %s -E, whose text is compared with clang's (--gcc names another)\n", o.gcc.c_str());
		exit(2);
	}
	std::string text = made;
	take_markers(made);
	std::vector<GccToken> other = lex(made);
	size_t n = std::min(tokens.size(), other.size());
	for (size_t i = 0; i < n; i++) {
		if (tokens[i].text == other[i].text)
			continue;
		finding_at(tokens[i].at, "T1", "clang reads '" + tokens[i].text.str() + "' here, GCC reads '" + other[i].text.str() +
			"'; write what both read alike");
		return;
	}
	if (tokens.size() > n)
		finding_at(tokens[n].at, "T1", "clang reads '" + tokens[n].text.str() + "' here, GCC's text has ended");
	else if (other.size() > n)
		finding({ u.main_path, 1, 1 }, "T1", "GCC reads '" + other[n].text.str() + "' where clang's text has ended");
	else if (!o.compiled.empty())
		write_compiled(o.compiled, text, made, tokens, other);
}

void text_check(const std::vector<TextToken> &tokens)
{
	std::set<unsigned> reported; /* lines */
	for (size_t i = 0; i < tokens.size(); i++) {
		const TextToken &t = tokens[i];
		if (is_dissected(t.at) && reported.insert(place_of(t.at).line).second)
			finding_at(t.at, "T2", "'" + t.text.str() + "' of a frame macro went through an argument of a service's macro; "
				"invoke frame macros outside such arguments");
		if (is_made(t.at) && written_by(t.at) == Owner::Service && seen_in(t.at) == Owner::Service)
			plain_made(t.text, place_of(t.at));
		/* Also where a macro is one of the two brackets. No expression begins with one. */
		if (t.text == "[" && i + 1 < tokens.size() && tokens[i + 1].text == "[" && seen_in(t.at) == Owner::Service)
			finding_at(t.at, "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)");
		if (t.text != "struct" && t.text != "union" && t.text != "enum")
			continue;
		/* A definition: the brace after the word, a tag or not, and marks of the frame. */
		size_t j = i + 1;
		while (j < tokens.size() && tokens[j].text != "{" && (!tokens[j].punctuation || trusted(tokens[j].at)))
			j++;
		if (j < tokens.size() && tokens[j].text == "{" && written_by(t.at) == Owner::Service && seen_in(t.at) == Owner::Service &&
			!u.tag_braces.count(tokens[j].at.getRawEncoding()))
			finding_at(t.at, "W1", "a tag is defined where no declaration stands; declare it at file scope");
	}
}
