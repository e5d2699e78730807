// SPDX-License-Identifier: MPL-2.0
#include "sdcard.h"

#define RCA 0xb368u

enum {
	OUT_OF_RANGE = 1u << 31,
	ADDRESS_ERROR = 1u << 30,
	WP_VIOLATION = 1u << 26,
	ECC_FAILED = 1u << 21,
	SWITCH_ERROR = 1u << 7,
	APP = 1u << 5
};

static bool is_mmc(const struct card *c)
{
	return c->kind == CARD_MMC || c->kind == CARD_EMMC;
}

static bool by_sector(const struct card *c)
{
	return c->kind == CARD_SDHC || c->kind == CARD_SDXC || c->kind == CARD_EMMC;
}

void card_insert(struct card *c, enum card_kind kind, u64 sectors)
{
	static const u64 usual[] = { 0, 1ul << 17, 1ul << 21, 31116288, 249737216, 1ul << 18,
		61071360 };

	*c = (struct card){ .kind = kind,
		.sectors = sectors ? sectors : usual[kind],
		.ready_ns = 50 * NSEC_PER_MSEC,
		.access_ns = 100000,
		.busy_ns = 400000 };
}

void card_power(struct card *c, bool on)
{
	if (on && !c->powered)
		c->clocks_given = false;
	c->powered = on;
}

bool card_busy(const struct card *c, u64 now)
{
	return c->kind != CARD_NONE && (now < c->busy_until || c->stuck_prg);
}

/* ---- registers ---- */

static void put_bits(u32 *r, unsigned low, unsigned count, u32 v)
{
	unsigned i;

	for (i = 0; i < count; i++)
		r[(low + i) / 32] |= (v >> i & 1) << (low + i) % 32;
}

static void make_csd(const struct card *c, u32 *r)
{
	bool v2 = !is_mmc(c) && by_sector(c);
	unsigned shift = 9;

	__builtin_memset(r, 0, 16);
	put_bits(r, 126, 2, is_mmc(c) ? 2 : v2);
	put_bits(r, 122, 4, c->kind == CARD_EMMC ? 4 : is_mmc(c) ? 3 : 0);
	put_bits(r, 84, 12, c->no_switch ? 0x1b5 : 0x5b5);
	put_bits(r, 12, 2, c->read_only);
	if (v2) {
		put_bits(r, 80, 4, 9);
		put_bits(r, 48, 22, (u32)(c->sectors / 1024 - 1));
		return;
	}
	/*
	 * (C_SIZE + 1) << (MULT + 2) << READ_BL_LEN bytes; of large MMC the largest that fits,
	 * which means: look elsewhere.
	 */
	if (c->kind == CARD_EMMC) {
		put_bits(r, 62, 12, 4095);
		put_bits(r, 47, 3, 7);
		put_bits(r, 80, 4, 9);
		return;
	}
	while (c->sectors >> shift > 4096)
		shift++;
	put_bits(r, 80, 4, shift);
	put_bits(r, 47, 3, 7);
	put_bits(r, 62, 12, (u32)(c->sectors >> shift) - 1);
}

static void make_ext_csd(struct card *c)
{
	unsigned i;

	__builtin_memset(c->reg, 0, 512);
	for (i = 0; i < 4; i++)
		c->reg[212 + i] = (u8)(c->sectors >> 8 * i);
	c->reg[196] = c->slow ? 1 : 3;
	c->reg_len = 512;
}

/* A register is sent next. */
static enum card_answer send_register(struct card *c, unsigned len)
{
	c->reg_len = len;
	c->flow = FLOW_READ;
	c->multiple = false;
	c->state = CARD_DATA;
	return ANSWER_R1;
}

static enum card_answer send_switch(struct card *c, u32 arg)
{
	__builtin_memset(c->reg, 0, 64);
	c->reg[13] = c->slow ? 1 : 3;
	c->reg[16] = 0;
	if ((arg & 15) == 1 && !c->slow)
		c->reg[16] = 1;
	if (c->fails_first_switch && arg >> 31) {
		c->reg[16] = 15;
		c->fails_first_switch = false;
	} else if (arg >> 31 && c->reg[16] == 1) {
		c->selected_fast = true;
	}
	return send_register(c, 64);
}

static enum card_answer send_scr(struct card *c)
{
	__builtin_memset(c->reg, 0, 8);
	c->reg[0] = c->no_switch ? 0 : 2;
	c->reg[1] = c->one_bit ? 1 : 5;
	return send_register(c, 8);
}

/* ---- commands ---- */

static void reset(struct card *c)
{
	c->state = CARD_IDLE;
	c->app = c->told_v2 = c->asked = c->selected_fast = false;
	c->rca = c->status = 0;
	c->width = 1;
	c->flow = FLOW_NONE;
	c->block_len = 512;
}

static bool ready_now(struct card *c)
{
	if (!c->asked)
		c->asked_at = sim_now();
	c->asked = true;
	return !c->never_ready && sim_now() - c->asked_at >= c->ready_ns;
}

