// SPDX-License-Identifier: MPL-2.0
/*
 * The files of /proc about the machine and the kernel as a whole. See proc(5).
 *
 * Numbers come from counters that are read one after the other without a common lock. So sums may
 * not be exact, and subtractions are guarded against a negative result by min().
 *
 * The formats are Linux's to the column, because programs parse them: ps and top /proc/stat, free
 * and systemd /proc/meminfo, lsblk and vmstat the tables of disks. A number that this kernel does
 * not have is 0, and the comment above the function says so.
 */
#include <abi/cpuinfo.h>
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/irq.h>
#include <frame/log.h>
#include <frame/sched.h>
#include <frame/time.h>
#include <kernel/block.h>
#include <kernel/chrdev.h>
#include <kernel/knobs.h>
#include <kernel/mapping.h>
#include <kernel/pagecache.h>
#include <kernel/sched.h>
#include <kernel/serial.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/version.h>
#include <uapi/fs.h>

#include "../fs.h"
#include "procfs.h"

#define PROC_FILE(N, S) \
	const struct synth_node proc_##N = { .name = LIT(#N), .mode = S_IFREG | 0444, .show = S }

/* Values are in kB, aligned as on Linux: programs parse them by name. */
static void system_kb(struct fmt *f, struct lit name, u64 pages)
{
	fmt_span_pad(f, lit_span(name), 16);
	fmt_printf(f, "%8lu kB\n", pages * (PAGE_SIZE / 1024));
}

static int show_locks(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	locks_show(f, next);
	return 0;
}
PROC_FILE(locks, show_locks);

/*
 * Only pages with a disk behind them and pages of pools without objects can be reclaimed, so
 * MemAvailable is the free pages and these. Buffers has the caches of block devices, Cached those
 * of all files, of which Shmem are the files of tmpfs. Active and Inactive are not tracked: the
 * first has all user pages, the second those with a disk behind them.
 */
static int show_meminfo(struct synth *s, struct fmt *f, u64 *next)
{
	struct page_stats m;
	struct mapping_stats disks;
	u64 cached, buffers = block_cached_pages(), shared;

	(void)s;
	page_get_stats(&m);
	mapping_get_stats(&disks);
	cached = pagecache_total() - min(buffers, pagecache_total());
	shared = pagecache_total() - min(disks.pages, pagecache_total());
	system_kb(f, LIT("MemTotal:"), m.total);
	system_kb(f, LIT("MemFree:"), m.free);
	system_kb(f, LIT("MemAvailable:"), m.free + disks.pages + obj_idle_pages());
	system_kb(f, LIT("Buffers:"), buffers);
	system_kb(f, LIT("Cached:"), cached);
	system_kb(f, LIT("SwapCached:"), 0);
	system_kb(f, LIT("Active:"), m.user - min(disks.pages, m.user));
	system_kb(f, LIT("Inactive:"), disks.pages);
	system_kb(f, LIT("Active(anon):"), m.user - min(disks.pages, m.user));
	system_kb(f, LIT("Inactive(anon):"), 0);
	system_kb(f, LIT("Active(file):"), 0);
	system_kb(f, LIT("Inactive(file):"), disks.pages);
	system_kb(f, LIT("Unevictable:"), 0);
	system_kb(f, LIT("Mlocked:"), 0);
	system_kb(f, LIT("SwapTotal:"), 0);
	system_kb(f, LIT("SwapFree:"), 0);
	system_kb(f, LIT("Dirty:"), disks.dirty);
	system_kb(f, LIT("Writeback:"), disks.writing);
	system_kb(f, LIT("AnonPages:"), m.user - min(cached + buffers, m.user));
	system_kb(f, LIT("Mapped:"), 0);
	system_kb(f, LIT("Shmem:"), shared);
	system_kb(f, LIT("KReclaimable:"), 0);
	system_kb(f, LIT("Slab:"), m.kernel - min(m.tables, m.kernel));
	system_kb(f, LIT("SReclaimable:"), 0);
	system_kb(f, LIT("SUnreclaim:"), m.kernel - min(m.tables, m.kernel));
	system_kb(f, LIT("KernelStack:"), thread_count() * 4);
	system_kb(f, LIT("PageTables:"), m.tables);
	system_kb(f, LIT("CommitLimit:"), vm_commit_limit());
	system_kb(f, LIT("Committed_AS:"), vm_committed());
	return proc_done(next);
}
PROC_FILE(meminfo, show_meminfo);

