// SPDX-License-Identifier: MPL-2.0
#include <frame/log.h>
#include <kernel/serial.h>

#include "terminal.h"

size_t strlen(const char *s);

u8 terminal_in[TERMINAL_LOG];
unsigned terminal_nr_in;
unsigned terminal_damaged[TTY_OVERRUN + 1];
u8 terminal_damaged_byte;
u64 terminal_byte_ns;
bool terminal_closed;

OBJ_TYPE(tty, NULL_RELEASE);
static struct tty *console;
static struct waitq room;
static const struct console_ops *console_ops;
static struct obj *console_owner;

struct tty *tty_new(const struct tty_driver *driver, u64 dev)
{
	struct tty *t = obj_new(tty);

	t->driver = driver;
	t->dev = dev;
	t->open_count = !terminal_closed;
	return t;
}

static void take(u8 c)
{
	CHECK(terminal_nr_in < TERMINAL_LOG);
	terminal_in[terminal_nr_in++] = c;
	if (terminal_byte_ns)
		(void)task_sleep_until(time_mono_ns() + terminal_byte_ns, WAIT_UNINTERRUPTIBLE);
}

size_t tty_input(struct tty *t, struct cspan bytes)
{
	size_t i;

	mutex_lock(&t->lock);
	for (i = 0; i < cspan_len(bytes) && t->open_count; i++)
		take(span_byte(bytes, i));
	mutex_unlock(&t->lock);
	return cspan_len(bytes);
}

void tty_input_damaged(struct tty *t, u8 c, enum tty_damage what)
{
	mutex_lock(&t->lock);
	terminal_damaged[what] += !!t->open_count;
	terminal_damaged_byte = c;
	mutex_unlock(&t->lock);
}

void terminal_open(struct tty *t)
{
	mutex_lock(&t->lock);
	store_once(t->open_count, t->open_count + 1);
	CHECK(!t->driver->open(t));
	mutex_unlock(&t->lock);
}

void tty_output_ready(struct tty *t)
{
	CHECK(mutex_is_locked(&t->lock));
	waitq_wake_all(&room);
}

void tty_set_console(struct tty *t)
{
	if (!console)
		console = t;
}

struct tty *tty_console(void)
{
	return console;
}

int devtmpfs_add(struct lit name, u32 mode, u64 rdev)
{
	(void)name, (void)mode, (void)rdev;
	return 0;
}

void console_register(const struct console_ops *ops, struct obj *owner)
{
	console_ops = ops;
	console_owner = obj_get_any(owner);
}

bool terminal_has_console(void)
{
	return console_ops;
}

void terminal_log(const char *text)
{
	console_ops->write(console_owner, (struct cspan){ (const u8 *)text, strlen(text) });
}

void terminal_write(struct tty *t, const u8 *bytes, unsigned n)
{
	unsigned done = 0;
	int err;

	while (done < n) {
		mutex_lock(&t->lock);
		done += (unsigned)t->driver->write(t, (struct cspan){ bytes + done, n - done });
		t->driver->kick(t);
		mutex_unlock(&t->lock);
		if (done < n)
			wait_event(&room, t->driver->room(t), WAIT_UNINTERRUPTIBLE,
				sim_now() + 60 * NSEC_PER_SEC, &err);
	}
}
