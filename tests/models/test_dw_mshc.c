// SPDX-License-Identifier: MPL-2.0
/*
 * kernel/drivers/mmc/dw_mshc.c, mmc_card.c and mmc_disk.c against a host controller and cards: what
 * is found, what is read and written, and what becomes of it when something is broken. The block
 * layer is the test itself.
 */
#include <string.h>

#include <kernel/block.h>
#include <kernel/mmc.h>

#include "jh7110.h"
#include "mshc.h"

#define BASE      0x16020000ul
#define SIZE      0x10000ul
#define LINE      75u
#define VERID_NEW 0x5342290au
#define HCON      0x00e214c0u /* 32 bits (1 in 9:7), as the databook has the fields */
#define MAX_PAGES 512u
#define LONG      (120 * NSEC_PER_SEC)

/* ---- the block layer, and pages ---- */

static struct disk {
	struct disk_params p;
	const struct block_ops *ops;
	struct obj *owner;
} disks[4];
static unsigned nr_disks;

OBJ_TYPE(block_request, NULL_RELEASE);

int disk_add(const struct disk_params *p, const struct block_ops *ops, struct obj *owner)
{
	CHECK(nr_disks < 4 && p->sectors);
	disks[nr_disks++] = (struct disk){ *p, ops, obj_get_any(owner) };
	return 0;
}

void block_done(struct block_request *rq, int error)
{
	CHECK(!rq->done);
	rq->done = true;
	rq->error = error;
}

/* The frame's pages; the driver sees no more of them than this. */
struct page {
	u8 bytes[PAGE_SIZE];
	bool used;
};
static struct page pages[MAX_PAGES];

struct page *page_alloc(u32 flags)
{
	unsigned i;

	for (i = 0; i < MAX_PAGES && pages[i].used; i++)
		;
	CHECK(i < MAX_PAGES);
	pages[i].used = true;
	__builtin_memset(pages[i].bytes, flags & PAGE_ZEROED ? 0 : 0xa5, PAGE_SIZE);
	return &pages[i];
}

void page_put(struct page **pp)
{
	if (*pp)
		(*pp)->used = false;
	*pp = NULL;
}

static u8 *in_page(struct page *p, size_t off, size_t len)
{
	CHECK(p && p->used && off <= PAGE_SIZE && len <= PAGE_SIZE - off);
	return p->bytes + off;
}

void page_read(struct page *p, size_t off, struct span dst)
{
	__builtin_memcpy(dst._p, in_page(p, off, dst._n), dst._n);
}

void page_write(struct page *p, size_t off, struct cspan src)
{
	__builtin_memcpy(in_page(p, off, src._n), src._p, src._n);
}

/* ---- the machine ---- */

static struct mshc host;
static struct card card;
static struct dt_node *node;
static u32 lines = 4;

static void make_host(enum card_kind kind)
{
	jh7110_firmware();
	card_insert(&card, kind, 0);
	if (kind != CARD_NONE)
		jh7110.levels[1] &= ~(1u << 9);
	host = (struct mshc){
		.index = 1, .depth = 32, .verid = VERID_NEW, .hcon = HCON, .card = &card
	};
	mshc_reset(&host);
}

static struct dt_node *bare_node(const char *name, const char *compatible, u64 base, u32 line)
{
	struct dt_node *n = sim_device(name, compatible, base, SIZE, line);

	sim_prop(n, "fifo-depth", 32);
	sim_prop(n, "bus-width", lines);
	sim_prop(n, "max-frequency", 100000000);
	sim_prop(n, "cap-sd-highspeed", 1);
	sim_prop(n, "cap-mmc-highspeed", 1);
	return n;
}

static void add_supplies(struct dt_node *n, u32 index)
{
	sim_prop(n, "clocks", 3, 91 + index, 3, 93 + index);
	dt_add_prop(n, "clock-names", (const u8 *)"biu\0ciu", sizeof("biu\0ciu"));
	sim_prop(n, "resets", 3, 64 + index);
	sim_prop(n, "assigned-clocks", 3, 93 + index);
	sim_prop(n, "assigned-clock-rates", 50000000);
}

