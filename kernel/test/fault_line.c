// SPDX-License-Identifier: MPL-2.0
/*
 * Faults of drivers (fault.c): transfers by devices, interrupt lines, registers, the devicetree.
 * The devices are those that dma.c, irq.c and nic.c have.
 */
#include <frame/cpu.h>
#include <frame/device.h>
#include <frame/dma.h>
#include <frame/nic.h>
#include <uapi/errno.h>

#include "fault.h"

enum { FAULTY_CLOCK = 1, FAULTY_NIC, FAULTY_EDU, FAULTY_PDMA };
static struct device *faulty_clock, *faulty_card, *faulty_edu, *faulty_pdma;

/* Remembers the devices, and says that they are not its own, so that their drivers get them. */
static int fault_line_probe(struct device *dev, u32 quirk)
{
	if (quirk == FAULTY_CLOCK)
		faulty_clock = dev;
	if (quirk == FAULTY_NIC && device_nic(dev))
		faulty_card = dev;
	if (quirk == FAULTY_EDU)
		faulty_edu = dev;
	if (quirk == FAULTY_PDMA)
		faulty_pdma = dev;
	return -ENODEV;
}
static const struct dt_match fault_line_match[] = {
	{ LIT("google,goldfish-rtc"), .quirk = FAULTY_CLOCK },
	{ LIT("pci8086,10d3"), .quirk = FAULTY_NIC },
	{ LIT("sifive,fu540-c000-gem"), .quirk = FAULTY_NIC },
	{ LIT("pci1234,11e8"), .quirk = FAULTY_EDU },
	{ LIT("sifive,fu540-c000-pdma"), .quirk = FAULTY_PDMA },
};
ONLOOKER(fault_line, fault_line_match, fault_line_probe);

/* ---- transfers ---- */

static struct page *moved_page, *unmoved_page; /* live; stale */

/* The other end of a transfer to or from a page. */
static struct dma_end other_end(void)
{
	return (struct dma_end){ faulty_edu ? NULL : moved_page, 0 };
}
/* @bad as the source or as the destination, by the highest bit. */
static void dma_start_with(struct dma_end bad, u64 len)
{
	if (fault_wild >> 63)
		(void)!dma_start(test_dma(), bad, other_end(), len);
	else
		(void)!dma_start(test_dma(), other_end(), bad, len);
}
/* The engine knows no pages: bytes behind the end would be those of somebody else's page. */
static void dma_start_beyond(void)
{
	u64 off = fault_wild % (PAGE_SIZE + 1);

	dma_start_with((struct dma_end){ moved_page, off },
		PAGE_SIZE + 1 - off + (fault_wild >> 16) % (1ul << 40));
}
/* An offset near the highest number, whose sum with the length is within the page again. */
static void dma_start_wraps(void)
{
	u64 off = 1 + fault_wild % (1ul << 40);

	dma_start_with((struct dma_end){ moved_page, 0ul - off }, off + fault_wild % PAGE_SIZE);
}
/* A page that is free is somebody's the next moment, and the device would write to it then. */
static void dma_start_stale(void)
{
	dma_start_with((struct dma_end){ unmoved_page, fault_wild % 64 }, 64);
}
/* Two ends of the wrong kinds, or no byte. */
static void dma_start_nothing(void)
{
	struct dma_end page = { moved_page, fault_wild }, own = { NULL, fault_wild };
	struct dma *e = test_dma();

	KTEST_EXPECT(dma_start(e, own, own, 1 + fault_wild % 64) == -EINVAL);
	KTEST_EXPECT(dma_start(e, page, faulty_edu ? page : own, 1) == -EINVAL);
	KTEST_EXPECT(dma_start(e, page, faulty_edu ? own : page, 0) == -EINVAL);
}
/* Nothing was started, so nothing is given back, whatever the device's registers say. */
static void dma_finish_nothing(void)
{
	KTEST_EXPECT(dma_finish(test_dma()) == -EINVAL);
}
/* The transfer takes a tenth of a second, so only few of these faults start one. */
static void dma_start_and_put(void)
{
	struct page *p = page_alloc(0), *lent = p;
	struct dma_end to = { p, fault_wild % 2048 };

	if (fault_wild >> 60 == 0 && p) {
		KTEST_EXPECT(dma_start(test_dma(), to, other_end(), 64) == 0);
		page_put(&p);
		KTEST_EXPECT(!page_refs(lent) && page_map_count(lent) == 1);
		KTEST_EXPECT(dma_start(test_dma(), other_end(), other_end(), 64) != 0);
		while (dma_finish(test_dma()) == -EBUSY)
			test_sleep_ms(5);
		KTEST_EXPECT(!page_map_count(lent));
	}
	page_put(&p);
}
/* No engine: each call of the interface is tried. */
static void dma_null(void)
{
	if (fault_wild & 1)
		(void)!dma_finish(NULL);
	if (fault_wild & 2)
		(void)dma_line(NULL);
	(void)!dma_start(NULL, other_end(), (struct dma_end){ moved_page, 0 }, 1);
}

