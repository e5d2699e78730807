// SPDX-License-Identifier: MPL-2.0
/*
 * Terminals: the line discipline between a device (or a pty master) and programs. See termios(3).
 *
 * tty.lock (mutex) guards everything but what says otherwise. Input arrives in task context.
 * Signals, wake-ups and the driver's functions happen under the lock; user copies do not.
 */
#ifndef KERNEL_TTY_H
#define KERNEL_TTY_H

#include <frame/wait.h>
#include <kernel/file.h>
#include <kernel/thread.h>
#include <uapi/termios.h>

#define TTY_RING 4096u

/* Called with tty.lock held, must not sleep. NULL: nothing to do. */
struct TABLE tty_driver {
	/* Takes output; returns how many bytes it took (fewer: it is full). */
	size_t (*write)(struct tty *t, struct cspan bytes);
	/*
	 * How many bytes it takes now; 0 when it is too few for any one character (8). Also called
	 * without the lock: a hint then.
	 */
	size_t (*room)(struct tty *t);
	/* The end of a run of writes: now it should go out. */
	void (*kick)(struct tty *t);
	/* Output that it has taken and not sent yet; forgets it. */
	size_t (*pending)(struct tty *t);
	void (*flush)(struct tty *t);
	/* Input has been read: more can be sent by the other side. */
	void (*drained)(struct tty *t);
	/* ^S or ^Q. */
	void (*stopped)(struct tty *t);
	void (*set_termios)(struct tty *t, const struct termios_k *old);
	void (*set_break)(struct tty *t, bool on);
	/* Modem lines (TIOCM_*) and counts of a serial line. */
	u32 (*modem)(struct tty *t);
	void (*set_modem)(struct tty *t, u32 set, u32 clear);
	struct serial_counts (*counts)(struct tty *t);
	/* Each open; the last close. */
	int (*open)(struct tty *t);
	void (*close)(struct tty *t);
	bool pty; /* lives on between its last close and the master's */
};

/*
 * A ring of bytes with a buffer that exists only while it is needed. The size is the buffer's: a
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
	struct obj *private; /* of the driver; reference */
	struct termios_k termios;
	struct termios_k kept; /* TIOCSLCKTRMIOS: bits that do not change */
	u32 ispeed, ospeed;    /* baud */
	struct winsize winsize;
	u64 dev;
	LIST_HEAD(file) files; /* open ones, by tty_link; hung-up ones too */
	u32 open_count;        /* of files; lock; a port's task looks without */
	bool dead;             /* the pty's master is gone for good */
	bool exclusive;        /* TIOCEXCL */
	bool stopped;          /* by ^S, or by tcflow when tco_stopped too */
	bool tco_stopped;
	bool reading, writing; /* a read, write is in progress: others wait their turn */
	bool throttled;        /* IXOFF: we have sent a stop character */

	/*
	 * Input: ring [tail, canon_head) is lines, [canon_head, head) is being edited; without
	 * ICANON it is all the same. What did not fit waits.
	 */
	u32 head, tail, canon_head;
	bool literal_next, erasing;
	u8 ring[TTY_RING];
	/* bit: the byte ends a line; with byte 0 it is an end-of-file mark, not data. */
	u64 ends[TTY_RING / 64];
	u64 special[4]; /* bit: the byte means something in the present mode */
	struct tty_queue waiting;

	/*
	 * Output: column for tabs, and where the line being edited began. Echo that the device did
	 * not take waits.
	 */
	u32 column, canon_column;
	u32 echo_len;
	u8 echo[256];
	struct tty_queue echo_waiting;

	/* Packet mode of the pty master: TIOCPKT_* that it has not read. */
	bool packet;
	u8 packet_status;

	struct waitq readers, writers, turns;
	struct poll_source *poll;

	/* Whose controlling terminal it is; proc_lock. */
	struct session *session; /* borrowed */
	s32 foreground;          /* id of the foreground group; 0: none */
};
OBJ_TYPE_DECL(tty);

struct tty *tty_new(const struct tty_driver *driver, u64 dev);
/* Input from the device; returns how many bytes it took (fewer: full). Takes tty.lock. */
size_t tty_input(struct tty *t, struct cspan bytes);
/* A byte that came damaged, or a break. */
enum tty_damage { TTY_BREAK, TTY_PARITY, TTY_FRAME, TTY_OVERRUN };
void tty_input_damaged(struct tty *t, u8 c, enum tty_damage what);
/* The device takes output again: echo that waited goes out, writers go on. tty.lock held. */
void tty_output_ready(struct tty *t);
/*
 * The line is gone: open files are dead, SIGHUP to the leader of the session; @session_ends: to the
 * foreground group, too. Takes tty.lock.
 */
void tty_hangup(struct tty *t, bool session_ends);

/* An open file on it: sets f->ops, f->private and counts. */
enum tty_open_how {
	TTY_OPEN_NOCTTY = 1,
	TTY_OPEN_CONSOLE = 2 /* /dev/console: no hang-up, no job control */
};
int tty_open_file(struct file *f, struct tty *t, u32 how);

/* ---- sessions ---- */
/* The controlling terminal of @p or NULL; proc_lock held. */
struct tty *process_tty_locked(const struct process *p);
/* The same, as a reference; takes proc_lock. */
struct tty *process_tty(struct process *p);
/*
 * A session leader exits: its terminal is free, the foreground group gets SIGHUP. Called without
 * locks.
 */
void tty_session_exit(struct session *s);

/*
 * Whether everybody may use TIOCSTI on the own terminal (dev.tty.legacy_tiocsti); @set < 0 only
 * asks.
 */
bool tty_legacy_tiocsti(s32 set);

/* The console terminal, made by the driver of the stdout device. */
void tty_set_console(struct tty *t);
struct tty *tty_console(void);

#endif
