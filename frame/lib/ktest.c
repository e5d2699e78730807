// SPDX-License-Identifier: MPL-2.0
/*
 * Self-tests (frame/test.h): selection by glob, the report, and functions that are expected to
 * trap.
 */
#include <frame/boot.h>
#include <frame/log.h>
#include <frame/test.h>
#include <frame/time.h>

#include "../arch.h"
#include "../cpu_local.h"
#include "../dev/dev.h"
#include "../mm/page.h"
#include "../task/task.h"
#include "lib.h"

extern u8 _image_start[], _rodata_end[];
extern const struct ktest *const _tests_start[], *const _tests_end[];

static const char *running; /* name of the running test */
static const char *failed_file;
static u32 failed_line, nr_failed_checks;
static u64 passed, failed;

static void ktest_say(const char *s)
{
	arch_early_write((const u8 *)s, __builtin_strlen(s));
}

/* As in the shell: `*` matches any sequence of characters. */
static bool ktest_glob(struct cspan pattern, struct cspan name)
{
	size_t i;

	if (!pattern._n)
		return !name._n;
	if (pattern._p[0] != '*')
		return name._n && name._p[0] == pattern._p[0] &&
			ktest_glob(cspan_from(pattern, 1), cspan_from(name, 1));
	for (i = 0; i <= name._n; i++) {
		if (ktest_glob(cspan_from(pattern, 1), cspan_from(name, i)))
			return true;
	}
	return false;
}

static bool ktest_is_selected(struct cspan list, struct lit name)
{
	while (list._n) {
		size_t n = cspan_find(list, ',');
		if (ktest_glob(cspan_first(list, n), lit_span(name)))
			return true;
		list = cspan_from(list, n + 1);
	}
	return false;
}

void _ktest_fail(const char *file, u32 line)
{
	if (!_add32_full(&nr_failed_checks, 1)) {
		failed_file = file;
		failed_line = line;
	}
}

const char *ktest_running(void)
{
	return running;
}

static void ktest_run(const struct ktest *t)
{
	nr_failed_checks = 0;
	running = t->_name._s;
	t->_run();
	ktest_say("KTEST ");
	ktest_say(t->_name._s);
	if (nr_failed_checks) {
		ktest_say(" FAIL ");
		ktest_say(failed_file);
		panic_print(":%u\r\n", failed_line);
		failed++;
	} else {
		ktest_say(" ok\r\n");
		passed++;
	}
}

void ktest_run_and_end(void)
{
	bool found;
	struct cspan list = boot_option(LIT("keel.test"), &found);
	const struct ktest *const *t;

	for (t = _tests_start; t < _tests_end; t++) {
		if (ktest_is_selected(list, (*t)->_name))
			ktest_run(*t);
	}
	panic_print("KTEST done: %lu passed, %lu failed\r\n", passed, failed);
	arch_irq_disable();
	cpu_stop_others();
	if (passed && !failed)
		arch_power_off();
	arch_exit_emulator(1);
	arch_halt();
}

void ktest_set_refs(struct obj *o, u32 refs)
{
	if (!running)
		_kernel_panic("ktest_set_refs outside self-tests");
	(void)_swap32_full(&o->_refs, refs);
}

void ktest_set_map_count(struct page *p, u32 maps)
{
	if (!running)
		_kernel_panic("ktest_set_map_count outside self-tests");
	(void)_swap64_full(&p->refs, (p->refs & ~0u) | (u64)maps << 32);
}

/* Hashes the kernel's text and constants, which are never written. */
static u64 ktest_hash_image(void)
{
	const u64 *w = (const u64 *)round_up((u64)_image_start, 8);
	u64 hash = 0xcbf29ce484222325ul;

	for (; w < (const u64 *)round_down((u64)_rodata_end, 8); w++)
		hash = (hash ^ *w) * 0x100000001b3ul;
	return hash;
}

