# SPDX-License-Identifier: MPL-2.0
# QEMU's q35 machine: how to start it. SMP, MEM, CPU, APPEND, INITRD and QEMU_FLAGS are the user's.
QEMU        := qemu-system-x86_64
SMP         ?= 4
MEM         ?= 512M
CPU         ?= max
BOOTS       := pvh
# The exit device lets a panic end QEMU with a failure.
QEMU_RUN     = $(QEMU) -M q35 -cpu $(CPU) -smp $(SMP) -m $(MEM) -nic none -nographic -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel $(BOOT_IMAGE) -initrd $(INITRD) \
	-append "$(APPEND)" $(QEMU_FLAGS)
