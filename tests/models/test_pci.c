// SPDX-License-Identifier: MPL-2.0
/*
 * frame/dev/pci.c against functions that say what they like of the memory that they decode: which
 * of their registers get a window, and where. And window.c against functions that firmware has left
 * armed: none masters the bus before it was disarmed. And irq.c, whose shared wires get new sharers
 * between any two of its basic blocks.
 */
#include "../../frame/dev/irq.c"

#include "sim.h"

#define ECAM        0x30000000ul
#define WINDOW      0x40000000ul /* the bridge's, as the CPU has it, too */
#define WINDOW_SIZE 0x1f80000ul
#define WIDE_BUS    0x500000000ul
#define WIDE        0x700000000ul /* another, where the CPU has it elsewhere: 256 MiB */
#define CHIP        0x40800000ul
#define OTHER       0x41000000ul
#define RAM_PART    0x8ff00000ul
#define MMIO        0x100000000000ul
#define SHOWN       0x5480u /* of the registers of a pci8086,10d3: frame/dev/reach */
#define NR          4
#define NR_MESSAGES 64
#define MOST_OF_ONE 34u /* messages that one function gets */

enum {
	COMMAND = 0x04,
	CLASS = 0x08,
	HEADER = 0x0e,
	BAR0 = 0x10,
	LAST_BAR = 0x24,
	PIN = 0x3c,
	CAPABILITIES = 0x34,
	MSI = 0x50
};
/*
 * Intel 82574 data sheet: device control, masks of the causes, receiver, transmitter; QEMU's edu.
 */
enum {
	REG_CONTROL = 0x000,
	REG_STATUS = 0x008,
	REG_MASK_CLEAR = 0x0d8,
	REG_RX = 0x100,
	REG_TX = 0x400,
	EDU_COMMAND = 0x98
};
#define NIC        0x10d38086u
#define EDU        0x11e81234u
#define BIT_RESET  (1u << 26)
#define BIT_MASTER (1u << 19)
#define NO_INTX    (1u << 10)

/*
 * What a function's configuration space holds; a register's size is a power of two, 0: it is not
 * there.
 */
static struct function {
	u32 id, class, header, command;
	struct {
		u64 at, size;
		bool is_wide, is_port;
	} bar[6];
	u32 value[6];
	bool is_new; /* it says something else since it was asked */
	bool has_msi;
	u32 control; /* of the messages, behind the capability's first 16 bits */
	u32 msi_mask;
	u32 nr_msix; /* its table is behind the fourth base register */
	u32 table[NR_MESSAGES][4];
	u32 pin;
	bool up;      /* it interrupts, by its pin */
	bool no_mask; /* the command register cannot mask the pin */
	bool is_liar; /* its status does not say that it interrupts */
	/* Registers behind the first base register: what runs by itself, and what does not stop. */
	u32 rx, tx, masked, edu_runs;
	bool is_stuck, is_resetting, has_requests, is_reset;
} fn[NR];
static u32 sizings;

static void fill(void)
{
	unsigned k, i;

	for (k = 0; k < NR; k++) {
		for (i = 0; i < 6; i++) {
			if (!fn[k].bar[i].size)
				continue;
			fn[k].value[i] = (u32)fn[k].bar[i].at | (fn[k].bar[i].is_wide ? 4 : 0) |
				fn[k].bar[i].is_port;
			if (fn[k].bar[i].is_wide)
				fn[k].value[i + 1] = (u32)(fn[k].bar[i].at >> 32);
		}
	}
}

static u64 config_read(void *m, u64 off, unsigned width)
{
	u64 k = off >> 15;
	struct function *f = &fn[k < NR ? k : 0];

	(void)m;
	model_require(width == 4 && off % 4 == 0, "a read of %u bytes at %#lx", width, off);
	if (k >= NR || !f->id || (off >> 12 & 7))
		return ~0u;
	switch (off & 0xfff) {
	case 0:
		return f->id;
	case COMMAND:
		return f->command | (u32)(f->has_msi || f->nr_msix) << 20 |
			(u32)(f->up && !f->is_liar) << 19;
	case PIN:
		return f->pin << 8;
	case CAPABILITIES:
		return MSI;
	case MSI:
		return f->has_msi ? 5 | f->control << 16
				  : 0x11 | (f->control | (f->nr_msix - 1)) << 16;
	case MSI + 4:
		return f->nr_msix ? 0x1000 | 3 : 0;
	case CLASS:
		return f->class << 8;
	case HEADER & ~3:
		return f->header << 16;
	case BAR0 ... LAST_BAR:
		return f->is_new ? (u32)OTHER : f->value[((off & 0xfff) - BAR0) / 4];
	default:
		return 0;
	}
}