u64 ktest_audit(void)
{
	u64 image = ktest_hash_image(), hash = 0;
	bool pages = false, pools = false, devices = false;
	unsigned tries;

	if (!running)
		_kernel_panic("ktest_audit outside self-tests");
	/*
	 * Other CPUs may be in the middle of a change, which is done at the next try. A broken list
	 * stays broken.
	 */
	for (tries = 0; tries < 1000 && !(pages && pools && devices); tries++) {
		hash = image;
		pages = page_audit();
		pools = pool_audit(&hash);
		devices = device_audit(&hash);
		if (!(pages && pools && devices))
			(void)task_sleep_until(time_mono_ns() + NSEC_PER_MSEC,
				WAIT_UNINTERRUPTIBLE);
	}
	if (!pages)
		log_err("audit: the free pages do not match their count");
	if (!pools)
		log_err("audit: the free slots of a pool do not match their count");
	if (!devices)
		log_err("audit: a ring or a transfer does not hold what its device has");
	return pages && pools && devices ? hash | 1 : 0;
}

u64 ktest_live_like(const struct obj *o)
{
	if (!ktest_running())
		_kernel_panic("ktest_live_like outside self-tests");
	return pool_live_like(o);
}

/* ---- functions that are expected to trap ---- */

struct attempt {
	struct obj obj;
	void (*fn)(void);
	u32 done;
};
static void attempt_release(struct obj *o)
{
	(void)o;
}
static struct obj_type attempt_type = {
	._name = { "ktest" }, ._size = sizeof(struct attempt), ._release = attempt_release
};

static void attempt_run(struct obj *o)
{
	struct attempt *a = (struct attempt *)o; /* TRUST: made below */

	arch_current()->expects_trap = 1;
	a->fn();
	arch_current()->expects_trap = 0;
}
static const struct task_ops attempt_ops = { .run = attempt_run };

bool ktest_traps(void (*fn)(void))
{
	struct attempt *a;
	struct task *t;
	unsigned tries;
	bool trapped;

	if (!running)
		_kernel_panic("ktest_traps outside self-tests");
	a = (struct attempt *)_obj_alloc(&attempt_type);
	if (!a)
		return false;
	a->fn = fn;
	t = task_new(&attempt_ops, &a->obj, (struct lit){ "ktest" });
	_obj_put(&a->obj);
	if (!t)
		return false;
	/*
	 * The frame's own use keeps the task, because @fn may put references that services count.
	 */
	_obj_get(&t->handle.obj);
	handle_put(&t->handle);
	task_start(t);
	/* Most tasks end sooner than a sleep would. */
	for (tries = 0; tries < 50 && load_acquire(t->state) != TASK_DEAD; tries++)
		task_yield();
	while (load_acquire(t->state) != TASK_DEAD)
		(void)task_sleep_until(time_mono_ns() + NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
	trapped = t->trapped;
	_obj_put(&t->handle.obj);
	return trapped;
}

/* ---- calls that are expected to panic, in the caller's context ---- */

static struct catch
{
	void *buf[5]; /* of __builtin_setjmp */
	const struct task *task;
	const char *message;
	u64 irqs, irq_depth;
}
catches[MAX_CPUS]; /* one for each CPU at a time: task is set */

/* Not inlined: longjmp must not leave the function that it returns to. */
static noinline void ktest_try(struct catch *c, void (*fn)(void))
{
	c->message = NULL;
	c->task = arch_current();
	if (!__builtin_setjmp(c->buf))
		fn();
	c->task = NULL;
}

bool ktest_refuses(void (*fn)(void), struct lit message)
{
	struct catch *c = &catches[_arch_cpu_id()];

	if (!running)
		_kernel_panic("ktest_refuses outside self-tests");
	c->irqs = _arch_irq_save();
	c->irq_depth = arch_this_cpu()->irq_depth;
	ktest_try(c, fn);
	arch_irq_disable();
	arch_this_cpu()->irq_depth = c->irq_depth;
	_arch_irq_restore(c->irqs);
	return c->message && cspan_equal(lit_span((struct lit){ c->message }), lit_span(message));
}

void ktest_catch(const char *message)
{
	struct catch *c = &catches[_arch_cpu_id()];

	if (c->task != arch_current() || !c->task)
		return;
	c->message = message;
	__builtin_longjmp(c->buf, 1);
}
