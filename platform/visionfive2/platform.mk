# SPDX-License-Identifier: MPL-2.0
# StarFive VisionFive 2, a board: `make image PLATFORM=visionfive2` makes its SD card, docs/visionfive2.md says how to start it. `make run PLATFORM=visionfive2`
# runs that card on a model of the board, once `make vf2-model` has built it.
ifneq ($(ARCH),riscv64)
$(error The VisionFive 2 has riscv64 processors: make image PLATFORM=visionfive2 ARCH=riscv64)
endif
BOOTS       := sd-card
# 2G, 4G or 8G. The board always has its five harts.
MEM         ?= 4G
QEMU_RUN     = $(if $(wildcard $(VF2_MODEL)),,$(error There is no model of the board yet: make vf2-model, some five minutes))$(VF2_MODEL) -M visionfive2 -m $(MEM) -nographic -no-reboot \
	-drive if=sd,format=raw,file=$(DISK_IMAGE) $(QEMU_FLAGS)
run gdb: image
DISK_IMAGE  := build/visionfive2-sd.img
VF2_UBOOT   := $(CACHE)/u-boot-starfive
VF2_TREES   := $(CACHE)/linux-devicetrees
DISK_NEEDS  := $(VF2_UBOOT)/.done $(VF2_TREES)/.done
VF2_REVISIONS := v1.2a v1.3b
VF2_TREE     = $(firstword $(wildcard $(VF2_TREES)/usr/lib/*/starfive/$(1) $(VF2_TREES)/usr/lib/modules/*/dtb/starfive/$(1)) $(VF2_TREES)/starfive/$(1))
VF2_FIRMWARE := $(VF2_UBOOT)/usr/lib/u-boot/starfive_visionfive2
# Firmware: raw for the boot ROM and the SPL, and as files to update the flash from. Between the kernel, at 0x40200000, and scripts, at 0x43900000, there are 55 MiB.
DISK_CONTENT = --raw spl=$(VF2_FIRMWARE)/u-boot-spl.bin.normal.out --raw uboot=$(VF2_FIRMWARE)/u-boot.itb --limit /Image=55M \
	$(foreach f,u-boot-spl.bin.normal.out u-boot.itb,--file /firmware/$(f)=$(VF2_FIRMWARE)/$(f)) \
	$(foreach r,$(VF2_REVISIONS),--file /dtb/starfive/jh7110-starfive-visionfive-2-$(r).dtb=$(call VF2_TREE,jh7110-starfive-visionfive-2-$(r).dtb)) \
	--fill /vf2_uEnv.txt=platform/visionfive2/vf2_uEnv.txt --fill /uEnv.txt=platform/visionfive2/vf2_uEnv.txt+platform/visionfive2/uEnv.txt