/* A register keeps the bits above its size. */
static void write_bar(struct function *f, unsigned i, u32 v)
{
	bool is_high = i && f->bar[i - 1].is_wide;
	u64 size = f->bar[is_high ? i - 1 : i].size, keep = size ? ~(size - 1) : 0;

	model_require(!(f->command & 2), "a base register is written while it decodes");
	model_require(f->class >> 8 != 0x600, "a host bridge is asked for sizes");
	sizings += v == ~0u;
	if (is_high)
		f->value[i] = v & (u32)(keep >> 32);
	else
		f->value[i] = (v & (u32)keep & ~15u) | (size ? f->value[i] & 15 : 0);
}

static void write_command(struct function *f, u32 v)
{
	model_require(!(v & 4) || f->header || (f->id == NIC && !f->rx && !f->tx) ||
			(f->id == EDU && !f->edu_runs),
		"an armed function masters the bus");
	f->command = f->no_mask ? v & ~NO_INTX : v;
}

static void config_write(void *m, u64 off, unsigned width, u64 v)
{
	u64 k = off >> 15;

	(void)m;
	CHECK(k < NR && fn[k].id);
	if ((off & 0xfff) == COMMAND && width == 2)
		write_command(&fn[k], (u32)v);
	else if ((fn[k].has_msi || fn[k].nr_msix) && (off & 0xfff) == MSI + 2 && width == 2)
		fn[k].control = (u32)v & (fn[k].has_msi ? 0xffff : 0xf800);
	else if (fn[k].has_msi && (off & 0xfff) == MSI + 12 && width == 4)
		fn[k].msi_mask = (u32)v;
	else if (fn[k].has_msi && (off & 0xfff) > MSI + 2 && (off & 0xfff) <= MSI + 8)
		;
	else if ((off & 0xfff) >= BAR0 && (off & 0xfff) <= LAST_BAR && width == 4)
		write_bar(&fn[k], (unsigned)((off & 0xfff) - BAR0) / 4, (u32)v);
	else
		model_fail("a write of %u bytes at %#lx", width, off);
}
static const struct model_ops config_ops = {
	.name = "configuration space", .read = config_read, .write = config_write
};

/* ---- registers ---- */

/* Whose register is there, and which. */
static struct function *decodes(u64 at, u64 *reg)
{
	unsigned k;

	for (k = 0; k < NR; k++) {
		u64 high = fn[k].bar[0].is_wide ? (u64)fn[k].value[1] << 32 : 0;
		u64 start = fn[k].bar[0].at ? fn[k].bar[0].at : high | (fn[k].value[0] & ~15u);
		*reg = at - start;
		if (start && at >= start && *reg < fn[k].bar[0].size)
			return &fn[k];
	}
	model_fail("access to %#lx, which no function decodes", at);
}

/* The entry of a table of messages, if one is there. */
static u32 *entry_at(u64 at)
{
	unsigned k;
	u64 off;

	for (k = 0; k < NR; k++) {
		off = at - fn[k].bar[3].at - 0x1000;
		if (fn[k].nr_msix && at >= fn[k].bar[3].at + 0x1000 && off < 16ul * fn[k].nr_msix)
			return &fn[k].table[off / 16][off / 4 % 4];
	}
	return NULL;
}

static u64 register_read(void *m, u64 off, unsigned width)
{
	u64 reg;
	struct function *f = decodes(*(u64 *)m + off, &reg);

	if (f->id == EDU) {
		model_require(reg == EDU_COMMAND && width == 8, "a read at %#lx", reg);
		return f->edu_runs;
	}
	if (reg == REG_STATUS)
		return f->has_requests ? BIT_MASTER : 0;
	model_require(width == 4 && (reg == REG_CONTROL || reg == REG_RX || reg == REG_TX),
		"a read at %#lx", reg);
	return reg == REG_RX ? f->rx : reg == REG_TX ? f->tx : f->is_resetting ? BIT_RESET : 0;
}

static void register_write(void *m, u64 off, unsigned width, u64 v)
{
	u64 reg;
	u32 *entry = entry_at(*(u64 *)m + off);
	struct function *f = entry ? NULL : decodes(*(u64 *)m + off, &reg);

	if (entry) {
		*entry = (u32)v;
		return;
	}

	model_require(f->id == NIC && width == 4, "a write at %#lx", reg);
	if (reg == REG_MASK_CLEAR)
		f->masked = (u32)v;
	else if (reg == REG_CONTROL)
		f->is_reset |= (v & BIT_RESET) != 0;
	else if (reg == REG_RX)
		f->rx = f->is_stuck ? f->rx : (u32)v;
	else if (reg == REG_TX)
		f->tx = (u32)v;
	else
		model_fail("a write at %#lx", reg);
}
static const struct model_ops register_ops = {
	.name = "registers", .read = register_read, .write = register_write
};