/* As Linux's tree for the board has it. */
static void plug(void)
{
	struct dt_node *aliases = sim_node(sim_root(), "aliases");

	sim_prop_string(aliases, "mmc0", "/soc/mmc@16010000");
	sim_prop_string(aliases, "mmc1", "/soc/mmc@16020000");
	node = bare_node("mmc@16020000", "starfive,jh7110-mmc", BASE, LINE);
	add_supplies(node, 1);
	sim_prop(node, "cd-gpios", 4, 41, 1);
	sim_model(BASE, SIZE, LINE, &mshc_ops, &host);
	jh7110_plug(true);
}

static void boot(enum card_kind kind)
{
	make_host(kind);
	plug();
	sim_boot();
}

static bool found(unsigned nr)
{
	return nr_disks == nr;
}

/* ---- transfers ---- */

static u8 pattern(u64 sector, unsigned i, u32 seed)
{
	return (u8)((sector * 131 + i * 7 + (i >> 5) + seed * 31) ^ seed >> 3);
}

static u8 *request_byte(struct block_request *rq, unsigned sector, unsigned i)
{
	return rq->page[sector / SECTORS_PER_PAGE]->bytes +
		sector % SECTORS_PER_PAGE * SECTOR_SIZE + i;
}

static struct block_request *begin(unsigned d, enum block_op op, u64 sector, u32 nr, u32 seed)
{
	struct block_request *rq = obj_new(block_request);
	unsigned i, k;

	rq->op = op;
	rq->sector = sector;
	rq->nr_sectors = nr;
	for (i = 0; i < (nr + SECTORS_PER_PAGE - 1) / SECTORS_PER_PAGE; i++)
		rq->page[i] = page_alloc(0);
	for (i = 0; i < nr && op == BLOCK_WRITE; i++) {
		for (k = 0; k < SECTOR_SIZE; k++)
			*request_byte(rq, i, k) = pattern(sector + i, k, seed);
	}
	disks[d].ops->submit(disks[d].owner, rq);
	return rq;
}

/* Waits; what was read or written is on the card, if it was said to be. */
static int end(struct block_request *rq)
{
	unsigned i, k;
	int err;

	CHECK(sim_until(rq->done, LONG));
	for (i = 0; i < rq->nr_sectors && !rq->error; i++) {
		const u8 *on_card = card_sector(&card, rq->sector + i);
		for (k = 0; k < SECTOR_SIZE; k++)
			model_require(*request_byte(rq, i, k) == on_card[k],
				"sector %lu, byte %u: %#x, on the card %#x", rq->sector + i, k,
				*request_byte(rq, i, k), on_card[k]);
	}
	for (i = 0; i < REQUEST_PAGES; i++)
		page_put(&rq->page[i]);
	err = rq->error;
	obj_put(&rq);
	return err;
}

static int transfer(enum block_op op, u64 sector, u32 nr, u32 seed)
{
	return end(begin(0, op, sector, nr, seed));
}

/* Written with one pattern, read back by the driver, changed behind its back, read again. */
static void round_trip(u64 sector, u32 nr)
{
	u64 writes = card.nr_writes;

	CHECK(!transfer(BLOCK_WRITE, sector, nr, 1 + nr) && card.nr_writes == writes + nr);
	CHECK(card_sector(&card, sector)[77] == pattern(sector, 77, 1 + nr));
	CHECK(!transfer(BLOCK_READ, sector, nr, 0));
	card_sector(&card, sector + nr - 1)[511] ^= 0xff;
	CHECK(!transfer(BLOCK_READ, sector, nr, 0));
}

static void whole_card(void)
{
	static const u32 sizes[] = { 1, 2, 3, 7, 8, 9, 64, 255, 256 };
	u64 last = disks[0].p.sectors;
	unsigned i;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		round_trip(0, sizes[i]);
		round_trip(5, sizes[i]);
		round_trip(last - sizes[i], sizes[i]);
	}
	CHECK(!transfer(BLOCK_FLUSH, 0, 0, 0));
	CHECK(card.used[17] && card.used[18] && card.used[24] && card.used[25] && card.used[12]);
}

/* ---- kinds ---- */

