// SPDX-License-Identifier: MPL-2.0
/*
 * Rules on the characters and words of service files: what may be written at all, before any macro is expanded and in skipped regions too.
 *
 * First the lines: printable ASCII; a splice only inside #define and after a blank; directives of a few kinds, each in its plainest form. A text that
 * passes is lexed alike by every lexer, so the words can then be read with clang's raw lexer. A name with a leading underscore belongs to
 * the frame or the compiler: a service that cannot write one can neither reach a private field or function, nor name a
 * builtin or an attribute, nor test which compiler reads it. Pasting does not help: the first part of a paste has to be written somewhere.
 */
#include "framecheck.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <regex>

#include "clang/Lex/Lexer.h"

using clang::Token;
namespace tok = clang::tok;

namespace {
std::string path;

void complain(unsigned line, unsigned col, const char *rule, const std::string &what)
{
	finding({ path, line, col }, rule, what);
}

template <size_t N> bool is_one_of(StringRef s, const char *const (&list)[N])
{
	return std::any_of(list, list + N, [&](const char *w) { return s == w; });
}

/* ---- words ---- */

const std::map<StringRef, std::pair<const char *, const char *>> banned = {
	{ "asm", { "L1", "inline assembly; the frame must offer the operation" } },
	{ "__asm__", { "L1", "inline assembly; the frame must offer the operation" } },
	{ "__asm", { "L1", "inline assembly; the frame must offer the operation" } },
	{ "volatile", { "L1", "volatile; use load_once() and store_once()" } },
	{ "__volatile__", { "L1", "volatile; use load_once() and store_once()" } },
	{ "__volatile", { "L1", "volatile; use load_once() and store_once()" } },
	{ "restrict", { "L1", "restrict is a promise that nobody checks; leave it out" } },
	{ "__restrict", { "L1", "restrict is a promise that nobody checks; leave it out" } },
	{ "__restrict__", { "L1", "restrict is a promise that nobody checks; leave it out" } },
	{ "register", { "L1", "register; leave it out" } },
	{ "float", { "L1", "floating point; compute with integers" } },
	{ "double", { "L1", "floating point; compute with integers" } },
	{ "_Complex", { "L1", "floating point; compute with integers" } },
	{ "_Thread_local", { "L1", "thread-local storage; use an array indexed by cpu_id()" } },
	{ "__thread", { "L1", "thread-local storage; use an array indexed by cpu_id()" } },
	{ "_Atomic", { "L1", "_Atomic; use struct atomic" } },
	{ "_Generic", { "L1", "_Generic; write one function per type" } },
	{ "__label__", { "L1", "local labels; write a function" } },
	{ "__extension__", { "L1", "language extension; write standard C" } },
	{ "__attribute__", { "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)" } },
	{ "__attribute", { "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)" } },
	{ "__declspec", { "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)" } },
	{ "_Noreturn", { "L2", "_Noreturn is a promise that nobody checks; leave it out" } },
	{ "_Alignas", { "L2", "_Alignas; the natural alignment is right" } },
	{ "_Pragma", { "L2", "pragma; mend the code instead" } },
	{ "va_list", { "L3", "variadic arguments; pass a struct" } },
	{ "va_start", { "L3", "variadic arguments; pass a struct" } },
	{ "va_arg", { "L3", "variadic arguments; pass a struct" } },
	{ "__builtin_alloca", { "P7", "alloca; use a buf or a fixed array" } },
	{ "alloca", { "P7", "alloca; use a buf or a fixed array" } },
	{ "FRAME_MARK", { "L2", "frame annotation; only TABLE is for services" } },
	{ "FRAME_HANDLE", { "L2", "frame annotation; only TABLE is for services" } },
	{ "FRAME_PINNED", { "L2", "frame annotation; only TABLE is for services" } },
	{ "FRAME_TRANSIENT", { "L2", "frame annotation; only TABLE is for services" } },
	{ "FRAME_LOCAL", { "L2", "frame annotation; only TABLE is for services" } },
};

/* Names with a leading underscore that are the language's and do no harm. */
const char *const allowed[] = {
	"__VA_ARGS__", "__VA_OPT__", "_Static_assert", "_Bool", "__typeof__", "__builtin_bswap16", "__builtin_bswap32", "__builtin_bswap64",
	"__builtin_popcount", "__builtin_popcountl", "__builtin_popcountll", "__builtin_add_overflow", "__builtin_sub_overflow",
	"__builtin_mul_overflow",
};

const char *const keywords[] = {
	"auto", "break", "case", "char", "const", "continue", "default", "do", "else", "enum", "extern", "for", "goto", "if", "inline", "int", "long",
	"return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "typeof", "union", "unsigned", "void", "while", "asm",
	"volatile", "restrict", "register", "float", "double", "defined",
};

void check_word(StringRef w, unsigned line, unsigned col)
{
	auto it = banned.find(w);
	/* Names go to the assembler, for which $4096 is a number. */
	if (w.contains('$'))
		complain(line, col, "L2", "'$' in a name; use letters, digits and '_'");
	if (it != banned.end())
		complain(line, col, it->second.first, it->second.second);
	else if (w.front() != '_' || is_one_of(w, allowed))
		return;
	else if (w.starts_with("__builtin_") || w.starts_with("__sync_") || w.starts_with("__atomic_"))
		complain(line, col, "L2", "builtin '" + w.str() + "'; use the frame's functions");
	else
		complain(line, col, "P8", "'" + w.str() + "' begins with an underscore: it is private to the frame or the compiler");
}

/*
 * What follows ## is the tail of a name. Should its left side be empty after all, the name is private: private macros are refused
 * here, and everything else is seen in the tree (expr.cc, decl.cc).
 */
bool is_harmless_tail(StringRef w)
{
	return w.size() > 1 && islower((unsigned char)w[1]) && !u.frame_macros.count(w.str());
}

/* A literal with a prefix, a constant of several characters, an escape beyond the simple ones: the lexers have rules of their own for each. */
void check_literal(const Token &t, StringRef s, unsigned line, unsigned col)
{
	static const std::regex one(R"re('([^'\\]|\\[abfnrtv0\\'"]|\\x[0-9a-fA-F]{1,2}|\\[0-7]{1,3})')re");
	static const std::regex many(R"re("([^"\\]|\\[abfnrtv0\\'"]|\\x[0-9a-fA-F]{1,2}(?![0-9a-fA-F])|\\[0-7]{1,3})*")re");
	bool is_string = t.is(tok::string_literal);
	if (s.front() == 'R' || s.contains("R\""))
		complain(line, col, "L2", "raw string literal");
	else if (s.front() != '"' && s.front() != '\'')
		complain(line, col, "L2", "literal with a prefix; write a plain one");
	else if (!std::regex_match(s.begin(), s.end(), is_string ? many : one))
		complain(line, col, "L2", is_string ? "escape that compilers may read differently" : "character constant that is not one plain character");
}

