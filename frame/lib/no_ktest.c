// SPDX-License-Identifier: MPL-2.0
/* Replaces ktest.c in a kernel without self-tests: keel.test= on the command line panics. */
#include <frame/boot.h>
#include <frame/test.h>

#include "lib.h"

const char *ktest_running(void)
{
	return NULL;
}

void ktest_catch(const char *message)
{
	(void)message;
}

void ktest_run_and_end(void)
{
	_kernel_panic("keel.test: this kernel has no self-tests; build one with KTEST=1");
}
