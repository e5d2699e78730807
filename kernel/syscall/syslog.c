// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel log for programs: syslog(2), which the C library calls klogctl. dmesg(1) and syslogd
 * use it; /dev/kmsg is the newer interface.
 *
 * The log itself is the frame's. Here are the positions of the readers, which all programs share,
 * as on Linux.
 *
 * A record is formatted anew by each reader, into one buffer under the lock. A reader holds the
 * mutex while it copies to user memory, which may fault and sleep; the log itself goes on
 * meanwhile, since writers need only the frame's ring. A record that the ring overwrites before a
 * reader comes is lost for that reader: format() then finds the next one that exists.
 */
#include <abi/address.h>
#include <frame/fmt.h>
#include <frame/log.h>
#include <frame/sync.h>
#include <kernel/knobs.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

enum syslog_action {
	SYSLOG_CLOSE,
	SYSLOG_OPEN,
	SYSLOG_READ,
	SYSLOG_READ_ALL,
	SYSLOG_READ_CLEAR,
	SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF,
	SYSLOG_CONSOLE_ON,
	SYSLOG_CONSOLE_LEVEL,
	SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};
#define BUFFER_SIZE 131072 /* the size of the frame's ring */
#define PREFIX_MAX  48     /* of a line: level and time */
#define LINE_MAX    576    /* prefix and text of a record */

static struct mutex lock; /* guards the fields below */
static u64 read_seq;      /* the next record of SYSLOG_READ, */
static u32 read_partial;  /* and how many bytes of it have been read */
static u64 clear_seq;     /* READ_ALL begins here */
static u32 saved_level;   /* the level before the console was switched off, plus one; 0: it is on */
static u8 line[LINE_MAX]; /* the present record */

/*
 * Formats record *@seq, or the next one that exists, into @line; *@seq becomes its number. Returns
 * its length, or -EAGAIN if there is none. Lock held, as in the functions below.
 */
static ssize_t format(u64 *seq)
{
	struct span text = span_sub(span_of(line), PREFIX_MAX, LINE_MAX - PREFIX_MAX - 1);
	u8 prefix[PREFIX_MAX];
	struct log_info info;
	ssize_t n = log_read(seq, &info, text);
	FMT(f, span_of(prefix));
	size_t at;

	if (n < 0)
		return n;
	fmt_printf(&f, "<%u>[%5lu.%06lu] ", info.level, info.time_ns / NSEC_PER_SEC,
		info.time_ns % NSEC_PER_SEC / NSEC_PER_USEC);
	at = span_copy(span_of(line), fmt_text(&f));
	(void)span_copy(span_from(span_of(line), at), cspan_first(span_const(text), (size_t)n));
	at += (size_t)n;
	line[at] = '\n';
	return (ssize_t)at + 1;
}

/*
 * The total length of the records from @seq on. Formats each of them only to measure it; the ring
 * bounds their number.
 */
static u64 size_from(u64 seq)
{
	u64 sum = 0;
	ssize_t n;

	for (; (n = format(&seq)) >= 0; seq++)
		sum += (u64)n;
	return sum;
}

/*
 * Reads the next unread records, as many as fit. If the first is longer than the buffer, a part of
 * it. 0: no record is unread. Lock held.
 */
static s64 read_some(struct uaddr out, size_t size)
{
	size_t done = 0, left;
	ssize_t n;

	while ((n = format(&read_seq)) >= 0) {
		/*
		 * The record may be a later, shorter one if the ring has overwritten the one that
		 * was begun.
		 */
		read_partial = min(read_partial, (u32)n);
		left = (size_t)n - read_partial;
		if (left > size - done && done)
			break;
		left = min(left, size - done);
		if (copy_out(uaddr_add(out, done), cspan_sub(cspan_of(line), read_partial, left)))
			return done ? (s64)done : -EFAULT;
		done += left;
		read_partial += (u32)left;
		if (read_partial < (u32)n)
			break;
		read_partial = 0;
		read_seq++;
	}
	return (s64)done;
}