/* KiB that all disks have read and written. A partition's are part of its disk's. */
static void count_disks(u64 *const in, u64 *const out)
{
	struct block_info b;
	u32 i;

	*in = *out = 0;
	for (i = 0; block_nth(i, &b); i++) {
		if (b.partition)
			continue;
		*in += b.sectors_read / 2;
		*out += b.sectors_written / 2;
	}
}

/* Those of Linux's counters that vmstat(8) requires, and others that are known. */
static int show_vmstat(struct synth *s, struct fmt *f, u64 *next)
{
	struct page_stats m;
	struct mapping_stats disks;
	u64 in, out;

	(void)s;
	page_get_stats(&m);
	mapping_get_stats(&disks);
	count_disks(&in, &out);
	fmt_printf(f,
		"nr_free_pages %lu\nnr_anon_pages %lu\nnr_file_pages %lu\nnr_dirty %lu\nnr_writeback %lu\n",
		m.free, m.user - min(pagecache_total(), m.user), pagecache_total(), disks.dirty,
		disks.writing);
	fmt_printf(f,
		"nr_shmem %lu\nnr_page_table_pages %lu\npgpgin %lu\npgpgout %lu\npswpin 0\npswpout 0\n",
		pagecache_total() - min(disks.pages, pagecache_total()), m.tables, in, out);
	return proc_done(next);
}
PROC_FILE(vmstat, show_vmstat);

static void centis(struct fmt *f, u64 ns)
{
	fmt_printf(f, "%lu.%02lu", ns / NSEC_PER_SEC, ns / (NSEC_PER_SEC / 100) % 100);
}

/* The idle time is the sum of all CPUs, so it can exceed the uptime. */
static int show_uptime(struct synth *s, struct fmt *f, u64 *next)
{
	u64 idle = 0;
	u32 i;

	(void)s;
	for (i = 0; i < cpu_count(); i++)
		idle += sched_idle_ns(i);
	centis(f, time_mono_ns());
	fmt_char(f, ' ');
	centis(f, idle);
	fmt_char(f, '\n');
	return proc_done(next);
}
PROC_FILE(uptime, show_uptime);

/* Load averages have 16 fraction bits. The reader itself runs, so at least one task is running. */
static int show_loadavg(struct synth *s, struct fmt *f, u64 *next)
{
	u64 load[3];
	u32 i;

	(void)s;
	sched_loadavg(array_at(load, 0), array_at(load, 1), array_at(load, 2));
	for (i = 0; i < 3; i++)
		fmt_printf(f, "%lu.%02lu ", load[i] >> 16, (load[i] & 0xffff) * 100 >> 16);
	fmt_printf(f, "%u/%lu %d\n", max(sched_nr_running(), 1u), thread_count(), pid_last());
	return proc_done(next);
}
PROC_FILE(loadavg, show_loadavg);

/*
 * The columns are: user nice system idle iowait irq softirq steal guest guest_nice. Nothing
 * measures nice, waiting and interrupt time apart, so they are 0.
 */
static void cpu_line(struct fmt *f, u64 user, u64 idle, u64 total)
{
	u64 system = total - min(total, user + idle);

	fmt_printf(f, " %lu 0 %lu %lu 0 0 0 0 0 0\n", user / NSEC_PER_TICK, system / NSEC_PER_TICK,
		idle / NSEC_PER_TICK);
}

/* All interrupts of all lines on all CPUs. */
static u64 irq_total(void)
{
	struct irq_info info;
	u64 sum = 0;
	u32 i, cpu;

	for (i = 0; irq_line_describe(i, &info); i++) {
		for (cpu = 0; cpu < cpu_count(); cpu++)
			sum += irq_line_count(info.line, cpu);
	}
	return sum;
}

/* System time is not measured: it is the rest of the time since boot. */
static int show_stat(struct synth *s, struct fmt *f, u64 *next)
{
	u64 user = 0, idle = 0;
	u64 up = time_mono_ns();
	u32 i, n = cpu_count();

	(void)s;
	for (i = 0; i < n; i++) {
		user += sched_user_ns(i);
		idle += sched_idle_ns(i);
	}
	fmt_printf(f, "cpu ");
	cpu_line(f, user, idle, up * n);
	for (i = 0; i < n; i++) {
		fmt_printf(f, "cpu%u", i);
		cpu_line(f, sched_user_ns(i), sched_idle_ns(i), up);
	}
	fmt_printf(f,
		"intr %lu\nctxt %lu\nbtime %lu\nprocesses %lu\nprocs_running %u\nprocs_blocked 0\n",
		irq_total(), sched_nr_switches(), (clock_realtime_ns() - up) / NSEC_PER_SEC,
		fork_count(), max(sched_nr_running(), 1u));
	return proc_done(next);
}
PROC_FILE(stat, show_stat);

