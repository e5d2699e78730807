// SPDX-License-Identifier: MPL-2.0
/* /proc/cpuinfo of x86_64 in Linux's format, with the lines that CPUID has the values for. */
#include <abi/cpuinfo.h>
#include <frame/cpu.h>
#include <frame/time.h>
#include <frame/user.h>

/* The CPUID register that holds a flag: register and leaf. */
enum flag_word { EDX_1, EDX_80000001, ECX_1, ECX_80000001, EBX_7, ECX_7, NR_WORDS };
struct flag_words {
	u32 v[NR_WORDS];
};

/*
 * Flags by Linux's names, in its order. Flags of extensions that user mode cannot use, since the
 * kernel has not enabled them, are left out.
 */
struct TABLE cpu_flag {
	struct lit name;
	u8 word, bit;
};
static const struct cpu_flag flags[] = {
	{ LIT("fpu"), EDX_1, 0 },
	{ LIT("vme"), EDX_1, 1 },
	{ LIT("de"), EDX_1, 2 },
	{ LIT("pse"), EDX_1, 3 },
	{ LIT("tsc"), EDX_1, 4 },
	{ LIT("msr"), EDX_1, 5 },
	{ LIT("pae"), EDX_1, 6 },
	{ LIT("mce"), EDX_1, 7 },
	{ LIT("cx8"), EDX_1, 8 },
	{ LIT("apic"), EDX_1, 9 },
	{ LIT("sep"), EDX_1, 11 },
	{ LIT("mtrr"), EDX_1, 12 },
	{ LIT("pge"), EDX_1, 13 },
	{ LIT("mca"), EDX_1, 14 },
	{ LIT("cmov"), EDX_1, 15 },
	{ LIT("pat"), EDX_1, 16 },
	{ LIT("pse36"), EDX_1, 17 },
	{ LIT("pn"), EDX_1, 18 },
	{ LIT("clflush"), EDX_1, 19 },
	{ LIT("dts"), EDX_1, 21 },
	{ LIT("acpi"), EDX_1, 22 },
	{ LIT("mmx"), EDX_1, 23 },
	{ LIT("fxsr"), EDX_1, 24 },
	{ LIT("sse"), EDX_1, 25 },
	{ LIT("sse2"), EDX_1, 26 },
	{ LIT("ss"), EDX_1, 27 },
	{ LIT("ht"), EDX_1, 28 },
	{ LIT("tm"), EDX_1, 29 },
	{ LIT("ia64"), EDX_1, 30 },
	{ LIT("pbe"), EDX_1, 31 },
	{ LIT("syscall"), EDX_80000001, 11 },
	{ LIT("mp"), EDX_80000001, 19 },
	{ LIT("nx"), EDX_80000001, 20 },
	{ LIT("mmxext"), EDX_80000001, 22 },
	{ LIT("fxsr_opt"), EDX_80000001, 25 },
	{ LIT("pdpe1gb"), EDX_80000001, 26 },
	{ LIT("rdtscp"), EDX_80000001, 27 },
	{ LIT("lm"), EDX_80000001, 29 },
	{ LIT("3dnowext"), EDX_80000001, 30 },
	{ LIT("3dnow"), EDX_80000001, 31 },
	{ LIT("pni"), ECX_1, 0 },
	{ LIT("pclmulqdq"), ECX_1, 1 },
	{ LIT("dtes64"), ECX_1, 2 },
	{ LIT("monitor"), ECX_1, 3 },
	{ LIT("ds_cpl"), ECX_1, 4 },
	{ LIT("vmx"), ECX_1, 5 },
	{ LIT("smx"), ECX_1, 6 },
	{ LIT("est"), ECX_1, 7 },
	{ LIT("tm2"), ECX_1, 8 },
	{ LIT("ssse3"), ECX_1, 9 },
	{ LIT("cid"), ECX_1, 10 },
	{ LIT("sdbg"), ECX_1, 11 },
	{ LIT("fma"), ECX_1, 12 },
	{ LIT("cx16"), ECX_1, 13 },
	{ LIT("xtpr"), ECX_1, 14 },
	{ LIT("pdcm"), ECX_1, 15 },
	{ LIT("pcid"), ECX_1, 17 },
	{ LIT("dca"), ECX_1, 18 },
	{ LIT("sse4_1"), ECX_1, 19 },
	{ LIT("sse4_2"), ECX_1, 20 },
	{ LIT("x2apic"), ECX_1, 21 },
	{ LIT("movbe"), ECX_1, 22 },
	{ LIT("popcnt"), ECX_1, 23 },
	{ LIT("tsc_deadline_timer"), ECX_1, 24 },
	{ LIT("aes"), ECX_1, 25 },
	{ LIT("xsave"), ECX_1, 26 },
	{ LIT("avx"), ECX_1, 28 },
	{ LIT("f16c"), ECX_1, 29 },
	{ LIT("rdrand"), ECX_1, 30 },
	{ LIT("hypervisor"), ECX_1, 31 },
	{ LIT("lahf_lm"), ECX_80000001, 0 },
	{ LIT("cmp_legacy"), ECX_80000001, 1 },
	{ LIT("svm"), ECX_80000001, 2 },
	{ LIT("extapic"), ECX_80000001, 3 },
	{ LIT("cr8_legacy"), ECX_80000001, 4 },
	{ LIT("abm"), ECX_80000001, 5 },
	{ LIT("sse4a"), ECX_80000001, 6 },
	{ LIT("misalignsse"), ECX_80000001, 7 },
	{ LIT("3dnowprefetch"), ECX_80000001, 8 },
	{ LIT("osvw"), ECX_80000001, 9 },
	{ LIT("ibs"), ECX_80000001, 10 },
	{ LIT("xop"), ECX_80000001, 11 },
	{ LIT("skinit"), ECX_80000001, 12 },
	{ LIT("wdt"), ECX_80000001, 13 },
	{ LIT("lwp"), ECX_80000001, 15 },
	{ LIT("fma4"), ECX_80000001, 16 },
	{ LIT("tce"), ECX_80000001, 17 },
	{ LIT("nodeid_msr"), ECX_80000001, 19 },
	{ LIT("tbm"), ECX_80000001, 21 },
	{ LIT("topoext"), ECX_80000001, 22 },
	{ LIT("tsc_adjust"), EBX_7, 1 },
	{ LIT("sgx"), EBX_7, 2 },
	{ LIT("bmi1"), EBX_7, 3 },
	{ LIT("hle"), EBX_7, 4 },
	{ LIT("avx2"), EBX_7, 5 },
	{ LIT("smep"), EBX_7, 7 },
	{ LIT("bmi2"), EBX_7, 8 },
	{ LIT("erms"), EBX_7, 9 },
	{ LIT("invpcid"), EBX_7, 10 },
	{ LIT("rtm"), EBX_7, 11 },
	{ LIT("rdseed"), EBX_7, 18 },
	{ LIT("adx"), EBX_7, 19 },
	{ LIT("smap"), EBX_7, 20 },
	{ LIT("clflushopt"), EBX_7, 23 },
	{ LIT("clwb"), EBX_7, 24 },
	{ LIT("sha_ni"), EBX_7, 29 },
	{ LIT("umip"), ECX_7, 2 },
	{ LIT("waitpkg"), ECX_7, 5 },
	{ LIT("gfni"), ECX_7, 8 },
	{ LIT("vaes"), ECX_7, 9 },
	{ LIT("vpclmulqdq"), ECX_7, 10 },
};