static bool is_named(const struct disk *d, const char *name)
{
	return !strcmp(d->p.name._s, name);
}

MODEL_TEST(sdhc)
{
	boot(CARD_SDHC);
	CHECK(found(1) && disks[0].p.sectors == card.sectors && is_named(&disks[0], "mmcblk1"));
	CHECK(disks[0].p.major == 179 && disks[0].p.first_minor == 8 && disks[0].p.minors == 8 &&
		!disks[0].p.read_only && disks[0].p.removable);
	whole_card();
	CHECK(host.widest == 4 && host.fastest == 49500000 && card.selected_fast &&
		!card.used[16] && !card.used[1]);
	CHECK(sim_logged("mmcblk1: 15193 MiB, 4 lines") && !sim_logged("error"));
}
MODEL_TEST(sdxc)
{
	boot(CARD_SDXC);
	CHECK(found(1) && disks[0].p.sectors == card.sectors);
	whole_card();
	CHECK(host.widest == 4 && host.fastest == 49500000);
}
MODEL_TEST(sdsc)
{
	boot(CARD_SDSC);
	CHECK(found(1) && disks[0].p.sectors == card.sectors && card.used[16]);
	whole_card();
}
MODEL_TEST(sdsc_of_4_gib)
{
	make_host(CARD_SDSC);
	card.sectors = 1ul << 23;
	plug();
	sim_boot();
	CHECK(found(1) && disks[0].p.sectors == 1ul << 23);
	whole_card();
}
MODEL_TEST(sdsc_v1)
{
	boot(CARD_SDSC_V1);
	CHECK(found(1) && disks[0].p.sectors == card.sectors);
	whole_card();
}
MODEL_TEST(old_mmc)
{
	boot(CARD_MMC);
	CHECK(found(1) && disks[0].p.sectors == card.sectors && card.used[1]);
	whole_card();
	CHECK(host.widest == 1 && host.fastest <= 20000000);
}
MODEL_TEST(emmc)
{
	make_host(CARD_EMMC);
	lines = 8;
	plug();
	sim_prop(node, "non-removable", 1);
	sim_boot();
	CHECK(found(1) && disks[0].p.sectors == card.sectors && !disks[0].p.removable);
	whole_card();
	CHECK(host.widest == 8 && host.fastest == 49500000 && card.selected_fast);
}
MODEL_TEST(emmc_on_four_lines)
{
	boot(CARD_EMMC);
	CHECK(found(1));
	round_trip(9, 20);
	CHECK(host.widest == 4);
}
MODEL_TEST(emmc_without_high_speed)
{
	make_host(CARD_EMMC);
	card.slow = true;
	plug();
	sim_boot();
	CHECK(found(1));
	round_trip(9, 20);
	CHECK(host.fastest <= 26000000 && !card.selected_fast);
}

static void slower_card(bool one_bit, bool no_switch, bool slow)
{
	make_host(CARD_SDSC);
	card.one_bit = one_bit;
	card.no_switch = no_switch;
	card.slow = slow;
	plug();
	sim_boot();
	CHECK(found(1));
	round_trip(0, 17);
	CHECK(host.fastest == 24750000 + 24750000ul * !(no_switch || slow) &&
		host.widest == (one_bit ? 1 : 4));
}
MODEL_TEST(card_with_one_line)
{
	slower_card(true, false, false);
}
MODEL_TEST(card_without_switch)
{
	slower_card(false, true, false);
}
MODEL_TEST(card_without_high_speed)
{
	slower_card(false, false, true);
}
MODEL_TEST(card_that_does_not_switch)
{
	make_host(CARD_SDHC);
	card.fails_first_switch = true;
	plug();
	sim_boot();
	CHECK(found(1) && !card.selected_fast);
	round_trip(3, 30);
	CHECK(host.fastest == 24750000);
}
MODEL_TEST(card_that_takes_its_time)
{
	make_host(CARD_SDHC);
	card.ready_ns = NSEC_PER_SEC;
	plug();
	sim_boot();
	CHECK(found(1));
	round_trip(0, 3);
}

