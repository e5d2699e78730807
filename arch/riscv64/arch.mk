# SPDX-License-Identifier: MPL-2.0
# riscv64: the compiler and what it must be told.
PLATFORM     ?= qemu-virt-riscv64
CROSS        := riscv64-linux-gnu-
ARCH_CFLAGS  := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -fno-pic -fno-pie
ARCH_LDFLAGS := -m elf64lriscv
CLANG_TARGET := --target=riscv64-linux-gnu -march=rv64imac -mabi=lp64
FDT_LIB      := usr/lib/riscv64-linux-gnu/libfdt.a
# libfdt is built for the hard-float ABI but holds no floating-point instruction: this pattern must not occur in it.
FP_PATTERN   := '\sf(ld|sd|lw|sw|add|sub|mul|div|cvt|mv|eq|lt|le|sgnj)\b'

# Kinds of interrupt controllers: files of frame/irqchip.
IRQ_CHIPS    := plic

# What a loader takes: the flat image with its Linux header.
BOOT_IMAGE   := $(L)/Image

# Hard float, as programs are, though it uses none.
VDSO_CFLAGS := -march=rv64imafdc_zicsr_zifencei -mabi=lp64d -mcmodel=medany -mno-relax
include arch/vdso.mk
