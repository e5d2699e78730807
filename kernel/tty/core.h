// SPDX-License-Identifier: MPL-2.0
/* Terminals, for the files of kernel/tty only. Unless stated otherwise, tty.lock is held. */
#ifndef KERNEL_TTY_CORE_H
#define KERNEL_TTY_CORE_H

#include <kernel/tty.h>

static inline bool tty_lflag(const struct tty *t, u32 flag)
{
	return t->termios.lflag & flag;
}
static inline bool tty_iflag(const struct tty *t, u32 flag)
{
	return t->termios.iflag & flag;
}

/* ---- queue.c ---- */
static inline u32 tty_queue_len(const struct tty_queue *q)
{
	return q->head - q->tail;
}
/*
 * Appends bytes, up to @size in the queue in all. Returns the number appended; 0 also if memory is
 * out.
 */
size_t tty_queue_put(struct tty_queue *q, struct cspan bytes, u32 size);
/* Copies bytes from the front of the queue. Returns their number. */
size_t tty_queue_peek(const struct tty_queue *q, struct span out);
/* Removes bytes from the front of the queue. */
void tty_queue_drop(struct tty_queue *q, size_t n);
/* Empties the queue and frees its buffer. */
void tty_queue_clear(struct tty_queue *q);

/* ---- input.c: the line discipline ---- */
#define TTY_WAITING 8192u /* input that waits for room in the ring */
/*
 * Takes input into the ring, through the line discipline, and into the waiting queue. Returns the
 * number of bytes taken.
 */
size_t tty_receive(struct tty *t, struct cspan bytes);
/*
 * The line discipline alone. Stops when the ring is full of readable bytes. Returns the number of
 * bytes taken.
 */
size_t tty_discipline(struct tty *t, struct cspan bytes);
/* Moves waiting input into the ring as far as there is room. */
void tty_pump(struct tty *t);
/* The number of bytes that tty_receive takes at least. */
size_t tty_input_room(const struct tty *t);
/* Drops the readable input, but not the waiting input, and notifies the pty master. */
void tty_flush_input(struct tty *t);
/* Called after the attributes have changed from @old. */
void tty_mode_changed(struct tty *t, const struct termios_k *old);
/*
 * Resume and stop output (^Q, ^S, tcflow). tty_start_output has no effect while tcflow has stopped
 * it.
 */
void tty_start_output(struct tty *t);
void tty_stop_output(struct tty *t);

/* ---- erase.c ---- */
/* Erases a character, a word or the line, by the control character @c, and echoes that. */
void tty_erase(struct tty *t, u8 c);
static inline bool tty_is_continuation(const struct tty *t, u8 c)
{
	return (t->termios.iflag & IUTF8) && (c & 0xc0) == 0x80;
}
static inline bool tty_is_control(u8 c)
{
	return c < ' ' || c == 127;
}
/* Letters are those of Latin-1, as on Linux. */
static inline bool tty_is_upper(u8 c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 192 && c <= 222 && c != 215);
}
static inline bool tty_is_lower(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 223 && c != 247);
}

/* ---- output.c ---- */
/*
 * Echo: a character (control characters as ^X), a byte as it is, the columns of an erased tab, and
 * the end of a \.../ sequence.
 */
void tty_echo_char(struct tty *t, u8 c);
void tty_echo_raw(struct tty *t, u8 c);
void tty_echo_erase_tab(struct tty *t, u32 columns, bool after_tab);
void tty_echo_finish_erasing(struct tty *t);
/* Sends the echo collected so far. */
void tty_echo_flush(struct tty *t);
/* Drops the echo that has not been sent. */
void tty_echo_clear(struct tty *t);
/* write(2). Context: task, tty.lock not held. */
ssize_t must_check tty_write(struct file *f, struct uio *u, u64 *pos);

/* ---- read.c ---- */
/* read(2). Context: task, tty.lock not held. */
ssize_t must_check tty_read(struct file *f, struct uio *u, u64 *pos);
/* Whether a read would return something. @for_poll: as poll sees it, which waits for VMIN bytes. */
bool tty_readable(const struct tty *t, bool for_poll);
/* The number of bytes that TIOCINQ returns. */
u32 tty_readable_bytes(const struct tty *t);

