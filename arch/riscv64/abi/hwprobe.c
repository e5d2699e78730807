// SPDX-License-Identifier: MPL-2.0
/*
 * riscv_hwprobe: the abilities of the CPUs, for C libraries that choose their routines by them. See
 * Linux's Documentation/arch/riscv/hwprobe.rst.
 *
 * The values come from the devicetree's ISA strings. An extension counts if all CPUs have it and
 * user mode can use it without the kernel's help.
 */
#include <abi/elf.h>
#include <frame/cpu.h>
#include <frame/device.h>
#include <frame/time.h>
#include <frame/vmspace.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

enum hwprobe_key {
	KEY_MVENDORID,
	KEY_MARCHID,
	KEY_MIMPID,
	KEY_BASE_BEHAVIOR,
	KEY_IMA_EXT_0,
	KEY_CPUPERF_0,
	KEY_ZICBOZ_BLOCK_SIZE,
	KEY_HIGHEST_VIRT_ADDRESS,
	KEY_TIME_CSR_FREQ,
	KEY_MISALIGNED_SCALAR_PERF,
	KEY_MISALIGNED_VECTOR_PERF,
};
#define BEHAVIOR_IMA            1ul
#define VECTOR_PERF_UNSUPPORTED 4ul
#define FLAG_WHICH_CPUS         1u

struct hwprobe_pair {
	s64 key;
	u64 value;
};

/* Multi-letter extensions, and their bits in KEY_IMA_EXT_0. */
struct TABLE hwprobe_ext {
	struct lit name;
	u32 bit;
};
static const struct hwprobe_ext extensions[] = {
	{ LIT("zba"), 3 },
	{ LIT("zbb"), 4 },
	{ LIT("zbs"), 5 },
	{ LIT("zbc"), 7 },
	{ LIT("zbkb"), 8 },
	{ LIT("zbkc"), 9 },
	{ LIT("zbkx"), 10 },
	{ LIT("zknd"), 11 },
	{ LIT("zkne"), 12 },
	{ LIT("zknh"), 13 },
	{ LIT("zksed"), 14 },
	{ LIT("zksh"), 15 },
	{ LIT("zkt"), 16 },
	{ LIT("zfh"), 27 },
	{ LIT("zfhmin"), 28 },
	{ LIT("zihintntl"), 29 },
	{ LIT("zfa"), 32 },
	{ LIT("ztso"), 33 },
	{ LIT("zacas"), 34 },
	{ LIT("zicond"), 35 },
	{ LIT("zihintpause"), 36 },
	{ LIT("zimop"), 42 },
	{ LIT("zca"), 43 },
	{ LIT("zcb"), 44 },
	{ LIT("zcd"), 45 },
	{ LIT("zcmop"), 47 },
	{ LIT("zawrs"), 48 },
};

/* Whether the extension is one of the words of the ISA string. */
static bool has_extension(struct cspan isa, struct cspan name)
{
	while (cspan_len(isa)) {
		size_t n = cspan_find(isa, '_');
		if (cspan_equal(cspan_first(isa, n), name))
			return true;
		isa = cspan_from(isa, n + 1);
	}
	return false;
}

static bool all_have(struct cspan name)
{
	unsigned i;

	for (i = 0; i < cpu_count(); i++) {
		if (!has_extension(dt_string(cpu_node(i), LIT("riscv,isa"), 0), name))
			return false;
	}
	return true;
}

#define LETTER(c) (1ul << ((c) - 'a'))

static u64 ima_extensions(void)
{
	static u64 cached;
	u64 caps = abi_hwcap(), value = 0;
	u32 i;

	if (cached)
		return cached;
	if ((caps & LETTER('f')) && (caps & LETTER('d')))
		value |= 1;
	if (caps & LETTER('c'))
		value |= 2;
	for (i = 0; i < ARRAY_LEN(extensions); i++) {
		if (all_have(lit_span(extensions[i].name)))
			value |= bit(extensions[i].bit);
	}
	cached = value;
	return value;
}

