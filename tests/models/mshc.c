// SPDX-License-Identifier: MPL-2.0
#include "mshc.h"
#include "jh7110.h"

enum {
	CTRL = 0x00,
	PWREN = 0x04,
	CLKDIV = 0x08,
	CLKSRC = 0x0c,
	CLKENA = 0x10,
	TMOUT = 0x14,
	CTYPE = 0x18,
	BLKSIZ = 0x1c,
	BYTCNT = 0x20,
	INTMASK = 0x24,
	CMDARG = 0x28,
	CMD = 0x2c,
	RESP0 = 0x30,
	MINTSTS = 0x40,
	RINTSTS = 0x44,
	STATUS = 0x48,
	FIFOTH = 0x4c,
	VERID = 0x6c,
	HCON = 0x70,
	BMOD = 0x80,
};
enum {
	RESP_ERR = 1u << 1,
	CMD_DONE = 1u << 2,
	DATA_OVER = 1u << 3,
	TXDR = 1u << 4,
	RXDR = 1u << 5,
	RESP_CRC = 1u << 6,
	DATA_CRC = 1u << 7,
	RESP_TIMEOUT = 1u << 8,
	DATA_TIMEOUT = 1u << 9,
};
enum {
	C_RESP = 1u << 6,
	C_LONG = 1u << 7,
	C_CRC = 1u << 8,
	C_DATA = 1u << 9,
	C_WRITE = 1u << 10,
	C_STREAM = 1u << 11,
	C_AUTOSTOP = 1u << 12,
	C_WAIT = 1u << 13,
	C_STOP = 1u << 14,
	C_INIT = 1u << 15,
	C_CLOCK = 1u << 21,
	C_HOLD = 1u << 29,
	C_START = 1u << 31,
};
#define RESET_NS 300ul
#define GAP      20u /* clocks between blocks: start, checksum, end */

static struct mshc *of(void *m)
{
	return m;
}

static u64 ciu(const struct mshc *m)
{
	return m->alone ? m->ciu : jh7110_ciu(m->index);
}

static u64 card_hz(const struct mshc *m)
{
	return !m->live_ena ? 0 : m->live_div ? ciu(m) / (2 * m->live_div) : ciu(m);
}

static u64 clocks(const struct mshc *m, u64 n)
{
	u64 hz = card_hz(m);

	CHECK(hz);
	return n * NSEC_PER_SEC / hz;
}

static unsigned width(const struct mshc *m)
{
	return m->ctype >> 16 & 1 ? 8 : m->ctype & 1 ? 4 : 1;
}

static bool is_present(const struct mshc *m)
{
	return m->card->kind != CARD_NONE;
}

void mshc_reset(struct mshc *m)
{
	m->ctrl = m->pwren = m->clkdiv = m->clkena = m->ctype = m->bytcnt = m->intmask = m->cmdarg =
		m->cmd = m->rintsts = m->bmod = 0;
	m->blksiz = 512;
	m->tmout = 0xffffff40;
	m->fifoth = (m->depth - 1) << 16;
	m->live_ena = m->live_div = 0;
	m->flow = FLOW_NONE;
	m->count = 0;
	m->answered_at = 0;
	m->lengths_fresh = m->clock_stale = false;
	card_power(m->card, false);
}

/* ---- data ---- */

static bool is_moving(const struct mshc *m)
{
	return m->flow != FLOW_NONE && m->left;
}

/* The clock stands still: the FIFO has no room, or no word. */
static bool is_stalled(const struct mshc *m)
{
	return is_moving(m) && (m->flow == FLOW_READ ? m->count == m->depth : !m->count);
}

static void service_requests(struct mshc *m)
{
	if (m->no_service)
		return;
	if (m->flow == FLOW_READ && m->count > (m->fifoth >> 16 & 0xfff))
		m->rintsts |= RXDR;
	if (m->flow == FLOW_WRITE && m->count <= (m->fifoth & 0xfff) && m->host_left)
		m->rintsts |= TXDR;
}

