// SPDX-License-Identifier: MPL-2.0
/*
 * Shutdown: reboot(2), and the death of pid 1.
 *
 * How it works. shutdown_start starts a kernel task, because the calling process is among those
 * that are killed; only the first call has an effect. The task kills all processes and waits for
 * them, drops descriptors in flight, unmounts the file systems, removes /dev, writes the block
 * devices and empties their caches. Then every object of services must be released, down to the
 * baseline that was noted at boot; the frame counts them (`leaks: 0`). Last, the machine is reset
 * or turned off.
 */
#include <frame/boot.h>
#include <frame/log.h>
#include <frame/task.h>
#include <kernel/block.h>
#include <kernel/chrdev.h>
#include <kernel/cred.h>
#include <kernel/init.h>
#include <kernel/socket.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/vfs.h>

enum shutdown_kind { SHUTDOWN_POWER_OFF, SHUTDOWN_RESET, SHUTDOWN_HALT };

static struct atomic shutting_down;
static enum shutdown_kind shutdown_kind; /* written once, by the task that sets shutting_down */

static void shutdown_run(struct obj *owner)
{
	(void)owner;
	process_kill_all();
	socket_shutdown_all();
	vfs_shutdown();
	devtmpfs_shutdown();
	block_shutdown();
	ramdisk_shutdown();
	leak_report();
	if (shutdown_kind == SHUTDOWN_RESET)
		power_reset();
	if (shutdown_kind == SHUTDOWN_HALT)
		log_info("halted: it is safe to turn the machine off");
	power_off();
}
static const struct task_ops shutdown_ops = { .run = shutdown_run };

/*
 * Starts the orderly shutdown in a task of its own: kills all processes, unmounts, counts leaks,
 * then powers off, resets or halts the machine. Returns at once; the caller is killed too.
 */
static void shutdown_start(enum shutdown_kind kind)
{
	struct task *task;

	if (atomic_swap(&shutting_down, 1))
		return;
	shutdown_kind = kind;
	task = task_new(&shutdown_ops, NULL, LIT("shutdown"));
	if (!task) {
		log_warn("no memory for an orderly shutdown");
		power_off();
	}
	task_start(task);
	task_put(&task);
}

static void init_died(u32 status)
{
	if (atomic_load(&shutting_down))
		return;
	log_err("init (pid 1) has ended with status 0x%x", status);
	kernel_panic("init has ended");
}
const struct init_ops init_ops = { .died = init_died };

#define REBOOT_MAGIC1   0xfee1deadu
#define REBOOT_RESTART  0x01234567u
#define REBOOT_HALT     0xcdef0123u
#define REBOOT_CAD_ON   0x89abcdefu
#define REBOOT_CAD_OFF  0u
#define REBOOT_OFF      0x4321fedcu
#define REBOOT_RESTART2 0xa1b2c3d4u

s64 sys_reboot(struct thread *t, u32 magic1, u32 magic2, u32 cmd, struct uaddr arg)
{
	(void)arg;
	if (!cred_capable(t->cred, CAP_SYS_BOOT))
		return -EPERM;
	/* The second magic is one of four birthdays, see reboot(2). */
	if (magic1 != REBOOT_MAGIC1 ||
		(magic2 != 672274793 && magic2 != 85072278 && magic2 != 369367448 &&
			magic2 != 537993216))
		return -EINVAL;
	switch (cmd) {
	case REBOOT_RESTART:
	case REBOOT_RESTART2:
		log_info("restarting");
		shutdown_start(SHUTDOWN_RESET);
		break;
	case REBOOT_OFF:
		log_info("powering off");
		shutdown_start(SHUTDOWN_POWER_OFF);
		break;
	case REBOOT_HALT:
		shutdown_start(SHUTDOWN_HALT);
		break;
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0;
	default:
		return -EINVAL;
	}
	/* The caller is killed while it sleeps here. */
	(void)task_sleep_until(NO_DEADLINE, WAIT_KILLABLE);
	return 0;
}
