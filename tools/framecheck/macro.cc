// SPDX-License-Identifier: MPL-2.0
/*
 * Frame macros: their text (F1 to F3, when a frame header is given to the checker), and the arguments that services give them (T3).
 *
 * What a parameter takes is told by its name:
 *	T                  the tag of a struct: one identifier that is no macro
 *	name, ..._fn       one identifier that is no macro
 *	literal            string literals
 *	anything else      one expression
 *	...                expressions between commas
 * An expression is held to that where its tokens end up: brackets that match, no comma or semicolon outside of them.
 *
 * And it means the same wherever the macro uses it: the array whose address array_at() takes is the one
 * whose length it asks for. So it defines no struct, union or enum, whose names would have another
 * meaning behind it; and no macro is left in it that one more scan would expand, for not all uses of a
 * parameter are scanned equally often.
 */
#include "framecheck.h"

#include <map>

#include "clang/Lex/Lexer.h"
#include "clang/Lex/MacroArgs.h"
#include "clang/Lex/MacroInfo.h"

using clang::IdentifierInfo;
using clang::MacroInfo;
using clang::Token;
namespace tok = clang::tok;

namespace {
bool is_identifier_parameter(StringRef p)
{
	return p == "T" || p == "name" || p.ends_with("_fn");
}

bool is_literal_parameter(StringRef p)
{
	return p == "literal";
}

/* ---- lint of a frame macro's text ---- */

struct Use {
	bool pasted = false, expanded = false, exposed = false;
};

bool is_parameter(const Token &t, const IdentifierInfo *p)
{
	return t.isAnyIdentifier() && t.getIdentifierInfo() == p;
}

/* How the parameter's use at @i stands: between parentheses and commas, or beside something it could run together with. */
bool is_exposed(llvm::ArrayRef<Token> body, size_t i)
{
	int depth = 0;
	std::vector<tok::TokenKind> open = { tok::l_paren };
	for (size_t k = 0; k < i; k++) {
		if (body[k].isOneOf(tok::l_paren, tok::l_brace, tok::l_square))
			open.push_back(body[k].getKind()), depth++;
		else if (body[k].isOneOf(tok::r_paren, tok::r_brace, tok::r_square) && depth > 0)
			open.pop_back(), depth--;
	}
	bool list = open.back() == tok::l_brace;
	bool left = i > 0 && (body[i - 1].is(tok::l_paren) || (body[i - 1].is(tok::comma) && !list));
	bool right = i + 1 < body.size() && (body[i + 1].is(tok::r_paren) || (body[i + 1].is(tok::comma) && !list));
	return !left || !right;
}

Use use_of(llvm::ArrayRef<Token> body, const IdentifierInfo *p)
{
	Use use;
	for (size_t i = 0; i < body.size(); i++) {
		if (!is_parameter(body[i], p))
			continue;
		bool pasted = (i && body[i - 1].is(tok::hashhash)) || (i + 1 < body.size() && body[i + 1].is(tok::hashhash));
		bool expanded = !pasted && !(i && body[i - 1].is(tok::hash));
		use.pasted |= pasted;
		use.expanded |= expanded;
		use.exposed |= expanded && is_exposed(body, i);
	}
	return use;
}

bool is_balanced(llvm::ArrayRef<Token> body)
{
	std::vector<tok::TokenKind> open;
	for (const Token &t : body) {
		if (t.is(tok::l_paren))
			open.push_back(tok::r_paren);
		else if (t.is(tok::l_brace))
			open.push_back(tok::r_brace);
		else if (t.is(tok::l_square))
			open.push_back(tok::r_square);
		else if (t.isOneOf(tok::r_paren, tok::r_brace, tok::r_square)) {
			if (open.empty() || open.back() != t.getKind())
				return false;
			open.pop_back();
		}
	}
	return open.empty();
}

/* ---- arguments ---- */

/* One use of a parameter of a frame macro, while its tokens go by. */
struct Slot {
	std::vector<char> open;
	bool list, bad;
	SourceLocation first;
	bool tag = false;     /* behind struct, union or enum */
	bool deferred = false; /* behind the name of a macro with parameters */
};

void collect_slots(SourceLocation l, std::set<unsigned> &slots)
{
	while (l.isMacroID()) {
		const auto &e = u.sm->getSLocEntry(u.sm->getFileID(l)).getExpansion();
		if (e.isMacroArgExpansion()) {
			slots.insert(e.getExpansionLocStart().getRawEncoding());
			collect_slots(u.sm->getImmediateSpellingLoc(l), slots);
		}
		l = e.getExpansionLocStart();
	}
}

StringRef spelled_word(SourceLocation l)
{
	SourceLocation s = u.sm->getSpellingLoc(l);
	const char *p = u.sm->getCharacterData(s);
	return StringRef(p, clang::Lexer::MeasureTokenLength(s, *u.sm, u.pp->getLangOpts()));
}

/* What would make the argument mean something else in its next use. */
void check_constant(Slot &slot, const TextToken &t)
{
	if (slot.tag && t.text == "{")
		finding_at(t.at, "T3", "a type is defined in the argument of a frame macro; declare it before");
	if (slot.deferred && t.text == "(")
		finding_at(t.at, "T3", "a macro that is not expanded in the argument of a frame macro; write what it stands for");
	if ((t.text == "struct" || t.text == "union" || t.text == "enum") && !trusted(t.at))
		slot.tag = true;
	else if (t.punctuation && !trusted(t.at))
		slot.tag = false;
	slot.deferred = !t.punctuation && u.function_macros.count(t.text.str());
}

void feed(Slot &slot, const TextToken &t)
{
	char c = t.text.size() == 1 && t.punctuation ? t.text[0] : 0;
	bool bad = false;
	check_constant(slot, t);
	if (c == '(' || c == '[' || c == '{') {
		slot.open.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
	} else if (c == ')' || c == ']' || c == '}') {
		bad = slot.open.empty() || slot.open.back() != c;
		if (!bad)
			slot.open.pop_back();
	} else if (slot.open.empty()) {
		bad = c == ';' || (c == ',' && !slot.list);
	}
	if (bad && !slot.bad)
		finding_at(t.at, "T3", "'" + t.text.str() + "' ends the argument of a frame macro; give it one expression");
	slot.bad |= bad;
}
}