static void data_over(struct mshc *m)
{
	if (!m->never_over)
		m->rintsts |= DATA_OVER;
	m->left = 0;
	if (m->flow == FLOW_WRITE)
		m->flow = FLOW_NONE;
}

static void pull_when_due(struct mshc *m)
{
	if (m->pull_at_word && m->nr_words >= m->pull_at_word) {
		m->card->kind = CARD_NONE;
		jh7110.levels[1] |= 1u << 9;
	}
}

static void push(struct mshc *m, u32 v)
{
	CHECK(m->count < m->depth);
	m->fifo[m->count++] = v;
}

static u32 pop(struct mshc *m)
{
	u32 v = m->fifo[0];
	unsigned i;

	m->count--;
	for (i = 0; i < m->count; i++)
		m->fifo[i] = m->fifo[i + 1];
	return v;
}

/* No card, or one that says nothing. */
static void begin_block(struct mshc *m, u64 at)
{
	m->block_at = 0;
	m->word_at = at;
	m->silent = !is_present(m) || m->card->silent_data || m->card->flow == FLOW_NONE;
	if (m->flow == FLOW_READ && !m->silent)
		m->block_good = card_read(m->card, m->block);
}

static void end_block(struct mshc *m, u64 at)
{
	bool too_fast = m->card->bad_above_hz && card_hz(m) > m->card->bad_above_hz,
	     good = m->block_good && !too_fast;

	m->left -= m->block_len;
	if (m->flow == FLOW_WRITE) {
		m->card->bad_writes += too_fast;
		good = card_write(m->card, m->block);
	}
	if (!good)
		m->rintsts |= DATA_CRC;
	if (!m->left)
		data_over(m);
	else
		begin_block(m, at + clocks(m, GAP));
}

static u64 word_ns(const struct mshc *m)
{
	return max(clocks(m, 32 / width(m)), 1ul);
}

/* One word between card and FIFO. */
static void move_word(struct mshc *m, u64 at)
{
	u32 *w = (u32 *)(m->block + m->block_at);

	if (m->flow == FLOW_READ)
		push(m, *w);
	else
		*w = pop(m);
	m->nr_words++;
	m->block_at += 4;
	m->word_at = at + word_ns(m);
	pull_when_due(m);
	if (is_present(m) && m->block_at == m->block_len)
		end_block(m, at);
	service_requests(m);
}

static void advance_data(struct mshc *m, u64 now)
{
	while (is_moving(m) && !is_stalled(m)) {
		if ((m->silent || !is_present(m)) && !m->silent_until)
			m->silent_until = max(m->word_at, m->begun_at) + clocks(m, m->tmout >> 8);
		if (m->silent_until) {
			if (now < m->silent_until)
				return;
			m->rintsts |= DATA_TIMEOUT;
			data_over(m);
			m->silent_until = 0;
			return;
		}
		if (m->flow == FLOW_WRITE && m->block_at == 0 && card_busy(m->card, m->word_at)) {
			if (card_busy(m->card, now))
				return;
			m->word_at = max(m->word_at, m->card->busy_until);
		}
		if (now < m->word_at)
			return;
		move_word(m, m->word_at);
	}
	if (is_stalled(m))
		m->word_at = max(m->word_at, now);
}

static void begin_data(struct mshc *m, u64 now)
{
	model_require(width(m) == m->card->width || !is_present(m),
		"the host has %u data lines, the card %u", width(m), m->card->width);
	m->flow = m->running & C_WRITE ? FLOW_WRITE : FLOW_READ;
	m->left = m->host_left = m->bytcnt;
	m->block_len = m->blksiz;
	m->begun_at = now;
	m->silent_until = 0;
	m->fastest = max(m->fastest, card_hz(m));
	m->widest = max(m->widest, width(m));
	if (is_present(m) && m->card->flow != FLOW_NONE) {
		model_require(m->card->flow == m->flow, "data goes the wrong way");
		model_require(m->blksiz == card_block_size(m->card),
			"BLKSIZ is %u, the card's block %u", m->blksiz, card_block_size(m->card));
		model_require(m->card->multiple || m->bytcnt == m->blksiz,
			"BYTCNT is %u for one block", m->bytcnt);
	}
	begin_block(m, now + m->card->access_ns);
	service_requests(m);
}