/* What the tree allows. */
MODEL_TEST(host_without_high_speed)
{
	make_host(CARD_SDHC);
	jh7110_plug(true);
	sim_model(BASE, SIZE, LINE, &mshc_ops, &host);
	node = sim_device("mmc@16020000", "starfive,jh7110-mmc", BASE, SIZE, LINE);
	add_supplies(node, 1);
	sim_boot();
	CHECK(found(1) && is_named(&disks[0], "mmcblk0") && disks[0].p.first_minor == 0);
	round_trip(0, 40);
	CHECK(host.widest == 1 && host.fastest == 24750000);
}
MODEL_TEST(host_for_sd_only)
{
	make_host(CARD_EMMC);
	plug();
	sim_prop(node, "no-mmc", 1);
	sim_boot();
	CHECK(found(0) && !card.used[1] && sim_logged("mmc1: no card"));
}
MODEL_TEST(host_for_mmc_only)
{
	make_host(CARD_EMMC);
	plug();
	sim_prop(node, "no-sd", 1);
	sim_boot();
	CHECK(found(1) && !card.used[55]);
}

/* ---- clocks, FIFO ---- */

static void clock_left_at(u32 word)
{
	make_host(CARD_SDHC);
	jh7110.clock[94] = word;
	plug();
	sim_boot();
	CHECK(found(1) && jh7110_ciu(1) == 49500000 && jh7110.clock[93] == (1u << 31 | 2));
	round_trip(0, 100);
}
MODEL_TEST(clock_as_u_boot_leaves_it)
{
	clock_left_at(1u << 31 | 2);
}
MODEL_TEST(clock_right_already)
{
	clock_left_at(1u << 31 | 8);
}
MODEL_TEST(cold)
{
	make_host(CARD_SDHC);
	jh7110.clock[92] = 0;
	jh7110.clock[94] = 15;
	jh7110.asserted = jh7110.held = 3;
	plug();
	sim_boot();
	CHECK(found(1) && jh7110.held == 1);
	round_trip(0, 100);
}
MODEL_TEST(clock_of_204_8_mhz)
{
	make_host(CARD_SDHC);
	jh7110.pll2[0] = 51u << 17;
	jh7110.pll2[1] = 0x333333;
	jh7110.pll2[2] = 1;
	jh7110.clock[94] = 1u << 31 | 2;
	CHECK(jh7110_ciu(1) / 100000 == 2047 || jh7110_ciu(1) / 100000 == 2048);
	plug();
	sim_boot();
	CHECK(found(1) && jh7110_ciu(1) <= 50000000);
	round_trip(0, 100);
}
MODEL_TEST(reset_that_never_ends)
{
	make_host(CARD_SDHC);
	jh7110.stuck = true;
	plug();
	sim_boot();
	CHECK(found(0) && sim_logged("error"));
}

/* A tree without clocks, as others have it; @clock: what it says (0: nothing). */
static void plain_host(u64 ciu, u32 clock)
{
	make_host(CARD_SDHC);
	host.alone = true;
	host.ciu = ciu;
	node = bare_node("mmc@16020000", "snps,dw-mshc", BASE, LINE);
	if (clock)
		sim_prop(node, "clock-frequency", clock);
	sim_model(BASE, SIZE, LINE, &mshc_ops, &host);
	sim_boot();
	CHECK(found(1) && is_named(&disks[0], "mmcblk0"));
	round_trip(0, 100);
}
MODEL_TEST(plain_host_of_50_mhz)
{
	plain_host(49500000, 49500000);
	CHECK(host.fastest == 49500000);
}
MODEL_TEST(plain_host_of_200_mhz)
{
	plain_host(200000000, 200000000);
	CHECK(host.fastest == 50000000);
}
MODEL_TEST(plain_host_of_unknown_clock)
{
	plain_host(49500000, 0);
}
MODEL_TEST(plain_host_of_unknown_fast_clock)
{
	plain_host(198000000, 0);
}

