# SPDX-License-Identifier: MPL-2.0
# QEMU's q35 machine: how to start it. SMP, MEM, CPU, NIC, SSH, NET, APPEND, INITRD and QEMU_FLAGS are the user's.
QEMU        := qemu-system-x86_64
SMP         ?= 4
MEM         ?= 512M
CPU         ?= max
BOOTS       := pvh
# A network card, and QEMU's own network behind it. Empty: none. NIC=e1000e: Intel's 82574L. SSH=PORT: the host's PORT leads to the guest's 22.
NIC         ?= virtio-net-pci
NET         ?= -netdev user,id=n0$(SSH:%=,hostfwd=tcp:127.0.0.1:%-:22) -device $(NIC),netdev=n0
# The exit device lets a panic end QEMU with a failure. With -nographic the BIOS would read the serial
# port as its keyboard: input that is piped in would be lost.
QEMU_RUN     = $(QEMU) -M q35 -cpu $(CPU) -smp $(SMP) -m $(MEM) $(or $(NET),-nic none) -display none -serial mon:stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel $(BOOT_IMAGE) -initrd $(INITRD) \
	-append "$(APPEND)" $(QEMU_FLAGS)