/* ---- lines ---- */

struct Line {
	unsigned number;
	StringRef text;
	bool directive, define; /* also the continued lines of a #define */
};

bool in_include_operand(char c)
{
	return isalnum((unsigned char)c) || strchr("_./-", c);
}

/* Returns where @text goes on behind blanks. */
StringRef skip_blanks(StringRef s)
{
	return s.ltrim(" \t");
}

void check_include(const Line &l, StringRef rest)
{
	unsigned col = (unsigned)(rest.data() - l.text.data()) + 1;
	char close = rest.empty() ? 0 : rest[0] == '<' ? '>' : rest[0] == '"' ? '"' : 0;
	size_t end = close ? rest.find(close, 1) : StringRef::npos;
	if (!close) {
		complain(l.number, col, "L4", "#include of a macro; name the header");
		return;
	}
	StringRef name = end == StringRef::npos ? "" : rest.slice(1, end);
	if (name.empty() || !std::all_of(name.begin(), name.end(), in_include_operand) || name.contains("//"))
		complain(l.number, col, "L2", "header name that is not plain letters, digits, '_', '-', '.' and '/'");
	StringRef tail = end == StringRef::npos ? "" : skip_blanks(rest.substr(end + 1));
	if (!tail.empty() && !tail.starts_with("//") && !(tail.starts_with("/*") && tail.ends_with("*/")))
		complain(l.number, col, "L2", "words behind #include");
}

