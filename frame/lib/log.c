// SPDX-License-Identifier: MPL-2.0
/*
 * The log (frame/log.h): a ring of bytes with records (header, text); the oldest records are
 * overwritten.
 *
 * Locking: log_lock guards the ring and orders the console output. It is taken with interrupts off,
 *          after all other locks (the console's write takes its own under it), and held while the
 *          console writes. Logging and waking by the console are refused (cpu_local.h). The log's
 *          readers are woken after the unlock. A record from the scheduling policy wakes no reader,
 *          because no task can be woken under the policy's locks; the next record does it.
 */
#include <frame/boot.h>
#include <frame/log.h>
#include <frame/time.h>

#include "../arch.h"
#include "../cpu_local.h"
#include "lib.h"

#define RING_SIZE (128u << 10)
#define LINE_MAX  512

struct record {
	u64 seq, time_ns;
	u32 level, len;
};

static struct spinlock log_lock;
static u8 ring[RING_SIZE];
static u64 head, tail; /* byte positions, never decreasing */
static u64 next_seq, first_seq;
/* Position of record hint_seq, or of the next one: readers that read in order need not search. */
static u64 hint_seq, hint_at;
static u32 console_level = LOG_INFO + 1; /* records with a lower level go to the console */
static const struct console_ops *console;
static struct obj *console_owner;
static struct waitq waiters;

static void ring_copy_in(u64 at, const void *src, size_t n)
{
	const u8 *s = src;

	while (n--)
		ring[at++ % RING_SIZE] = *s++;
}

static void ring_copy_out(u64 at, void *dst, size_t n)
{
	u8 *d = dst;

	while (n--)
		*d++ = ring[at++ % RING_SIZE];
}

static void ring_drop_oldest(void)
{
	struct record r;

	ring_copy_out(tail, &r, sizeof(r));
	tail += sizeof(r) + r.len;
	first_seq = r.seq + 1;
}

static u64 log_lock_ring(void)
{
	if (unlikely(arch_this_cpu()->irq_depth >= IN_CONSOLE))
		no_task_here();
	return spin_lock_irqsave(&log_lock);
}

static void console_put(struct cspan s)
{
	struct cpu *c = arch_this_cpu();

	if (!console) {
		arch_early_write(s._p, s._n);
		return;
	}
	c->irq_depth += IN_CONSOLE;
	console->write(console_owner, s);
	arch_irq_disable(); /* the console may have turned them on */
	c->irq_depth -= IN_CONSOLE;
}

static void console_put_record(const struct record *r, struct cspan text)
{
	u8 stamp[32];
	static const u8 nl[] = { '\r', '\n' };
	FMT(f, span_of(stamp));

	fmt_printf(&f, "[%5lu.%06lu] ", r->time_ns / NSEC_PER_SEC,
		r->time_ns % NSEC_PER_SEC / NSEC_PER_USEC);
	console_put(fmt_text(&f));
	console_put(text);
	console_put((struct cspan){ nl, sizeof(nl) });
}

void log_text(u32 level, struct cspan text)
{
	struct record r;
	u8 line[LINE_MAX];
	FMT(f, span_of(line));
	size_t i;
	u64 flags;

	for (i = 0; i < text._n && i < LINE_MAX; i++) {
		u8 c = text._p[i];
		if (c >= ' ' && c != 127)
			fmt_char(&f, (char)c);
		else
			fmt_printf(&f, "\\x%02x", c);
	}
	flags = log_lock_ring();
	r = (struct record){ .seq = next_seq++,
		.time_ns = arch_timer_hz() ? time_mono_ns() : 0,
		.level = level,
		.len = (u32)fmt_len(&f) };
	while (head + sizeof(r) + r.len - tail > RING_SIZE)
		ring_drop_oldest();
	ring_copy_in(head, &r, sizeof(r));
	ring_copy_in(head + sizeof(r), line, r.len);
	head += sizeof(r) + r.len;
	if (level < console_level)
		console_put_record(&r, fmt_text(&f));
	spin_unlock_irqrestore(&log_lock, flags);
	/* Looks at the count of waiters behind a barrier: a reader has counted itself, or sees seq. */
	if (arch_this_cpu()->irq_depth < IN_POLICY)
		waitq_wake_all(&waiters);
}

void _log_printf(u32 level, const char *format, ...)
{
	u8 line[LINE_MAX];
	FMT(f, span_of(line));
	__builtin_va_list ap;

	__builtin_va_start(ap, format);
	fmt_va(&f, format, ap);
	__builtin_va_end(ap);
	log_text(level, fmt_text(&f));
}

bool _log_enabled(u32 level)
{
	(void)level;
	return true; /* the ring keeps all levels */
}

bool _log_limit_pass(struct log_limit *l)
{
	u64 now = time_mono_ns();
	u32 missed;

	if (load_once(l->_last_ns) && now - load_once(l->_last_ns) < NSEC_PER_SEC) {
		_add32_relaxed(&l->_missed, 1);
		return false;
	}
	store_once(l->_last_ns, now);
	missed = _swap32_relaxed(&l->_missed, 0);
	if (missed)
		_log_printf(LOG_INFO, "(%u messages like the next were suppressed)", missed);
	return true;
}

ssize_t log_read(u64 *seq, struct log_info *info, struct span text)
{
	struct record r;
	ssize_t ret = -EAGAIN;
	u64 flags = log_lock_ring();
	u64 at = tail;

	if (*seq < first_seq)
		*seq = first_seq;
	if (*seq >= hint_seq && hint_at > at)
		at = hint_at;
	while (at < head) {
		ring_copy_out(at, &r, sizeof(r));
		if (r.seq == *seq) {
			hint_seq = r.seq + 1;
			hint_at = at + sizeof(r) + r.len;
			size_t n = min((size_t)r.len, text._n);
			ring_copy_out(at + sizeof(r), text._p, n);
			*info = (struct log_info){ r.seq, r.time_ns, r.level };
			ret = (ssize_t)n;
			break;
		}
		at += sizeof(r) + r.len;
	}
	spin_unlock_irqrestore(&log_lock, flags);
	return ret;
}

u64 log_first_seq(void)
{
	return load_once(first_seq);
}
u64 log_next_seq(void)
{
	return load_once(next_seq);
}
struct waitq *log_waitq(void)
{
	return &waiters;
}
u32 log_console_level(void)
{
	return load_once(console_level);
}
void log_set_console_level(u32 level)
{
	store_once(console_level, level);
}

void console_register(const struct console_ops *ops, struct obj *owner)
{
	struct obj *old;
	u64 flags;

	(void)obj_get_any(owner);
	flags = log_lock_ring();
	old = console_owner;
	console = ops;
	console_owner = owner;
	spin_unlock_irqrestore(&log_lock, flags);
	obj_put_any(&old);
}
