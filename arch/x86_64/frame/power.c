// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: power off, reset, and leaving the emulator: ACPI's fixed registers (ACPI specification,
 * 4.8.3.2 and 4.8.3.6), and QEMU's exit device.
 */
#include "backend.h"

#define SLEEP_ENABLE  (1u << 13)
#define CHIPSET_RESET 0xcf9
#define OFF_SECONDS   3u

u32 x86_exit_port;

void arch_power_off(void)
{
	u64 until;

	if (!acpi.pm1a_control)
		return;
	/* TRUST: the port that firmware gives for it. */
	arch_port_write16((u16)acpi.pm1a_control, (u16)(acpi.sleep_type_a << 10 | SLEEP_ENABLE));
	if (acpi.pm1b_control)
		arch_port_write16((u16)acpi.pm1b_control,
			(u16)(acpi.sleep_type_b << 10 | SLEEP_ENABLE));
	/* The machine needs a moment to turn off. */
	until = arch_cycles() + OFF_SECONDS * arch_timer_hz();
	while (arch_cycles() < until)
		_arch_relax();
}

void arch_reset(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) no_table;

	if (acpi.reset_port)
		arch_port_write8((u16)acpi.reset_port, acpi.reset_value);
	arch_port_write8(CHIPSET_RESET, 2);
	arch_port_write8(CHIPSET_RESET, 6);
	/* A trap without an interrupt table resets the CPU. */
	__asm__ volatile("lidt %0\n\tint3" : : "m"(no_table));
}

/*
 * isa-debug-exit: QEMU's exit status becomes 2 * status + 1, so success is a power-off. Without the
 * device, a reset at least ends a QEMU that runs with -no-reboot.
 */
void arch_exit_emulator(u32 status)
{
	if (!status)
		arch_power_off();
	if (x86_exit_port)
		arch_port_write32((u16)x86_exit_port, status);
	arch_reset();
}

void arch_halt(void)
{
	for (;;)
		__asm__ volatile("cli\n\thlt" : : : "memory");
}
