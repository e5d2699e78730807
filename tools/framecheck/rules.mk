# SPDX-License-Identifier: MPL-2.0
# The checker of Safe C: build/framecheck, on clang's libraries. Included by the top Makefile.
LLVM_DIR ?= /usr/lib/llvm-19
FRAMECHECK ?= build/framecheck
FRAMECHECK_SRC := $(wildcard tools/framecheck/*.cc)
FRAMECHECK_OBJ := $(FRAMECHECK_SRC:tools/framecheck/%.cc=build/framecheck.d/%.o)
FRAMECHECK_CXX := $(LLVM_DIR)/bin/clang++ -std=c++17 -D_GNU_SOURCE -O1 -fno-rtti -Wall -Wextra -Werror -isystem $(LLVM_DIR)/include

build/framecheck.d/framecheck.h.pch: tools/framecheck/framecheck.h tools/framecheck/rules.mk
	@mkdir -p $(@D)
	@echo "  CXX	$<"
	@$(FRAMECHECK_CXX) -x c++-header $< -o $@
build/framecheck.d/%.o: tools/framecheck/%.cc build/framecheck.d/framecheck.h.pch
	@echo "  CXX	$<"
	@$(FRAMECHECK_CXX) -include-pch build/framecheck.d/framecheck.h.pch -c $< -o $@
$(FRAMECHECK): $(FRAMECHECK_OBJ)
	@echo "  LD	$@"
	@$(LLVM_DIR)/bin/clang++ -o $@ $^ -L$(LLVM_DIR)/lib -lclang-cpp -lLLVM-19 -Wl,-rpath,$(LLVM_DIR)/lib
