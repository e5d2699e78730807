# SPDX-License-Identifier: MPL-2.0
# QEMU's sifive_u machine, a HiFive Unleashed: a monitor hart without an MMU and up to four others (SMP is their sum), no virtio devices, no way to turn itself off.
# NET: what its Ethernet controller is at; empty: nothing.
QEMU        := qemu-system-riscv64
SMP         ?= 5
MEM         ?= 512M
BIOS        ?= default
BOOTS       := direct
NET         ?= -nic user
QEMU_LEAVE  := ctrl-a x
QEMU_RUN     = $(QEMU) -M sifive_u -smp $(SMP) -m $(MEM) -bios $(BIOS) -nographic -no-reboot $(or $(NET),-nic none) -kernel $(BOOT_IMAGE) -initrd $(INITRD) -append "$(APPEND)" $(QEMU_FLAGS)
