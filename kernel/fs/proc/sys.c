// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/sys: parameters of the kernel. See proc_sys(5).
 *
 * Some that cannot be changed are there since programs read them: numbers (NUMBER) and texts
 * (TEXT), read-only also for root. A number that has an effect is a knob (KNOB); one that can have
 * one value only, which is true, takes that value and no other (FIXED). Other parameters that can
 * be written have show and write functions. Writes need no check of a capability: the files belong
 * to root and have mode 0644. Those of the network are in sys_net.c.
 */
#include <abi/uts.h>
#include <frame/boot.h>
#include <frame/log.h>
#include <frame/sync.h>
#include <kernel/coredump.h>
#include <kernel/cred.h>
#include <kernel/files.h>
#include <kernel/knobs.h>
#include <kernel/mapping.h>
#include <kernel/mm.h>
#include <kernel/pipe.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/seccomp.h>
#include <kernel/text.h>
#include <kernel/version.h>
#include <uapi/fs.h>

#include "sys.h"

/* ---- what the tables share (sys.h) ---- */

int proc_show_number(struct synth *s, struct fmt *f, u64 *next)
{
	fmt_printf(f, "%ld\n", (s64)s->node->arg);
	return proc_done(next);
}

int proc_write_same(struct synth *s, struct cspan text)
{
	s64 v;

	return proc_parse_signed(text, &v) && v == (s64)s->node->arg ? 0 : -EINVAL;
}

int proc_show_knob(struct synth *s, struct fmt *f, u64 *next)
{
	fmt_printf(f, "%lu\n", knob_get((enum knob)s->node->arg));
	return proc_done(next);
}

int proc_write_knob(struct synth *s, struct cspan text)
{
	u64 v;

	return proc_parse_number(text, &v) ? knob_set((enum knob)s->node->arg, v) : -EINVAL;
}

#define TEXT(V, N, S)                                                               \
	static const struct synth_node V = {                                        \
		.name = LIT(N), .mode = S_IFREG | 0444, .readonly = true, .show = S \
	}

/* ---- kernel ---- */

enum uts_text { UTS_HOSTNAME, UTS_DOMAINNAME };

/* Copied under the lock of the names, so never half of one. */
static int show_uts(struct synth *s, struct fmt *f, u64 *next)
{
	u8 name[65];

	if (s->node->arg == UTS_HOSTNAME)
		uts_nodename(span_of(name));
	else
		uts_domainname(span_of(name));
	fmt_span(f, text_in(name));
	fmt_char(f, '\n');
	return proc_done(next);
}

/* A name ends at the first newline and has at most 64 bytes. */
static int write_uts(struct synth *s, struct cspan text)
{
	text = cspan_first(text, cspan_find(text, '\n'));
	if (cspan_len(text) > 64)
		text = cspan_first(text, 64);
	uts_set(s->node->arg == UTS_DOMAINNAME, text);
	return 0;
}
static const struct synth_node hostname = {
	.name = LIT("hostname"), .mode = S_IFREG | 0644, .show = show_uts, .write = write_uts
};
static const struct synth_node domainname = { .name = LIT("domainname"),
	.mode = S_IFREG | 0644,
	.show = show_uts,
	.write = write_uts,
	.arg = UTS_DOMAINNAME };