/* ---- commands ---- */

static void check_ready_for(const struct mshc *m, u32 v)
{
	u32 index = v & 63;

	model_require(m->pwren & 1, "CMD%u without power", index);
	model_require(!m->clock_stale,
		"CMD%u after the clock's registers, the controller or its reset changed the clock, and nobody told it",
		index);
	model_require(card_hz(m), "CMD%u without a clock", index);
	model_require(v & C_HOLD, "CMD%u without the hold register", index);
	model_require(!(v & (C_STREAM | C_AUTOSTOP)), "CMD%u with something that the model has not",
		index);
	model_require(!(v & C_STOP) == (index != 12), "CMD%u and the bit that ends a transfer",
		index);
	model_require(v & C_DATA ? index != 12 : !(v & C_WRITE), "CMD%u and its data bits", index);
	model_require(!is_moving(m) || index == 12 || index == 13, "CMD%u while data moves", index);
	model_require(!is_stalled(m) || m->flow == FLOW_WRITE,
		"CMD%u while the full FIFO stops the clock", index);
	if (!(v & C_DATA))
		return;
	model_require(v & C_WAIT, "CMD%u does not wait for the data lines", index);
	model_require(!m->count, "CMD%u with %u old words in the FIFO", index, m->count);
	model_require(m->lengths_fresh && m->blksiz && m->bytcnt && m->bytcnt % m->blksiz == 0 &&
			m->blksiz % 4 == 0 && m->blksiz <= 512,
		"CMD%u: %u bytes in blocks of %u", index, m->bytcnt, m->blksiz);
	model_require((m->fifoth & 0xfff) < m->depth && (m->fifoth >> 16 & 0xfff) < m->depth - 1,
		"marks of the FIFO: %#x", m->fifoth);
	model_require(!(m->bmod & 0x80), "the DMA engine is on");
}

static void start(struct mshc *m, u32 v)
{
	u64 now = sim_now();

	model_require(!(m->cmd >> 31), "a command while the last has not been taken");
	model_require(!m->answered_at, "CMD%u while CMD%u is under way", v & 63, m->running & 63);
	m->cmd = v;
	if (m->takes_nothing || m->hangs)
		return;
	if (v & C_CLOCK) {
		m->taken_at = now + 200;
		return;
	}
	check_ready_for(m, v);
	m->running = v;
	m->taken_at = now + clocks(m, 4);
	m->answered_at = now +
		clocks(m,
			(v & C_INIT ? 80 : 0) + 48 +
				(v & C_RESP ? 8 + (v & C_LONG ? 136 : 48) : 8));
	m->lengths_fresh = false;
}

/* The card has the command; what it makes of it. */
static void answer(struct mshc *m, u64 now)
{
	static const u32 shape[] = { [ANSWER_R1] = C_RESP | C_CRC,
		[ANSWER_R1B] = C_RESP | C_CRC,
		[ANSWER_R2] = C_RESP | C_CRC | C_LONG,
		[ANSWER_R3] = C_RESP };
	u32 v = m->running, r[4] = { 0 }, bits = v & (C_RESP | C_CRC | C_LONG), i;
	enum card_answer a = card_command(m->card, v & 63, m->cmdarg, card_hz(m), v & C_INIT, r);

	m->answered_at = 0;
	m->rintsts |= CMD_DONE;
	if ((v & 63) == 12 && m->flow != FLOW_NONE && m->left)
		data_over(m);
	if (!(v & C_RESP))
		return;
	if (a == ANSWER_NONE) {
		m->rintsts |= RESP_TIMEOUT;
		return;
	}
	/*
	 * Answers 3, 6 and 7 are alike here; that of CMD3 and CMD8 has a checksum, that of
	 * operating conditions has none.
	 */
	if (a == ANSWER_R3 && (v & 63) != 41 && (v & 63) != 1)
		a = ANSWER_R1;
	model_require(bits == shape[a], "CMD%u expects an answer of another kind: %#x", v & 63,
		bits);
	for (i = 0; i < 4; i++)
		m->resp[i] = r[i];
	if (a != ANSWER_R3 && m->card->bad_answers) {
		m->card->bad_answers--;
		m->rintsts |= RESP_CRC;
		m->resp[0] ^= 0x00100400;
	}
	if (v & C_DATA)
		begin_data(m, now);
}

