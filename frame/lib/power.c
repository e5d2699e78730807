// SPDX-License-Identifier: MPL-2.0
/* Power off and reset (frame/boot.h). */
#include <frame/boot.h>
#include <frame/log.h>

#include "../arch.h"
#include "../cpu_local.h"

/*
 * Shows the user a last message, whatever console level a program has set; everything else has
 * stopped.
 */
static void power_end_by_hand(const char *what) __attribute__((noreturn));
static void power_end_by_hand(const char *what)
{
	log_set_console_level(LOG_ERR + 1);
	log_text(LOG_ERR, lit_span((struct lit){ what }));
	arch_halt();
}

void power_off(void)
{
	arch_irq_disable();
	cpu_stop_others();
	arch_power_off();
	power_end_by_hand("the machine does not power off: turn it off by hand");
}

void power_reset(void)
{
	arch_irq_disable();
	cpu_stop_others();
	arch_reset();
	power_end_by_hand("the machine does not restart: do it by hand");
}