static struct flag_words read_words(void)
{
	u32 last = cpu_leaf(0, 0).eax, last_ext = cpu_leaf(0x80000000, 0).eax;
	struct cpu_leaf basic = cpu_leaf(1, 0), ext = { 0 }, more = { 0 };

	if (last_ext >= 0x80000001)
		ext = cpu_leaf(0x80000001, 0);
	if (last >= 7)
		more = cpu_leaf(7, 0);
	return (struct flag_words){ .v = { basic.edx, ext.edx, basic.ecx, ext.ecx, more.ebx,
					    more.ecx } };
}

static void cpuinfo_put_flags(struct fmt *f)
{
	struct flag_words w = read_words();
	u32 i;

	fmt_lit(f, LIT("flags\t\t:"));
	for (i = 0; i < ARRAY_LEN(flags); i++) {
		if (!(w.v[flags[i].word] & 1u << flags[i].bit))
			continue;
		fmt_char(f, ' ');
		fmt_lit(f, flags[i].name);
	}
	fmt_char(f, '\n');
}

/* Appends text from registers, up to a NUL. */
static void put_text(struct fmt *f, struct cspan text)
{
	fmt_span(f, cspan_first(text, cspan_strlen(text)));
}

static void put_vendor(struct fmt *f)
{
	struct cpu_leaf l = cpu_leaf(0, 0);
	u32 text[4] = { l.ebx, l.edx, l.ecx, 0 };

	put_text(f, value_cspan(&text));
}