static void take_clock(struct mshc *m)
{
	m->live_ena = m->clkena & 1;
	m->live_div = m->clkdiv & 255;
	m->clock_stale = false;
}

static void advance(void *p, u64 now)
{
	struct mshc *m = of(p);

	if (!m->alone && !jh7110_mmc_runs(m->index)) {
		if (jh7110.held >> m->index & 1)
			mshc_reset(m);
		return;
	}
	if (m->reset_done && now >= m->reset_done) {
		m->ctrl &= ~7u;
		m->reset_done = 0;
	}
	if (m->cmd >> 31 && !m->takes_nothing && !m->hangs && now >= m->taken_at) {
		m->cmd &= ~C_START;
		if (m->cmd & C_CLOCK)
			take_clock(m);
	}
	if (m->answered_at && now >= m->answered_at)
		answer(m, m->answered_at);
	advance_data(m, now);
}

static u64 next(void *p)
{
	struct mshc *m = of(p);
	u64 at = ~0ul;

	if (!m->alone && !jh7110_mmc_runs(m->index))
		return ~0ul;
	if (m->reset_done)
		at = m->reset_done;
	if (m->cmd >> 31 && !m->takes_nothing && !m->hangs)
		at = min(at, m->taken_at);
	if (m->answered_at)
		at = min(at, m->answered_at);
	if (is_moving(m) && !is_stalled(m))
		at = min(at,
			m->silent_until ? m->silent_until
				: m->flow == FLOW_WRITE && !m->block_at &&
					card_busy(m->card, sim_now())
				? (m->card->stuck_prg ? ~0ul : max(m->word_at, m->card->busy_until))
				: m->word_at);
	return max(at, sim_now() + 1);
}

static bool irq(void *p)
{
	struct mshc *m = of(p);

	return !m->no_irq && (m->ctrl >> 4 & 1) && (m->rintsts & m->intmask);
}

/* ---- registers ---- */

static u64 fifo_at(const struct mshc *m)
{
	return (m->verid & 0xffff) < 0x240a ? 0x100 : 0x200;
}

static u32 status(const struct mshc *m)
{
	bool busy = is_present(m) &&
		(card_busy(m->card, sim_now()) || (m->flow == FLOW_READ && is_moving(m)));

	return (m->count ? 0 : 4u) | (m->count == m->depth ? 8u : 0) | (busy ? 1u << 9 : 0) |
		m->count << 17;
}

static u32 read_fifo(struct mshc *m)
{
	u32 v;

	model_require(m->flow == FLOW_READ && m->count, "the FIFO is read when it is empty");
	m->host_left -= 4;
	v = pop(m);
	if (!m->left && !m->count)
		m->flow = FLOW_NONE;
	return v;
}

static void write_fifo(struct mshc *m, u32 v)
{
	model_require(m->flow == FLOW_WRITE && m->host_left,
		"the FIFO is written when nothing is to be sent");
	model_require(m->count < m->depth, "the FIFO is written when it is full");
	m->host_left -= 4;
	push(m, v);
}

static void check_access(struct mshc *m, u64 off, unsigned width)
{
	model_require(width == 4, "%u bytes at %#lx", width, off);
	model_require(m->alone || jh7110_mmc_runs(m->index),
		"access to %#lx without a clock, or in reset: the bus hangs", off);
}