/* ---- interrupt lines ---- */

static struct probe *line_owner, *gone_owner;

/* Interrupts come, and are counted; what they tell is nobody's business here. */
static void handle_fault(struct obj *owner)
{
	(void)owner;
}
static const struct irq_ops fault_irq_ops = { .handle = handle_fault };

static struct irq_line *faulty_line(void)
{
	return faulty_clock   ? device_irq(faulty_clock, 0)
		: faulty_card ? device_irq(faulty_card, 0)
			      : NULL;
}
/* Whoever attached before has forgotten it. */
static struct irq_line *line_begin(void)
{
	struct irq_line *l = faulty_line();

	irq_line_detach(l);
	KTEST_EXPECT(obj_refs(line_owner) == 1);
	return l;
}
static int line_attach(struct irq_line *l)
{
	return irq_line_attach(l, &fault_irq_ops, &line_owner->obj);
}
/* A handler without an owner would be called with a pointer to nothing. */
static void line_attach_nobody(void)
{
	(void)!irq_line_attach(line_begin(), &fault_irq_ops, NULL);
}
/* The line takes a reference of its owner, which a free slot does not give. */
static void line_attach_stale(void)
{
	(void)!irq_line_attach(line_begin(), &fault_irq_ops, &gone_owner->obj);
}
/* One owner a line, and as many detaches as one likes: only the first has something to put. */
static void line_attach_twice(void)
{
	struct irq_line *l = line_begin();

	KTEST_EXPECT(line_attach(l) == 0 && line_attach(l) == -EBUSY);
	KTEST_EXPECT(obj_refs(line_owner) == 2);
	irq_line_detach(l);
	irq_line_detach(l);
	KTEST_EXPECT(obj_refs(line_owner) == 1);
}
/* The line's reference is put by somebody else. */
static void line_owner_put(void)
{
	struct probe *p = obj_new(probe), *again = p;
	struct irq_line *l = line_begin();

	KTEST_EXPECT(p && irq_line_attach(l, &fault_irq_ops, &p->obj) == 0);
	obj_put(&p);
	obj_put(&again);
	irq_line_detach(l);
}
/* A driver that ends without a detach: the line keeps its reference, and so the owner. */
static void line_lost(void)
{
	struct irq_line *l = line_begin();

	KTEST_EXPECT(line_attach(l) == 0);
	task_exit();
}
/* Eight calls in any order, against a model of one bit: is somebody attached? */
static void line_in_any_order(void)
{
	struct irq_line *l = line_begin();
	u64 turns = fault_wild;
	bool attached = false;
	u32 i;

	for (i = 0; i < 8; i++, turns /= 4) {
		if (turns % 4 == 0) {
			irq_line_enable(l);
		} else if (turns % 4 == 1) {
			irq_line_disable(l);
		} else if (turns % 4 == 2) {
			KTEST_EXPECT(line_attach(l) == (attached ? -EBUSY : 0));
			attached = true;
		} else {
			irq_line_detach(l);
			attached = false;
		}
		KTEST_EXPECT(obj_refs(line_owner) == (attached ? 2 : 1));
	}
}
/* The counts are an array of CPUs, so a number that no CPU has ends the caller. */
static void line_count_beyond(void)
{
	(void)irq_line_count(faulty_line(), cpu_count() + (u32)fault_wild % 100000);
}
/* A line's number comes from a user who reads a file of /proc: a wrong one is an answer. */
static void line_describe_wild(void)
{
	struct irq_info info = { 0 };

	KTEST_EXPECT(!irq_line_describe((u32)fault_wild | 1u << 20, &info) && !info.line);
}
/* No line: each call of the interface is tried. */
static void line_null(void)
{
	if (fault_wild & 1)
		(void)irq_line_count(NULL, 0);
	if (fault_wild & 2)
		irq_line_detach(NULL);
	if (fault_wild & 4)
		irq_line_disable(NULL);
	irq_line_enable(NULL);
}

