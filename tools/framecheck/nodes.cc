// SPDX-License-Identifier: MPL-2.0
/*
 * The kinds of node that a service may be made of, each with what the checker does with it: the source of docs/safe-c-nodes.md. Everything that clang
 * has and this page does not (C++, Objective-C, OpenMP, vectors, what comes with the next version) is refused.
 */
#include "framecheck.h"

#include "clang/AST/ExprCXX.h"

using clang::Stmt;

namespace {
const struct Node {
	Stmt::StmtClass kind;
	const char *name;
	Treatment treatment;
	const char *what;
} nodes[] = {
#define PARTS(kind, what) { Stmt::kind##Class, #kind, Treatment::Parts, what }
#define FRAME(kind, what) { Stmt::kind##Class, #kind, Treatment::FrameOnly, what }
	PARTS(CompoundStmt, ""), PARTS(IfStmt, ""), PARTS(WhileStmt, ""), PARTS(DoStmt, ""), PARTS(ForStmt, ""), PARTS(BreakStmt, ""),
	PARTS(ContinueStmt, ""), PARTS(ReturnStmt, "the type of the result is the function's (P4)"), PARTS(NullStmt, ""),
	PARTS(SwitchStmt, "no jump over a declaration (P4)"), PARTS(CaseStmt, "the same"), PARTS(DefaultStmt, "the same"),
	PARTS(GotoStmt, "the same"), PARTS(LabelStmt, "the same; no attribute of a service's (L2)"),
	PARTS(AttributedStmt, "the attribute is the frame's (L2)"),
	PARTS(DeclStmt, "each declaration by its kind, below"),
	PARTS(IntegerLiteral, "of a type both compilers give it (L1)"), PARTS(CharacterLiteral, "one plain character (L2)"),
	PARTS(StringLiteral, "plain (L2); initialises an array, or is text for a frame macro or function (P3, L3)"),
	PARTS(ParenExpr, "looked through"), PARTS(ConstantExpr, "looked through"),
	PARTS(DeclRefExpr, "no private name (P8), no builtin but a few (L2), functions with text are called by name (L3)"),
	PARTS(MemberExpr, "no private field (P8)"),
	PARTS(ArraySubscriptExpr, "of an array of known size, index last (P1, P7)"),
	PARTS(CallExpr, "literals for text and formats (L3), as many arguments as fit (S1)"),
	PARTS(UnaryOperator, "++ and -- (P1, P9), & (P3, P4, P6), extensions (L1)"),
	PARTS(BinaryOperator, "arithmetic and order of pointers (P1), assignment (P4, P5), shifts by constants (L1)"),
	PARTS(CompoundAssignOperator, "pointers (P1), elements and chosen places (P9), shifts by constants (L1)"),
	PARTS(ConditionalOperator, ""),
	PARTS(CStyleCastExpr, "no pointer but NULL, unless the frame wrote it (P2); then what it may be given (P2, P5); of functions, what a call takes of the stack (S1)"),
	PARTS(ImplicitCastExpr, "by the kind of conversion, below"),
	PARTS(InitListExpr, "no private fields (P8), a lit of a literal (L3)"), PARTS(DesignatedInitExpr, "no ranges (L1)"), PARTS(ImplicitValueInitExpr, ""),
	PARTS(CompoundLiteralExpr, "of a type that may be a local and can be copied (P4, P5)"),
	PARTS(UnaryExprOrTypeTraitExpr, "sizeof, alignof: the operand is checked like any other"), PARTS(OffsetOfExpr, ""),
	FRAME(StmtExpr, "L1"), FRAME(TypeTraitExpr, "L1"), FRAME(GenericSelectionExpr, "L1"), FRAME(AtomicExpr, "L2"), FRAME(GCCAsmStmt, "L1"),
	PARTS(RecoveryExpr, "stands for what does not compile"),
#undef PARTS
#undef FRAME
};
}

Treatment node_treatment(Stmt::StmtClass kind)
{
	for (auto &n : nodes)
		if (n.kind == kind)
			return n.treatment;
	return Treatment::Refused;
}

void nodes_print()
{
	unsigned all = 0;
#define ABSTRACT_STMT(node)
#define STMT(kind, parent) all++;
#include "clang/AST/StmtNodes.inc"
	printf("# What the checker does with each kind of node\n\n"
	       "Made by `build/framecheck --list-nodes`; `tests/safe-c/run` compares. The rules are in [safe-c.md](safe-c.md).\n\n"
	       "## Statements and expressions\n\n| kind | what is looked at besides its parts |\n|---|---|\n");
	for (auto &n : nodes)
		printf("| %s | %s%s |\n", n.name, n.treatment == Treatment::FrameOnly ? "only as part of a frame macro: otherwise " : "", n.what);
	printf("\nclang has %u kinds; the other %zu are refused (L1), among them all of C++ and Objective-C, VAArgExpr, AddrLabelExpr, IndirectGotoStmt, BinaryConditionalOperator,\n"
	       "FloatingLiteral, ImaginaryLiteral, PredefinedExpr, ChooseExpr, ShuffleVectorExpr, BlockExpr.\n\n", all, all - sizeof(nodes) / sizeof(nodes[0]));
	fputs("## Declarations\n\n| kind | what is looked at |\n|---|---|\n"
	      "| Var | name (P8), linkage (L4), type and where it stands (P2 to P7, L1), borrowed locals (P4), tables (P5), initialiser, attributes (L2) |\n"
	      "| Function | name, linkage, type, parameters, what its calls take of the stack (S1), body, jumps (P4), attributes |\n"
	      "| ParmVar | name, type, attributes |\n"
	      "| Typedef | name, type, attributes |\n"
	      "| Record | name, where it stands (W1), each field by the kind of the record (P2 to P7), layout over the program (W1), attributes |\n"
	      "| Field, IndirectField | by their record |\n"
	      "| Enum, EnumConstant | name, where it stands, the values' expressions |\n"
	      "| StaticAssert | its expression |\n"
	      "| Label, Empty | |\n"
	      "\nAll others are refused (L1): FileScopeAsm and whatever else clang may declare.\n\n"
	      "## Types\n\n| class of the canonical type | kind |\n|---|---|\n"
	      "| Builtin | integers and bool: scalar; void; all others (floating point ...) are refused (L1) |\n"
	      "| Enum | scalar |\n"
	      "| Pointer | storable or borrowed, by what it points to |\n"
	      "| ConstantArray, IncompleteArray, VariableArray | array; only the first is allowed (P7) |\n"
	      "| FunctionProto, FunctionNoProto | function; the second is refused (L4) |\n"
	      "| Record | value, object, handle, table, pinned, transient, local, by its marks and first field |\n"
	      "\nAll others are refused (L1): Complex, Vector, Atomic, BitInt ...\n\n"
	      "## Implicit conversions\n\n| kind | rule |\n|---|---|\n"
	      "| NoOp, IntegralCast, IntegralToBoolean, PointerToBoolean, FunctionToPointerDecay, BuiltinFnToFnPtr, NullToPointer, ToVoid | allowed |\n"
	      "| LValueToRValue | no copy of what cannot be copied (P5) |\n"
	      "| ArrayToPointerDecay | subscripts, tables, literals, and where the frame asks for it (P3) |\n"
	      "| BitCast | between pointers to one type, or of NULL (P2) |\n"
	      "| IntegralToPointer, PointerToIntegral | refused (P2) |\n"
	      "\nAll others are refused (L1).\n", stdout);
}