void macro_lint(const Definition &d)
{
	StringRef n = d.name->getName();
	const MacroInfo *info = d.info;
	if (n.starts_with("_"))
		return;
	Place at = place_of(info->getDefinitionLoc());
	if (!is_balanced(info->tokens()))
		finding(at, "F3", "public frame macro '" + n.str() + "' leaves a bracket open");
	for (const IdentifierInfo *p : info->params()) {
		Use use = use_of(info->tokens(), p);
		if (use.exposed && !is_identifier_parameter(p->getName()) && !is_literal_parameter(p->getName()))
			finding(at, "F2", "public frame macro '" + n.str() + "' uses '" + p->getName().str() +
				"' outside parentheses and commas; an operator or comma in it would be the frame's");
		if (use.pasted && use.expanded)
			finding(at, "F1", "public frame macro '" + n.str() + "' uses '" + p->getName().str() +
				"' pasted and expanded; hand it to an underscore macro first");
	}
}

void macro_invoked(const Token &name, const MacroInfo *info, const clang::MacroArgs *args)
{
	if (!args || written_by(info->getDefinitionLoc()) != Owner::Frame || written_by(name.getLocation()) == Owner::Frame)
		return;
	for (unsigned i = 0; i < info->getNumParams(); i++) {
		StringRef p = info->params()[i]->getName();
		const Token *t = args->getUnexpArgument(i);
		bool one = t[0].isNot(tok::eof) && t[1].is(tok::eof);
		const IdentifierInfo *id = t[0].isNot(tok::eof) ? t[0].getIdentifierInfo() : nullptr;
		if (is_identifier_parameter(p) && (!one || !id || id->isKeyword(u.pp->getLangOpts())))
			finding_at(name.getLocation(), "T3", "'" + p.str() + "' of '" + name.getIdentifierInfo()->getName().str() + "' takes one identifier");
		else if (is_identifier_parameter(p) && id->hasMacroDefinition() && !(p.ends_with("_fn") &&
			written_by(u.pp->getMacroInfo(id)->getDefinitionLoc()) == Owner::Frame))
			finding_at(name.getLocation(), "T3", "'" + id->getName().str() + "' is a macro; '" + p.str() + "' takes a plain identifier");
	}
}

void macro_check_arguments(const std::vector<TextToken> &tokens)
{
	std::map<unsigned, Slot> slots;
	for (const TextToken &t : tokens) {
		std::set<unsigned> in;
		collect_slots(t.at, in);
		for (unsigned raw : in) {
			SourceLocation parameter = SourceLocation::getFromRawEncoding(raw);
			auto it = slots.find(raw);
			if (it == slots.end()) {
				if (written_by(parameter) != Owner::Frame)
					continue;
				bool list = spelled_word(parameter) == "__VA_ARGS__";
				it = slots.insert({ raw, Slot{ {}, list, false, t.at } }).first;
			}
			feed(it->second, t);
		}
	}
	for (auto &[raw, slot] : slots)
		if (!slot.open.empty() && !slot.bad)
			finding_at(slot.first, "T3", "the argument of a frame macro leaves a bracket open; give it one expression");
}
