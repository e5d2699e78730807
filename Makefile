# SPDX-License-Identifier: MPL-2.0
# Keel. `make run` installs what is missing, builds and boots; `make test` tests; `make help` tells the rest.
ARCH     ?= riscv64
DEBUG    ?=
KTEST    ?=
V        ?=
B        := build/$(ARCH)$(if $(DEBUG),-debug)
# What is linked: objects are the same with and without self-tests, the kernel is not.
L        := $(B)$(if $(KTEST),/ktest)
CACHE    := build/cache/$(ARCH)
Q        := $(if $(V),,@)
say      = $(if $(V),,@echo "  $(1)	$(2)")

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all run test quick check tcb bench gdb dis image clean initramfs setup help docs

# Goals that compile something.
BUILDS   := $(filter-out clean help tcb docs,$(or $(MAKECMDGOALS),all))

# The tools come before the rules that ask them. A newcomer's two commands install what is missing;
# the others say it.
ifneq ($(BUILDS),)
ifneq ($(shell tools/setup/deps $(if $(filter run test setup,$(MAKECMDGOALS)),,--check) >&2; echo $$?),0)
$(error The tools are not all there)
endif
endif

ifeq ($(wildcard arch/$(ARCH)/arch.mk),)
$(error There is no architecture $(ARCH); there are: $(notdir $(patsubst %/,%,$(dir $(wildcard arch/*/arch.mk)))))
endif
include arch/$(ARCH)/arch.mk
include tools/safe-c.mk
include tools/framecheck/rules.mk
ifeq ($(wildcard platform/$(PLATFORM)/platform.mk),)
$(error There is no platform $(PLATFORM); there are: $(notdir $(patsubst %/,%,$(dir $(wildcard platform/*/platform.mk)))))
endif
include platform/$(PLATFORM)/platform.mk
include $(wildcard platform/*/model.mk)

# ---- sources: trust is by place ----
FRAME_SRC   := $(filter-out frame/lib/$(if $(KTEST),no_ktest.c,ktest.c frame/mm/audit.c frame/dev/audit.c) frame/irqchip/%,$(wildcard frame/*/*.c)) $(wildcard frame/dev/reach/*.c) $(IRQ_CHIPS:%=frame/irqchip/%.c) \
	$(wildcard arch/$(ARCH)/frame/*.c) $(wildcard arch/$(ARCH)/frame/*.S)
SERVICE_SRC := $(sort $(shell find kernel -path kernel/test -prune -o -name '*.c' -print)) $(wildcard arch/$(ARCH)/abi/*.c) \
	$(if $(KTEST),$(wildcard kernel/test/*.c))
FRAME_OBJ   := $(FRAME_SRC:%=$(B)/%.o)
SERVICE_OBJ := $(SERVICE_SRC:%=$(B)/%.o)

COMMON_FLAGS := -std=gnu11 -O2 -g -ffreestanding -nostdinc -isystem $(shell $(CROSS)gcc -print-file-name=include 2>/dev/null) $(ARCH_CFLAGS) \
	-fno-omit-frame-pointer -fno-stack-protector -ffunction-sections -fdata-sections -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
	$(if $(DEBUG),-DKEEL_DEBUG) -Iframe/include -Iarch/$(ARCH)/frame/include
FRAME_CFLAGS := $(COMMON_FLAGS) -fwrapv -fno-strict-aliasing -fno-delete-null-pointer-checks -fno-tree-loop-distribute-patterns \
	-fno-store-merging --param=dse-max-object-size=0 -fno-if-conversion -fno-asynchronous-unwind-tables
SERVICE_CFLAGS := $(COMMON_FLAGS) $(SAFEC_CFLAGS) -fno-asynchronous-unwind-tables -Ikernel/include -Iarch/$(ARCH)/abi/include

all: $(BOOT_IMAGE)

# ---- help ----
define HELP
make             build the kernel: $(BOOT_IMAGE)
make run         install what is missing, build, boot to a shell; leave with `poweroff`
make test        install what is missing, run the whole test matrix; CELL='riscv64-abi*': some cells
make quick       the few tests for after each change
make setup       install what building and testing need (Debian 12)
make check       the checker over all services, and the whole-program rules
make bench       guest instructions of each operation, Linux beside Keel; ROW=WORD: some rows
make gdb         the kernel under gdb
make dis         the kernel's machine code: $(L)/keel.dis
make image       a disk or a card to boot from
make vf2-model   a model of the VisionFive 2, built from QEMU's source: make run PLATFORM=visionfive2
make tcb         how much is trusted
make docs        install Sphinx, build these pages as a site with search: build/docs/index.html
make clean       remove what was built for ARCH

Variables: ARCH=riscv64|x86_64  PLATFORM=$(subst $(eval ) ,|,$(notdir $(patsubst %/,%,$(dir $(wildcard platform/*/platform.mk)))))
  DEBUG=1 lock order and more checks  KTEST=1 with self-tests (APPEND=keel.test=*)  V=1 the commands as they run
  SMP=4 MEM=1G BOOT=uboot APPEND="loglevel=8" INITRD=my.cpio.gz   the machine that is started