/* ---- registers and nodes: of PCI functions, and of others ---- */

/* One of the devices that there are, any of them by the highest bits. */
static struct device *faulty_device(void)
{
	struct device *d[4] = { faulty_clock, faulty_card, faulty_edu, faulty_pdma };
	u32 i, first = fault_wild >> 62;

	for (i = 0; i < 4 && !*array_at(d, (first + i) % 4); i++)
		;
	return *array_at(d, (first + i) % 4);
}
/* One of those windows; NULL: none of the devices has one. */
static struct iomem *faulty_window(void)
{
	struct iomem *io = device_iomem(faulty_device(), 0);

	io = io ? io : faulty_clock ? device_iomem(faulty_clock, 0) : NULL;
	return io ? io : faulty_card ? device_iomem(faulty_card, 0) : NULL;
}
/* One of the eight ways to reach a register, by the lowest bits of @how. */
static void register_access(u64 off, u32 how)
{
	struct iomem *io = faulty_window();

	if (how % 8 == 0)
		(void)iomem_read8(io, off);
	if (how % 8 == 1)
		(void)iomem_read16(io, off);
	if (how % 8 == 2)
		(void)iomem_read32(io, off);
	if (how % 8 == 3)
		(void)iomem_read64(io, off);
	if (how % 8 == 4)
		iomem_write8(io, off, (u8)fault_wild);
	if (how % 8 == 5)
		iomem_write16(io, off, (u16)fault_wild);
	if (how % 8 == 6)
		iomem_write32(io, off, (u32)fault_wild);
	if (how % 8 == 7)
		iomem_write64(io, off, fault_wild);
}
/* Behind the window are other devices' registers, or nothing that answers. */
static void register_beyond(void)
{
	u64 far = fault_wild >> 63 ? fault_wild % (1ul << 40) : 0;

	register_access(iomem_size(faulty_window()) + far, fault_wild >> 50);
}
/* An offset just below zero, which with the width of the access is a small number. */
static void register_wraps(void)
{
	register_access(0ul - 1 - fault_wild % PAGE_SIZE, fault_wild >> 50);
}
/* Buses split such accesses or refuse them, each in its way: the frame refuses all. */
static void register_misaligned(void)
{
	static const u32 wide[] = { 1, 2, 3, 5, 6, 7 };

	register_access(fault_wild % 0x60 | 1, *array_at(wide, (fault_wild >> 50) % 6));
}
/* A device without windows gives NULL, which some driver will use. */
static void register_null(void)
{
	struct iomem *io = NULL;

	if (fault_wild & 1)
		(void)iomem_read32(io, fault_wild % 4096);
	iomem_write64(io, fault_wild & ~7ul, 0);
}
/* Windows and lines that a device does not have are absent, and no fault. */
static void device_numbers_wild(void)
{
	struct device *d = faulty_device();

	KTEST_EXPECT(!device_iomem(d, (u32)fault_wild | 8));
	KTEST_EXPECT(!device_irq(d, (u32)fault_wild | 1u << 10));
}
/* The tree is data from outside: what it does not have is absent, and the value stays. */
static void tree_numbers_wild(void)
{
	struct dt_node *n = device_node(faulty_device());
	u32 value = 7;

	KTEST_EXPECT(!dt_u32(n, LIT("reg"), (u32)fault_wild | 1u << 16, &value) && value == 7);
	KTEST_EXPECT(!cspan_len(dt_string(n, LIT("compatible"), (u32)fault_wild | 1u << 16)));
	KTEST_EXPECT(!cspan_len(dt_prop_name(n, (u32)fault_wild | 1u << 16)));
	(void)dt_by_phandle((u32)fault_wild);
	KTEST_EXPECT(!dt_first_child(NULL) && !dt_has(NULL, LIT("reg")));
}
/* No device: each call of the interface is tried. */
static void device_null(void)
{
	if (fault_wild & 1)
		(void)device_iomem(NULL, 0);
	if (fault_wild & 2)
		(void)device_irq(NULL, 0);
	(void)device_node(NULL);
}

