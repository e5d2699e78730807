# SPDX-License-Identifier: MPL-2.0
# The vDSO: user-mode code for the user ABI, linked by itself and embedded as bytes. VDSO_CFLAGS: what the architecture adds.
VDSO_DIR := arch/$(ARCH)/vdso
VDSO_OBJ := $(B)/$(VDSO_DIR)/embed.o
VDSO_GCC := $(CROSS)gcc -std=gnu11 -O2 -g0 $(VDSO_CFLAGS) -fPIC -fvisibility=default -ffreestanding -nostdlib -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-jump-tables -Wall -Wextra -Werror -Iframe/include -Iarch/$(ARCH)/frame/include -Ikernel/include -Iarch
$(B)/$(VDSO_DIR)/vdso.so: $(VDSO_DIR)/vdso.c $(VDSO_DIR)/vdso.lds arch/vdso.h kernel/include/kernel/vdso.h
	$(call say,VDSO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(VDSO_GCC) -shared -Wl,-T,$(VDSO_DIR)/vdso.lds -Wl,-soname=linux-vdso.so.1 -Wl,--hash-style=both -Wl,--build-id=none -Wl,-Bsymbolic \
		-Wl,--no-undefined -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--orphan-handling=warn -o $@ $<
	$(Q)$(CROSS)strip -s $@
$(VDSO_OBJ): arch/vdso.S $(B)/$(VDSO_DIR)/vdso.so
	$(Q)$(CROSS)gcc $(ARCH_CFLAGS) -DVDSO_SO='"$(B)/$(VDSO_DIR)/vdso.so"' -c $< -o $@
