# SPDX-License-Identifier: MPL-2.0
# The model of the board for QEMU, and its test. Included whatever the platform: neither needs PLATFORM=.
VF2_MODEL := build/vf2-model/qemu-system-riscv64
.PHONY: vf2-model vf2-test
$(VF2_MODEL): $(wildcard platform/visionfive2/qemu/*)
	$(call say,MODEL,$@)
	$(Q)platform/visionfive2/qemu/build $(@D)
vf2-model: $(VF2_MODEL)
# TEST=WORD chooses tests.
vf2-test:
	$(Q)tests/vf2/run $(if $(TEST),'$(TEST)')