static void fifo(u32 verid, unsigned depth, u32 told)
{
	make_host(CARD_SDHC);
	host.verid = verid;
	host.depth = depth;
	host.alone = true;
	host.ciu = 50000000;
	mshc_reset(&host);
	node = sim_device("mmc@16020000", "snps,dw-mshc", BASE, SIZE, LINE);
	sim_prop(node, "bus-width", 4);
	sim_prop(node, "clock-frequency", 50000000);
	if (told)
		sim_prop(node, "fifo-depth", told);
	sim_model(BASE, SIZE, LINE, &mshc_ops, &host);
	sim_boot();
	CHECK(found(1));
	whole_card();
}
MODEL_TEST(fifo_of_an_old_host)
{
	fifo(0x5342210a, 32, 32);
}
MODEL_TEST(fifo_at_the_border_of_versions)
{
	fifo(0x5342240a, 32, 32);
}
MODEL_TEST(fifo_of_8_untold)
{
	fifo(VERID_NEW, 8, 0);
}
MODEL_TEST(fifo_of_64_untold)
{
	fifo(VERID_NEW, 64, 0);
}
MODEL_TEST(fifo_of_64_told)
{
	fifo(VERID_NEW, 64, 64);
}
MODEL_TEST(fifo_of_16_told)
{
	fifo(VERID_NEW, 16, 16);
}
/* Less than there is only makes it slower. */
MODEL_TEST(fifo_told_too_small)
{
	fifo(VERID_NEW, 64, 16);
}
MODEL_TEST(host_of_64_bits)
{
	make_host(CARD_SDHC);
	host.hcon = 2u << 7;
	plug();
	sim_boot();
	CHECK(found(0) && sim_logged("error"));
}
/* A register takes long, the card sends fast: the FIFO is full again and again. */
MODEL_TEST(slow_processor)
{
	boot(CARD_SDHC);
	sim_access_ns = 5000;
	round_trip(0, 256);
}
MODEL_TEST(fast_processor)
{
	boot(CARD_SDHC);
	sim_access_ns = 40;
	round_trip(0, 256);
}

/* While the card thinks the task sleeps, and interrupts wake it. */
MODEL_TEST(sleeps_while_the_card_thinks)
{
	u64 before, irqs;

	boot(CARD_SDHC);
	card.access_ns = 50 * NSEC_PER_MSEC;
	before = sim_accesses();
	irqs = sim_irqs(LINE);
	CHECK(!transfer(BLOCK_READ, 0, 1, 0));
	CHECK(sim_accesses() - before < 600 && sim_irqs(LINE) > irqs);
}

/* ---- no card, broken cards ---- */

MODEL_TEST(no_card_by_its_switch)
{
	boot(CARD_NONE);
	CHECK(found(0) && !card.nr_commands && sim_logged("mmc1: no card") && !sim_logged("error"));
}
MODEL_TEST(no_card_and_no_switch)
{
	u64 before;

	make_host(CARD_NONE);
	plug();
	sim_prop(node, "broken-cd", 1);
	before = sim_now();
	sim_boot();
	CHECK(found(0) && card.nr_commands && sim_now() - before < NSEC_PER_SEC &&
		sim_logged("mmc1: no card") && !sim_logged("error"));
}
MODEL_TEST(card_that_says_nothing)
{
	make_host(CARD_SDHC);
	card.dead = true;
	plug();
	sim_boot();
	CHECK(found(0) && sim_logged("mmc1: no card"));
}
MODEL_TEST(card_that_is_never_ready)
{
	u64 before;

	make_host(CARD_SDHC);
	card.never_ready = true;
	plug();
	before = sim_now();
	sim_boot();
	CHECK(found(0) && sim_now() - before < 10 * NSEC_PER_SEC &&
		sim_logged("mmc1: there is a card, but it does not work"));
}

static void bad_answers(unsigned n, bool good)
{
	make_host(CARD_SDHC);
	card.bad_answers = n;
	plug();
	sim_boot();
	CHECK(found(good));
	if (good)
		round_trip(0, 20);
}
MODEL_TEST(answers_that_are_damaged)
{
	bad_answers(3, true);
}
MODEL_TEST(answers_that_are_always_damaged)
{
	bad_answers(~0u, false);
}