static bool no_messages;
bool irq_has_messages(void)
{
	return !no_messages;
}

static u32 message_cpu[NR_MESSAGES];
static u32 nr_messages;
int irq_message(struct irq_line *l, u32 cpu, struct msi_message *m)
{
	CHECK(l && nr_messages < NR_MESSAGES);
	message_cpu[nr_messages++] = cpu;
	*m = (struct msi_message){ .address = 0xfee00000, .data = 0x20 + nr_messages };
	return 0;
}

static struct device *dev[NR];
static int keep_probe(struct device *d, u32 quirk)
{
	u32 address;

	(void)quirk;
	CHECK(dt_u32(device_node(d), LIT("reg"), 0, &address));
	dev[_index_check(address >> 11 & 31, NR)] = d;
	return 0;
}
static const struct dt_match keep_match[] = { { LIT("pci8086,10d3"), .quirk = 0 },
	{ LIT("pci1234,11e8"), .quirk = 0 } };
DRIVER(keep, keep_match, keep_probe);

#define ROW(space, bus, cpu, size)                                                               \
	(space) << 24, (u32)((u64)(bus) >> 32), (u32)(bus), (u32)((u64)(cpu) >> 32), (u32)(cpu), \
		(u32)((u64)(size) >> 32), (u32)(size)
enum { PORTS = 1, MEMORY = 2, MEMORY64 = 3 };

/* ---- wires ---- */

enum { WIRE_EVEN = 40, WIRE_ODD = 41 };

static u64 wire_read(void *m, u64 off, unsigned width)
{
	(void)m;
	model_fail("a wire has no registers: %u bytes at %#lx", width, off);
}
static void wire_write(void *m, u64 off, unsigned width, u64 v)
{
	(void)wire_read(m, off, width + (u32)v);
}
static bool wire_is_up(void *m)
{
	unsigned k;

	for (k = *(u32 *)m; k < NR; k += 2) {
		if (fn[k].up && fn[k].pin == 1 && !(fn[k].command & NO_INTX))
			return true;
	}
	return false;
}
static const struct model_ops wire_ops = {
	.name = "wire", .read = wire_read, .write = wire_write, .irq = wire_is_up
};

/* A host bridge with three ranges below /soc, one chip of the platform inside one of them. */
static u64 window = WINDOW, wide_bus = WIDE_BUS; /* where these are on the bus */
static bool first_is_wide;
static void machine_with(u32 address_cells)
{
	static u32 even = 0, odd = 1;
	struct dt_node *host = sim_device("pci@30000000", "pci-host-ecam-generic", ECAM, 1ul << 20,
			       0),
		       *controller;

	sim_prop(host, "#address-cells", address_cells);
	sim_prop(host, "#size-cells", 2);
	if (first_is_wide)
		sim_prop(host, "ranges", ROW(MEMORY64, WIDE_BUS, WIDE, 256ul << 20));
	else
		sim_prop(host, "ranges", ROW(PORTS, 0, 0x3000000, 0x10000),
			ROW(MEMORY, WINDOW, WINDOW, WINDOW_SIZE),
			ROW(MEMORY64, WIDE_BUS, WIDE, 256ul << 20),
			ROW(MEMORY, RAM_PART, RAM_PART, 1ul << 20),
			ROW(MEMORY, ECAM, ECAM, 1ul << 20));
	/* Pins of even slots go to one wire, those of odd slots to another; others to none. */
	sim_prop(host, "#interrupt-cells", 1);
	sim_prop(host, "interrupt-map-mask", 0x800, 0, 0, 7);
	sim_prop(host, "interrupt-map", 0x800, 0, 0, 1, 77, WIRE_ODD, 0, 0, 0, 1, 77, WIRE_EVEN, 0,
		0, 0, 2, 99, WIRE_EVEN);
	controller = sim_node(sim_soc(), "controller");
	sim_prop(controller, "phandle", 77);
	sim_prop(controller, "#interrupt-cells", 1);
	sim_model(0x1000, 16, WIRE_EVEN, &wire_ops, &even);
	sim_model(0x2000, 16, WIRE_ODD, &wire_ops, &odd);
	sim_model(ECAM, 1ul << 20, 0, &config_ops, NULL);
	sim_model(WINDOW, WINDOW_SIZE, 0, &register_ops, &window);
	sim_model(WIDE, 256ul << 20, 0, &register_ops, &wide_bus);
	(void)sim_device("controller@40800000", "test,chip", CHIP, 0x1000, 0);
	fill();
	sim_boot();
}

static void machine(void)
{
	machine_with(3);
}

/* Function @k with one register of 64 KiB, or another size. */
static void is_there(unsigned k, u64 at, u64 size)
{
	fn[k] = (struct function){ .id = NIC,
		.class = 0x020000,
		.bar[0] = { .at = at, .size = size, .is_wide = at >> 32 } };
}