/* The value for one key; false: no such key. */
static bool hwprobe_answer(s64 key, u64 *value)
{
	switch (key) {
	case KEY_MVENDORID:
	case KEY_MARCHID:
	case KEY_MIMPID:
		*value = 0; /* not reported */
		return true;
	case KEY_BASE_BEHAVIOR:
		*value = BEHAVIOR_IMA;
		return true;
	case KEY_IMA_EXT_0:
		*value = ima_extensions();
		return true;
	case KEY_CPUPERF_0:
	case KEY_MISALIGNED_SCALAR_PERF:
		*value = 0; /* unknown */
		return true;
	case KEY_ZICBOZ_BLOCK_SIZE:
		*value = 0; /* user mode may not use it */
		return true;
	case KEY_HIGHEST_VIRT_ADDRESS:
		*value = VM_USER_MAX;
		return true;
	case KEY_TIME_CSR_FREQ:
		*value = time_cycles_hz();
		return true;
	case KEY_MISALIGNED_VECTOR_PERF:
		*value = VECTOR_PERF_UNSUPPORTED;
		return true;
	default:
		*value = 0;
		return false;
	}
}

static bool is_bitmask(s64 key)
{
	return key == KEY_BASE_BEHAVIOR || key == KEY_IMA_EXT_0 || key == KEY_CPUPERF_0;
}

/* The set of all running CPUs. */
struct cpu_bits {
	u64 v[(MAX_CPUS + 63) / 64];
};

static struct cpu_bits online(void)
{
	struct cpu_bits all = { { 0 } };
	unsigned i;

	for (i = 0; i < cpu_count(); i++)
		*array_at(all.v, i / 64) |= bit(i % 64);
	return all;
}

/* Reads the user's set and removes CPUs that do not run. *@empty: none is left. 0 or -EFAULT. */
static int cpus_in(struct cpu_bits *set, struct uaddr cpus, u64 size, bool *empty)
{
	struct cpu_bits all = online();
	u32 i;

	*set = (struct cpu_bits){ { 0 } };
	if (copy_in(span_first(value_span(set), size), cpus))
		return -EFAULT;
	*empty = true;
	for (i = 0; i < ARRAY_LEN(set->v); i++) {
		*array_at(set->v, i) &= all.v[i];
		*empty = *empty && !set->v[i];
	}
	return 0;
}

/* An unknown key becomes -1, which is not an error. */
static s64 fill_pairs(struct uaddr pairs, u64 count)
{
	struct hwprobe_pair p;
	u64 i;

	for (i = 0; i < count; i++) {
		struct uaddr at = uaddr_add(pairs, i * sizeof(p));
		if (user_get(&p.key, at))
			return -EFAULT;
		if (!hwprobe_answer(p.key, &p.value))
			p.key = -1;
		if (user_put(at, &p))
			return -EFAULT;
		if (loop_should_end())
			return -EINTR;
	}
	return 0;
}

/*
 * RISCV_HWPROBE_WHICH_CPUS: the CPUs of the set that match all pairs. All CPUs are alike, so the
 * result is the whole set or none.
 */
static s64 which_cpus(struct uaddr pairs, u64 count, struct uaddr cpus, u64 size)
{
	struct cpu_bits set;
	struct hwprobe_pair p;
	bool empty, match = true;
	u64 i, value;

	if (!size || !cpus.va)
		return -EINVAL;
	if (cpus_in(&set, cpus, size, &empty))
		return -EFAULT;
	if (empty)
		set = online();
	for (i = 0; i < count; i++) {
		struct uaddr at = uaddr_add(pairs, i * sizeof(p));
		if (loop_should_end())
			return -EINTR;
		if (user_get(&p, at))
			return -EFAULT;
		if (!hwprobe_answer(p.key, &value)) {
			p = (struct hwprobe_pair){ .key = -1 };
			match = false;
			if (user_put(at, &p))
				return -EFAULT;
		} else if (is_bitmask(p.key) ? (value & p.value) != p.value : value != p.value) {
			match = false;
		}
	}
	if (!match)
		set = (struct cpu_bits){ { 0 } };
	return copy_out(cpus, cspan_first(value_cspan(&set), size));
}

s64 sys_riscv_hwprobe(struct thread *t, struct uaddr pairs, u64 count, u64 cpusetsize,
	struct uaddr cpus, u32 flags)
{
	u64 size = min(cpusetsize, (u64)sizeof(struct cpu_bits));
	struct cpu_bits set;
	bool empty;

	(void)t;
	if (flags & ~FLAG_WHICH_CPUS)
		return -EINVAL;
	if (flags & FLAG_WHICH_CPUS)
		return which_cpus(pairs, count, cpus, size);
	if (cpusetsize || cpus.va) {
		if (cpus_in(&set, cpus, size, &empty))
			return -EFAULT;
		if (empty)
			return -EINVAL;
	}
	return fill_pairs(pairs, count);
}