/* ---- the tables ---- */

static const struct fault dma_faults[] = {
	FAULT(dma_start_beyond, true),
	FAULT(dma_start_wraps, true),
	FAULT(dma_start_stale, true),
	FAULT(dma_start_nothing, false),
	FAULT(dma_finish_nothing, false),
	FAULT(dma_start_and_put, false),
	FAULT(dma_null, true),
};
static const struct fault line_faults[] = {
	FAULT(line_attach_nobody, true),
	FAULT(line_attach_stale, true),
	FAULT(line_attach_twice, false),
	FAULT(line_owner_put, true),
	FAULT(line_lost, false),
	FAULT(line_in_any_order, false),
	FAULT(line_count_beyond, true),
	FAULT(line_describe_wild, false),
	FAULT(line_null, true),
	FAULT(register_beyond, true),
	FAULT(register_wraps, true),
	FAULT(register_misaligned, true),
	FAULT(register_null, true),
	FAULT(device_numbers_wild, false),
	FAULT(tree_numbers_wild, false),
	FAULT(device_null, true),
};

const struct fault *fault_of_line(u32 i)
{
	if (!test_dma())
		i += ARRAY_LEN(dma_faults);
	if (i < ARRAY_LEN(dma_faults))
		return array_at(dma_faults, i);
	i -= ARRAY_LEN(dma_faults);
	return faulty_line() && i < ARRAY_LEN(line_faults) ? array_at(line_faults, i) : NULL;
}

/* Windows are made when they are asked for: all now, so that the frame's state is the same later. */
static void make_windows(void)
{
	struct device *d[4] = { faulty_clock, faulty_card, faulty_edu, faulty_pdma };
	u32 i, k;

	for (i = 0; i < 4; i++) {
		for (k = 0; k < 6 && *array_at(d, i); k++)
			(void)device_iomem(*array_at(d, i), k);
	}
}

bool fault_lines_begin(void)
{
	make_windows();
	moved_page = page_alloc(PAGE_ZEROED);
	unmoved_page = page_alloc(0);
	line_owner = obj_new(probe);
	gone_owner = obj_new(probe);
	return moved_page && unmoved_page && line_owner && gone_owner;
}

/* Puts what is to be stale, and leaves the pointers to it where the faults find them. */
void fault_lines_let_go(void)
{
	struct page *p = unmoved_page;
	struct probe *owner = gone_owner;

	page_put(&p);
	obj_put(&owner);
}

void fault_lines_end(void)
{
	if (!line_owner)
		return;
	if (faulty_line())
		irq_line_detach(faulty_line());
	KTEST_EXPECT(obj_refs(line_owner) == 1);
	/* A trap keeps what the call held: one page of two. */
	KTEST_EXPECT(faulty_pdma || page_map_count(moved_page) == 0);
	obj_put(&line_owner);
	page_put(&moved_page);
}