static int show_ostype(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f, LIT("Linux\n"));
	return proc_done(next);
}
static int show_osrelease(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f, LIT(KEEL_UTS_RELEASE "\n"));
	return proc_done(next);
}
static int show_version(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f, LIT(KEEL_UTS_VERSION "\n"));
	return proc_done(next);
}
static int show_core_pattern(struct synth *s, struct fmt *f, u64 *next)
{
	u8 pattern[CORE_PATTERN_LEN];

	(void)s;
	fmt_span(f, cspan_first(cspan_of(pattern), core_pattern_get(span_of(pattern))));
	fmt_char(f, '\n');
	return proc_done(next);
}
static int write_core_pattern(struct synth *s, struct cspan text)
{
	(void)s;
	if (cspan_len(text)) /* nothing changes nothing, as on Linux */
		core_pattern_set(text);
	return 0;
}
WRITABLE(core_pattern, "core_pattern", show_core_pattern, write_core_pattern, 0);
KNOB(core_uses_pid, "core_uses_pid", KNOB_CORE_USES_PID);
KNOB(core_pipe_limit, "core_pipe_limit", KNOB_CORE_PIPE_LIMIT);
KNOB(core_note_size, "core_file_note_size_limit", KNOB_CORE_NOTE_SIZE);
TEXT(ostype, "ostype", show_ostype);
TEXT(osrelease, "osrelease", show_osrelease);
TEXT(version, "version", show_version);

/*
 * Four levels; only the first, that of the console, can be changed. The others (of messages without
 * a level, the least, the one at boot) are Linux's defaults.
 */
static int show_printk(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%u\t4\t1\t7\n", log_console_level());
	return proc_done(next);
}
/* Of what is written only the first number counts. */
static int write_printk(struct synth *s, struct cspan text)
{
	u64 v;

	(void)s;
	text = cspan_first(text, min(cspan_find(text, '\t'), cspan_find(text, ' ')));
	if (!proc_parse_number(text, &v) || v > 15)
		return -EINVAL;
	log_set_console_level((u32)v);
	return 0;
}
static const struct synth_node printk = {
	.name = LIT("printk"), .mode = S_IFREG | 0644, .show = show_printk, .write = write_printk
};

/* The machine's name, as uname(2) tells it. */
static int show_arch(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f, LIT(ABI_UTS_MACHINE "\n"));
	return proc_done(next);
}
/* Seconds from a panic to the restart; the first value is the command line's. */
static int show_panic(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%d\n", panic_timeout());
	return proc_done(next);
}
static int write_panic(struct synth *s, struct cspan text)
{
	s64 v;

	(void)s;
	if (!proc_parse_signed(text, &v) || v != (s32)v)
		return -EINVAL;
	panic_set_timeout((s32)v);
	return 0;
}

FIXED(sysrq, "sysrq", 0); /* there are no such keys */
KNOB(pid_max, "pid_max", KNOB_PID_MAX);
KNOB(threads_max, "threads-max", KNOB_THREADS_MAX);
NUMBER(cap_last_cap, "cap_last_cap", CAP_LAST);
NUMBER(ngroups_max, "ngroups_max", NGROUPS);
TEXT(arch, "arch", show_arch);
KNOB(overflowuid, "overflowuid", KNOB_OVERFLOWUID);
KNOB(overflowgid, "overflowgid", KNOB_OVERFLOWGID);
FIXED(kptr_restrict, "kptr_restrict", 2);
FIXED(panic_on_oops, "panic_on_oops", 1);
KNOB(randomize_va_space, "randomize_va_space", KNOB_RANDOMIZE);
NUMBER(tainted, "tainted", 0);
WRITABLE(panic_seconds, "panic", show_panic, write_panic, 0);
KNOB(dmesg_restrict, "dmesg_restrict", KNOB_DMESG_RESTRICT);

/*
 * A random UUID of version 4 (RFC 4122): a new one at each read, or with arg 1 the one of this
 * boot, which is made at the first read.
 */
