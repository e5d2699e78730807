// SPDX-License-Identifier: MPL-2.0
/*
 * Every node is visited: clang's own traversal goes through the unit a second time and compares with what the rules looked at. A node that
 * was left out is a finding (T4), so a construct that hides a part of itself from the checker is refused, not passed.
 */
#include "framecheck.h"

#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace {
struct Count : RecursiveASTVisitor<Count> {
	bool shouldVisitImplicitCode() const { return false; }
	bool shouldWalkTypesOfTypeLocs() const { return false; }

	/* What stands in frame headers is the frame's own. */
	bool TraverseDecl(Decl *d)
	{
		if (d && d->getDeclContext() && d->getLexicalDeclContext()->isTranslationUnit() && seen_in(d->getLocation()) != Owner::Service)
			return true;
		return RecursiveASTVisitor::TraverseDecl(d);
	}

	/* Attributes have arguments of the frame's (check_attrs). */
	bool TraverseAttr(Attr *) { return true; }

	void see(const void *node, SourceLocation at, const char *what)
	{
		u.nr_nodes++;
		if (u.visited.count(node))
			u.nr_visited++;
		else
			finding_at(at, "T4", std::string("the checker did not visit this ") + what + "; write it in a plainer form");
	}

	bool VisitDecl(Decl *d)
	{
		if (!isa<TranslationUnitDecl>(d) && !d->isImplicit() && !trusted(d->getLocation()))
			see(d, d->getLocation(), d->getDeclKindName());
		return true;
	}

	bool VisitStmt(Stmt *s)
	{
		see(s, s->getBeginLoc(), s->getStmtClassName());
		return true;
	}
};
}

void check_all_visited()
{
	Count count;
	count.TraverseDecl(u.ast->getTranslationUnitDecl());
}
