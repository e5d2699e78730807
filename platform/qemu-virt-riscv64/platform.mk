# SPDX-License-Identifier: MPL-2.0
# QEMU's virt machine: how to start it. SMP, MEM, APPEND, INITRD and QEMU_FLAGS are the user's.
QEMU        := qemu-system-riscv64
SMP         ?= 4
MEM         ?= 512M
BIOS        ?= default
QEMU_RUN     = $(QEMU) -M virt -smp $(SMP) -m $(MEM) -bios $(BIOS) -nographic -no-reboot -kernel $(BOOT_IMAGE) -initrd $(INITRD) -append "$(APPEND)" $(QEMU_FLAGS)