MODEL_TEST(answers_that_are_damaged_later)
{
	boot(CARD_SDHC);
	card.bad_answers = 2;
	CHECK(!transfer(BLOCK_READ, 7, 20, 0));
	card.bad_answers = 2;
	CHECK(!transfer(BLOCK_WRITE, 7, 20, 9));
	card.bad_answers = 1;
	CHECK(!transfer(BLOCK_WRITE, 7, 1, 10));
}

static void damaged(enum block_op op, u32 nr)
{
	unsigned *times = op == BLOCK_READ ? &card.bad_reads : &card.bad_writes;

	*times = 2;
	CHECK(!transfer(op, 11, nr, 3) && !*times);
	*times = ~0u;
	CHECK(transfer(op, 11, nr, 4) == -EIO && sim_logged("cannot be transferred"));
	*times = 0;
	CHECK(!transfer(op, 11, nr, 5));
	round_trip(11, nr);
}
MODEL_TEST(data_that_is_damaged)
{
	boot(CARD_SDHC);
	damaged(BLOCK_READ, 1);
	damaged(BLOCK_READ, 50);
	damaged(BLOCK_WRITE, 1);
	damaged(BLOCK_WRITE, 50);
}
MODEL_TEST(wires_that_are_too_long)
{
	boot(CARD_SDHC);
	card.bad_above_hz = 25000000;
	CHECK(!transfer(BLOCK_READ, 11, 64, 0) &&
		sim_logged("checksums are wrong; on with 25000 kHz"));
	CHECK(!transfer(BLOCK_WRITE, 11, 64, 7));
	card.bad_above_hz = 1;
	CHECK(transfer(BLOCK_READ, 11, 64, 0) == -EIO);
	card.bad_above_hz = 0;
	round_trip(0, 9);
}
/* At identification already. */
MODEL_TEST(wires_that_are_far_too_long)
{
	make_host(CARD_SDHC);
	card.bad_above_hz = 20000000;
	plug();
	sim_boot();
	CHECK(found(1) && sim_logged("4 lines, 12000 kHz"));
	round_trip(0, 9);
}

MODEL_TEST(writes_that_the_card_loses)
{
	boot(CARD_SDHC);
	card.lost_writes = 1;
	CHECK(!transfer(BLOCK_WRITE, 100, 1, 1));
	card.lost_writes = 1;
	CHECK(!transfer(BLOCK_WRITE, 100, 16, 2));
	card.lost_writes = ~0u;
	CHECK(transfer(BLOCK_WRITE, 100, 1, 3) == -EIO &&
		transfer(BLOCK_WRITE, 100, 16, 3) == -EIO);
	card.lost_writes = 0;
	round_trip(100, 16);
}
MODEL_TEST(card_that_is_busy_for_long)
{
	boot(CARD_SDHC);
	card.busy_ns = 800 * NSEC_PER_MSEC;
	round_trip(0, 40);
	CHECK(!transfer(BLOCK_WRITE, 3, 1, 1) && !transfer(BLOCK_WRITE, 4, 1, 2) &&
		!transfer(BLOCK_READ, 3, 2, 0));
}
MODEL_TEST(card_that_is_busy_for_ever)
{
	u64 before;

	boot(CARD_SDHC);
	card.stays_busy = true;
	before = sim_now();
	CHECK(transfer(BLOCK_WRITE, 0, 40, 1) == -EIO && sim_now() - before < 100 * NSEC_PER_SEC);
	before = sim_now();
	CHECK(transfer(BLOCK_WRITE, 0, 1, 1) == -EIO && sim_now() - before < NSEC_PER_SEC &&
		sim_logged("does not answer any more"));
}
MODEL_TEST(card_that_sends_nothing)
{
	boot(CARD_SDHC);
	card.silent_data = true;
	CHECK(transfer(BLOCK_READ, 0, 40, 1) == -EIO && transfer(BLOCK_READ, 0, 1, 1) == -EIO);
	card.silent_data = false;
	round_trip(0, 40);
}
MODEL_TEST(card_that_dies)
{
	u64 before;

	boot(CARD_SDHC);
	card.dead = true;
	CHECK(transfer(BLOCK_READ, 0, 40, 1) == -EIO && sim_logged("does not answer any more"));
	before = sim_accesses();
	CHECK(transfer(BLOCK_WRITE, 0, 40, 1) == -EIO && sim_accesses() == before);
}

