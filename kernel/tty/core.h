// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/tty: what its files share. tty.lock is held where nothing else is said. */
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
/* As many bytes as fit into @size in all; 0 also when memory is out. */
size_t tty_queue_put(struct tty_queue *q, struct cspan bytes, u32 size);
/* Copies from the front / removes them. */
size_t tty_queue_peek(const struct tty_queue *q, struct span out);
void tty_queue_drop(struct tty_queue *q, size_t n);
void tty_queue_clear(struct tty_queue *q);

/* ---- input.c: the line discipline ---- */
#define TTY_WAITING 8192u /* input that waits for room */
/* Takes input to the discipline and to what waits; how many bytes it took. */
size_t tty_receive(struct tty *t, struct cspan bytes);
/* The discipline alone; stops when the ring is full of what can be read. */
size_t tty_discipline(struct tty *t, struct cspan bytes);
/* What waits goes in as far as there is room. */
void tty_pump(struct tty *t);
/* How many bytes tty_receive would take at least. */
size_t tty_input_room(const struct tty *t);
/* Forgets what can be read (not what waits); tells the pty master. */
void tty_flush_input(struct tty *t);
/* The mode has changed. */
void tty_mode_changed(struct tty *t, const struct termios_k *old);
void tty_start_output(struct tty *t);
void tty_stop_output(struct tty *t);

/* ---- erase.c ---- */
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
/* Sends as much of @text as the driver takes, processed as OPOST says; how many bytes of it. */
size_t tty_output(struct tty *t, struct cspan text);
/* Echo: as a character (control ones as ^X), as it is, and the columns of an erased tab. */
void tty_echo_char(struct tty *t, u8 c);
void tty_echo_raw(struct tty *t, u8 c);
void tty_echo_erase_tab(struct tty *t, u32 columns, bool after_tab);
void tty_echo_finish_erasing(struct tty *t);
/* Sends the echo so far. */
void tty_echo_flush(struct tty *t);
void tty_echo_clear(struct tty *t);
ssize_t tty_write(struct file *f, struct uio *u, u64 *pos);

/* ---- read.c ---- */
ssize_t tty_read(struct file *f, struct uio *u, u64 *pos);
/* Whether a read would find something; @for_poll: as poll sees it, VMIN bytes. */
bool tty_readable(const struct tty *t, bool for_poll);
u32 tty_readable_bytes(const struct tty *t);

/* ---- tty.c ---- */
extern const struct file_ops tty_file_ops, tty_console_file_ops, tty_hung_up_file_ops;
bool tty_is_hung_up(struct file *f);
/* Waits for one's turn to read or write: 0, -EAGAIN, -ERESTARTSYS. Takes the lock. */
int tty_take_turn(struct tty *t, bool *turn, bool nonblock);
void tty_end_turn(struct tty *t, bool *turn);
/* The pty master has something to read: packet status bits. */
void tty_packet(struct tty *t, u32 clear, u32 set);
void tty_kick(struct tty *t);
void tty_reset_termios(struct tty *t);
/* Input arrived / writers may go on. */
void tty_wake_readers(struct tty *t);

/* ---- job.c; these take proc_lock ---- */
/*
 * Job control: may the caller do this from the background? 0, -EIO, -ERESTARTSYS (a signal was
 * sent).
 */
int tty_check_background(struct tty *t, s32 signo);
void tty_signal_foreground(struct tty *t, s32 signo);
/* A session leader without a terminal that opens one. */
void tty_become_controlling(struct tty *t);
/*
 * Takes the terminal from its session. Signals the leader (SIGHUP, SIGCONT) if @hangup; the group
 * too if @session_ends.
 */
void tty_leave_session(struct tty *t, bool hangup, bool session_ends);
/* TIOCSCTTY, TIOCNOTTY, TIOCGPGRP, TIOCSPGRP, TIOCGSID; @master: asked on the pty master. */
s64 tty_job_ioctl(struct tty *t, struct file *f, u32 cmd, u64 arg, bool master);

/* ---- termios.c, ioctl.c; these take the lock ---- */
/* Attributes and what else is of the slave, whichever side is asked; -ENOTTY: not one of them. */
s64 tty_mode_ioctl(struct tty *t, u32 cmd, u64 arg);
s64 tty_ioctl(struct file *f, u32 cmd, u64 arg);
/* What both sides of a pty answer in the same way, about the slave; -ENOTTY: not one of them. */
s64 tty_shared_ioctl(struct tty *t, struct file *f, u32 cmd, u64 arg, bool master);
s64 tty_put_int(u64 to, s32 v);
/* Whether the caller may use TIOCSTI on it: 0, -EIO, -EPERM. */
s64 tty_may_simulate(struct tty *t);
/* Waits until the device has sent what it took: 0 or -ERESTARTSYS. */
int tty_drain(struct tty *t);

/* ---- console.c ---- */
/* TIOCCONS: what is written to /dev/console goes to this terminal. */
s64 tty_redirect_console(struct file *f);
/* No longer, if it goes to @t. No lock held. */
void tty_drop_redirect(struct tty *t);
ssize_t tty_console_write(struct file *f, struct uio *u, u64 *pos);

/* ---- pty.c, ptmx.c ---- */
/* A pair of pseudo terminals; guarded by the lock of its slave. */
struct pty {
	struct obj obj;
	struct tty *slave;    /* reference, while the master is open */
	struct devpts *fs;    /* reference: its number is given back when both sides are gone */
	struct dentry *entry; /* reference: the slave's name */
	u32 index;
	struct tty_queue out; /* the slave's output, for the master to read */
	bool locked;          /* TIOCSPTLCK: the slave cannot be opened */
	bool slave_closed;    /* it was open and is not now */
	bool exclusive;
	bool stopped, tco_stopped; /* tcflow on the master */
	struct waitq readers, writers;
	struct poll_source *poll;
};
OBJ_TYPE_DECL(pty);
extern const struct file_ops ptmx_file_ops;
extern const struct tty_driver pty_driver;
/* The master can read / write. */
void pty_wake_reader(struct pty *p);
void pty_wake_writer(struct pty *p);
#define PTY_OUT     16384u /* of the slave's output that waits for the master */
#define PTY_VISIBLE 4095u  /* of it that one read takes and TIOCINQ tells */
int pty_init(void);

#endif
