// SPDX-License-Identifier: MPL-2.0
/*
 * /dev/null, zero, full, random, urandom and kmsg. See null(4), full(4), random(4).
 *
 * Four of them are endless: a program may read or write any number of bytes in one call. Such a
 * call gives way after each turn, and a signal ends it with the bytes done so far; else one thread
 * could keep a CPU as long as it liked.
 *
 * The numbers are those of Linux's major 1.
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <kernel/chrdev.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/hwrng.h>
#include <kernel/init.h>
#include <kernel/knobs.h>
#include <kernel/mm.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <kernel/tmpfs.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#define ZERO_TURN 0x10000ul /* bytes of zeroes that are written before other tasks run */

/* As on Linux, any signal ends a long read of an endless device. */
static bool end_turn(void)
{
	struct thread *t = thread_current();

	return loop_should_end() || (t && signal_pending(t));
}

static ssize_t read_eof(struct file *f, struct uio *u, u64 *pos)
{
	(void)f;
	(void)u;
	(void)pos;
	return 0;
}

/*
 * Takes all bytes without looking at them: even an address that cannot be read is no error, as on
 * Linux.
 */
static ssize_t write_all(struct file *f, struct uio *u, u64 *pos)
{
	ssize_t n = (ssize_t)u->left;

	(void)f;
	(void)pos;
	u->left = 0;
	return n;
}

/*
 * Large reads are done in turns, with other tasks and signals in between; small ones, the common
 * case, have no such checks.
 */
static noinline ssize_t read_many_zeroes(struct uio *u)
{
	ssize_t done = 0;
	size_t want, n;

	do {
		want = min(u->left, ZERO_TURN);
		n = uio_put_zero(u, want);
		done += (ssize_t)n;
	} while (n == want && u->left && !end_turn());
	return done ? done : -EFAULT;
}

static ssize_t read_zero(struct file *f, struct uio *u, u64 *pos)
{
	size_t want = u->left, n;

	(void)f;
	(void)pos;
	if (unlikely(want > ZERO_TURN))
		return read_many_zeroes(u);
	n = uio_put_zero(u, want);
	return n || !want ? (ssize_t)n : -EFAULT;
}

static ssize_t write_full(struct file *f, struct uio *u, u64 *pos)
{
	(void)f;
	(void)u;
	(void)pos;
	return -ENOSPC;
}

/*
 * /dev/random and urandom are the same: the generator never blocks. Each 4 KiB signals are checked.
 * The seed is renewed first, if a hardware generator has something new. The bytes pass through the
 * stack in small pieces, so that a fault of the user's page does not happen in the generator.
 */
static ssize_t read_random(struct file *f, struct uio *u, u64 *pos)
{
	u8 chunk[256];
	ssize_t done = 0;

	(void)f;
	(void)pos;
	hwrng_refresh();
	while (u->left) {
		struct span s = span_first(span_of(chunk), min(u->left, sizeof(chunk)));
		size_t n;
		random_bytes(s);
		n = uio_put(u, span_const(s));
		done += (ssize_t)n;
		if (n < span_len(s))
			return done ? done : -EFAULT;
		if (!(done & PAGE_MASK) && u->left && end_turn())
			break;
	}
	return done;
}

/*
 * Bytes that programs write are mixed in, but do not count as seed, because their source is
 * unknown.
 */
static ssize_t write_random(struct file *f, struct uio *u, u64 *pos)
{
	u8 chunk[256];
	ssize_t done = 0;
	size_t n;

	(void)f;
	(void)pos;
	while (u->left &&
		(n = uio_take(u, span_first(span_of(chunk), min(u->left, sizeof(chunk))))) != 0) {
		random_mix(cspan_first(cspan_of(chunk), n));
		done += (ssize_t)n;
		if (!(done & PAGE_MASK) && u->left && end_turn())
			break;
	}
	return done || !u->left ? done : -EFAULT;
}

/* Programs may seek on these devices; the position is always 0. */
static s64 lseek_nothing(struct file *f, s64 off, u32 whence)
{
	(void)f;
	(void)off;
	(void)whence;
	return 0;
}

/* A private mapping of /dev/zero is anonymous memory, a shared one shared anonymous memory. */
static int mmap_zero(struct file *f, struct vma *v)
{
	(void)f;
	obj_put(&v->file);
	v->offset = 0;
	if (v->flags & VMA_SHARED) {
		v->shared = shmem_inode_new(v->end - v->start);
		return v->shared &&
				(v->flags & VMA_NORESERVE ||
					shmem_promise(v->shared, v->end - v->start))
			? 0
			: -ENOMEM;
	}
	return 0;
}

static const struct file_ops null_ops = {
	.read = read_eof, .write = write_all, .lseek = lseek_nothing, .splice = SPLICE_WRITE
};
static const struct file_ops zero_ops = { .read = read_zero,
	.write = write_all,
	.lseek = lseek_nothing,
	.mmap = mmap_zero,
	.splice = SPLICE_READ | SPLICE_WRITE };
