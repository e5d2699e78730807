// SPDX-License-Identifier: MPL-2.0
/* Off and reset (frame/boot.h). */
#include <frame/boot.h>
#include <frame/log.h>

#include "../arch.h"
#include "../cpu_local.h"

/*
 * What the user must read now, whatever a program has made of the console's level; everything else
 * has stopped.
 */
static void end_by_hand(const char *what) __attribute__((noreturn));
static void end_by_hand(const char *what)
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
	end_by_hand("the machine does not power off: turn it off by hand");
}

void power_reset(void)
{
	arch_irq_disable();
	cpu_stop_others();
	arch_reset();
	end_by_hand("the machine does not restart: do it by hand");
}
