# SPDX-License-Identifier: MPL-2.0
# GCC's flags for Safe C (docs/safe-c.md). The checker decides what it can; these flags trap or reject
# the rest. They are part of the guarantee: a change here needs a change in docs/safe-c.md and a run
# of tests/safe-c/codegen.

# Define behaviour that C leaves undefined.
SAFEC_CFLAGS := -fwrapv -fno-strict-aliasing -fno-delete-null-pointer-checks -fstack-reuse=none \
	-ftrivial-auto-var-init=zero -fno-common
# A word is stored whole: two fields that are stored as one would cut a pointer beside or between them.
SAFEC_CFLAGS += -fno-store-merging
# And a clearing is not cut where a field is stored again: what is left of it has no types, and would
# be cleared by halves of words (riscv64), or by words that begin at a half (x86_64).
SAFEC_CFLAGS += --param=dse-max-object-size=0
# A condition is evaluated once: what depends on it does not become several conditional moves, each of
# which compares anew with the field that the condition was read from.
SAFEC_CFLAGS += -fno-if-conversion
# A load is an instruction of its own from the first. Else the operation that its value goes into is made with the place
# in memory for an operand, and some have it twice: the sign taken away, bytes swapped.
SAFEC_CFLAGS += -fno-tree-ter
# Loads of bytes that are put together stay loads of bytes: one of the whole word beside them, made after all that is
# known of a byte that was compared, would read that byte anew. GCC says that the pass is off; the Makefile leaves it out.
SAFEC_CFLAGS += -fdisable-tree-bswap
# Nor are fields loaded together as the lanes of a word, beside loads of those that were compared.
SAFEC_CFLAGS += -fno-tree-loop-vectorize -fno-tree-slp-vectorize
# The type markers are in the text that is checked, so also in the text that is compiled; GCC does not
# know them.
SAFEC_CFLAGS += -DSAFE_C -Wno-attributes
# Trap where a check at run time is needed.
SAFEC_CFLAGS += -fsanitize=bounds-strict,shift,integer-divide-by-zero,unreachable,vla-bound,return,bool,enum \
	-fsanitize-undefined-trap-on-error
# A jump table might read its index again after the range check.
SAFEC_CFLAGS += -fno-jump-tables -fno-tree-switch-conversion
# Errors that the checker relies on the compiler to report, and all default warnings of GCC: they mark
# programs that GCC accepts and that the checker's clang may interpret differently.
SAFEC_CFLAGS += -Werror -Werror=incompatible-pointer-types -Werror=discarded-qualifiers -Werror=int-conversion \
	-Werror=implicit-function-declaration -Werror=implicit-int -Werror=strict-prototypes -Werror=old-style-definition \
	-Werror=missing-prototypes -Werror=jump-misses-init -Werror=return-type -Werror=vla -Werror=frame-larger-than=1024 \
	-Wimplicit-fallthrough -Werror=implicit-fallthrough -Wformat=2 -Werror=format -Werror=pointer-sign