/* Begins as Linux's, because programs look for the word and the number behind it. */
static int show_version(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f, LIT("Linux version " KEEL_UTS_RELEASE " (keel) (gcc) " KEEL_UTS_VERSION "\n"));
	return proc_done(next);
}
PROC_FILE(version, show_version);

/* The command line as the loader gave it, with options that the kernel does not know. */
static int show_cmdline(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_span(f, boot_cmdline());
	fmt_char(f, '\n');
	return proc_done(next);
}
PROC_FILE(cmdline, show_cmdline);

/* One CPU a record. */
static int show_cpuinfo(struct synth *s, struct fmt *f, u64 *next)
{
	u32 i = (u32)*next;

	(void)s;
	if (i >= cpu_count())
		return proc_done(next);
	abi_cpuinfo(f, i);
	fmt_char(f, '\n');
	*next = i + 1;
	return 0;
}
PROC_FILE(cpuinfo, show_cpuinfo);

/* nodev: the type needs no block device. */
static int show_filesystems(struct synth *s, struct fmt *f, u64 *next)
{
	const struct fs_type *t;
	u32 i;

	(void)s;
	for (i = 0; (t = fs_nth(i)) != NULL; i++) {
		if (t->nodev)
			fmt_lit(f, LIT("nodev"));
		fmt_char(f, '\t');
		fmt_lit(f, t->name);
		fmt_char(f, '\n');
	}
	return proc_done(next);
}
PROC_FILE(filesystems, show_filesystems);

/*
 * Lines in the order in which drivers asked for them, one a record: counts on each CPU, chip,
 * number at the chip. Drivers have no names here.
 */
static int show_interrupts(struct synth *s, struct fmt *f, u64 *next)
{
	struct irq_info info;
	u32 i = (u32)*next, cpu;

	(void)s;
	if (!i) {
		fmt_fill(f, ' ', 5);
		for (cpu = 0; cpu < cpu_count(); cpu++)
			fmt_printf(f, "      CPU%-2u", cpu);
		fmt_char(f, '\n');
	}
	if (!irq_line_describe(i, &info))
		return proc_done(next);
	fmt_printf(f, "%3u: ", i + 1);
	for (cpu = 0; cpu < cpu_count(); cpu++)
		fmt_printf(f, "%10lu ", irq_line_count(info.line, cpu));
	fmt_char(f, ' ');
	fmt_lit(f, info.chip);
	fmt_printf(f, " %4u\n", info.nr);
	*next = i + 1;
	return 0;
}
PROC_FILE(interrupts, show_interrupts);

/* There are no soft interrupts here, so none has been counted. One kind a record. */
static int show_softirqs(struct synth *s, struct fmt *f, u64 *next)
{
	static const struct {
		struct lit name;
	} kinds[] = { { LIT("HI:") }, { LIT("TIMER:") }, { LIT("NET_TX:") }, { LIT("NET_RX:") },
		{ LIT("BLOCK:") }, { LIT("IRQ_POLL:") }, { LIT("TASKLET:") }, { LIT("SCHED:") },
		{ LIT("HRTIMER:") }, { LIT("RCU:") } };
	u32 i = (u32)*next, cpu;
	size_t n;

	(void)s;
	if (!i) {
		fmt_fill(f, ' ', 20);
		for (cpu = 0; cpu < cpu_count(); cpu++)
			fmt_printf(f, "CPU%-8u", cpu);
		fmt_char(f, '\n');
	}
	n = cspan_len(lit_span(array_at(kinds, i)->name));
	fmt_fill(f, ' ', 13 - n);
	fmt_lit(f, array_at(kinds, i)->name);
	for (cpu = 0; cpu < cpu_count(); cpu++)
		fmt_printf(f, " %10u", 0u);
	fmt_char(f, '\n');
	*next = i + 1 < ARRAY_LEN(kinds) ? i + 1 : SYNTH_END;
	return 0;
}
PROC_FILE(softirqs, show_softirqs);

static bool is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

/*
 * Each major number once, under the name of its first disk without the digits at the end. Each
 * device is compared with all before it; there are few disks, so that is enough.
 */