/* Preprocessors differ in what they compute: only names, comparisons and small numbers are left to compute with. */
void check_condition(const Line &l, StringRef rest)
{
	static const std::regex number("[0-9]{1,9}");
	static const char *const ops[] = { "(", ")", "!", "&&", "||", "==", "!=", "<", ">", "<=", ">=" };
	static const char *const compiler[] = { "linux", "unix", "riscv", "i386" };
	std::string text = rest.str() + "\n";
	const char *begin = text.data();
	clang::Lexer lexer(SourceLocation(), u.pp->getLangOpts(), begin, begin, begin + text.size());
	for (Token t;;) {
		lexer.LexFromRawLexer(t);
		if (t.is(tok::eof))
			return;
		StringRef s(lexer.getBufferLocation() - t.getLength(), t.getLength());
		unsigned col = (unsigned)(rest.data() - l.text.data() + (s.data() - begin)) + 1;
		if (t.is(tok::raw_identifier) && is_one_of(s, compiler))
			complain(l.number, col, "L2", "test of the compiler's macro '" + s.str() + "'; services are the same everywhere");
		else if (t.is(tok::numeric_constant) && !std::regex_match(s.begin(), s.end(), number))
			complain(l.number, col, "L2", "number in a condition that is not a small decimal one");
		else if (!t.is(tok::raw_identifier) && !t.is(tok::numeric_constant) && !is_one_of(s, ops))
			complain(l.number, col, "L2", "'" + s.str() + "' in a condition; only names, comparisons and small numbers");
	}
}

/* One line that begins with '#'. */
void check_directive(Line &l)
{
	static const char *const plain[] = { "define", "undef", "include", "if", "ifdef", "ifndef", "elif", "else", "endif", "error" };
	size_t hash = l.text.find('#');
	StringRef rest = skip_blanks(l.text.substr(hash + 1));
	StringRef word = rest.take_while([](char c) { return isalnum((unsigned char)c) || c == '_'; });
	rest = skip_blanks(rest.substr(word.size()));
	unsigned col = (unsigned)hash + 1;
	if (word == "pragma")
		complain(l.number, col, "L2", "pragma; mend the code, or use an include guard");
	else if (!is_one_of(word, plain))
		complain(l.number, col, "L2", "directive '#" + word.str() + "'");
	if (word == "define" || word == "undef") {
		StringRef name = rest.take_while([](char c) { return isalnum((unsigned char)c) || c == '_'; });
		plain_macro_name(name, { path, l.number, (unsigned)(name.data() - l.text.data()) + 1 });
		l.define = true;
	} else if (word == "include") {
		check_include(l, rest);
	} else if (word == "if" || word == "elif" || word == "ifdef" || word == "ifndef") {
		check_condition(l, rest);
	}
}

/* Also in comments and literals: compilers may disagree about the rest. */
void check_bytes(const Line &l)
{
	for (size_t i = 0; i < l.text.size(); i++) {
		unsigned char c = (unsigned char)l.text[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			complain(l.number, (unsigned)i + 1, "L2", "control character; compilers may disagree about it");
			return;
		}
		if (c > 0x7f) {
			complain(l.number, (unsigned)i + 1, "L2", "character that is not ASCII");
			return;
		}
		if (c == '?' && l.text.substr(i).starts_with("??") && i + 2 < l.text.size() && strchr("=/'()!<>-", l.text[i + 2])) {
			complain(l.number, (unsigned)i + 1, "L2", "trigraph");
			return;
		}
	}
}

/* Looks at each line; returns the text with #include lines blanked, whose operands are no tokens. */
std::string check_lines(StringRef text, std::vector<Line> &lines)
{
	std::string kept = text.str();
	bool in_define = false;
	unsigned number = 0;
	for (StringRef rest = text; !rest.empty();) {
		auto [head, tail] = rest.split('\n');
		Line l = { ++number, head, skip_blanks(head).starts_with("#"), in_define };
		check_bytes(l);
		if (l.directive && !in_define)
			check_directive(l);
		if (l.directive && !in_define && skip_blanks(skip_blanks(head).substr(1)).starts_with("include"))
			std::fill(kept.begin() + (head.data() - text.data()), kept.begin() + (head.data() - text.data()) + head.size(), ' ');
		StringRef bare = head.rtrim(" \t");
		bool spliced = bare.ends_with("\\");
		if (spliced && (bare.size() != head.size() || !l.define || (bare.size() > 1 && !strchr(" \t", bare[bare.size() - 2]))))
			complain(number + 1, 1, "L2", "line splice or control character that could hide a token");
		in_define = l.define && spliced;
		lines.push_back(l);
		rest = tail;
	}
	return kept;
}

/* ---- tokens ---- */

struct Word {
	Token t;
	StringRef s;
	unsigned line, col;
};