/*
 * As read_some, but waits for a record. The condition is looked at without the lock. Two readers
 * may wake for one record: the one that comes second finds nothing and waits again.
 */
static s64 read_new(struct uaddr out, size_t size)
{
	s64 n;
	int err;

	for (;;) {
		mutex_lock(&lock);
		n = read_some(out, size);
		mutex_unlock(&lock);
		if (n)
			return n;
		wait_event(log_waitq(), log_next_seq() > load_once(read_seq), WAIT_INTERRUPTIBLE,
			NO_DEADLINE, &err);
		if (err)
			return -ERESTARTSYS;
	}
}

/* Reads the last records that fit. Lock held. */
static s64 read_last(struct uaddr out, size_t size)
{
	u64 seq = clear_seq, skip = size_from(seq);
	size_t done = 0;
	ssize_t n;

	for (; (n = format(&seq)) >= 0; seq++) {
		/* The sizes of all records are known: drop the oldest until the rest fits. */
		if (skip > size) {
			skip -= (u64)n;
			continue;
		}
		if ((size_t)n > size - done)
			break;
		if (copy_out(uaddr_add(out, done), cspan_first(cspan_of(line), (size_t)n)))
			return -EFAULT;
		done += (size_t)n;
	}
	return (s64)done;
}

/* 1 to 8: records below the level are shown on the console. */
static s64 set_level(s32 level)
{
	if (level < 1 || level > 8)
		return -EINVAL;
	log_set_console_level((u32)level);
	saved_level = 0;
	return 0;
}

/* The console shows emergencies only, until it is switched on again. Lock held. */
static void console_off(void)
{
	if (!saved_level)
		saved_level = log_console_level() + 1;
	log_set_console_level(1);
}

static void console_on(void)
{
	if (saved_level)
		log_set_console_level(saved_level - 1);
	saved_level = 0;
}

/* Actions without a buffer. Lock held. */
static s64 act(u32 type, s32 len)
{
	switch (type) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
		return 0;
	case SYSLOG_CLEAR:
		clear_seq = log_next_seq();
		return 0;
	case SYSLOG_CONSOLE_OFF:
		console_off();
		return 0;
	case SYSLOG_CONSOLE_ON:
		console_on();
		return 0;
	case SYSLOG_CONSOLE_LEVEL:
		return set_level(len);
	case SYSLOG_SIZE_UNREAD:
		return (s64)size_from(read_seq) - read_partial;
	case SYSLOG_SIZE_BUFFER:
		return BUFFER_SIZE;
	default:
		return -EINVAL;
	}
}

s64 sys_syslog(struct thread *t, s32 type, struct uaddr buf, s32 len)
{
	s64 ret;

	if ((knob_get(KNOB_DMESG_RESTRICT) ||
		    (type != SYSLOG_READ_ALL && type != SYSLOG_SIZE_BUFFER)) &&
		!cred_capable(t->cred, CAP_SYSLOG) && !cred_capable(t->cred, CAP_SYS_ADMIN))
		return -EPERM;
	if (type == SYSLOG_READ || type == SYSLOG_READ_ALL || type == SYSLOG_READ_CLEAR) {
		if (!buf.va || len < 0)
			return -EINVAL;
		if (!len)
			return 0;
		if (!abi_access_ok(buf.va, (u64)len))
			return -EFAULT;
	}
	if (type == SYSLOG_READ)
		return read_new(buf, (size_t)len);
	mutex_lock(&lock);
	if (type == SYSLOG_READ_ALL || type == SYSLOG_READ_CLEAR) {
		ret = read_last(buf, (size_t)len);
		if (ret >= 0 && type == SYSLOG_READ_CLEAR)
			clear_seq = log_next_seq();
	} else {
		ret = act((u32)type, len);
	}
	mutex_unlock(&lock);
	return ret;
}
