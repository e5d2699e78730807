# SPDX-License-Identifier: MPL-2.0
# QEMU's virt machine: how to start it. SMP, MEM, BOOT, NIC, SSH, NET, APPEND, INITRD and QEMU_FLAGS are the user's.
QEMU        := qemu-system-riscv64
SMP         ?= 4
MEM         ?= 512M
BIOS        ?= default
# How the kernel gets there: QEMU loads it, or Debian's U-Boot does, from the disk that `make image` makes (it wants 256M of memory).
BOOTS       := direct uboot
# A network card, and QEMU's own network behind it. Empty: none. NIC=e1000e: Intel's 82574L. SSH=PORT: the host's PORT leads to the guest's 22. Without the option devices over MMIO are of the legacy kind, which the kernel refuses.
NIC         ?= virtio-net-device
NET         ?= -netdev user,id=n0$(SSH:%=,hostfwd=tcp:127.0.0.1:%-:22) -device $(NIC),netdev=n0
UBOOT       ?= /usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin
QEMU_direct  = -kernel $(BOOT_IMAGE) -initrd $(INITRD) -append "$(APPEND)"
UBOOT_MEM    = $(shell [ "$$(echo $(MEM)M | tr a-z A-Z | sed 's/\([KMGT]\)M$$/\1/' | numfmt --from=iec)" -ge 268435456 ] || echo small)
QEMU_uboot   = $(if $(UBOOT_MEM),$(error MEM=$(MEM): U-Boot puts what it loads up to 256M into memory, it needs so much))-kernel $(UBOOT) -drive file=$(DISK_IMAGE),format=raw,if=none,id=disk -device virtio-blk-device,drive=disk
QEMU_RUN     = $(QEMU) -M virt -smp $(SMP) -m $(MEM) -bios $(BIOS) -nographic -no-reboot -global virtio-mmio.force-legacy=false $(or $(NET),-nic none) $(QEMU_$(BOOT)) $(QEMU_FLAGS)
DISK_IMAGE   = $(B)/disk.img
