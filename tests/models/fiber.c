// SPDX-License-Identifier: MPL-2.0
/* The address sanitizer is told of each switch, so that it knows which stack it looks at. */
#include <sanitizer/common_interface_defs.h>
#include <stdlib.h>
#include <ucontext.h>

#include "fiber.h"

#define STACK (256 * 1024)

struct fiber {
	ucontext_t context;
	void (*body)(void *);
	void *arg;
	const void *bottom;
	size_t size;
	void *fake;
};
static struct fiber *previous, *starting;

static void arrived(struct fiber *self)
{
	const void *bottom;
	size_t size;

	__sanitizer_finish_switch_fiber(self->fake, &bottom, &size);
	if (previous && !previous->bottom) {
		previous->bottom = bottom;
		previous->size = size;
	}
}

static void begin(void)
{
	struct fiber *f = starting;

	arrived(f);
	f->body(f->arg);
	abort();
}

struct fiber *fiber_main(void)
{
	return calloc(1, sizeof(struct fiber));
}

struct fiber *fiber_new(void (*body)(void *), void *arg)
{
	struct fiber *f = calloc(1, sizeof(*f));

	f->body = body;
	f->arg = arg;
	f->size = STACK;
	f->bottom = malloc(STACK);
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = (void *)f->bottom;
	f->context.uc_stack.ss_size = STACK;
	makecontext(&f->context, begin, 0);
	return f;
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	previous = from;
	starting = to;
	__sanitizer_start_switch_fiber(&from->fake, to->bottom, to->size);
	swapcontext(&from->context, &to->context);
	arrived(from);
}

void fiber_again(struct fiber *f, void (*body)(void *), void *arg)
{
	f->body = body;
	f->arg = arg;
	f->fake = NULL;
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = (void *)f->bottom;
	f->context.uc_stack.ss_size = STACK;
	makecontext(&f->context, begin, 0);
}
