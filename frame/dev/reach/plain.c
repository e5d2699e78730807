// SPDX-License-Identifier: MPL-2.0
/*
 * Devices that access no memory and share no register with another device: serial ports and clocks.
 */
#include "reach.h"

const struct reach reach_plain[] = {
	{ "ns16550a", .size = REACH_ALL },
	{ "ns16550", .size = REACH_ALL },
	{ "snps,dw-apb-uart", .size = REACH_ALL },
	{ "starfive,jh7110-uart", .size = REACH_ALL },
	{ "sifive,uart0", .size = REACH_ALL },
	{ "google,goldfish-rtc", .size = REACH_ALL },
	{ "motorola,mc146818", .size = REACH_ALL },
	{ NULL },
};