static u64 mshc_read(void *p, u64 off, unsigned width)
{
	struct mshc *m = of(p);

	check_access(m, off, width);
	if (m->dead)
		return 0;
	if (off == fifo_at(m))
		return read_fifo(m);
	switch (off) {
	case CTRL:
		return m->ctrl;
	case PWREN:
		return m->pwren;
	case CLKDIV:
		return m->clkdiv;
	case CLKENA:
		return m->clkena;
	case TMOUT:
		return m->tmout;
	case CTYPE:
		return m->ctype;
	case INTMASK:
		return m->intmask;
	case CMD:
		return m->cmd;
	case RESP0:
	case RESP0 + 4:
	case RESP0 + 8:
	case RESP0 + 12:
		return m->resp[(off - RESP0) / 4];
	case MINTSTS:
		return m->rintsts & m->intmask;
	case RINTSTS:
		return m->rintsts;
	case STATUS:
		return status(m);
	case FIFOTH:
		return m->fifoth;
	case VERID:
		return m->verid;
	case HCON:
		return m->hcon;
	case BMOD:
		return m->bmod;
	}
	model_fail("register %#lx is read, which the model has not", off);
}

/* The FIFO's and the controller's resets; the third is the DMA interface's. */
static void control(struct mshc *m, u32 v)
{
	model_require(!(v & (1u << 5 | 1u << 25)), "control %#x: DMA", v);
	if (v & 2)
		m->count = 0;
	if (v & 1) {
		m->flow = FLOW_NONE;
		m->left = 0;
		m->answered_at = 0;
		m->clock_stale = true;
		m->cmd &= ~C_START;
		m->hangs = false;
	}
	m->ctrl = v;
	if (v & 7)
		m->reset_done = m->dead || m->no_reset ? ~0ul : sim_now() + RESET_NS;
}

static void mshc_write(void *p, u64 off, unsigned width, u64 value)
{
	struct mshc *m = of(p);
	u32 v = (u32)value;

	check_access(m, off, width);
	if (m->dead) {
		m->ctrl = off == CTRL ? v : m->ctrl;
		return;
	}
	model_require(!(m->cmd >> 31) || off == CTRL || off == INTMASK || off == RINTSTS ||
			off == CMD,
		"%#lx is written while a command is being taken", off);
	model_require(!m->reset_done || off == INTMASK || off == RINTSTS || off == BMOD ||
			off == CTRL,
		"%#lx is written in the middle of a reset", off);
	if (off == fifo_at(m)) {
		write_fifo(m, v);
		return;
	}
	switch (off) {
	case CTRL:
		control(m, v);
		return;
	case PWREN:
		m->pwren = v;
		card_power(m->card, v & 1);
		return;
	case CLKDIV:
		model_require(v <= 255, "a divider of %u does not fit", v);
		model_require(!m->live_ena || v == m->clkdiv,
			"the clock is divided anew while it runs");
		m->clock_stale |= v != m->clkdiv;
		m->clkdiv = v;
		return;
	case CLKSRC:
		model_require(!v, "clock source %u", v);
		return;
	case CLKENA:
		model_require(!(v & ~0x10001u), "clock enable %#x", v);
		model_require(!is_moving(m) && !m->answered_at,
			"the clock is switched during a transfer");
		m->clock_stale |= v != m->clkena;
		m->clkena = v;
		return;
	case TMOUT:
		m->tmout = v;
		return;
	case CTYPE:
		model_require(!is_moving(m) && (v == 0 || v == 1 || v == 1u << 16), "bus type %#x",
			v);
		m->ctype = v;
		return;
	case BLKSIZ:
		m->blksiz = v;
		return;
	case BYTCNT:
		m->bytcnt = v;
		m->lengths_fresh = true;
		return;
	case INTMASK:
		m->intmask = v;
		return;
	case CMDARG:
		model_require(!m->answered_at, "the argument is written while CMD%u is under way",
			m->running & 63);
		m->cmdarg = v;
		return;
	case CMD:
		if (v >> 31)
			start(m, v);
		return;
	case RINTSTS:
		m->rintsts &= ~v;
		service_requests(m);
		return;
	case FIFOTH:
		m->fifoth = v;
		return;
	case BMOD:
		m->bmod = v & 1 ? 0 : v;
		return;
	}
	model_fail(
		"%#x is written to register %#lx, which the model has not or which is not to be written",
		v, off);
}

const struct model_ops mshc_ops = { .name = "mshc",
	.read = mshc_read,
	.write = mshc_write,
	.irq = irq,
	.next = next,
	.advance = advance };