static void put_model_name(struct fmt *f)
{
	u32 text[13] = { 0 };
	struct cpu_leaf l;
	u32 i;

	if (cpu_leaf(0x80000000, 0).eax < 0x80000004) {
		fmt_lit(f, LIT("unknown"));
		return;
	}
	for (i = 0; i < 3; i++) {
		l = cpu_leaf(0x80000002 + i, 0);
		text[4 * i] = l.eax;
		text[4 * i + 1] = l.ebx;
		text[4 * i + 2] = l.ecx;
		text[4 * i + 3] = l.edx;
	}
	put_text(f, value_cspan(&text));
}

static void put_identity(struct fmt *f)
{
	u32 id = cpu_leaf(1, 0).eax;
	u32 family = id >> 8 & 0xf, model = id >> 4 & 0xf;

	if (family >= 6)
		model += (id >> 16 & 0xf) << 4;
	if (family == 0xf)
		family += id >> 20 & 0xff;
	fmt_lit(f, LIT("vendor_id\t: "));
	put_vendor(f);
	fmt_printf(f, "\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: ", family, model);
	put_model_name(f);
	fmt_printf(f, "\nstepping\t: %u\n", id & 0xf);
}

static void put_sizes(struct fmt *f)
{
	u32 last = cpu_leaf(0x80000000, 0).eax;
	u32 line = (cpu_leaf(1, 0).ebx >> 8 & 0xff) * 8;
	u32 bits = last >= 0x80000008 ? cpu_leaf(0x80000008, 0).eax : 36 | 48 << 8;

	fmt_printf(f,
		"clflush size\t: %u\ncache_alignment\t: %u\naddress sizes\t: %u bits physical, %u bits virtual\n",
		line, line, bits & 0xff, bits >> 8 & 0xff);
}

void abi_cpuinfo(struct fmt *f, unsigned i)
{
	u64 khz = time_cycles_hz() / 1000;
	u64 id = cpu_hw_id(i);
	u32 last_ext = cpu_leaf(0x80000000, 0).eax;

	fmt_printf(f, "processor\t: %u\n", i);
	put_identity(f);
	fmt_printf(f, "cpu MHz\t\t: %lu.%03lu\n", khz / 1000, khz % 1000);
	if (last_ext >= 0x80000006)
		fmt_printf(f, "cache size\t: %u KB\n", cpu_leaf(0x80000006, 0).ecx >> 16);
	fmt_printf(f,
		"physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %lu\ncpu cores\t: %u\napicid\t\t: %lu\ninitial apicid\t: %lu\n",
		cpu_count(), id, cpu_count(), id, id);
	fmt_printf(f, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n",
		cpu_leaf(0, 0).eax);
	cpuinfo_put_flags(f);
	fmt_printf(f, "bogomips\t: %lu.%02lu\n", khz / 500, khz % 500 / 5);
	put_sizes(f);
	fmt_lit(f, LIT("power management:\n"));
}
