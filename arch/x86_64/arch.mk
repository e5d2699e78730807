# SPDX-License-Identifier: MPL-2.0
# x86_64: the compiler and what it must be told.
PLATFORM     ?= qemu-q35-x86_64
CROSS        := x86_64-linux-gnu-
# Structs are copied and cleared by whole words, also in code that the compiler takes for rare: they hold pointers.
ARCH_CFLAGS  := -m64 -march=x86-64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -mstringop-strategy=rep_8byte -fno-pic -fno-pie -fcf-protection=none -DPC_DTB='"$(B)/pc.dtb"'
ARCH_LDFLAGS := -m elf_x86_64 -z max-page-size=4096 -z noexecstack --no-warn-rwx-segments
CLANG_TARGET := --target=x86_64-linux-gnu -mcmodel=kernel -mno-red-zone -mgeneral-regs-only
FDT_LIB      := usr/lib/x86_64-linux-gnu/libfdt.a
# The kernel saves no vector registers for libfdt: this pattern must not occur in it.
FP_PATTERN   := '%[xyz]mm[0-9]'
# Files of the backend that use libfdt.
FDT_USERS    := arch/x86_64/frame/tree.c
# The stacks of NMIs and of debug exceptions have no guard (arch_cpu_prepare): for tools/stackcheck,
# their bytes but for what trap.S has pushed.
OWN_STACKS   := --bounded x86_nmi=3840 --bounded x86_kernel_debug=3584
# Kinds of interrupt controllers: files of frame/irqchip.
IRQ_CHIPS    := ioapic

# What a loader takes: the ELF file with its PVH note.
BOOT_IMAGE   := $(L)/keel.elf

$(B)/pc.dtb: dts/pc.dts
	$(call say,DTC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)dtc -q -I dts -O dtb -o $@ $<
$(B)/arch/x86_64/frame/entry.S.o: $(B)/pc.dtb

VDSO_CFLAGS := -m64 -march=x86-64 -mno-sse -fcf-protection=none
include arch/vdso.mk
