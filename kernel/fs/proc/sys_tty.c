// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/sys/kernel/pty and /proc/sys/dev/tty: parameters of terminals. See pty(7), ioctl_tty(2),
 * proc_sys(5).
 *
 * One pair of functions serves all of them, by the node's arg. The values belong to devpts.c and
 * the terminals; here they are only shown and checked.
 */
#include <kernel/devpts.h>
#include <kernel/tty.h>
#include <uapi/fs.h>

#include "procfs.h"

enum tty_number { PTY_MAX, PTY_RESERVE, PTY_NR, LEGACY_TIOCSTI, LDISC_AUTOLOAD };

/* ldisc_autoload is 0: line disciplines are not modules, so none can be loaded. */
static int show_number(struct synth *s, struct fmt *f, u64 *next)
{
	u32 v = 0;

	switch (s->node->arg) {
	case PTY_MAX:
		v = devpts_max();
		break;
	case PTY_RESERVE:
		v = DEVPTS_RESERVE;
		break;
	case PTY_NR:
		v = devpts_count();
		break;
	case LEGACY_TIOCSTI:
		v = tty_legacy_tiocsti(-1);
		break;
	}
	fmt_printf(f, "%u\n", v);
	return proc_done(next);
}

/* legacy_tiocsti is a flag; the limit of pseudo-terminals is at most 2^20, the number of minors. */
static int write_number(struct synth *s, struct cspan text)
{
	bool flag = s->node->arg == LEGACY_TIOCSTI;
	u64 v;

	if (!proc_parse_number(text, &v) || v > (flag ? 1 : 1u << 20))
		return -EINVAL;
	if (flag)
		(void)tty_legacy_tiocsti((s32)v);
	else
		devpts_set_max((u32)v);
	return 0;
}

static const struct synth_node max_node = { .name = LIT("max"),
	.mode = S_IFREG | 0644,
	.show = show_number,
	.write = write_number,
	.arg = PTY_MAX };
static const struct synth_node reserve = {
	.name = LIT("reserve"), .mode = S_IFREG | 0444, .show = show_number, .arg = PTY_RESERVE
};
static const struct synth_node nr = {
	.name = LIT("nr"), .mode = S_IFREG | 0444, .show = show_number, .arg = PTY_NR
};
const struct synth_node proc_sys_pty = {
	.name = LIT("pty"), .mode = S_IFDIR | 0555, .children = { &max_node, &reserve, &nr }
};

static const struct synth_node tiocsti = {
	.name = LIT("legacy_tiocsti"),
	.mode = S_IFREG | 0644,
	.show = show_number,
	.write = write_number,
	.arg = LEGACY_TIOCSTI,
};
static const struct synth_node autoload = { .name = LIT("ldisc_autoload"),
	.mode = S_IFREG | 0444,
	.show = show_number,
	.arg = LDISC_AUTOLOAD };
static const struct synth_node tty = {
	.name = LIT("tty"), .mode = S_IFDIR | 0555, .children = { &tiocsti, &autoload }
};
const struct synth_node proc_sys_dev = {
	.name = LIT("dev"), .mode = S_IFDIR | 0555, .children = { &tty }
};
