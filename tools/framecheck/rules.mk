# SPDX-License-Identifier: MPL-2.0
# The checker of Safe C: build/framecheck. Included by the top Makefile.
LLVM_DIR ?= /usr/lib/llvm-19
FRAMECHECK ?= build/framecheck
FRAMECHECK_SRC := $(wildcard tools/framecheck/*.c)
HOSTCC ?= cc

$(FRAMECHECK): $(FRAMECHECK_SRC) tools/framecheck/framecheck.h tools/framecheck/rules.mk
	@mkdir -p $(@D)
	$(HOSTCC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -I$(LLVM_DIR)/include -o $@ $(FRAMECHECK_SRC) \
		-L$(LLVM_DIR)/lib -lclang-19 -Wl,-rpath,$(LLVM_DIR)/lib
