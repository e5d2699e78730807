// SPDX-License-Identifier: MPL-2.0
/*
 * /sys: the CPUs, and the character devices by class, as mdev, lscpu and nproc look for them. See
 * sysfs(5). Block devices are in block.c.
 *
 * The directories devices/virtual/CLASS/NAME, and the links to them in class/CLASS and dev/char,
 * are made from the registry of character devices.
 *
 * Nothing is stored here: each look-up goes through the registry of character devices (chrdev_nth),
 * and the key of a node is the index of the registration there. Directories that programs require
 * and that have nothing to show (bus, module, power) are empty.
 */
#include <frame/cpu.h>
#include <kernel/chrdev.h>
#include <kernel/hwrng.h>
#include <kernel/serial.h>
#include <kernel/super.h>
#include <kernel/synth.h>
#include <uapi/fs.h>

#include "../fs.h"
#include "sysfs.h"

#define DIR(V, N, ...)                                                              \
	static const struct synth_node V = {                                        \
		.name = LIT(N), .mode = S_IFDIR | 0555, .children = { __VA_ARGS__ } \
	}

/* ---- devices/system/cpu ---- */

/* All CPUs are always online: the files online, possible and present are the same. */
static int show_cpus(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	if (cpu_count() > 1)
		fmt_printf(f, "0-%u\n", cpu_count() - 1);
	else
		fmt_lit(f, LIT("0\n"));
	return sys_done(next);
}
/* A number that is the node's argument. */
static int show_one(struct synth *s, struct fmt *f, u64 *next)
{
	fmt_printf(f, "%lu\n", s->node->arg);
	return sys_done(next);
}
/* Each CPU counts as a core of its own, in one package. */
static int show_core_id(struct synth *s, struct fmt *f, u64 *next)
{
	fmt_printf(f, "%lu\n", s->key);
	return sys_done(next);
}
/* An empty list of CPUs. */
static int show_nothing(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_char(f, '\n');
	return sys_done(next);
}
static const struct synth_node cpu_online = {
	.name = LIT("online"), .mode = S_IFREG | 0444, .show = show_cpus
};
static const struct synth_node cpu_possible = {
	.name = LIT("possible"), .mode = S_IFREG | 0444, .show = show_cpus
};
static const struct synth_node cpu_present = {
	.name = LIT("present"), .mode = S_IFREG | 0444, .show = show_cpus
};
static const struct synth_node cpu_offline = {
	.name = LIT("offline"), .mode = S_IFREG | 0444, .show = show_nothing
};
static const struct synth_node cpu_kernel_max = {
	.name = LIT("kernel_max"), .mode = S_IFREG | 0444, .show = show_one, .arg = MAX_CPUS - 1
};
static const struct synth_node one_online = {
	.name = LIT("online"), .mode = S_IFREG | 0444, .show = show_one, .arg = 1
};
static const struct synth_node core_id = {
	.name = LIT("core_id"), .mode = S_IFREG | 0444, .show = show_core_id
};
static const struct synth_node package_id = {
	.name = LIT("physical_package_id"), .mode = S_IFREG | 0444, .show = show_one, .arg = 0
};
DIR(topology, "topology", &core_id, &package_id);
DIR(one_cpu, "", &one_online, &topology);

/* The key of cpuN is N. */
static int cpu_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	u64 n;

	(void)s;
	if (!cspan_starts(name, STR("cpu")) ||
		parse_u64(cspan_from(name, 3), 10, &n) + 3 != cspan_len(name) || n >= cpu_count())
		return -ENOENT;
	*out = (struct synth_found){ .node = &one_cpu, .key = n };
	return 0;
}

static bool cpu_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	(void)s;
	if (*pos >= cpu_count())
		return false;
	fmt_printf(name, "cpu%lu", *pos);
	(*pos)++;
	*type = S_IFDIR;
	return true;
}

static const struct synth_node cpu_dir = {
	.name = LIT("cpu"),
	.mode = S_IFDIR | 0555,
	.lookup = cpu_lookup,
	.list = cpu_list,
	.children = { &cpu_online, &cpu_possible, &cpu_present, &cpu_offline, &cpu_kernel_max },
};

/* ---- devices: the key is the index of the registration ---- */