endef
help:
	$(info $(HELP))
	@:
setup:
	@:

# ---- objects ----
# libfdt's headers, for those who read a flattened devicetree.
FDT          := $(CACHE)/libfdt-dev
FDT_FLAGS    := -Wno-system-headers -isystem frame/boot/libc -isystem $(FDT)/usr/include
$(B)/frame/boot/%.c.o: frame/boot/%.c $(FDT)/.done
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(FRAME_CFLAGS) $(FDT_FLAGS) -Wno-missing-prototypes -MMD -MP -c $< -o $@
$(FDT_USERS:%=$(B)/%.o): $(FDT)/.done
$(B)/frame/%.c.o: frame/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(FRAME_CFLAGS) -MMD -MP -c $< -o $@
$(B)/arch/$(ARCH)/frame/%.c.o: arch/$(ARCH)/frame/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(FRAME_CFLAGS) $(if $(filter $<,$(FDT_USERS)),$(FDT_FLAGS)) -MMD -MP -c $< -o $@
$(B)/arch/$(ARCH)/frame/%.S.o: arch/$(ARCH)/frame/%.S
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(COMMON_FLAGS) -MMD -MP -c $< -o $@
# A service is compiled only when it has passed the checker, and from the text that was checked: GCC's preprocessed one, in which the checker has
# given each local without an initialiser a zero, and put a call around each operand that GCC checks. What the compiler's register allocator says of itself is read, and its first RTL compared with a late one: no value
# is loaded a second time. The object has its name only when that is done.
LOAD_DUMPS := reload expand cprop_hardreg
# GCC tells each time which of its passes is off.
HUSHED = 2> $@.said; is=$$?; grep -v ': note: disable pass ' $@.said >&2; rm -f $@.said; [ $$is = 0 ]
COMPILE_SERVICE = $(CROSS)gcc $(SERVICE_CFLAGS) $(foreach d,$(LOAD_DUMPS),-fdump-rtl-$(d)=$(@:.o=.$(d))) -x cpp-output -c $(@:.o=.i) -o $@.new $(HUSHED) && \
	tools/loadcheck $(LOAD_DUMPS:%=$(basename $@).%) && rm -f $(LOAD_DUMPS:%=$(basename $@).%) && mv $@.new $@
$(B)/kernel/%.c.o: kernel/%.c $(B)/kernel/%.c.ok tools/loadcheck
	$(call say,CC,$<)
	$(Q)$(COMPILE_SERVICE)
$(B)/arch/$(ARCH)/abi/%.c.o: arch/$(ARCH)/abi/%.c $(B)/arch/$(ARCH)/abi/%.c.ok tools/loadcheck
	$(call say,CC,$<)
	$(Q)$(COMPILE_SERVICE)

# ---- the wall ----
CHECK_FLAGS := $(CLANG_TARGET) -std=gnu11 -ffreestanding -nostdinc $(if $(DEBUG),-DKEEL_DEBUG) \
	-Iframe/include -Iarch/$(ARCH)/frame/include -Ikernel/include -Iarch/$(ARCH)/abi/include