static int show_uuid(struct synth *s, struct fmt *f, u64 *next)
{
	static struct spinlock lock;
	static u8 boot[16];
	static bool have_boot;
	u8 id[16];
	u32 i;

	random_bytes(span_of(id));
	id[6] = (u8)((id[6] & 15) | 0x40);
	id[8] = (u8)((id[8] & 63) | 0x80);
	if (s->node->arg) {
		spin_lock(&lock); /* of two first readers, both show the id of one */
		if (!have_boot)
			span_copy(span_of(boot), cspan_of(id));
		have_boot = true;
		span_copy(span_of(id), cspan_of(boot));
		spin_unlock(&lock);
	}
	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			fmt_char(f, '-');
		fmt_printf(f, "%02x", id[i]);
	}
	fmt_char(f, '\n');
	return proc_done(next);
}
TEXT(uuid, "uuid", show_uuid);
static const struct synth_node boot_id = {
	.name = LIT("boot_id"), .mode = S_IFREG | 0444, .show = show_uuid, .arg = 1
};
/* As Linux since 5.18: the pool has 256 bits, and is full. */
NUMBER(entropy_avail, "entropy_avail", 256);
NUMBER(poolsize, "poolsize", 256);
/* With arg all actions of filters, else those that are logged. */
static int show_seccomp(struct synth *s, struct fmt *f, u64 *next)
{
	seccomp_logged_show(f, s->node->arg);
	return proc_done(next);
}
/* The whole list at once; a name that is not known changes nothing. */
static int write_seccomp(struct synth *s, struct cspan text)
{
	(void)s;
	return seccomp_logged_set(text);
}
static const struct synth_node actions_avail = { .name = LIT("actions_avail"),
	.mode = S_IFREG | 0444,
	.readonly = true,
	.show = show_seccomp,
	.arg = true };
static const struct synth_node actions_logged = { .name = LIT("actions_logged"),
	.mode = S_IFREG | 0644,
	.show = show_seccomp,
	.write = write_seccomp };
static const struct synth_node seccomp = { .name = LIT("seccomp"),
	.mode = S_IFDIR | 0555,
	.children = { &actions_avail, &actions_logged } };

static const struct synth_node random = { .name = LIT("random"),
	.mode = S_IFDIR | 0555,
	.children = { &uuid, &boot_id, &entropy_avail, &poolsize } };

static const struct synth_node kernel = {
	.name = LIT("kernel"),
	.mode = S_IFDIR | 0555,
	.children = { &hostname, &domainname, &ostype, &osrelease, &version, &core_pattern,
		&core_uses_pid, &core_pipe_limit, &core_note_size, &printk, &sysrq, &pid_max,
		&threads_max, &cap_last_cap, &ngroups_max, &arch, &overflowuid, &overflowgid,
		&kptr_restrict, &panic_on_oops, &randomize_va_space, &tainted, &panic_seconds,
		&dmesg_restrict, &random, &seccomp, &proc_sys_pty },
};

/* ---- vm ---- */

/*
 * 1 and 3: the caches of disks write what is dirty and free their pages. 2: names and inodes; those
 * of the file systems here are in memory only, so there are none to free. 4 (no messages): there
 * are no messages.
 */
static int write_drop_caches(struct synth *s, struct cspan text)
{
	u64 v;

	(void)s;
	if (!proc_parse_number(text, &v) || v < 1 || v > 4)
		return -EINVAL;
	if (v & 1)
		vm_drop_caches();
	return 0;
}
KNOB(overcommit_memory, "overcommit_memory", KNOB_OVERCOMMIT);
/*
 * The limit for the mode in which nothing is promised beyond it, in two units: the one that was
 * written last counts, and the other becomes 0 (kernel/vm/commit.c).
 */
static int write_commit(struct synth *s, struct cspan text)
{
	enum knob other = s->node->arg == KNOB_OVERCOMMIT_RATIO ? KNOB_OVERCOMMIT_KBYTES
								: KNOB_OVERCOMMIT_RATIO;
	int err = proc_write_knob(s, text);

	return err ? err : knob_set(other, 0);
}
WRITABLE(overcommit_ratio, "overcommit_ratio", proc_show_knob, write_commit, KNOB_OVERCOMMIT_RATIO);
WRITABLE(overcommit_kbytes, "overcommit_kbytes", proc_show_knob, write_commit,
	KNOB_OVERCOMMIT_KBYTES);