static bool has_window(unsigned k, u64 at)
{
	struct iomem *io = device_iomem(dev[k], 0);

	CHECK(!io ||
		(iomem_size(io) == SHOWN && (u64)io->base - MMIO == at && (fn[k].command & 2)));
	CHECK(!device_iomem(dev[k], 1) && !device_iomem(dev[k], 3));
	return io;
}

MODEL_TEST(where_firmware_has_put_them)
{
	is_there(0, WINDOW, 0x10000);
	is_there(1, WINDOW + WINDOW_SIZE - 0x10000, 0x10000);
	is_there(2, WIDE_BUS + 0x4000000, 0x4000000);
	is_there(3, WINDOW + 0x10000, 0x8000);
	machine();
	CHECK(has_window(0, WINDOW) && has_window(1, WINDOW + WINDOW_SIZE - 0x10000) &&
		has_window(2, WIDE + 0x4000000) && has_window(3, WINDOW + 0x10000));
	CHECK(sizings == 6 * NR && !sim_logged("base register"));
}

/*
 * The function's second register, a wide one, lies elsewhere: all is well; none of its own lies
 * over another.
 */
MODEL_TEST(over_its_own)
{
	is_there(0, WINDOW, 0x10000);
	fn[0].bar[1].at = WINDOW + 0x100000, fn[0].bar[1].size = 0x100000,
	fn[0].bar[1].is_wide = true;
	is_there(1, WINDOW + 0x200000, 0x10000);
	fn[1].bar[4].at = WIDE_BUS, fn[1].bar[4].size = 0x1000, fn[1].bar[4].is_wide = true;
	is_there(2, WINDOW + 0x300000, 0x10000);
	fn[2].bar[5].at = WINDOW + 0x308000, fn[2].bar[5].size = 0x8000;
	machine();
	CHECK(has_window(0, WINDOW) && has_window(1, WINDOW + 0x200000) && !has_window(2, 0) &&
		sim_logged("over something else"));
}

static void nowhere(u64 at, u64 size)
{
	is_there(0, WINDOW + 0x1000000, 0x10000);
	is_there(1, at, size);
	machine();
	CHECK(!has_window(1, 0) &&
		sim_logged("a base register outside its bridge's ranges, or over something else") &&
		!(fn[1].command & 2));
	CHECK(has_window(0, WINDOW + 0x1000000));
}
MODEL_TEST(over_configuration_space)
{
	nowhere(ECAM, 0x1000);
}
MODEL_TEST(over_all_of_it)
{
	nowhere(ECAM, 0x100000);
}
MODEL_TEST(over_a_chip)
{
	nowhere(CHIP, 0x100);
}
MODEL_TEST(around_a_chip)
{
	nowhere(CHIP, 0x800000);
}
MODEL_TEST(over_memory)
{
	nowhere(RAM_PART, 0x10000);
}
MODEL_TEST(beyond_all_ranges)
{
	nowhere(0x60000000, 0x10000);
}
MODEL_TEST(where_the_cpu_has_the_range)
{
	nowhere(WIDE, 0x10000);
}
MODEL_TEST(across_the_end)
{
	nowhere(WINDOW + (31ul << 20), 1ul << 20);
}
MODEL_TEST(across_the_start)
{
	nowhere(0x500000000ul & ~0xffffffful, 0x20000000);
}
MODEL_TEST(in_the_ports)
{
	nowhere(0x1000, 0x100);
}
MODEL_TEST(at_the_end_of_all_addresses)
{
	nowhere(~0xffffful, 0x100000);
}

/* The bridge's first range is above 4 GiB: a register of 32 bits gets no place there. */
MODEL_TEST(places_that_are_too_high)
{
	first_is_wide = true;
	is_there(0, 0, 0x10000);
	is_there(1, 0, 0x10000);
	fn[1].bar[0].is_wide = true;
	machine();
	CHECK(!has_window(0, 0) && !fn[0].value[0]);
	CHECK(has_window(1, WIDE) && fn[1].value[1] == WIDE_BUS >> 32);
}

/* Firmware has placed none: they lie side by side in the bridge's first range of memory. */
MODEL_TEST(nobody_has_placed_them)
{
	unsigned k;

	for (k = 0; k < NR; k++) {
		is_there(k, 0, 0x10000);
		fn[k].bar[0].is_wide = k == 1;
	}
	fn[1].bar[3].size = 0x100000;
	fn[2].bar[0].size = 0x2000000; /* more than there is */
	fn[3].class = 0x060400;        /* a bridge */
	fn[3].header = 1;
	fn[0].command = 2;
	machine();
	CHECK(fn[2].value[0] == 0 && fn[3].value[0] == 0 && !has_window(2, 0));
	CHECK(fn[1].value[0] == (WINDOW | 4) && !fn[1].value[1] && has_window(1, WINDOW));
	CHECK(fn[1].value[3] == WINDOW + 0x100000);
	CHECK(fn[0].value[0] == WINDOW + 0x200000 && has_window(0, WINDOW + 0x200000));
}