static void pulled(enum block_op op, u64 at)
{
	u64 before;

	boot(CARD_SDHC);
	round_trip(0, 4);
	host.pull_at_word = host.nr_words + at;
	CHECK(transfer(op, 0, 200, 1) == -EIO &&
		sim_logged("mmcblk1: the card has been taken out"));
	before = sim_accesses();
	CHECK(transfer(op, 0, 1, 1) == -EIO && sim_accesses() == before);
	/* Another card in the same slot is not that one. */
	host.pull_at_word = 0;
	card_insert(&card, CARD_SDXC, 0);
	jh7110.levels[1] &= ~(1u << 9);
	CHECK(transfer(op, 0, 1, 1) == -EIO && sim_accesses() == before);
}
MODEL_TEST(pulled_out_in_a_read)
{
	pulled(BLOCK_READ, 1000);
}
MODEL_TEST(pulled_out_at_the_end_of_a_read)
{
	pulled(BLOCK_READ, 200 * 128);
}
MODEL_TEST(pulled_out_in_a_write)
{
	pulled(BLOCK_WRITE, 1000);
}
MODEL_TEST(pulled_out_at_the_end_of_a_write)
{
	pulled(BLOCK_WRITE, 200 * 128);
}
MODEL_TEST(pulled_out_with_requests_waiting)
{
	struct block_request *rq[8];
	unsigned i;

	boot(CARD_SDHC);
	host.pull_at_word = host.nr_words + 3000;
	for (i = 0; i < 8; i++)
		rq[i] = begin(0, i & 1 ? BLOCK_WRITE : BLOCK_READ, i * 32, 16, i);
	CHECK(!end(rq[0]));
	for (i = 2; i < 8; i++)
		CHECK(end(rq[i]) == -EIO);
	CHECK(end(rq[1]) != 1);
}

MODEL_TEST(write_protected_card)
{
	make_host(CARD_SDHC);
	card.read_only = true;
	plug();
	sim_boot();
	CHECK(found(1) && disks[0].p.read_only && transfer(BLOCK_WRITE, 0, 1, 1) == -EROFS &&
		transfer(BLOCK_WRITE, 0, 9, 1) == -EROFS && !card.nr_writes);
	CHECK(!transfer(BLOCK_READ, 0, 9, 1));
}
/* It says nothing of that before. */
MODEL_TEST(card_protected_later)
{
	boot(CARD_SDHC);
	card.read_only = true;
	CHECK(transfer(BLOCK_WRITE, 0, 1, 1) == -EROFS &&
		transfer(BLOCK_WRITE, 0, 9, 1) == -EROFS && !card.nr_writes &&
		!transfer(BLOCK_READ, 0, 9, 1));
}
MODEL_TEST(write_protected_by_the_slot)
{
	make_host(CARD_SDHC);
	plug();
	sim_prop(node, "wp-gpios", 4, 20, 0);
	sim_boot();
	CHECK(found(1) && disks[0].p.read_only && transfer(BLOCK_WRITE, 0, 1, 1) == -EROFS);
}

/* ---- broken controllers ---- */

