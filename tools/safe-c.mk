# SPDX-License-Identifier: MPL-2.0
# What GCC must be told for Safe C (docs/safe-c.md). The checker decides what it can; these flags trap or forbid the rest.
# Part of the promise: a change here needs a change in docs/safe-c.md and a run of tests/safe-c/codegen.

# Behaviour that C leaves undefined, defined.
SAFEC_CFLAGS := -fwrapv -fno-strict-aliasing -fno-delete-null-pointer-checks -fstack-reuse=none \
	-ftrivial-auto-var-init=zero -fno-common
# The markers of types stand in the text that is checked, so in the text that is compiled as well; GCC does not know them.
SAFEC_CFLAGS += -DSAFE_C -Wno-attributes
# Traps where a check at run time is needed.
SAFEC_CFLAGS += -fsanitize=bounds-strict,shift,integer-divide-by-zero,unreachable,vla-bound,return,bool,enum \
	-fsanitize-undefined-trap-on-error
# No table is indexed by a value that might be read again after its check.
SAFEC_CFLAGS += -fno-jump-tables -fno-tree-switch-conversion
# What the checker relies on the compiler to refuse; and all that GCC warns of by itself, which is where it makes do with a program that the checker's clang may
# read otherwise.
SAFEC_CFLAGS += -Werror -Werror=incompatible-pointer-types -Werror=discarded-qualifiers -Werror=int-conversion \
	-Werror=implicit-function-declaration -Werror=implicit-int -Werror=strict-prototypes -Werror=old-style-definition \
	-Werror=missing-prototypes -Werror=jump-misses-init -Werror=return-type -Werror=vla -Werror=frame-larger-than=1024 \
	-Wimplicit-fallthrough -Werror=implicit-fallthrough -Wformat=2 -Werror=format -Werror=pointer-sign
