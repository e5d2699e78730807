// SPDX-License-Identifier: MPL-2.0
/*
 * What the self-tests share. They are services: what they try against the frame is what any service
 * could try.
 *
 * A function that is expected to trap takes no arguments, so what it works on stands in static
 * variables.
 */
#ifndef KERNEL_TEST_TEST_H
#define KERNEL_TEST_TEST_H

#include <frame/atomic.h>
#include <frame/obj.h>
#include <frame/sync.h>
#include <frame/task.h>
#include <frame/test.h>
#include <frame/time.h>
#include <frame/wait.h>

struct dma;
struct iomem;
struct ring;
struct virtio;

/* An object to do anything with. */
struct probe {
	struct obj obj;
	u64 value;
	struct probe *link;
	struct waitq wq;
	struct mutex lock;
	struct atomic count;
	u8 bytes[40];
};
OBJ_TYPE_DECL(probe);
/* Probes whose release function has run, and what it saw. */
extern struct atomic probes_released;

/* Another type of the same size. */
struct decoy {
	struct obj obj;
	u64 value;
	struct decoy *link;
	u8 bytes[64];
};
OBJ_TYPE_DECL(decoy);

#define TEST_TEAM_MAX 16u

/*
 * Runs fn(i) for each i below @n in a task of its own and waits for all of them: false when half a
 * minute passes without a test_step by one of them, or the end of all.
 */
bool test_team(void (*fn)(unsigned i), unsigned n);
/* One of them in the background; test_wait waits for all that were started. */
bool test_start(void (*fn)(unsigned i), unsigned i);
bool test_wait(void);
/* Says that the test goes on, however slow the machine is. */
void test_step(void);
/* A task that runs fn(i), not started. */
struct task *test_task(void (*fn)(unsigned i), unsigned i);

/*
 * Runs @call, and @fn in another task from the first moment in it at which it lets others run; both
 * have ended afterwards. False: it never did, and @fn has begun after it.
 */
bool test_meanwhile(void (*call)(void), void (*fn)(void));

void test_sleep_ms(u64 ms);
/*
 * From now on what is dirty is looked for ten times a second, and the end of a super has half a
 * second of patience; with @expire it is also written as soon. test_unhurry: all as usual.
 */
void test_hurry(bool expire);
void test_unhurry(void);
/* Waits until the value is @want; false after ten seconds, or those after the last test_step. */
bool test_until(struct atomic *a, u64 want);

/*
 * What the frame refuses to code that it calls in the middle of something: what only a task may do,
 * what would want the frame's locks that are held around the code, and what would want the log's.
 * test_deeds tries all of these kinds where it is called and returns a bit for each that was not
 * refused with that message, ~0 without a test_deeds_begin before it. It also does what is allowed
 * there, and all of it again in a release function. test_deeds_end: false when a task did not come
 * to its end.
 */
enum { ONLY_TASKS = 1, NO_LOCKS = 2, NO_LOG = 4 };
/* Handles for it, NULL when the machine has none; the ring is set up, and its device off. */
struct dma *test_dma(void);
struct iomem *test_iomem(void);
struct virtio *test_virtio(void);
struct ring *test_ring_begin(void);
void test_ring_end(void);
bool test_deeds_begin(void);
u64 test_deeds(u32 kinds, struct lit message);
bool test_deeds_end(void);
#define NO_HANDLER LIT("an interrupt handler does what only a task may")
#define NO_POLICY  LIT("the scheduling policy does what it must not")
#define NO_CONSOLE LIT("a console's write does what it must not")

struct netdev;
struct packet;
/* As ring_take, but waits for a chain, ten seconds at most. */
int test_take(struct ring *r, u64 *cookie, u32 *len);
/* netdev_ops.xmit of devices that send nothing. */
int test_drop_packet(struct netdev *d, u32 queue, struct packet *p, bool more);

/* Numbers that look random, the same at each run: *@state may start as anything. */
u64 test_random(u64 *state);

#endif
