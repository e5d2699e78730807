// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel log: a ring of records with level and time, copied to the console up to the console
 * level (`loglevel=` on the command line).
 *
 *	log_warn("disk %u: sector %lu failed", nr, sector);
 *
 * Formats as in <frame/fmt.h>: literals, integers. log_text logs bytes (control characters are
 * escaped). A newline is added.
 *
 * Context: any, unless said otherwise.
 * Trust: records are copied in and out under the frame's lock; no caller sees the ring.
 * Source: frame/lib/log.c.
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

/* Append one record: formatted text, or bytes. Text that is too long for a record is cut. */
void _log_printf(u32 level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_text(u32 level, struct cspan text);

#define log_err(...)   (_log_printf(LOG_ERR, __VA_ARGS__))
#define log_warn(...)  (_log_printf(LOG_WARNING, __VA_ARGS__))
#define log_info(...)  (_log_printf(LOG_INFO, __VA_ARGS__))
#define log_debug(...) (_log_enabled(LOG_DEBUG) ? _log_printf(LOG_DEBUG, __VA_ARGS__) : (void)0)

/* Whether the console shows the level. */
bool _log_enabled(u32 level);

/*
 * A rate limit: one message a second for each place. Suppressed messages are counted, and the next
 * message that passes says how many they were.
 */
struct FRAME_PINNED log_limit {
	u64 _last_ns;
	u32 _missed;
};
bool _log_limit_pass(struct log_limit *l);
/* Whether a message may pass the limit now, for messages that are made in several steps. */
#define log_limit_pass(limit) (_log_limit_pass(limit))
#define log_warn_limited(limit, ...) \
	(_log_limit_pass(limit) ? _log_printf(LOG_WARNING, __VA_ARGS__) : (void)0)

/*
 * Reads a record (dmesg, /dev/kmsg). *@seq numbers records from 0. If record *@seq has been
 * overwritten, *@seq advances to the oldest one. Returns the length of the text copied, or -EAGAIN
 * when there is no record *@seq yet. Traps in a console's write.
 */
struct log_info {
	u64 seq;
	u64 time_ns;
	u32 level;
};
ssize_t log_read(u64 *seq, struct log_info *info, struct span text);
/* The number of the oldest record in the ring, and of the next record to be written. */
u64 log_first_seq(void);
u64 log_next_seq(void);
/* The wait queue that is woken after each new record. */
struct waitq *log_waitq(void);

/* Records of a level below the console level go to the console: returns it / sets it. */
u32 log_console_level(void);
void log_set_console_level(u32 level);

/*
 * Consoles. The log goes to the firmware console until a console is registered, and to the
 * registered one afterwards. A panic always goes to the firmware console.
 */
struct TABLE console_ops {
	/*
	 * Writes all bytes, polling if necessary. Runs in the context of the caller that logs, with
	 * interrupts off and the log's lock held. It must not log, read the log, or do anything
	 * that a scheduling policy's operation must not do (frame/sched.h): all of that traps.
	 */
	void (*write)(struct obj *owner, struct cspan text);
};
/*
 * Makes this the console; takes a reference on @owner. The console before it, if any, gets no more
 * output, and its owner's reference is dropped. Context: any but a console's write (traps).
 */
void console_register(const struct console_ops *ops, struct obj *owner);

#endif