/* The device number, by which mdev makes a node. */
static int show_dev(struct synth *s, struct fmt *f, u64 *next)
{
	struct chrdev_info d;

	if (!chrdev_nth((u32)s->key, &d))
		return -ENODEV;
	fmt_printf(f, "%u:%u\n", d.major, d.first);
	return sys_done(next);
}
static int show_uevent(struct synth *s, struct fmt *f, u64 *next)
{
	struct chrdev_info d;

	if (!chrdev_nth((u32)s->key, &d))
		return -ENODEV;
	fmt_printf(f, "MAJOR=%u\nMINOR=%u\nDEVNAME=", d.major, d.first);
	fmt_lit(f, d.name);
	fmt_char(f, '\n');
	return sys_done(next);
}
static int write_uevent(struct synth *s, struct cspan text)
{
	(void)s;
	(void)text;
	return 0; /* there are no listeners for events */
}
static const struct synth_node dev_number = {
	.name = LIT("dev"), .mode = S_IFREG | 0444, .show = show_dev
};
static const struct synth_node dev_uevent = {
	.name = LIT("uevent"), .mode = S_IFREG | 0644, .show = show_uevent, .write = write_uevent
};
static const struct synth_node dev_subsystem;
DIR(device, "", &dev_number, &dev_uevent, &dev_subsystem);

/* The device of /dev/console. */
static int show_active(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	if (tty_console()) {
		fmt_lit(f, serial_name(tty_console()->dev));
		fmt_lit(f, LIT("\n"));
	}
	return sys_done(next);
}
static const struct synth_node dev_active = {
	.name = LIT("active"), .mode = S_IFREG | 0444, .show = show_active
};
DIR(console_device, "", &dev_number, &dev_uevent, &dev_subsystem, &dev_active);

/* rng_available (arg 1) lists the names that could be selected, rng_current the selected one. */
static int show_rng(struct synth *s, struct fmt *f, u64 *next)
{
	struct lit name = hwrng_name();

	fmt_lit(f, name);
	if (s->node->arg && cspan_len(lit_span(name)))
		fmt_char(f, ' ');
	if (s->node->arg || !cspan_len(lit_span(name)))
		fmt_lit(f, LIT("none"));
	fmt_char(f, '\n');
	return sys_done(next);
}
static const struct synth_node rng_current = {
	.name = LIT("rng_current"), .mode = S_IFREG | 0444, .show = show_rng
};
static const struct synth_node rng_available = {
	.name = LIT("rng_available"), .mode = S_IFREG | 0444, .show = show_rng, .arg = 1
};
DIR(rng_device, "", &dev_number, &dev_uevent, &dev_subsystem, &rng_current, &rng_available);

/*
 * /sys/class/mem has the devices of major 1, misc those of major 10, and tty all others. Ranges of
 * several devices have no entry in a class.
 */
static bool in_class(const struct chrdev_info *d, u64 class_major)
{
	return d->count == 1 &&
		(class_major == 4 ? d->major != 1 && d->major != 10 : d->major == class_major);
}

#define MINOR_TUN 200u
#define MINOR_RNG 183u

/* The name in /sys/class: some devices of major 10 have another one in /dev. */
static struct lit class_name(const struct chrdev_info *d)
{
	if (d->major != 10)
		return d->name;
	return d->first == MINOR_RNG    ? LIT("hw_random")
		: d->first == MINOR_TUN ? LIT("tun")
					: d->name;
}

/* Devices with attributes of their own have their own node. */
static const struct synth_node *class_node(const struct chrdev_info *d)
{
	if (d->major == 10 && d->first == MINOR_RNG)
		return &rng_device;
	return cspan_equal(lit_span(d->name), STR("console")) ? &console_device : &device;
}

static struct lit class_of(const struct chrdev_info *d)
{
	return d->major == 1 ? LIT("mem") : d->major == 10 ? LIT("misc") : LIT("tty");
}

/* From the directory of a device to its class. */
static ssize_t subsystem_readlink(struct synth *s, struct span out)
{
	struct chrdev_info d;
	FMT(f, out);

	if (!chrdev_nth((u32)s->key, &d))
		return -ENOENT;
	fmt_lit(&f, LIT("../../../../class/"));
	fmt_lit(&f, class_of(&d));
	return (ssize_t)fmt_len(&f);
}
static const struct synth_node dev_subsystem = {
	.name = LIT("subsystem"), .mode = S_IFLNK | 0777, .readlink = subsystem_readlink
};

/* From class/CLASS and dev/char to the directory of a device. */
static ssize_t device_readlink(struct synth *s, struct span out)
{
	struct chrdev_info d;
	FMT(f, out);

	if (!chrdev_nth((u32)s->key, &d))
		return -ENOENT;
	fmt_lit(&f, LIT("../../devices/virtual/"));
	fmt_lit(&f, class_of(&d));
	fmt_char(&f, '/');
	fmt_lit(&f, class_name(&d));
	return (ssize_t)fmt_len(&f);
}
static const struct synth_node device_link = { .mode = S_IFLNK | 0777,
	.readlink = device_readlink };

