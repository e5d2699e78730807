// reject: T3
// SPDX-License-Identifier: MPL-2.0
/* The names that KTEST, DRIVER and FMT declare are names. */
#include <frame/fmt.h>
#include <frame/test.h>
#include <frame/types.h>

#define LATER later
#define EMPTY
static u8 line[16];
KTEST(LATER) // <- T3
{
}
KTEST(two EMPTY) // <- T3
{
}
static void format(void)
{
	FMT(LATER, span_of(line)); // <- T3
	FMT(g EMPTY, span_of(line)); // <- T3

	fmt_char(&later, 'a');
	fmt_char(&g, 'a');
}