/*
 * Memory that programs leave to the kernel. From 256 KiB to half of the memory: with less than that
 * the kernel could not end programs when memory is out.
 */
#define MIN_FREE_KIB 256u
static int show_min_free(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%lu\n", page_reserve() * (PAGE_SIZE / 1024));
	return proc_done(next);
}
static int write_min_free(struct synth *s, struct cspan text)
{
	struct page_stats m;
	u64 kib;

	(void)s;
	page_get_stats(&m);
	if (!proc_parse_number(text, &kib) || kib < MIN_FREE_KIB ||
		kib > m.total / 2 * (PAGE_SIZE / 1024))
		return -EINVAL;
	page_set_reserve(kib / (PAGE_SIZE / 1024));
	return 0;
}
WRITABLE(min_free, "min_free_kbytes", show_min_free, write_min_free, 0);
KNOB(admin_reserve, "admin_reserve_kbytes", KNOB_ADMIN_RESERVE);
KNOB(user_reserve, "user_reserve_kbytes", KNOB_USER_RESERVE);
KNOB(max_map_count, "max_map_count", KNOB_MAX_MAP_COUNT);
/* A change must wake the flusher, which may sleep until a time that the old interval gave. */
static int write_dirty(struct synth *s, struct cspan text)
{
	int err = proc_write_knob(s, text);

	if (!err)
		writeback_knobs_changed();
	return err;
}
WRITABLE(dirty_writeback, "dirty_writeback_centisecs", proc_show_knob, write_dirty,
	KNOB_DIRTY_WRITEBACK);
WRITABLE(dirty_expire, "dirty_expire_centisecs", proc_show_knob, write_dirty, KNOB_DIRTY_EXPIRE);
WRITABLE(dirty_ratio, "dirty_ratio", proc_show_knob, write_dirty, KNOB_DIRTY_RATIO);
WRITABLE(dirty_background, "dirty_background_ratio", proc_show_knob, write_dirty,
	KNOB_DIRTY_BACKGROUND);
/* Who may map the lowest pages may say from where on anybody may. */
static int write_min_addr(struct synth *s, struct cspan text)
{
	return cred_capable(thread_current()->cred, CAP_SYS_RAWIO) ? proc_write_knob(s, text)
								   : -EPERM;
}
WRITABLE(mmap_min_addr, "mmap_min_addr", proc_show_knob, write_min_addr, KNOB_MMAP_MIN_ADDR);
KNOB(swappiness, "swappiness", KNOB_SWAPPINESS);
/* The process whose end frees the most memory is killed, and one line in the log tells it. */
FIXED(panic_on_oom, "panic_on_oom", 0);
FIXED(oom_kill_allocating, "oom_kill_allocating_task", 0);
FIXED(oom_dump_tasks, "oom_dump_tasks", 0);
static const struct synth_node drop_caches = {
	.name = LIT("drop_caches"), .mode = S_IFREG | 0200, .write = write_drop_caches
};
static const struct synth_node vm = {
	.name = LIT("vm"),
	.mode = S_IFDIR | 0555,
	.children = { &overcommit_memory, &overcommit_ratio, &overcommit_kbytes, &min_free,
		&admin_reserve, &user_reserve, &max_map_count, &mmap_min_addr, &swappiness,
		&panic_on_oom, &oom_kill_allocating, &oom_dump_tasks, &drop_caches,
		&dirty_writeback, &dirty_expire, &dirty_ratio, &dirty_background },
};

/* ---- fs ---- */

