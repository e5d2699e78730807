// SPDX-License-Identifier: MPL-2.0
/*
 * Tables of /proc that programs look names up in (tty/drivers, tty/ldiscs, misc, execdomains), of
 * memory (buddyinfo, zoneinfo, slabinfo), and the directories that are always there although
 * nothing here has an entry in them. See proc(5), proc_tty(5), proc_zoneinfo(5).
 */
#include <frame/objstat.h>
#include <frame/page.h>
#include <kernel/chrdev.h>
#include <kernel/serial.h>
#include <uapi/fs.h>

#include "procfs.h"

#define TABLE_FILE(V, N, M, S) \
	const struct synth_node V = { .name = LIT(N), .mode = S_IFREG | (M), .show = S }

/* ---- terminals ---- */

/*
 * Driver, the name that its nodes begin with, major number, range of minor numbers, kind. ps(1)
 * finds the name of a process's terminal here.
 */
static int show_drivers(struct synth *s, struct fmt *f, u64 *next)
{
	static const struct {
		struct lit driver, node;
		u32 major, first, last;
		struct lit kind;
	} rows[] = {
		{ LIT("/dev/tty"), LIT("/dev/tty"), 5, 0, 0, LIT("system:/dev/tty") },
		{ LIT("/dev/console"), LIT("/dev/console"), 5, 1, 1, LIT("system:console") },
		{ LIT("/dev/ptmx"), LIT("/dev/ptmx"), 5, 2, 2, LIT("system") },
		{ LIT("hvc"), LIT("/dev/hvc"), HVC_MAJOR, 0, SERIAL_MAX_LINES - 1, LIT("system") },
		{ LIT("sifive-serial"), LIT("/dev/ttySIF"), SIFIVE_TTY_MAJOR, 0,
			SERIAL_MAX_LINES - 1, LIT("serial") },
		{ LIT("serial"), LIT("/dev/ttyS"), 4, 64, 64 + SERIAL_MAX_LINES - 1,
			LIT("serial") },
		{ LIT("pty_slave"), LIT("/dev/pts"), 136, 0, (1u << 20) - 1, LIT("pty:slave") },
	};
	u32 i;

	(void)s;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		fmt_span_pad(f, lit_span(rows[i].driver), 20);
		fmt_char(f, ' ');
		fmt_span_pad(f, lit_span(rows[i].node), 13);
		if (rows[i].first == rows[i].last)
			fmt_printf(f, " %3u %7u ", rows[i].major, rows[i].first);
		else
			fmt_printf(f, " %3u %u-%u ", rows[i].major, rows[i].first, rows[i].last);
		fmt_lit(f, rows[i].kind);
		fmt_char(f, '\n');
	}
	return proc_done(next);
}
static TABLE_FILE(tty_drivers, "drivers", 0444, show_drivers);

static int show_ldiscs(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f, LIT("n_tty       0\n"));
	return proc_done(next);
}
static TABLE_FILE(tty_ldiscs, "ldiscs", 0444, show_ldiscs);

const struct synth_node proc_tty = {
	.name = LIT("tty"), .mode = S_IFDIR | 0555, .children = { &tty_drivers, &tty_ldiscs }
};

/* ---- names ---- */

/*
 * The devices of major 10, by the name that Linux's driver has: that of the node, without its
 * directory, but for the generator of random numbers.
 */
static int show_misc(struct synth *s, struct fmt *f, u64 *next)
{
	struct chrdev_info d;
	struct cspan name;
	u32 i;

	(void)s;
	for (i = 0; chrdev_nth(i, &d); i++) {
		if (d.major != 10)
			continue;
		name = cspan_equal(lit_span(d.name), STR("hwrng")) ? STR("hw_random")
								   : lit_span(d.name);
		if (cspan_find(name, '/') < cspan_len(name))
			name = cspan_from(name, cspan_find(name, '/') + 1);
		fmt_printf(f, "%3u ", d.first);
		fmt_span(f, name);
		fmt_char(f, '\n');
	}
	return proc_done(next);
}
TABLE_FILE(proc_misc, "misc", 0444, show_misc);

static int show_execdomains(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f, LIT("0-0\tLinux           \t[kernel]\n"));
	return proc_done(next);
}
TABLE_FILE(proc_execdomains, "execdomains", 0444, show_execdomains);

/* ---- free memory ---- */

/*
 * All memory is one zone. The allocator has single pages and joins none, so all that is free is of
 * order 0.
 */
static int show_buddyinfo(struct synth *s, struct fmt *f, u64 *next)
{
	struct page_stats m;
	u32 order;

	(void)s;
	page_get_stats(&m);
	fmt_printf(f, "Node 0, zone   Normal %6lu ", m.free);
	for (order = 1; order <= 10; order++)
		fmt_printf(f, "%6u ", 0u);
	fmt_char(f, '\n');
	return proc_done(next);
}
TABLE_FILE(proc_buddyinfo, "buddyinfo", 0444, show_buddyinfo);

/* Only the lines whose numbers this kernel has. Pages that firmware keeps are no part of the zone. */
static int show_zoneinfo(struct synth *s, struct fmt *f, u64 *next)
{
	struct page_stats m;

	(void)s;
	page_get_stats(&m);
	fmt_lit(f, LIT("Node 0, zone   Normal\n"));
	fmt_printf(f, "  pages free     %lu\n        present  %lu\n        managed  %lu\n", m.free,
		m.total, m.total);
	fmt_printf(f, "      nr_free_pages %lu\n", m.free);
	return proc_done(next);
}
TABLE_FILE(proc_zoneinfo, "zoneinfo", 0444, show_zoneinfo);

/*
 * The pools of kernel objects in the form of slabinfo(5), one a record; slabtop(1) and vmstat(8)
 * read it. A slab is a group of pages; pools have no tunables.
 */
static int show_slabinfo(struct synth *s, struct fmt *f, u64 *next)
{
	struct objstat o;
	u64 slabs;

	(void)s;
	if (!*next)
		fmt_lit(f,
			LIT("slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n"));
	if (!objstat_nth((u32)*next, &o))
		return proc_done(next);
	slabs = (o.slots + o.slots_per_group - 1) / o.slots_per_group;
	fmt_span_pad(f, lit_span(o.name), 17);
	fmt_printf(f, " %6lu %6lu %6lu %4lu %4lu : tunables    0    0    0 : slabdata", o.live,
		o.slots, o.slot_size, o.slots_per_group, o.pages_per_group);
	fmt_printf(f, " %6lu %6lu      0\n", slabs, slabs);
	(*next)++;
	return 0;
}
TABLE_FILE(proc_slabinfo, "slabinfo", 0400, show_slabinfo);

/* ---- directories without entries ---- */

#define EMPTY(V, N) const struct synth_node V = { .name = LIT(N), .mode = S_IFDIR | 0555 }
EMPTY(proc_bus, "bus");
EMPTY(proc_driver, "driver");
EMPTY(proc_fs, "fs");