/* Who is right nobody knows. */
MODEL_TEST(over_another_function)
{
	is_there(0, WINDOW, 0x10000);
	is_there(1, WINDOW + 0x8000, 0x8000);
	is_there(2, WINDOW + 0x10000, 0x10000);
	machine();
	CHECK(!has_window(0, 0) && !has_window(1, 0) && has_window(2, WINDOW + 0x10000));
}

MODEL_TEST(over_a_bridges_own)
{
	is_there(0, WINDOW, 0x10000);
	is_there(1, WINDOW, 0x1000);
	fn[1].id = 0x00011b36;
	fn[1].class = 0x060400;
	fn[1].header = 1;
	fn[1].bar[2].at = 0x12345670, fn[1].bar[2].size = 16; /* buses: no base register */
	is_there(2, WINDOW + 0x20000, 0x10000);
	machine();
	CHECK(!has_window(0, 0) && has_window(2, WINDOW + 0x20000) && fn[1].value[2] == 0x12345670);
}

/*
 * What firmware let master the bus does not any more when services start; what is behind a bridge
 * needs the bridge.
 */
MODEL_TEST(firmware_left_a_master)
{
	is_there(0, WINDOW, 0x10000);
	is_there(1, WINDOW + 0x20000, 0x1000);
	fn[1].id = 0x00011b36;
	fn[1].class = 0x060400;
	fn[1].header = 1;
	fn[0].command = fn[1].command = 7;
	machine();
	CHECK(!(fn[0].command & 4) && (fn[1].command & 4) && has_window(0, WINDOW));
}

/*
 * A host bridge is not asked; ports and what is not assigned are no windows, and nothing is said of
 * them.
 */
MODEL_TEST(no_memory)
{
	is_there(0, WINDOW, 0x10000);
	fn[0].class = 0x060000;
	is_there(1, 0x1000, 0x100);
	fn[1].bar[0].is_port = true;
	is_there(2, 0, 0x10000);
	is_there(3, WINDOW + 0x100000, 0x1000);
	machine();
	CHECK(!has_window(0, 0) && !has_window(1, 0) && !has_window(2, 0) &&
		!sim_logged("base register"));
}

/* What it says later does not count. */
MODEL_TEST(another_answer_later)
{
	is_there(0, WINDOW, 0x10000);
	machine();
	fn[0].is_new = true;
	CHECK(has_window(0, WINDOW));
}

MODEL_TEST(a_bridge_that_is_none)
{
	is_there(0, WINDOW, 0x10000);
	machine_with(2);
	CHECK(!has_window(0, 0));
}

/* ---- functions that are armed ---- */

/* Firmware has booted from the network: the rings are in what is the kernel's memory now. */
MODEL_TEST(firmware_left_rings)
{
	is_there(0, WINDOW, 0x10000);
	fn[0].has_msi = true;
	fn[0].rx = fn[0].tx = 2;
	machine();
	CHECK(!fn[0].rx && !fn[0].tx && fn[0].masked == ~0u);
	/* It has lines, and masters the bus from its start to its reset only. */
	CHECK(has_window(0, WINDOW) && device_irq(dev[0], 0) && !(fn[0].command & 4));
	pci_master(device_node(dev[0])->pci, true);
	CHECK(fn[0].command & 4);
	pci_master(device_node(dev[0])->pci, false);
	CHECK(device_irq(dev[0], 0) && !(fn[0].command & 4));
}

/* A line that is made after a reset does not undo what the reset has done. */
MODEL_TEST(off_the_bus)
{
	is_there(0, WINDOW, 0x10000);
	fn[0].nr_msix = 4;
	fn[0].bar[3].at = WINDOW + 0x20000;
	fn[0].bar[3].size = 0x2000;
	machine();
	CHECK(device_irq(dev[0], 0) && !(fn[0].command & 4));
	pci_master(device_node(dev[0])->pci, true);
	CHECK(device_irq(dev[0], 1) && (fn[0].command & 4));
	pci_master(device_node(dev[0])->pci, false);
	CHECK(device_irq(dev[0], 2) && !(fn[0].command & 4));
}

/* Another function is in the slot now, as firmware or nobody has left it. */
MODEL_TEST(another_function_in_its_place)
{
	is_there(0, WINDOW, 0x10000);
	machine();
	fn[0].id = EDU;
	fn[0].edu_runs = 1;
	pci_master(device_node(dev[0])->pci, true);
	CHECK(!(fn[0].command & 4));
	fn[0].id = NIC;
	fn[0].edu_runs = 0;
	pci_master(device_node(dev[0])->pci, true);
	CHECK(fn[0].command & 4);
}