/* Open files, those of them that are free (never any), and the limit. */
static int show_file_nr(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%lu\t0\t%lu\n", file_count(), file_max());
	return proc_done(next);
}
TEXT(file_nr, "file-nr", show_file_nr);
static int show_file_max(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%lu\n", file_max());
	return proc_done(next);
}
static int write_file_max(struct synth *s, struct cspan text)
{
	u64 v;

	(void)s;
	if (!proc_parse_number(text, &v))
		return -EINVAL;
	file_set_max(v);
	return 0;
}
WRITABLE(file_max_node, "file-max", show_file_max, write_file_max, 0);
KNOB(nr_open, "nr_open", KNOB_NR_OPEN);
static int show_pipe_max(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%u\n", pipe_max_size());
	return proc_done(next);
}
/* The limit is rounded up to a power of two by pipe_set_max_size. */
static int write_pipe_max(struct synth *s, struct cspan text)
{
	u64 v;

	(void)s;
	return proc_parse_number(text, &v) && v <= 0x80000000ul ? pipe_set_max_size((u32)v)
								: -EINVAL;
}
static const struct synth_node pipe_max = { .name = LIT("pipe-max-size"),
	.mode = S_IFREG | 0644,
	.show = show_pipe_max,
	.write = write_pipe_max };
KNOB(pipe_pages_soft, "pipe-user-pages-soft", KNOB_PIPE_PAGES_SOFT);
KNOB(pipe_pages_hard, "pipe-user-pages-hard", KNOB_PIPE_PAGES_HARD);

/* A share of the memory, for each user, until another number is written. */
static int show_epoll_watches(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%lu\n", epoll_max_watches());
	return proc_done(next);
}
static int write_epoll_watches(struct synth *s, struct cspan text)
{
	u64 v;

	(void)s;
	if (!proc_parse_number(text, &v))
		return -EINVAL;
	epoll_set_max_watches(v);
	return 0;
}
WRITABLE(epoll_watches, "max_user_watches", show_epoll_watches, write_epoll_watches, 0);
static const struct synth_node epoll_dir = {
	.name = LIT("epoll"), .mode = S_IFDIR | 0555, .children = { &epoll_watches }
};
KNOB(protected_fifos, "protected_fifos", KNOB_PROTECTED_FIFOS);
KNOB(protected_hardlinks, "protected_hardlinks", KNOB_PROTECTED_HARDLINKS);
KNOB(protected_regular, "protected_regular", KNOB_PROTECTED_REGULAR);
KNOB(protected_symlinks, "protected_symlinks", KNOB_PROTECTED_SYMLINKS);
KNOB(mount_max, "mount-max", KNOB_MOUNT_MAX);
KNOB(lease_break_time, "lease-break-time", KNOB_LEASE_BREAK_TIME);
KNOB(suid_dumpable, "suid_dumpable", KNOB_SUID_DUMPABLE);
/* Of file systems whose ids have 16 bits. There are none, so it is kept without an effect. */
KNOB(fs_overflowuid, "overflowuid", KNOB_FS_OVERFLOWUID);
KNOB(fs_overflowgid, "overflowgid", KNOB_FS_OVERFLOWGID);
KNOB(max_user_instances, "max_user_instances", KNOB_INOTIFY_INSTANCES);
KNOB(max_user_watches, "max_user_watches", KNOB_INOTIFY_WATCHES);
KNOB(max_queued_events, "max_queued_events", KNOB_INOTIFY_EVENTS);
static const struct synth_node inotify = {
	.name = LIT("inotify"),
	.mode = S_IFDIR | 0555,
	.children = { &max_user_instances, &max_user_watches, &max_queued_events },
};
static const struct synth_node fs = {
	.name = LIT("fs"),
	.mode = S_IFDIR | 0555,
	.children = { &file_nr, &file_max_node, &nr_open, &pipe_max, &pipe_pages_soft,
		&pipe_pages_hard, &epoll_dir, &protected_fifos, &protected_hardlinks,
		&protected_regular, &protected_symlinks, &lease_break_time, &suid_dumpable,
		&fs_overflowuid, &fs_overflowgid, &mount_max, &inotify },
};

const struct synth_node proc_sys = { .name = LIT("sys"),
	.mode = S_IFDIR | 0555,
	.children = { &kernel, &vm, &fs, &proc_sys_net, &proc_sys_dev } };
