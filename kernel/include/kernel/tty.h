// SPDX-License-Identifier: MPL-2.0
/*
 * Terminals: the line discipline between a device (or a pty master) and programs. See termios(3).
 *
 * tty.lock, a mutex, guards all fields unless stated otherwise. Input arrives in task context.
 * Signals are sent, tasks woken and the driver's functions called under the lock; user memory is
 * copied without it.
 */
#ifndef KERNEL_TTY_H
#define KERNEL_TTY_H

#include <frame/wait.h>
#include <kernel/file.h>
#include <kernel/thread.h>
#include <uapi/termios.h>

#define TTY_RING 4096u

/*
 * The operations of a driver. Context: tty.lock held; they do not sleep. A NULL operation does
 * nothing.
 */
struct TABLE tty_driver {
	/* Takes output. Returns the number of bytes taken; fewer than given if it is full. */
	size_t (*write)(struct tty *t, struct cspan bytes);
	/*
	 * The number of bytes that write takes now, 0 if that is fewer than any one character may
	 * become (8). Also called without the lock; the result is a hint then.
	 */
	size_t (*room)(struct tty *t);
	/* Called at the end of a run of writes: the output is to be sent now. */
	void (*kick)(struct tty *t);
	/* The number of bytes taken and not sent yet. */
	size_t (*pending)(struct tty *t);
	/* Drops the bytes taken and not sent yet. */
	void (*flush)(struct tty *t);
	/* Input has been read: the other side may send more. */
	void (*drained)(struct tty *t);
	/* Output was stopped or resumed (^S, ^Q): see tty.stopped. */
	void (*stopped)(struct tty *t);
	void (*set_termios)(struct tty *t, const struct termios_k *old);
	void (*set_break)(struct tty *t, bool on);
	/* Modem lines (TIOCM_*) and event counts of a serial line. */
	u32 (*modem)(struct tty *t);
	void (*set_modem)(struct tty *t, u32 set, u32 clear);
	struct serial_counts (*counts)(struct tty *t);
	/* Called for each open; for the last close. */
	int (*open)(struct tty *t);
	void (*close)(struct tty *t);
	bool pty; /* exists between its last close and the master's */
};

/*
 * A ring of bytes with a buffer that exists only while it is needed. The size is the buffer's, a
 * power of two.
 */
struct tty_queue {
	struct buf *buf;
	u32 head, tail;
};

struct tty {
	struct obj obj;
	struct mutex lock;
	const struct tty_driver *driver;
	struct obj *private; /* the driver's; reference */
	struct termios_k termios;
	struct termios_k kept; /* TIOCSLCKTRMIOS: bits that are locked */
	u32 ispeed, ospeed;    /* baud */
	struct winsize winsize;
	u64 dev;
	LIST_HEAD(file) files; /* open files, by tty_link; also hung-up ones */
	/* number of open files; under lock, but a port's task reads it without */
	u32 open_count;
	bool dead;      /* the pty's master is closed */
	bool exclusive; /* TIOCEXCL */
	bool stopped;   /* by ^S, or by tcflow if tco_stopped is set, too */
	bool tco_stopped;
	bool reading, writing; /* a read or write is in progress; others wait their turn */
	bool throttled;        /* IXOFF: a stop character was sent */

	/*
	 * Input: [tail, canon_head) of the ring are complete lines, [canon_head, head) is the line
	 * being edited. Without ICANON there is no difference. Input that does not fit waits.
	 */
	u32 head, tail, canon_head;
	bool literal_next, erasing;
	u8 ring[TTY_RING];
	/* A bit: the byte ends a line. A byte 0 with this bit is an end-of-file mark, not data. */
	u64 ends[TTY_RING / 64];
	u64 special[4]; /* a bit: the byte is special in the present mode */
	struct tty_queue waiting;

	/*
	 * Output: the column, for tabs, and the column where the line being edited began. Echo that
	 * the device did not take waits.
	 */
	u32 column, canon_column;
	u32 echo_len;
	u8 echo[256];
	struct tty_queue echo_waiting;

	/* Packet mode of the pty master: TIOCPKT_* that it has not read yet. */
	bool packet;
	u8 packet_status;

	struct waitq readers, writers, turns;
	struct poll_source *poll;

	/* The session that this is the controlling terminal of; proc_lock. */
	struct session *session; /* borrowed */
	s32 foreground;          /* id of the foreground group; 0: none */
};
OBJ_TYPE_DECL(tty);

/* A terminal with default attributes, as a reference; NULL if memory is out. */
struct tty *tty_new(const struct tty_driver *driver, u64 dev);
/*
 * Input from the device. Context: task; takes tty.lock. Returns the number of bytes taken; fewer
 * than given if it is full.
 */
size_t tty_input(struct tty *t, struct cspan bytes);
/* A byte received with an error, or a break. Context: task; takes tty.lock. */
enum tty_damage { TTY_BREAK, TTY_PARITY, TTY_FRAME, TTY_OVERRUN };
void tty_input_damaged(struct tty *t, u8 c, enum tty_damage what);
/* The device takes output again: sends echo that waits and wakes writers. tty.lock held. */
void tty_output_ready(struct tty *t);
/*
 * Hangs the terminal up: its open files are dead from now on, and the leader of its session gets
 * SIGHUP; with @session_ends the foreground group, too. Context: task; takes tty.lock and
 * proc_lock.
 */
void tty_hangup(struct tty *t, bool session_ends);

/* Makes @f an open file on the terminal: sets its operations and private data, and counts it. */
enum tty_open_how {
	TTY_OPEN_NOCTTY = 1,
	TTY_OPEN_CONSOLE = 2 /* /dev/console: no hang-up, no job control */
};
/* Context: task; takes tty.lock. Returns 0, -EBUSY, or the error of the driver. */
int tty_open_file(struct file *f, struct tty *t, u32 how);

/* ---- sessions ---- */
/* The controlling terminal of @p, borrowed, or NULL; proc_lock held. */
struct tty *process_tty_locked(const struct process *p);
/* The same as a reference; takes proc_lock. */
struct tty *process_tty(struct process *p);
/*
 * A session leader exits: the terminal is separated from the session, and the foreground group gets
 * SIGHUP. Context: task, no lock held.
 */
void tty_session_exit(struct session *s);

/*
 * Whether every process may use TIOCSTI on its own terminal (dev.tty.legacy_tiocsti). @set: 0 or 1
 * sets it, < 0 only reads it.
 */
bool tty_legacy_tiocsti(s32 set);

/*
 * The console's terminal, set by the driver of the stdout device. tty_console: borrowed, or NULL.
 */
void tty_set_console(struct tty *t);
struct tty *tty_console(void);

#endif