static void stays_armed(void)
{
	CHECK(!device_iomem(dev[0], 0) && !device_irq(dev[0], 0) && !device_irq(dev[0], 1) &&
		!(fn[0].command & 4));
}
MODEL_TEST(rings_that_do_not_stop)
{
	is_there(0, WINDOW, 0x10000);
	fn[0].has_msi = true;
	fn[0].rx = 2, fn[0].is_stuck = true;
	machine();
	stays_armed();
}
/* Its requests to memory do not end: it is not reset, which could end them halfway. */
MODEL_TEST(requests_that_do_not_end)
{
	is_there(0, WINDOW, 0x10000);
	fn[0].has_msi = true;
	fn[0].has_requests = true;
	machine();
	stays_armed();
	CHECK(!fn[0].is_reset);
}
MODEL_TEST(a_reset_that_does_not_end)
{
	is_there(0, WINDOW, 0x10000);
	fn[0].has_msi = true;
	fn[0].is_resetting = true;
	machine();
	stays_armed();
}
/* Nobody can look whether it is armed. */
MODEL_TEST(no_registers)
{
	is_there(0, 0x60000000, 0x10000);
	fn[0].has_msi = true;
	machine();
	stays_armed();
}
MODEL_TEST(firmware_left_a_transfer)
{
	is_there(0, WINDOW, 0x100000);
	is_there(1, WINDOW + 0x100000, 0x100000);
	fn[0].id = fn[1].id = EDU;
	fn[0].has_msi = fn[1].has_msi = true;
	fn[0].edu_runs = 1;
	machine();
	stays_armed();
	CHECK(device_iomem(dev[1], 0) && device_irq(dev[1], 0) && (fn[1].command & 4));
}

/* ---- interrupts ---- */

static struct bell {
	struct obj obj;
	unsigned slot, rung;
	bool is_deaf; /* holds its line back and leaves the function up */
	struct irq_line *line;
} *bell[NR];
OBJ_TYPE(bell, NULL_RELEASE);

static void bell_handle(struct obj *owner)
{
	struct bell *b = obj_cast(bell, owner);

	b->rung++;
	if (b->is_deaf)
		irq_line_disable(b->line);
	else
		fn[b->slot].up = false;
}
static const struct irq_ops bell_ops = { .handle = bell_handle };

static void ring(unsigned k)
{
	fn[k].up = true;
	sim_run(NSEC_PER_MSEC);
}

/* Four functions at two wires: all by their first pin, no messages. */
static void pins(void)
{
	unsigned k;

	no_messages = true;
	for (k = 0; k < NR; k++) {
		is_there(k, WINDOW + 0x10000 * k, 0x10000);
		fn[k].has_msi = k == 2; /* of no use here */
		fn[k].pin = 1;
	}
}

static void hang_bells(void)
{
	unsigned k;

	for (k = 0; k < NR; k++) {
		CHECK(fn[k].no_mask || (fn[k].command & NO_INTX));
		bell[k] = obj_new(bell);
		bell[k]->slot = k;
		bell[k]->line = device_irq(dev[k], 0);
		CHECK(!device_irq(dev[k], 1) && device_irq(dev[k], 0) == bell[k]->line);
	}
}

static void attach(unsigned k)
{
	CHECK(irq_line_attach(bell[k]->line, &bell_ops, &bell[k]->obj) == 0);
	CHECK(!(fn[k].command & NO_INTX) && device_irq(dev[k], 0) == bell[k]->line);
}

MODEL_TEST(pins_share_wires)
{
	pins();
	machine();
	hang_bells();
	attach(0);
	attach(2);
	attach(3);
	CHECK(bell[0]->line != bell[2]->line && !(fn[0].command & 4));
	ring(0);
	ring(3);
	CHECK(bell[0]->rung == 1 && bell[2]->rung == 0 && bell[3]->rung == 1);
	fn[0].up = true;
	ring(2);
	CHECK(bell[0]->rung == 2 && bell[2]->rung == 1);
	/* Nobody listens: masked at the function. */
	ring(1);
	CHECK(fn[1].up && bell[3]->rung == 1);
	/* One holds its line back, the other one goes on. */
	bell[0]->is_deaf = true;
	ring(0);
	CHECK(bell[0]->rung == 3 && fn[0].up && (fn[0].command & NO_INTX));
	ring(2);
	CHECK(bell[2]->rung == 2 && bell[0]->rung == 3);
	bell[0]->is_deaf = false;
	irq_line_enable(bell[0]->line);
	sim_run(NSEC_PER_MSEC);
	CHECK(bell[0]->rung == 4 && !fn[0].up);
	irq_line_detach(bell[0]->line);
	ring(0);
	ring(2);
	CHECK(bell[0]->rung == 4 && (fn[0].command & NO_INTX) && bell[2]->rung == 3);
	irq_line_enable(bell[0]->line);
	CHECK(fn[0].command & NO_INTX);
	CHECK(irq_line_attach(bell[2]->line, &bell_ops, &bell[2]->obj) == -EBUSY);
}