# What objects are made with, beside their text: files that change when the flags or a compiler do.
stamp = $(shell mkdir -p $(B))$(file > $(B)/$(1).new,$(2))$(shell cmp -s $(B)/$(1).new $(B)/$(1) || cp $(B)/$(1).new $(B)/$(1))
ifneq ($(BUILDS),)
GCC_VERSION := $(shell $(CROSS)gcc --version 2>/dev/null | head -n 1)
$(call stamp,frame.flags,$(GCC_VERSION) $(FRAME_CFLAGS) $(FDT_FLAGS))
$(call stamp,service.flags,$(GCC_VERSION) $(SERVICE_CFLAGS) $(CHECK_FLAGS))
endif
$(FRAME_OBJ): $(B)/frame.flags
$(SERVICE_OBJ:.o=.ok): $(B)/service.flags
$(B)/%.c.ok: %.c $(FRAMECHECK)
	$(call say,CHECK,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(SERVICE_CFLAGS) -E -MD -MP -MT $@ -MF $(@:.ok=.check.d) $< -o $(@:.ok=.text.i) $(HUSHED)
	$(Q)$(FRAMECHECK) $(CHECK_FLAGS) --text $(@:.ok=.text.i) --compiled $(@:.ok=.i) --facts $(@:.ok=.facts) $<
	$(Q)touch $@
$(L)/wall.ok: $(SERVICE_OBJ:.o=.ok) $(B)/decls
	$(call say,CHECK,whole program)
	$(Q)mkdir -p $(@D)
	$(Q)$(FRAMECHECK) --link $(B)/frame.facts $(SERVICE_OBJ:.o=.facts)
	$(Q)touch $@
# F1, F2: the frame's own macros; and the names that frame headers declare, for symwall.
PUBLIC_HEADERS := $(sort $(wildcard frame/include/frame/*.h)) $(addprefix arch/$(ARCH)/frame/include/frame_arch/,cpu.h order.h user.h vm.h)
$(B)/decls: $(PUBLIC_HEADERS) $(FRAMECHECK)
	$(call say,CHECK,frame headers)
	$(Q)mkdir -p $(@D)
	$(Q)$(FRAMECHECK) $(CHECK_FLAGS) --facts $(B)/frame.facts $(PUBLIC_HEADERS)
	$(Q)$(FRAMECHECK) --list-decls $(CHECK_FLAGS) $(PUBLIC_HEADERS) > $@
# W2: what the compiler made of the services needs nothing that frame headers do not declare, and slips nothing under the frame, or what is linked into it.
TRUSTED_OBJ := $(FRAME_OBJ) $(L)/libfdt.o $(VDSO_OBJ)
$(L)/symwall.ok: $(SERVICE_OBJ) $(L)/wall.ok $(TRUSTED_OBJ) $(B)/decls tools/framecheck/symwall
	$(call say,CHECK,symbols)
	$(Q)tools/framecheck/symwall --nm $(CROSS)nm --decls $(B)/decls $(TRUSTED_OBJ:%=--frame %) $(SERVICE_OBJ)
	$(Q)touch $@
check: $(L)/wall.ok $(L)/symwall.ok $(L)/stack.ok
# No function steps over the guard below a stack: what is read is the machine code. Everything but
# the symbol tables stands as it will in the kernel.
$(L)/stack.ok: $(L)/keel1.dis tools/stackcheck
	$(call say,CHECK,stack)
	$(Q)tools/stackcheck --arch $(ARCH) --map $(L)/keel1.map $(SERVICE_OBJ:%=--service %) $(OWN_STACKS) $<
	$(Q)touch $@

# ---- linking ----
$(CACHE)/%/.done:
	$(Q)tools/setup/fetch $(CACHE)/$* $(ARCH) $*
# Of libfdt the files that the frame calls, and what those need: all of it is trusted.
$(L)/libfdt.o: $(FDT)/.done $(FRAME_OBJ)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CROSS)ld $(ARCH_LDFLAGS) --no-warn-mismatch -r -o $@ $$($(CROSS)nm $(FRAME_OBJ) | awk '$$1 == "U" { u[$$2] } $$2 == "T" { t[$$3] } END { for (n in u) if (n ~ /^fdt_/ && !(n in t)) print "-u", n }' | sort) \
		$(FDT)/$(FDT_LIB)
	$(Q)! $(CROSS)objdump -d --no-show-raw-insn $@ | grep -E $(FP_PATTERN)
$(B)/ksyms0.o: tools/ksyms
	$(Q)mkdir -p $(@D)
	$(Q)tools/ksyms $(CROSS) > $(B)/ksyms0.S && $(CROSS)gcc $(ARCH_CFLAGS) -c $(B)/ksyms0.S -o $@
KEEL_OBJ = $(FRAME_OBJ) $(SERVICE_OBJ) $(filter-out $(FRAME_OBJ),$(TRUSTED_OBJ))
# The objects one by one: ld looks through all symbols of an object for each instruction it shortens.
KEEL_LD = $(CROSS)ld $(ARCH_LDFLAGS) --no-warn-mismatch --gc-sections -T arch/$(ARCH)/frame/kernel.lds -Map=$(1:.elf=.map) -o $(1) $(KEEL_OBJ) $(2)
$(L)/keel1.elf: $(KEEL_OBJ) $(L)/symwall.ok $(B)/ksyms0.o arch/$(ARCH)/frame/kernel.lds arch/$(ARCH)/arch.mk
	$(call say,LD,$@)
	$(Q)$(call KEEL_LD,$@,$(B)/ksyms0.o)
# The tables stand behind all code and read-only data, so their size moves no function. A third link with tables of the second makes data addresses right too.
$(L)/keel1.dis: $(L)/keel1.elf
	$(Q)$(CROSS)objdump -d --no-show-raw-insn $< > $@
$(L)/ksyms.o: $(L)/keel1.dis tools/ksyms
	$(call say,KSYMS,$@)
	$(Q)tools/ksyms $(CROSS) $(L)/keel1.elf $< > $(L)/ksyms.S && $(CROSS)gcc $(ARCH_CFLAGS) -c $(L)/ksyms.S -o $@
$(L)/keel.elf: $(L)/ksyms.o $(L)/stack.ok
	$(call say,LD,$@)
	$(Q)$(call KEEL_LD,$@,$(L)/ksyms.o)
$(L)/Image: $(L)/keel.elf
	$(call say,IMAGE,$@)
	$(Q)$(CROSS)objcopy -O binary $< $@
# To read: the kernel's machine code.
dis: $(L)/keel.elf
	$(call say,DIS,$(L)/keel.dis)
	$(Q)$(CROSS)objdump -d $< > $(L)/keel.dis

# ---- running ----
BUSYBOX   := $(CACHE)/busybox-static/usr/bin/busybox
INITRAMFS := $(B)/initramfs.cpio.gz
INITRD    ?= $(INITRAMFS)
$(BUSYBOX):
	$(Q)tools/setup/fetch $(CACHE)/busybox-static $(ARCH) busybox-static
	$(Q)touch $@
$(INITRAMFS): $(BUSYBOX) tools/initramfs $(shell find platform/rootfs -type f)
	$(call say,CPIO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)tools/initramfs $@ --busybox $(BUSYBOX) --skeleton platform/rootfs
initramfs: $(INITRAMFS)
QEMU_LEAVE ?= poweroff (or ctrl-a x)
# How the kernel is loaded: the first of the platform's ways, when the user names none.
BOOT      ?= $(firstword $(BOOTS))
START      = $(if $(filter $(BOOT),$(BOOTS)),$(QEMU_RUN),$(error BOOT=$(BOOT): $(PLATFORM) has no such way to boot, there are: $(BOOTS)))
run gdb: all $(INITRD) $(if $(filter uboot,$(BOOT)),image)
# What is piped in waits for the shell. Firmware may lose the first byte, and the start of a port that
# firmware has left without FIFOs the first two: those are empty lines.
run:
	@echo "  QEMU    leave with: $(QEMU_LEAVE)"
	$(Q)if [ -t 0 ]; then $(START); else { echo; echo; cat; } | $(START); fi
# QEMU waits for the debugger; gdb ends, QEMU ends. In a session of its own: ^C is for gdb.
gdb:
	$(Q)setsid $(START) -S -gdb tcp::$(GDB_PORT) < /dev/null & gdb-multiarch -q -x tools/gdb/keel.py $(GDB_FLAGS) -ex "target remote :$(GDB_PORT)" $(L)/keel.elf; kill $$!
GDB_PORT ?= 1234

# ---- images ----
# A disk, or a card, from which the platform's boot loader starts the kernel. Made anew each time, for APPEND and INITRD are the user's and it takes a second.
# U-Boot takes a command line of 255 characters.
ifeq ($(filter image,$(MAKECMDGOALS))$(DISK_IMAGE),image)
$(error $(PLATFORM) has no boot loader that starts from a disk: there is no image to make)
endif
image: all $(INITRD) $(DISK_NEEDS)
	$(call say,DISK,$(DISK_IMAGE))
	$(Q)tools/image $(DISK_IMAGE) --layout platform/$(PLATFORM)/disk.layout --file /Image=$(BOOT_IMAGE) --file /initramfs.cpio.gz=$(INITRD) \
		--fill /extlinux/extlinux.conf=platform/$(PLATFORM)/extlinux.conf --set APPEND="$(or $(APPEND),console=ttyS0)" --limit APPEND=255 \
		$(DISK_CONTENT)

# ---- testing ----
# The cells of ci/matrix, two at a time or more: all, or those whose names match CELL ('riscv64-abi*' and the like), or ARCH's alone when it is given here.
MATRIX_ARCH := $(if $(filter command line,$(origin ARCH)),--arch $(ARCH))
test:
	$(Q)ci/run $(MATRIX_ARCH) $(foreach c,$(CELL),'$(c)')
# What a developer wants after each change.
quick:
	$(Q)ci/run --quick $(MATRIX_ARCH)
# Guest instructions of the same program on Keel and on Debian's Linux: build/ARCH/bench.txt. ROW=WORD chooses rows.
bench: all
	$(Q)$(MAKE) --no-print-directory KTEST=1
	$(Q)ARCH=$(ARCH) tests/bench/run $(ROW)
tcb:
	$(Q)tools/tcb
# The pages, and a reference made from the sources.
DOCS_PACKAGES := python3-sphinx python3-myst-parser furo graphviz
docs:
	$(Q)tools/setup/deps $(DOCS_PACKAGES)
	$(call say,DOCS,build/docs/index.html)
	$(Q)tools/site

clean:
	rm -rf build/$(ARCH) build/$(ARCH)-debug build/framecheck build/framecheck.d build/docs build/docs-source

-include $(FRAME_OBJ:.o=.d) $(SERVICE_OBJ:.o=.check.d)
