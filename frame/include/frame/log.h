// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel log: a ring of records with level and time, copied to the console up to the console
 * level (`loglevel=` on the command line).
 *
 *	log_warn("disk %u: sector %lu failed", nr, sector);
 *
 * Formats as in <frame/fmt.h>: literals, integers. log_text logs bytes (control characters are
 * escaped). A newline is added. Context: any.
 * Trust: records are copied in and out under the frame's lock; no caller sees the ring.
 */
#ifndef FRAME_LOG_H
#define FRAME_LOG_H

#include <frame/obj.h>
#include <frame/span.h>
#include <frame/wait.h>

enum log_level {
	LOG_EMERG,
	LOG_ALERT,
	LOG_CRIT,
	LOG_ERR,
	LOG_WARNING,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG
};

/* One record: formatted text, or bytes. What is too long for a line is cut. */
void _log_printf(u32 level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_text(u32 level, struct cspan text);

#define log_err(...)   (_log_printf(LOG_ERR, __VA_ARGS__))
#define log_warn(...)  (_log_printf(LOG_WARNING, __VA_ARGS__))
#define log_info(...)  (_log_printf(LOG_INFO, __VA_ARGS__))
#define log_debug(...) (_log_enabled(LOG_DEBUG) ? _log_printf(LOG_DEBUG, __VA_ARGS__) : (void)0)

/* Whether the console shows the level. */
bool _log_enabled(u32 level);

/* One a second at most, per place; what was left out is counted and told with the next. */
struct FRAME_PINNED log_limit {
	u64 _last_ns;
	u32 _missed;
};
bool _log_limit_pass(struct log_limit *l);
/* Whether a message may pass now, for messages made in several steps. */
#define log_limit_pass(limit) (_log_limit_pass(limit))
#define log_warn_limited(limit, ...) \
	(_log_limit_pass(limit) ? _log_printf(LOG_WARNING, __VA_ARGS__) : (void)0)

/*
 * Reading (dmesg, /dev/kmsg). @seq numbers records from 0; a record that has been overwritten is
 * skipped (*seq moves on). Returns the length of the text copied, -EAGAIN when there is no record
 * @seq yet.
 */
struct log_info {
	u64 seq;
	u64 time_ns;
	u32 level;
};
ssize_t log_read(u64 *seq, struct log_info *info, struct span text);
/* The number of the oldest record that is still there, and of the next one to come. */
u64 log_first_seq(void);
u64 log_next_seq(void);
/* Wakes with each record: a struct waitq of the frame to wait on. */
struct waitq *log_waitq(void);

/* Records of a level below this one go to the console. */
u32 log_console_level(void);
void log_set_console_level(u32 level);

/*
 * Consoles. Until one is registered the log goes to the firmware console; afterwards to the
 * registered one. A panic always goes to the firmware console.
 */
struct TABLE console_ops {
	/*
	 * Writes all bytes, polling if need be. Called by whoever logs, in any context, with
	 * interrupts off and the log's lock held. Must not log or read the log, and nothing of what
	 * a scheduling policy's operation must not do either (frame/sched.h); all of that traps.
	 */
	void (*write)(struct obj *owner, struct cspan text);
};
/*
 * Takes a reference on @owner; the console before it, if any, gets no more, and its owner is put.
 * Context: any but a console's write (traps).
 */
void console_register(const struct console_ops *ops, struct obj *owner);

#endif