/* An entry of a class: a link, or below devices/virtual (DEVICES) the directory. */
#define DEVICES 0x100ul

/* The registry is searched from its start: it has some dozens of entries. */
static int class_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	struct chrdev_info d;
	u32 i;

	for (i = 0; chrdev_nth(i, &d); i++) {
		if (in_class(&d, s->node->arg & ~DEVICES) &&
			cspan_equal(lit_span(class_name(&d)), name)) {
			*out = (struct synth_found){ .key = i,
				.node = s->node->arg & DEVICES ? class_node(&d) : &device_link };
			return 0;
		}
	}
	return -ENOENT;
}

static bool class_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	struct chrdev_info d;

	while (chrdev_nth((u32)*pos, &d)) {
		(*pos)++;
		if (in_class(&d, s->node->arg & ~DEVICES)) {
			fmt_lit(name, class_name(&d));
			*type = s->node->arg & DEVICES ? S_IFDIR : S_IFLNK;
			return true;
		}
	}
	return false;
}

/* The names are MAJOR:MINOR. Ranges of several devices (count > 1) have no node of their own. */
static int number_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	struct chrdev_info d;
	u8 text[24];
	u32 i;

	(void)s;
	for (i = 0; chrdev_nth(i, &d); i++) {
		FMT(f, span_of(text));
		fmt_printf(&f, "%u:%u", d.major, d.first);
		if (d.count == 1 && cspan_equal(fmt_text(&f), name)) {
			*out = (struct synth_found){ .node = &device_link, .key = i };
			return 0;
		}
	}
	return -ENOENT;
}

static bool number_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	struct chrdev_info d;

	(void)s;
	while (chrdev_nth((u32)*pos, &d)) {
		(*pos)++;
		if (d.count == 1) {
			fmt_printf(name, "%u:%u", d.major, d.first);
			*type = S_IFLNK;
			return true;
		}
	}
	return false;
}

#define CLASS(V, N, A)                                       \
	static const struct synth_node V = { .name = LIT(N), \
		.mode = S_IFDIR | 0555,                      \
		.lookup = class_lookup,                      \
		.list = class_list,                          \
		.arg = (A) }
CLASS(class_mem, "mem", 1);
CLASS(class_misc, "misc", 10);
CLASS(class_tty, "tty", 4);
CLASS(virtual_mem, "mem", 1 | DEVICES);
CLASS(virtual_misc, "misc", 10 | DEVICES);
CLASS(virtual_tty, "tty", 4 | DEVICES);
static const struct synth_node dev_char = {
	.name = LIT("char"), .mode = S_IFDIR | 0555, .lookup = number_lookup, .list = number_list
};

/* ---- the tree ---- */

DIR(sys_system, "system", &cpu_dir);
DIR(sys_virtual, "virtual", &virtual_block, &virtual_mem, &virtual_misc, &virtual_net,
	&virtual_tty);
DIR(sys_devices, "devices", &sys_system, &sys_virtual);
DIR(sys_class, "class", &class_block, &class_mem, &class_misc, &class_net, &class_tty);
DIR(sys_dev, "dev", &dev_char, &dev_block);
DIR(sys_bus, "bus", NULL);
DIR(sys_module, "module", NULL);
DIR(sys_kernel, "kernel", NULL);
DIR(sys_fs, "fs", NULL);
DIR(sys_firmware, "firmware", &sys_devicetree);
DIR(sys_power, "power", NULL);
DIR(sys_root, "", &sys_block, &sys_bus, &sys_class, &sys_dev, &sys_devices, &sys_firmware, &sys_fs,
	&sys_kernel, &sys_module, &sys_power);

/* The magic number also tells synth.c to treat missing names as sysfs does. */
static int sysfs_mount(const struct fs_type *type, struct cspan source, u32 flags,
	struct cspan data, struct super **out)
{
	int err = synth_mount(type, &sys_root, out);

	(void)source;
	(void)flags;
	(void)data;
	if (!err)
		(*out)->magic = SYSFS_MAGIC;
	return err;
}
static const struct fs_type sysfs_type = {
	.name = LIT("sysfs"), .nodev = true, .mount = sysfs_mount
};

void sysfs_init(void)
{
	fs_register(&sysfs_type);
}