static const struct file_ops full_ops = {
	.read = read_zero, .write = write_full, .lseek = lseek_nothing, .splice = SPLICE_READ
};
#define RNDGETENTCNT 0x80045200u

/* RNDGETENTCNT: the generator is always full. */
static s64 ioctl_random(struct file *f, u32 cmd, u64 arg)
{
	u32 bits = 256;

	(void)f;
	if (cmd != RNDGETENTCNT)
		return -EINVAL;
	return user_put(UADDR(arg), &bits) ? -EFAULT : 0;
}
/* The generator is always ready, so O_ASYNC has nothing to tell. */
static void random_async(struct file *f, struct poll_table *pt)
{
	(void)f;
	(void)pt;
}

static const struct file_ops random_ops = {
	.async = random_async,
	.read = read_random,
	.write = write_random,
	.lseek = lseek_nothing,
	.ioctl = ioctl_random,
	.splice = SPLICE_READ | SPLICE_WRITE,
};

/* ---- /dev/kmsg: one record for each read, "level,sequence,microseconds,-;text" ---- */

/*
 * A reader begins at the oldest record that is still kept. The file position is the number of the
 * next record, so each open file reads at its own pace, and records that are overwritten meanwhile
 * are skipped (log_read). Reading may be for the privileged only: kernel.dmesg_restrict.
 */
static int kmsg_open(struct file *f)
{
	const struct cred *c = thread_current()->cred;

	if ((f->mode & FMODE_READ) && knob_get(KNOB_DMESG_RESTRICT) &&
		!cred_capable(c, CAP_SYSLOG) && !cred_capable(c, CAP_SYS_ADMIN))
		return -EPERM;
	f->pos = log_first_seq();
	return 0;
}

/*
 * One record for each read; -EINVAL if the buffer is too small for it, and then the record is not
 * skipped.
 */
static ssize_t kmsg_read(struct file *f, struct uio *u, u64 *pos)
{
	u8 text[384], line[480];
	FMT(out, span_of(line));
	struct log_info info;
	u64 seq = *pos;
	ssize_t n;
	int err;

	while ((n = log_read(&seq, &info, span_of(text))) == -EAGAIN) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		wait_event(log_waitq(), log_next_seq() > seq, WAIT_INTERRUPTIBLE, NO_DEADLINE,
			&err);
		if (err)
			return -ERESTARTSYS;
	}
	fmt_printf(&out, "%u,%lu,%lu,-;", info.level, info.seq, info.time_ns / 1000);
	fmt_span(&out, cspan_first(cspan_of(text), (size_t)n));
	fmt_char(&out, '\n');
	if (fmt_len(&out) > u->left)
		return -EINVAL;
	*pos = seq + 1;
	return uio_put(u, fmt_text(&out)) == fmt_len(&out) ? (ssize_t)fmt_len(&out) : -EFAULT;
}

/*
 * A record written by a program may begin with "<level>", as printk's do. A longer text is cut, and
 * the whole length returned: a program that logs would else write the rest as a record of its own.
 */
static ssize_t kmsg_write(struct file *f, struct uio *u, u64 *pos)
{
	u8 text[512];
	ssize_t n = (ssize_t)u->left;
	size_t k = uio_take(u, span_first(span_of(text), min(u->left, sizeof(text))));
	struct cspan line = cspan_first(cspan_of(text), k);
	u64 level = LOG_NOTICE;
	size_t used;

	(void)f;
	(void)pos;
	if (!k && n)
		return -EFAULT;
	if (cspan_starts(line, STR("<"))) {
		used = parse_u64(cspan_from(line, 1), 10, &level);
		if (used && span_byte(line, min(used + 1, k - 1)) == '>')
			line = cspan_from(line, used + 2);
	}
	if (cspan_len(line) && span_byte(line, cspan_len(line) - 1) == '\n')
		line = cspan_first(line, cspan_len(line) - 1);
	log_text((u32)level & 7, line);
	return n;
}
static const struct file_ops kmsg_ops = {
	.open = kmsg_open, .read = kmsg_read, .write = kmsg_write
};

int memdev_init(void)
{
	int err = chrdev_register(1, 3, 1, LIT("null"), S_IFCHR | 0666, &null_ops);

	if (!err)
		err = chrdev_register(1, 5, 1, LIT("zero"), S_IFCHR | 0666, &zero_ops);
	if (!err)
		err = chrdev_register(1, 7, 1, LIT("full"), S_IFCHR | 0666, &full_ops);
	if (!err)
		err = chrdev_register(1, 8, 1, LIT("random"), S_IFCHR | 0666, &random_ops);
	if (!err)
		err = chrdev_register(1, 9, 1, LIT("urandom"), S_IFCHR | 0666, &random_ops);
	if (!err)
		err = chrdev_register(1, 11, 1, LIT("kmsg"), S_IFCHR | 0644, &kmsg_ops);
	return err;
}