static void broken_from_the_start(void)
{
	u64 before;

	plug();
	before = sim_now();
	sim_boot();
	CHECK(found(0) && sim_now() - before < 15 * NSEC_PER_SEC &&
		(sim_logged("error") || sim_logged("has no driver")));
}
MODEL_TEST(dead_controller)
{
	make_host(CARD_SDHC);
	host.dead = true;
	broken_from_the_start();
}
MODEL_TEST(controller_that_never_resets)
{
	make_host(CARD_SDHC);
	host.no_reset = true;
	broken_from_the_start();
}
MODEL_TEST(controller_that_takes_no_command)
{
	make_host(CARD_SDHC);
	host.takes_nothing = true;
	broken_from_the_start();
}
MODEL_TEST(controller_without_interrupts)
{
	make_host(CARD_SDHC);
	host.no_irq = true;
	broken_from_the_start();
}
MODEL_TEST(controller_that_stops_taking_commands)
{
	u64 before;

	boot(CARD_SDHC);
	host.takes_nothing = true;
	before = sim_now();
	CHECK(transfer(BLOCK_READ, 0, 9, 1) == -EIO && sim_now() - before < 60 * NSEC_PER_SEC);
}
MODEL_TEST(controller_that_hangs_until_its_reset)
{
	boot(CARD_SDHC);
	host.hangs = true;
	CHECK(!transfer(BLOCK_READ, 0, 9, 1) && !host.hangs);
	host.hangs = true;
	CHECK(!transfer(BLOCK_WRITE, 0, 9, 1) && !host.hangs);
}
MODEL_TEST(data_that_is_never_over)
{
	u64 before;

	boot(CARD_SDHC);
	host.never_over = true;
	before = sim_now();
	CHECK(transfer(BLOCK_READ, 0, 9, 1) == -EIO && transfer(BLOCK_WRITE, 0, 9, 1) == -EIO &&
		sim_now() - before < 60 * NSEC_PER_SEC);
	host.never_over = false;
	round_trip(0, 9);
}
/* The FIFO never asks: it is looked at all the same. */
MODEL_TEST(fifo_that_never_asks)
{
	boot(CARD_SDHC);
	host.no_service = true;
	round_trip(0, 40);
}

/* ---- several ---- */

MODEL_TEST(requests_in_a_queue)
{
	struct block_request *rq[16];
	unsigned i, k;

	boot(CARD_SDXC);
	for (k = 0; k < 4; k++) {
		for (i = 0; i < 16; i++)
			rq[i] = begin(0, (i + k) % 3 ? BLOCK_WRITE : BLOCK_READ, i * 64 + k,
				1 + (i * 7 + k * 5) % 60, i + k);
		for (i = 0; i < 16; i++)
			CHECK(!end(rq[i]));
	}
}

static void two_hosts(const char *alias0, const char *alias1, const char *name0, const char *name1)
{
	static struct mshc other;
	static struct card other_card;
	struct dt_node *aliases = sim_node(sim_root(), "aliases"), *n;

	make_host(CARD_SDHC);
	card_insert(&other_card, CARD_EMMC, 0);
	other = (struct mshc){
		.index = 0, .depth = 32, .verid = VERID_NEW, .hcon = HCON, .card = &other_card
	};
	mshc_reset(&other);
	if (alias0)
		sim_prop_string(aliases, "mmc0", alias0);
	if (alias1)
		sim_prop_string(aliases, "mmc1", alias1);
	n = bare_node("mmc@16010000", "starfive,jh7110-mmc", 0x16010000, 74);
	add_supplies(n, 0);
	sim_model(0x16010000, SIZE, 74, &mshc_ops, &other);
	node = bare_node("mmc@16020000", "starfive,jh7110-mmc", BASE, LINE);
	add_supplies(node, 1);
	sim_model(BASE, SIZE, LINE, &mshc_ops, &host);
	jh7110_plug(true);
	sim_boot();
	CHECK(found(2) && disks[0].p.sectors == other_card.sectors &&
		disks[1].p.sectors == card.sectors);
	CHECK(is_named(&disks[0], name0) && is_named(&disks[1], name1) &&
		disks[0].p.first_minor == 8 * (name0[6] - '0'));
	CHECK(!end(begin(1, BLOCK_WRITE, 5, 40, 3)));
}
MODEL_TEST(two_hosts_with_numbers)
{
	two_hosts("/soc/mmc@16010000", "/soc/mmc@16020000", "mmcblk0", "mmcblk1");
}
MODEL_TEST(two_hosts_with_numbers_the_other_way)
{
	two_hosts("/soc/mmc@16020000", "/soc/mmc@16010000", "mmcblk1", "mmcblk0");
}
MODEL_TEST(two_hosts_without_numbers)
{
	two_hosts(NULL, NULL, "mmcblk0", "mmcblk1");
}
MODEL_TEST(two_hosts_one_number)
{
	two_hosts("/soc/mmc@16020000", NULL, "mmcblk1", "mmcblk0");
}
MODEL_TEST(aliases_of_nothing)
{
	two_hosts("/soc/nobody", "/soc/mmc@16020000", "mmcblk0", "mmcblk1");
}