static enum card_answer op_cond(struct card *c, u32 arg, u32 *answer)
{
	bool can = is_mmc(c) || !by_sector(c) || (c->told_v2 && arg >> 30 & 1);

	model_require(is_mmc(c) || !(arg >> 30 & 1) || c->told_v2, "HCS without CMD8 before");
	if (c->state != CARD_IDLE)
		return ANSWER_NONE;
	*answer = 0x00ff8000;
	if (!(arg & 0x00ff8000))
		return ANSWER_R3;
	if (can && ready_now(c)) {
		*answer |= 1u << 31 | (u32)by_sector(c) << 30;
		c->state = CARD_READY;
	}
	return ANSWER_R3;
}

static u32 status_of(struct card *c, enum card_state was)
{
	bool prg = card_busy(c, sim_now());
	u32 s = c->status | (u32)(was == CARD_TRAN && prg ? CARD_PRG : was) << 9 |
		(prg ? 0 : 1u << 8) | (c->app ? APP : 0);

	c->status = 0;
	return s;
}

/* A transfer is to begin: whether the card goes along. */
static bool begin(struct card *c, u32 arg, enum card_flow flow, bool multiple)
{
	u64 at = by_sector(c) ? arg : arg / 512u;

	model_require(by_sector(c) || c->block_len == 512, "a block length of %u", c->block_len);
	model_require(!card_busy(c, sim_now()), "a transfer while the card is busy");
	if (!by_sector(c) && arg % 512)
		c->status |= ADDRESS_ERROR;
	else if (at >= c->sectors)
		c->status |= OUT_OF_RANGE;
	else if (flow == FLOW_WRITE && c->read_only)
		c->status |= WP_VIOLATION;
	if (c->status & (ADDRESS_ERROR | OUT_OF_RANGE | WP_VIOLATION))
		return false;
	c->sector = at;
	c->flow = flow;
	c->multiple = multiple;
	c->reg_len = 0;
	c->state = flow == FLOW_READ ? CARD_DATA : CARD_RCV;
	return true;
}

static enum card_answer switch_mmc(struct card *c, u32 arg)
{
	u32 index = arg >> 16 & 0xff, value = arg >> 8 & 0xff;

	model_require(arg >> 24 == 3 && c->kind == CARD_EMMC, "a switch %#x that is not understood",
		arg);
	if (index == 183 && value <= 2)
		c->width = value ? 4 * value : 1;
	else if (index == 185 && value == 1 && !c->slow)
		c->selected_fast = true;
	else
		c->status |= SWITCH_ERROR;
	c->busy_until = sim_now() + 1000000;
	return ANSWER_R1B;
}

static enum card_answer in_app(struct card *c, u32 index, u32 arg, u32 *answer)
{
	switch (index) {
	case 41:
		return op_cond(c, arg, answer);
	case 6:
		model_require(c->state == CARD_TRAN && (arg == 0 || (arg == 2 && !c->one_bit)),
			"ACMD6 %#x", arg);
		c->width = arg ? 4 : 1;
		return ANSWER_R1;
	case 51:
		model_require(c->state == CARD_TRAN, "ACMD51 in state %u", c->state);
		return send_scr(c);
	}
	model_fail("ACMD%u is not understood", index);
}

static enum card_answer stop(struct card *c)
{
	if (c->state != CARD_DATA && c->state != CARD_RCV)
		return ANSWER_NONE;
	if (c->state == CARD_RCV)
		c->busy_until = sim_now() + c->busy_ns;
	c->stuck_prg = c->stays_busy && c->state == CARD_RCV;
	c->flow = FLOW_NONE;
	c->state = CARD_TRAN;
	return ANSWER_R1B;
}

static enum card_answer select(struct card *c, u32 arg)
{
	if (arg >> 16 != c->rca || c->state != CARD_STBY)
		return ANSWER_NONE;
	c->state = CARD_TRAN;
	c->busy_until = sim_now() + 50000;
	return ANSWER_R1B;
}

static enum card_answer in_transfer_state(struct card *c, u32 index, u32 arg)
{
	switch (index) {
	case 6:
		model_require(is_mmc(c) || !c->no_switch, "CMD6 to a card without");
		return is_mmc(c) ? switch_mmc(c, arg) : send_switch(c, arg);
	case 8:
		if (c->kind != CARD_EMMC)
			return ANSWER_NONE;
		make_ext_csd(c);
		return send_register(c, 512);
	case 16:
		c->block_len = arg;
		return ANSWER_R1;
	case 17:
	case 18:
		(void)begin(c, arg, FLOW_READ, index == 18);
		return ANSWER_R1;
	case 24:
	case 25:
		(void)begin(c, arg, FLOW_WRITE, index == 25);
		return ANSWER_R1;
	}
	return ANSWER_NONE;
}

static enum card_answer obey(struct card *c, u32 index, u32 arg, u32 *answer)
{
	bool mine = arg >> 16 == c->rca;