/* No pin, a pin that no row has, one whose controller is unknown, one that cannot be masked. */
MODEL_TEST(pins_without_wires)
{
	unsigned k;

	pins();
	fn[0].pin = 0;
	fn[1].pin = 5;
	fn[2].pin = 2;
	fn[3].no_mask = true;
	machine();
	hang_bells();
	for (k = 0; k < NR; k++)
		CHECK(!bell[k]->line && !sim_delivered(WIRE_EVEN) && !sim_delivered(WIRE_ODD));
}

/* A function that names another pin later would be in the lists of two wires. */
MODEL_TEST(pin_that_changes)
{
	pins();
	machine();
	hang_bells();
	attach(0);
	fn[0].pin = 2;
	CHECK(device_irq(dev[0], 0) == bell[0]->line);
	fn[0].pin = 1;
	ring(0);
	CHECK(bell[0]->rung == 1);
}

MODEL_TEST(pin_that_nobody_owns_up_to)
{
	pins();
	fn[0].is_liar = true;
	machine();
	hang_bells();
	attach(0);
	attach(2);
	ring(2);
	CHECK(bell[2]->rung == 1 && !sim_logged("masked"));
	fn[0].up = true;
	sim_run(100 * NSEC_PER_MSEC);
	CHECK(bell[0]->rung == 0 && sim_delivered(WIRE_EVEN) == 1001 &&
		sim_logged("shared interrupt 40 is masked"));
	/* The device is silent now, and who attaches next finds the wire open. */
	fn[0].up = false;
	irq_line_detach(bell[2]->line);
	attach(2);
	ring(2);
	CHECK(bell[2]->rung == 2);
}

/* Where another CPU comes in between: at the step_left-th basic block from now. */
static void (*other_cpu)(void);
static u32 step_left;
void __sanitizer_cov_trace_pc(void);
void __attribute__((no_sanitize_coverage)) __sanitizer_cov_trace_pc(void)
{
	void (*f)(void) = other_cpu;

	if (!f || --step_left)
		return;
	other_cpu = NULL;
	f();
}

static struct irq_line *wire;
static unsigned new_sharer;
static bool has_come;
static void share_wire(void)
{
	/* It would wait for the lock: this moment is that of the lock's release. */
	if (wire->lock._v || lines_lock._v)
		return;
	bell[new_sharer]->line = device_irq(dev[new_sharer], 0);
	has_come = true;
}

/* One process for each moment, because a sharer stays. False: it was beyond the end. */
static bool share_at(u32 step, u32 times)
{
	u64 flags = irq_save();
	u32 i;

	other_cpu = share_wire;
	step_left = step;
	for (i = 0; i < times && other_cpu; i++)
		irq_line_deliver(wire);
	if (other_cpu)
		return false;
	/* Interrupts that are on their way, but fewer than make a storm. */
	for (i = 0; i < 3 && has_come; i++)
		irq_line_deliver(wire);
	irq_restore(flags);
	if (!has_come)
		return true;
	attach(new_sharer);
	ring(new_sharer);
	CHECK(bell[new_sharer]->rung == 1);
	return true;
}

int fork(void);
int waitpid(int pid, int *status, int options);
void _exit(int status);

static void share_at_each_step(u32 times)
{
	int status, shared = 0;
	u32 step;

	for (step = 1;; step++) {
		int pid = fork();
		if (!pid)
			_exit(share_at(step, times) ? 10 + has_come : 9);
		CHECK(waitpid(pid, &status, 0) == pid);
		if (status == 9 << 8)
			break;
		CHECK(status == 10 << 8 || status == 11 << 8);
		shared += status == 11 << 8;
	}
	CHECK(shared > 5);
}

static void bells_without_lines(void)
{
	struct dt_interrupt in;
	unsigned k;

	pins();
	machine();
	CHECK(dt_pci_interrupt(device_node(dev[0])->parent, 0, 1, &in));
	wire = irq_line_find(&in);
	for (k = 0; k < NR; k++) {
		bell[k] = obj_new(bell);
		bell[k]->slot = k;
	}
}

