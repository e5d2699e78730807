// SPDX-License-Identifier: MPL-2.0
/* The start of the services: one list in order, each line with what exists after it. */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/device.h>
#include <frame/log.h>
#include <frame/task.h>
#include <frame/test.h>
#include <kernel/afpacket.h>
#include <kernel/block.h>
#include <kernel/chrdev.h>
#include <kernel/clock.h>
#include <kernel/coredump.h>
#include <kernel/futex.h>
#include <kernel/hwrng.h>
#include <kernel/inet.h>
#include <kernel/init.h>
#include <kernel/mapping.h>
#include <kernel/mm.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/netdev.h>
#include <kernel/netlink.h>
#include <kernel/nsfs.h>
#include <kernel/pipe.h>
#include <kernel/random.h>
#include <kernel/sigio.h>
#include <kernel/socket.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/vfs.h>
#include <uapi/fs.h>

static void must(int err, struct lit what)
{
	if (!err)
		return;
	log_text(LOG_EMERG, lit_span(what));
	log_err("start-up failed: error %d", -err);
	kernel_panic("cannot start");
}

/* Whether a program exists at @path. */
static bool program_exists(struct cspan path)
{
	struct path at = { 0 };

	if (path_lookup_kernel(path, LOOKUP_FOLLOW, &at))
		return false;
	path_put(&at);
	return true;
}

static u8 init_args[2048];

/*
 * Starts pid 1: the program of init= or rdinit= on the command line, else the first of the places
 * where Linux looks.
 */
static int start_init(void)
{
	bool found;
	struct cspan args = cspan_first(cspan_of(init_args), cmdline_init_args(span_of(init_args)));
	struct cspan path = boot_option(LIT("init"), &found);

	if (!found)
		path = boot_option(LIT("rdinit"), &found);
	if (found && cspan_len(path))
		return process_start_init(path, args, &init_ops);
	if (program_exists(STR("/init")))
		return process_start_init(STR("/init"), args, &init_ops);
	if (program_exists(STR("/sbin/init")))
		return process_start_init(STR("/sbin/init"), args, &init_ops);
	return process_start_init(STR("/bin/sh"), args, &init_ops);
}

/*
 * Linux creates these in its root before it unpacks the initramfs, so that an archive with a single
 * program has a console.
 */
static void make_root(void)
{
	must(vfs_mkdir_kernel(STR("/dev"), 0755), LIT("/dev"));
	must(vfs_mknod_kernel(STR("/dev/console"), S_IFCHR | 0600, MKDEV(5, 1)),
		LIT("/dev/console"));
	must(vfs_mkdir_kernel(STR("/root"), 0700), LIT("/root"));
}

/* keel.test=...: runs the self-tests and ends; nothing else is started. */
static void run_tests(void)
{
	bool found;

	(void)boot_option(LIT("keel.test"), &found);
	if (found)
		ktest_run_and_end();
}

void kernel_main(void)
{
	struct page_stats mem;

	page_get_stats(&mem);
	cmdline_check();
	log_info("Keel: %u CPUs, %lu MiB of memory", cpu_count(), mem.total / 256);
	random_init();                           /* random numbers */
	must(mm_init(), LIT("memory"));          /* address spaces, page cache */
	must(tmpfs_init(), LIT("tmpfs"));        /* shared memory, the type of the root */
	pagecache_init();                        /* reclaim of pages with a disk behind them */
	must(inode_cache_init(), LIT("inodes")); /* inodes from a disk, their reclaim */
	pipe_init();                             /* FIFOs */
	must(sigio_init(), LIT("sigio"));        /* O_ASYNC */
	block_init();                            /* block devices, as files */
	devtmpfs_init();                         /* /dev */
	devpts_init();                           /* pseudo-terminals */
	must(nsfs_init(), LIT("namespaces"));    /* their files, for /proc */
	procfs_init();                           /* /proc */
	sysfs_init();                            /* /sys */
	must(vfs_init(LIT("tmpfs"), STR("size=90%,mode=755")), LIT("root")); /* a root directory */
	must(tty_init(), LIT("terminals"));         /* /dev/tty, console, ptmx */
	socket_init();                              /* AF_UNIX */
	inet_init();                                /* AF_INET, AF_INET6 */
	netlink_init();                             /* AF_NETLINK */
	afpacket_init();                            /* AF_PACKET */
	net_init();                                 /* the loopback device */
	must(memdev_init(), LIT("memory devices")); /* /dev/null and others */
	tap_init();                                 /* /dev/net/tun */
	must(hwrng_init(), LIT("hwrng"));           /* /dev/hwrng */
	device_probe_all();                         /* UART, RTC: console input and time of day */
	random_devices_done();                      /* enough of a seed, or a warning */
	futex_init();                               /* secrets of their hash */
	ramdisk_init();                             /* /dev/ram0 */
	clock_init(vdso_data_page());               /* wall-clock time, timers, vDSO data */
	block_settle();                             /* the partitions of the disks found so far */
	coredump_init();                            /* signals that dump core */
	syscall_init();                             /* the loop of user threads */
	run_tests();
	block_started();
	leak_baseline_mark();
	make_root(); /* /dev/console */
	/* Files. An error has been logged; init starts from what was unpacked, as on Linux. */
	ignore_error(initramfs_unpack());
	must(start_init(), LIT("init"));
	log_debug("init started %lu us after kernel entry",
		boot_time_since_entry_ns() / NSEC_PER_USEC);
}