static void show_block_majors(struct fmt *f)
{
	struct block_info b, earlier;
	u32 i, k, n;

	for (i = 0; block_nth(i, &b); i++) {
		for (k = 0; k < i && block_nth(k, &earlier) &&
			DEV_MAJOR(earlier.dev) != DEV_MAJOR(b.dev);
			k++)
			;
		if (k < i)
			continue;
		for (n = b.disk_len; n > 1 && is_digit(span_byte(cspan_of(b.disk), n - 1)); n--)
			;
		fmt_printf(f, "%3u ", DEV_MAJOR(b.dev));
		fmt_span(f,
			DEV_MAJOR(b.dev) == 259 ? STR("blkext") : cspan_first(cspan_of(b.disk), n));
		fmt_char(f, '\n');
	}
}

/* The registry is in the order of registration; consecutive ranges of a major are shown once. */
static int show_devices(struct synth *s, struct fmt *f, u64 *next)
{
	struct chrdev_info d;
	u32 i, last = ~0u;

	(void)s;
	fmt_lit(f, LIT("Character devices:\n"));
	for (i = 0; chrdev_nth(i, &d); i++) {
		if (d.major == last)
			continue;
		last = d.major;
		fmt_printf(f, "%3u ", d.major);
		fmt_lit(f, d.name);
		fmt_char(f, '\n');
	}
	fmt_lit(f, LIT("\nBlock devices:\n"));
	show_block_majors(f);
	return proc_done(next);
}
PROC_FILE(devices, show_devices);

/* There is no swap space: only the heading. */
static int show_swaps(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f, LIT("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"));
	return proc_done(next);
}
PROC_FILE(swaps, show_swaps);

/* One device a record. */
static int show_partitions(struct synth *s, struct fmt *f, u64 *next)
{
	struct block_info b;

	(void)s;
	if (!block_nth((u32)*next, &b))
		return proc_done(next);
	if (!*next)
		fmt_lit(f, LIT("major minor  #blocks  name\n\n"));
	fmt_printf(f, "%4u  %7u %10lu ", DEV_MAJOR(b.dev), DEV_MINOR(b.dev), b.sectors / 2);
	fmt_span(f, cspan_first(cspan_of(b.name), b.name_len));
	fmt_char(f, '\n');
	(*next)++;
	return 0;
}
PROC_FILE(partitions, show_partitions);

/* One device a record. Times are not measured and are 0. */
static int show_diskstats(struct synth *s, struct fmt *f, u64 *next)
{
	struct block_info b;

	(void)s;
	if (!block_nth((u32)*next, &b))
		return proc_done(next);
	fmt_printf(f, "%4u %7u ", DEV_MAJOR(b.dev), DEV_MINOR(b.dev));
	fmt_span(f, cspan_first(cspan_of(b.name), b.name_len));
	fmt_printf(f, " %lu 0 %lu 0 %lu 0 %lu 0 %lu 0 0 0 0 0 0 %lu 0\n", b.reads, b.sectors_read,
		b.writes, b.sectors_written, b.in_flight, b.flushes);
	(*next)++;
	return 0;
}
PROC_FILE(diskstats, show_diskstats);

/* There are no modules: the file is empty. */
static int show_nothing(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	(void)f;
	return proc_done(next);
}
PROC_FILE(modules, show_nothing);

/*
 * The console that /dev/console stands for. As on Linux W says that it can be written, E that it is
 * enabled, and C that it is the preferred one.
 */
static int show_consoles(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	if (tty_console()) {
		u64 dev = tty_console()->dev;
		fmt_span_pad(f, lit_span(serial_name(dev)), 21);
		fmt_printf(f, "-W- (EC   ) %4u:%u\n", DEV_MAJOR(dev), DEV_MINOR(dev));
	}
	return proc_done(next);
}
PROC_FILE(consoles, show_consoles);

/*
 * The kernel's log as text: <level>[time] message. The record's number is the sequence number in
 * the log.
 */
static int show_kmsg(struct synth *s, struct fmt *f, u64 *next)
{
	struct log_info info;
	u8 text[256];
	u64 seq = max(*next, log_first_seq());
	ssize_t n = log_read(&seq, &info, span_of(text));

	(void)s;
	if (n < 0)
		return proc_done(next);
	fmt_printf(f, "<%u>[%5lu.%06lu] ", info.level, info.time_ns / NSEC_PER_SEC,
		info.time_ns / 1000 % 1000000);
	fmt_span(f, cspan_first(cspan_of(text), (size_t)n));
	fmt_char(f, '\n');
	*next = info.seq + 1;
	return 0;
}
const struct synth_node proc_kmsg = {
	.name = LIT("kmsg"), .mode = S_IFREG | 0400, .show = show_kmsg
};