/* Who has the wire from elsewhere in the tree takes it from nobody. */
MODEL_TEST(wire_is_not_masked_for_all)
{
	bells_without_lines();
	bell[0]->line = device_irq(dev[0], 0);
	attach(0);
	irq_line_disable(wire);
	irq_line_detach(wire);
	CHECK(irq_line_attach(wire, &bell_ops, &bell[2]->obj) == -EBUSY);
	ring(0);
	CHECK(bell[0]->rung == 1);
}

/* Its first sharer comes while an interrupt that nobody claims is on its way. */
MODEL_TEST(wire_gets_a_sharer_while_it_interrupts)
{
	bells_without_lines();
	share_at_each_step(1);
}
/* Another one comes while the wire is being masked because nobody claims its interrupts. */
MODEL_TEST(wire_gets_a_sharer_while_it_is_masked)
{
	u32 i;

	bells_without_lines();
	bell[0]->line = device_irq(dev[0], 0);
	new_sharer = 2;
	for (i = 0; i < MAX_UNCLAIMED - 1; i++)
		irq_line_deliver(wire);
	share_at_each_step(1);
}

/* A message each, to a CPU each; no pin is used. */
MODEL_TEST(many_messages)
{
	unsigned i;
	struct irq_line *line[NR_MESSAGES];

	is_there(0, WINDOW, 0x10000);
	is_there(1, WINDOW + 0x10000, 0x10000);
	fn[0].nr_msix = NR_MESSAGES; /* more than a function gets */
	fn[0].pin = 1;
	fn[0].bar[3].at = WINDOW + 0x20000;
	fn[0].bar[3].size = 0x2000;
	machine();
	for (i = 0; i < MOST_OF_ONE; i++) {
		line[i] = device_irq(dev[0], i);
		CHECK(line[i] && device_irq(dev[0], i) == line[i] && message_cpu[i] == i);
		CHECK(fn[0].table[i][0] == 0xfee00000 && !fn[0].table[i][1] &&
			fn[0].table[i][2] == 0x21 + i && fn[0].table[i][3] == 1);
		CHECK(!i || line[i] != line[i - 1]);
	}
	CHECK(!device_irq(dev[0], MOST_OF_ONE) && !device_irq(dev[0], NR_MESSAGES) &&
		!device_irq(dev[0], ~0u) && !device_irq(dev[0], 1u << 31) &&
		nr_messages == MOST_OF_ONE);
	CHECK(!(fn[0].command & 4) && (fn[0].command & NO_INTX));
	bell[0] = obj_new(bell);
	CHECK(irq_line_attach(line[5], &bell_ops, &bell[0]->obj) == 0);
	CHECK(!fn[0].table[5][3] && fn[0].table[4][3] && fn[0].table[6][3]);
	irq_line_deliver(line[5]);
	irq_line_deliver(line[6]);
	CHECK(bell[0]->rung == 1);
	irq_line_disable(line[5]);
	CHECK(fn[0].table[5][3] == 1);
	/* The machine is out of vectors: no line, and nothing is left behind. */
	fn[1].has_msi = false;
	CHECK(!device_irq(dev[1], 0));
}

/* Firmware has used messages, and has left its entries open, at its own address. */
MODEL_TEST(firmware_left_messages)
{
	struct irq_line *line;
	unsigned i;

	is_there(0, WINDOW, 0x10000);
	is_there(1, WINDOW + 0x10000, 0x10000);
	fn[0].nr_msix = 8;
	fn[0].control = 0xc000; /* enabled, and all masked */
	fn[0].bar[3].at = WINDOW + 0x20000;
	fn[0].bar[3].size = 0x2000;
	for (i = 0; i < 8; i++)
		fn[0].table[i][0] = 0x80000000;
	fn[1].has_msi = true;
	fn[1].control = 0x0151; /* enabled, 32 of them, each with a mask */
	fn[1].msi_mask = ~0u;
	machine();
	CHECK(!(fn[0].control & 0xc000) && !(fn[1].control & 0x71));
	line = device_irq(dev[0], 2);
	CHECK(line && device_irq(dev[1], 0) && !fn[1].msi_mask);
	CHECK((fn[0].control & 0xc000) == 0x8000);
	for (i = 0; i < 8; i++)
		CHECK(fn[0].table[i][3] == 1);
	/* The table is masked once: not when the next line is made. */
	bell[0] = obj_new(bell);
	CHECK(irq_line_attach(line, &bell_ops, &bell[0]->obj) == 0 && device_irq(dev[0], 3));
	CHECK(!fn[0].table[2][3] && fn[0].table[3][3]);
}

MODEL_TEST(table_that_is_not_there)
{
	is_there(0, WINDOW, 0x10000);
	fn[0].nr_msix = NR_MESSAGES;
	fn[0].bar[3].at = WINDOW + 0x20000;
	fn[0].bar[3].size = 0x1200; /* half of it */
	machine();
	CHECK(!device_irq(dev[0], 0) && !nr_messages);
}