void check_pair(const Word &a, const Word &b)
{
	static const char *const digraphs[] = { "<:", ":>", "<%", "%>", "%:", "%:%:" };
	if (b.t.isOneOf(tok::l_square, tok::r_square, tok::l_brace, tok::r_brace, tok::hash, tok::hashhash) && is_one_of(b.s, digraphs))
		complain(b.line, b.col, "L2", "digraph; write the usual character");
	if (a.s.empty())
		return;
	if (a.t.is(tok::l_square) && b.t.is(tok::l_square))
		complain(a.line, a.col, "L2", "attribute; use the frame's macros (must_check, fallthrough, PACKED, ...)");
	if (a.t.is(tok::raw_identifier) && b.t.isOneOf(tok::string_literal, tok::char_constant) && a.s.end() == b.s.begin())
		complain(a.line, a.col, "L2", a.s.ends_with("R") ? "raw string literal" : "literal with a prefix; write a plain one");
}

void check_tokens(const std::string &text, const std::vector<Line> &lines)
{
	const char *begin = text.data();
	clang::Lexer lexer(SourceLocation(), u.pp->getLangOpts(), begin, begin, begin + text.size());
	lexer.SetCommentRetentionState(false);
	Word prev = {}, w = {};
	size_t line = 0, line_start = 0;
	for (;; prev = w) {
		lexer.LexFromRawLexer(w.t);
		if (w.t.is(tok::eof))
			return;
		w.s = StringRef(lexer.getBufferLocation() - w.t.getLength(), w.t.getLength());
		while (w.s.consume_front("\\\n")) /* a splice right before the token counts as its own */
			;
		size_t at = (size_t)(w.s.data() - begin);
		while (line + 1 < lines.size() && at >= line_start + lines[line].text.size() + 1)
			line_start += lines[line++].text.size() + 1;
		const Line &l = lines[line];
		w.line = l.number;
		w.col = (unsigned)(at - line_start) + 1;
		check_pair(prev, w);
		bool pasted = l.define && prev.t.is(tok::hashhash);
		if (w.t.is(tok::raw_identifier)) {
			if (w.s.contains('\\'))
				complain(w.line, w.col, "L2", "escape or splice in a name");
			else if (!(pasted && w.s.front() == '_' && is_harmless_tail(w.s)))
				check_word(w.s, w.line, w.col);
		} else if (tok::isStringLiteral(w.t.getKind()) || w.t.isOneOf(tok::char_constant, tok::wide_char_constant, tok::utf8_char_constant,
			tok::utf16_char_constant, tok::utf32_char_constant)) {
			check_literal(w.t, w.s, w.line, w.col);
		} else if (w.t.isOneOf(tok::hash, tok::hashhash)) {
			bool first = l.directive && skip_blanks(l.text).data() - l.text.data() + 1 == w.col;
			if (!l.define && !first)
				complain(w.line, w.col, "L2", "'#' that does not begin its line");
		} else if (w.t.is(tok::unknown)) {
			complain(w.line, w.col, "L2", "line splice or control character that could hide a token");
		}
	}
}
}

void plain_made(StringRef text, const Place &at)
{
	path = at.file;
	if (isalpha((unsigned char)text.front()) || text.front() == '_') {
		if (text.ends_with("\"") || text.ends_with("'"))
			complain(at.line, at.col, "L2", "literal with a prefix; write a plain one");
		else
			check_word(text, at.line, at.col);
	}
}

void plain_macro_name(StringRef name, const Place &at)
{
	if (is_one_of(name, keywords))
		finding(at, "P8", "macro named like the keyword '" + name.str() + "'");
	else if (u.frame_tokens.count(name.str()))
		finding(at, "P8", "macro '" + name.str() + "' would change what a frame header says; choose another name");
}

void plain_frame_file(clang::FileID f)
{
	StringRef text = u.sm->getBufferData(f);
	clang::Lexer lexer(SourceLocation(), u.pp->getLangOpts(), text.begin(), text.begin(), text.end());
	for (Token t;;) {
		lexer.LexFromRawLexer(t);
		if (t.is(tok::eof))
			return;
		if (t.is(tok::raw_identifier))
			u.frame_tokens.insert(std::string(lexer.getBufferLocation() - t.getLength(), t.getLength()));
	}
}

void plain_service_file(clang::FileID f)
{
	StringRef text = u.sm->getBufferData(f);
	std::vector<Line> lines;
	path = file_path(f);
	std::string kept = check_lines(text, lines);
	if (!lines.empty())
		check_tokens(kept, lines);
}
