# SPDX-License-Identifier: MPL-2.0
# riscv64: the compiler and what it must be told.
CROSS        := riscv64-linux-gnu-
ARCH_CFLAGS  := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -fno-pic -fno-pie
ARCH_LDFLAGS := -m elf64lriscv
CLANG_TARGET := --target=riscv64-linux-gnu -march=rv64imac -mabi=lp64
FDT_PACKAGE  := libfdt-dev
FDT_LIB      := usr/lib/riscv64-linux-gnu/libfdt.a
# libfdt is built for the hard-float ABI but holds no floating-point instruction: this pattern must not occur in it.
FP_PATTERN   := '\sf(ld|sd|lw|sw|add|sub|mul|div|cvt|mv|eq|lt|le|sgnj)\b'

# The vDSO: user-mode code for the user ABI (hard float, though it uses none), linked by itself and embedded as bytes.
VDSO_DIR    := arch/riscv64/vdso
VDSO_OBJ    := $(B)/$(VDSO_DIR)/embed.o
VDSO_CFLAGS := -std=gnu11 -O2 -g0 -march=rv64imafdc_zicsr_zifencei -mabi=lp64d -mcmodel=medany -fPIC -fvisibility=default -ffreestanding -nostdlib -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-jump-tables -mno-relax -Wall -Wextra -Werror -Iframe/include -Ikernel/include
$(B)/$(VDSO_DIR)/vdso.so: $(VDSO_DIR)/vdso.c $(VDSO_DIR)/sigreturn.S $(VDSO_DIR)/vdso.lds kernel/include/kernel/vdso.h
	$(call say,VDSO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(VDSO_CFLAGS) -shared -Wl,-T,$(VDSO_DIR)/vdso.lds -Wl,-soname=linux-vdso.so.1 -Wl,--hash-style=both -Wl,--build-id=none -Wl,-Bsymbolic \
		-Wl,--no-undefined -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--orphan-handling=warn -o $@ $(filter %.c %.S,$^)
	$(Q)$(CROSS)strip -s $@
$(VDSO_OBJ): $(VDSO_DIR)/embed.S $(B)/$(VDSO_DIR)/vdso.so
	$(Q)$(CROSS)gcc $(ARCH_CFLAGS) -DVDSO_SO='"$(B)/$(VDSO_DIR)/vdso.so"' -c $< -o $@