	switch (index) {
	case 1:
		return is_mmc(c) ? op_cond(c, arg, answer) : ANSWER_NONE;
	case 2:
		if (c->state != CARD_READY)
			return ANSWER_NONE;
		c->state = CARD_IDENT;
		return ANSWER_R2;
	case 3:
		if (c->state != CARD_IDENT)
			return ANSWER_NONE;
		c->state = CARD_STBY;
		c->rca = is_mmc(c) ? arg >> 16 : RCA;
		*answer = is_mmc(c) ? status_of(c, CARD_IDENT) : RCA << 16 | 0x500;
		return ANSWER_R3; /* R6, or R1: the answer is made */
	case 7:
		return select(c, arg);
	case 8:
		if (c->state == CARD_IDLE && !is_mmc(c) && c->kind != CARD_SDSC_V1) {
			c->told_v2 = true;
			*answer = arg & 0xfff;
			return ANSWER_R3; /* R7 */
		}
		return c->state == CARD_TRAN ? in_transfer_state(c, index, arg) : ANSWER_NONE;
	case 9:
		if (c->state != CARD_STBY || !mine)
			return ANSWER_NONE;
		make_csd(c, answer);
		return ANSWER_R2;
	case 12:
		return stop(c);
	case 13:
		return c->state >= CARD_STBY && mine ? ANSWER_R1 : ANSWER_NONE;
	case 55:
		if (is_mmc(c) || !mine)
			return ANSWER_NONE;
		c->app = true;
		return ANSWER_R1;
	}
	return c->state == CARD_TRAN ? in_transfer_state(c, index, arg) : ANSWER_NONE;
}

static void check_clock(const struct card *c, u64 hz)
{
	u64 most = c->state <= CARD_IDENT ? 400000
		: c->selected_fast        ? (is_mmc(c) ? 52000000 : 50000000)
		: c->kind == CARD_MMC     ? 20000000
		: is_mmc(c)               ? 26000000
					  : 25000000;

	model_require(hz <= most, "the card's clock is %lu Hz, in a state where it takes %lu", hz,
		most);
}

enum card_answer card_command(struct card *c, u32 index, u32 arg, u64 hz, bool init, u32 *answer)
{
	enum card_state was = c->state;
	enum card_answer a;
	bool app = c->app;

	model_require(c->powered, "a command without power");
	c->clocks_given |= init;
	model_require(c->clocks_given, "the card has not had its 80 clocks");
	model_require(index || hz <= 400000, "CMD0 at %lu Hz", hz);
	c->nr_commands++;
	c->used[index & 63]++;
	if (c->kind == CARD_NONE || c->dead)
		return ANSWER_NONE;
	if (!index) {
		reset(c);
		return ANSWER_NONE;
	}
	check_clock(c, hz);
	model_require(was != CARD_DATA || index == 12 || index == 13, "CMD%u while the card sends",
		index);
	c->app = false;
	a = app ? in_app(c, index, arg, answer) : obey(c, index, arg, answer);
	if (a == ANSWER_R1 || a == ANSWER_R1B)
		*answer = status_of(c, was);
	return a;
}

/* ---- data ---- */

u8 *card_sector(struct card *c, u64 sector)
{
	if (sector < CARD_KEPT)
		return c->kept[0] + sector * 512;
	CHECK(sector < c->sectors && sector >= c->sectors - CARD_KEPT);
	return c->kept[1] + (sector - (c->sectors - CARD_KEPT)) * 512;
}

unsigned card_block_size(const struct card *c)
{
	return c->reg_len ? c->reg_len : 512;
}

bool card_read(struct card *c, u8 *out)
{
	bool end = !c->multiple;

	CHECK(c->flow == FLOW_READ);
	if (c->reg_len) {
		__builtin_memcpy(out, c->reg, c->reg_len);
	} else if (c->sector >= c->sectors) {
		c->status |= OUT_OF_RANGE;
		return true; /* whatever it sends: who asked for so much is not there any more */
	} else {
		__builtin_memcpy(out, card_sector(c, c->sector), 512);
		c->sector++;
		c->nr_reads++;
	}
	if (end) {
		c->state = CARD_TRAN;
		c->flow = FLOW_NONE;
	}
	if (!c->bad_reads)
		return true;
	c->bad_reads--;
	return false;
}

bool card_write(struct card *c, const u8 *in)
{
	CHECK(c->flow == FLOW_WRITE);
	if (c->bad_writes) {
		c->bad_writes--;
		c->state = c->multiple ? CARD_RCV : CARD_TRAN;
		c->flow = c->multiple ? FLOW_WRITE : FLOW_NONE;
		return false;
	}
	if (c->sector >= c->sectors) {
		c->status |= OUT_OF_RANGE;
	} else if (c->lost_writes) {
		c->lost_writes--;
		c->status |= ECC_FAILED;
	} else {
		__builtin_memcpy(card_sector(c, c->sector), in, 512);
		c->nr_writes++;
	}
	c->sector++;
	if (!c->multiple) {
		c->state = CARD_TRAN;
		c->flow = FLOW_NONE;
		c->busy_until = sim_now() + c->busy_ns;
		c->stuck_prg = c->stays_busy;
	} else {
		c->busy_until = sim_now() + c->busy_ns / 16;
	}
	return true;
}
