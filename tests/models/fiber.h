// SPDX-License-Identifier: MPL-2.0
/*
 * Stacks to switch between, by the C library; apart, because its headers clash with the frame's
 * types.
 */
#ifndef MODELS_FIBER_H
#define MODELS_FIBER_H

struct fiber;
/* The one that runs first; one that begins with body(arg), which must not return. */
struct fiber *fiber_main(void);
struct fiber *fiber_new(void (*body)(void *), void *arg);
/* Makes one that is not to go on begin anew. */
void fiber_again(struct fiber *f, void (*body)(void *), void *arg);
void fiber_switch(struct fiber *from, struct fiber *to);

#endif
