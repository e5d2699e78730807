// SPDX-License-Identifier: MPL-2.0
/*
 * Jumps over declarations.
 *
 * The compiler gives a local its zero (or its initialiser) where it is declared, so a goto or a case label that enters its scope
 * behind the declaration finds whatever the stack held. Rule: every local in scope at a label is in scope at the jump.
 *
 * The locals in scope form a chain, innermost first; the rule holds when the label's chain is a tail of the jump's.
 */
#include "framecheck.h"

#include <deque>

using namespace clang;

namespace {
struct Scope {
	const Scope *outer;
	std::string name;
};

struct Jump {
	const LabelDecl *label;
	const Scope *from;
	SourceLocation at;
};

std::deque<Scope> scopes;
std::vector<Jump> gotos, labels;

void check_jump(const Scope *from, const Scope *to, SourceLocation at)
{
	while (from && from != to)
		from = from->outer;
	if (from != to)
		finding_at(at, "P4", "jump over the declaration of '" + to->name + "' leaves it without a value; declare it before the jump");
}

const Scope *declare(const DeclStmt *d, const Scope *s)
{
	for (auto *decl : d->decls()) {
		auto *v = dyn_cast<VarDecl>(decl);
		if (!v || v->hasGlobalStorage())
			continue;
		scopes.push_back({ s, v->getNameAsString() });
		s = &scopes.back();
	}
	return s;
}

/* Walks @c, whose locals in scope are @s; @sw are those at the innermost switch. Returns the locals in scope after it. */
const Scope *walk(const Stmt *c, const Scope *s, const Scope *sw)
{
	const Scope *in = s;
	if (!c)
		return s;
	if (isa<SwitchStmt>(c))
		sw = s;
	else if (isa<SwitchCase>(c))
		check_jump(sw, s, c->getBeginLoc());
	else if (auto *l = dyn_cast<LabelStmt>(c))
		labels.push_back({ l->getDecl(), s, c->getBeginLoc() });
	else if (auto *g = dyn_cast<GotoStmt>(c))
		gotos.push_back({ g->getLabel(), s, c->getBeginLoc() });
	for (const Stmt *child : c->children())
		in = walk(child, in, sw);
	if (auto *d = dyn_cast<DeclStmt>(c))
		return declare(d, s);
	/* A declaration stays in scope behind a label or case, not behind any other statement. */
	return isa<LabelStmt>(c) || isa<SwitchCase>(c) ? in : s;
}
}

void check_jumps(const Stmt *body)
{
	gotos.clear();
	labels.clear();
	walk(body, nullptr, nullptr);
	for (auto &g : gotos)
		for (auto &l : labels)
			if (g.label == l.label)
				check_jump(g.from, l.from, g.at);
}