/* ---- tty.c ---- */
extern const struct file_ops tty_file_ops, tty_console_file_ops;
/* Whether the open file was hung up. Lock not required. */
bool tty_is_hung_up(struct file *f);
/*
 * Waits until no other task reads (or writes) and takes its turn. Context: task; takes the lock.
 * Returns 0, -EAGAIN or -ERESTARTSYS.
 */
int must_check tty_take_turn(struct tty *t, bool *turn, bool nonblock);
void tty_end_turn(struct tty *t, bool *turn);
/* Changes the packet status bits and wakes the pty master. */
void tty_packet(struct tty *t, u32 clear, u32 set);
/* Has the driver send what was written. */
void tty_kick(struct tty *t);
/* Wakes readers and pollers: input has arrived. */
void tty_wake_readers(struct tty *t);

/* ---- job.c; these functions take proc_lock ---- */
/*
 * Job control: checks whether the caller, a background process perhaps, may read (SIGTTIN) or
 * change (SIGTTOU) the terminal. Returns 0, -EIO, or -ERESTARTSYS after a signal to its process
 * group.
 */
int must_check tty_check_background(struct tty *t, s32 signo);
/* Sends a signal to the foreground process group. */
void tty_signal_foreground(struct tty *t, s32 signo);
/* Makes the terminal the controlling one of a session leader that has none and opens it. */
void tty_become_controlling(struct tty *t);
/*
 * Takes the terminal from its session. With @hangup the leader gets SIGHUP and SIGCONT; with
 * @session_ends the foreground group gets SIGHUP, too.
 */
void tty_leave_session(struct tty *t, bool hangup, bool session_ends);
/* TIOCSCTTY, TIOCNOTTY, TIOCGPGRP, TIOCSPGRP, TIOCGSID. @master: called on the pty master. */
s64 must_check tty_job_ioctl(struct tty *t, struct file *f, u32 cmd, u64 arg, bool master);

/* ---- termios.c, ioctl.c; these functions take the lock ---- */
/*
 * ioctls on attributes and other state of the slave, called on either side of a pty. -ENOTTY: not
 * one of them.
 */
s64 must_check tty_mode_ioctl(struct tty *t, u32 cmd, u64 arg);
/* ioctl(2) on a terminal. */
s64 must_check tty_ioctl(struct file *f, u32 cmd, u64 arg);
/* ioctls that both sides of a pty serve in the same way, on the slave. -ENOTTY: not one of them. */
s64 must_check tty_shared_ioctl(struct tty *t, struct file *f, u32 cmd, u64 arg, bool master);
/* Writes an int to user memory. Returns 0 or -EFAULT. */
int must_check tty_put_int(u64 to, s32 v);
/* Whether the caller may use TIOCSTI on the terminal: 0, -EIO, -EPERM. */
int must_check tty_may_simulate(struct tty *t);
/* Waits until the device has sent its output. Returns 0 or -ERESTARTSYS. */
int must_check tty_drain(struct tty *t);

/* ---- console.c ---- */
/* TIOCCONS: redirects writes on /dev/console to this terminal. */
s64 must_check tty_redirect_console(struct file *f);
/* Ends the redirection if it goes to @t. No lock held. */
void tty_drop_redirect(struct tty *t);
ssize_t must_check tty_console_write(struct file *f, struct uio *u, u64 *pos);

/* ---- pty.c, ptmx.c ---- */
/* A pair of pseudo-terminals. The lock of the slave guards both sides. */
struct pty {
	struct obj obj;
	struct tty *slave;    /* reference, while the master is open */
	struct devpts *fs;    /* reference: the number is freed when both sides are released */
	struct dentry *entry; /* reference: the slave's name */
	u32 index;
	struct tty_queue out; /* the slave's output, read by the master */
	bool locked;          /* TIOCSPTLCK: the slave cannot be opened */
	bool slave_closed;    /* the slave was open and has been closed */
	bool exclusive;
	bool stopped, tco_stopped; /* tcflow on the master */
	struct waitq readers, writers;
	struct poll_source *poll;
};
OBJ_TYPE_DECL(pty);
extern const struct file_ops ptmx_file_ops;
/* Wake the readers or writers of the master. */
void pty_wake_reader(struct pty *p);
void pty_wake_writer(struct pty *p);
#define PTY_OUT     16384u /* slave output that waits for the master, at most */
#define PTY_VISIBLE 4095u  /* of it, the part that one read takes and TIOCINQ counts */
/* Registers /dev/ptmx and the slaves' numbers. Returns 0 or -errno. */
int must_check pty_init(void);

#endif
