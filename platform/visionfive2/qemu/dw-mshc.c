/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Synopsys DesignWare mobile storage host controller (VERID 290a), with one card on an SD bus.
 *
 * A strict model: it takes time as a card does, and what a driver may not do, works as badly as on the chip and is logged (-d guest_errors). Without its bus
 * clock or in reset no register answers; without a card clock no command ends; without its pins or power no card answers; a card that is not yet identified does
 * not answer above 400 kHz; data come broken when the widths of both sides differ. Data move through the FIFO at the card's rate, by the processor or by the
 * internal DMA controller (32-bit descriptors).
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "exec/address-spaces.h"
#include "hw/irq.h"
#include "hw/qdev-clock.h"
#include "migration/vmstate.h"
#include "dw-mshc.h"

#define LOW_SPEED_HZ  26000000
#define HIGH_SPEED_HZ 52000000
enum {
	CTRL = 0x00, PWREN = 0x04, CLKDIV = 0x08, CLKSRC = 0x0c, CLKENA = 0x10, TMOUT = 0x14, CTYPE = 0x18, BLKSIZ = 0x1c, BYTCNT = 0x20,
	INTMASK = 0x24, CMDARG = 0x28, CMD = 0x2c, RESP0 = 0x30, RESP1 = 0x34, RESP3 = 0x3c, MINTSTS = 0x40, RINTSTS = 0x44, STATUS = 0x48,
	FIFOTH = 0x4c, CDETECT = 0x50, WRTPRT = 0x54, GPIO = 0x58, TCBCNT = 0x5c, TBBCNT = 0x60, DEBNCE = 0x64, USRID = 0x68, VERID = 0x6c,
	HCON = 0x70, UHS_REG = 0x74, RST_N = 0x78, BMOD = 0x80, PLDMND = 0x84, DBADDR = 0x88, IDSTS = 0x8c, IDINTEN = 0x90, DSCADDR = 0x94,
	BUFADDR = 0x98, CARDTHRCTL = 0x100, BACK_END_POWER = 0x104, FIFO = 0x200,
};

enum {
	CTRL_RESET = 1 << 0, CTRL_FIFO_RESET = 1 << 1, CTRL_DMA_RESET = 1 << 2, CTRL_INT = 1 << 4, CTRL_DMA = 1 << 5, CTRL_IDMAC = 1 << 25,
	BMOD_RESET = 1 << 0, BMOD_ENABLE = 1 << 7,
};

enum {
	CMD_INDEX = 0x3f, CMD_RESPONSE = 1 << 6, CMD_LONG = 1 << 7, CMD_CRC = 1 << 8, CMD_DATA = 1 << 9, CMD_WRITE = 1 << 10, CMD_AUTO_STOP = 1 << 12,
	CMD_WAIT = 1 << 13, CMD_STOP = 1 << 14, CMD_INIT = 1 << 15, CMD_CLOCK = 1 << 21,
};
#define CMD_START 0x80000000u

enum {
	INT_RESPONSE_ERROR = 1 << 1, INT_COMMAND_DONE = 1 << 2, INT_DATA_OVER = 1 << 3, INT_TX = 1 << 4, INT_RX = 1 << 5, INT_RESPONSE_CRC = 1 << 6,
	INT_DATA_CRC = 1 << 7, INT_RESPONSE_TIMEOUT = 1 << 8, INT_DATA_TIMEOUT = 1 << 9, INT_FIFO = 1 << 11, INT_LOCKED = 1 << 12, INT_AUTO_STOP = 1 << 14,
};

enum { ID_TX = 1 << 0, ID_RX = 1 << 1, ID_BUS = 1 << 2, ID_UNAVAILABLE = 1 << 4, ID_NORMAL = 1 << 8, ID_ABNORMAL = 1 << 9 };
enum { DES_LAST = 1 << 2, DES_CHAIN = 1 << 4, DES_END = 1 << 5, DES_SILENT = 1 << 1 };
#define DES_OWN 0x80000000u

#define BUSY_NS 50000
#define PROGRAM_NS 100000
#define CHUNK_WORDS 16

#define R(s, name) ((s)->reg[(name) / 4])

static void G_GNUC_PRINTF(2, 3) complain(DwMshc *s, const char *format, ...)
{
	va_list args;
	g_autofree char *text = NULL;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	qemu_log_mask(LOG_GUEST_ERROR, "dw-mshc %s: %s\n", DEVICE(s)->id ?: "", text);
}

static int64_t now(void)
{
	return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void update_irq(DwMshc *s)
{
	bool dma = R(s, IDSTS) & R(s, IDINTEN) & (ID_TX | ID_RX | ID_BUS | ID_UNAVAILABLE);
	bool on = (R(s, RINTSTS) & R(s, INTMASK) & 0xffff) || dma;

	qemu_set_irq(s->irq, on && (R(s, CTRL) & CTRL_INT));
}

static void raise_bits(DwMshc *s, uint32_t bits)
{
	R(s, RINTSTS) |= bits;
	update_irq(s);
}

/* ---- clocks ---- */

static unsigned card_hz(DwMshc *s)
{
	unsigned ciu = clock_get_hz(s->ciu);

	return !s->clock_on ? 0 : s->divider ? ciu / (2 * s->divider) : ciu;
}

static unsigned bus_width(DwMshc *s)
{
	return R(s, CTYPE) & 1 << 16 ? 8 : R(s, CTYPE) & 1 ? 4 : 1;
}

static bool is_busy(DwMshc *s)
{
	return now() < s->busy_until;
}

static void set_busy(DwMshc *s, int64_t ns)
{
	s->busy_until = now() + ns;
}

/* ---- FIFO ---- */

static void push(DwMshc *s, uint32_t word)
{
	assert(s->count < DW_MSHC_DEPTH);
	s->fifo[(s->head + s->count++) % DW_MSHC_DEPTH] = word;
}

static uint32_t pop(DwMshc *s)
{
	uint32_t word = s->fifo[s->head];

	assert(s->count);
	s->head = (s->head + 1) % DW_MSHC_DEPTH;
	s->count--;
	return word;
}

static void update_watermarks(DwMshc *s)
{
	unsigned rx = R(s, FIFOTH) >> 16 & 0xfff, tx = R(s, FIFOTH) & 0xfff;

	if (!s->active || s->dma)
		return;
	if (!s->writing && s->count > rx)
		raise_bits(s, INT_RX);
	if (s->writing && s->count <= tx && (s->host_left || s->endless))
		raise_bits(s, INT_TX);
}

/* ---- data ---- */

static void command_to_card(DwMshc *s, uint32_t index, uint32_t argument, uint8_t *response, int *length)
{
	SDRequest request = { .cmd = index, .arg = argument };

	*length = sdbus_do_command(&s->bus, &request, response);
}

static void data_end(DwMshc *s, uint32_t bits)
{
	bool stop = s->auto_stop;
	uint8_t response[16];
	int length;

	s->active = false;
	timer_del(s->data_timer);
	if (s->writing)
		set_busy(s, PROGRAM_NS);
	if (stop) {
		command_to_card(s, 12, 0, response, &length);
		R(s, RESP1) = length == 4 ? ldl_be_p(response) : 0;
		bits |= INT_AUTO_STOP;
		set_busy(s, PROGRAM_NS);
	}
	raise_bits(s, bits);
}

static void read_from_card(DwMshc *s)
{
	uint8_t bytes[4] = { 0 };
	uint32_t n = s->endless ? 4 : MIN(4, s->card_left);

	sdbus_read_data(&s->bus, bytes, n);
	push(s, ldl_le_p(bytes));
	s->card_left -= s->endless ? 0 : n;
	s->card_done += n;
}

static void write_to_card(DwMshc *s)
{
	uint8_t bytes[4];
	uint32_t n = s->endless ? 4 : MIN(4, s->card_left);

	stl_le_p(bytes, pop(s));
	sdbus_write_data(&s->bus, bytes, n);
	s->card_left -= s->endless ? 0 : n;
	s->card_done += n;
}

/* A piece of what the card's clock carries; the clock stops while the FIFO is full or empty. */
static void move_by_processor(DwMshc *s)
{
	for (int i = 0; i < CHUNK_WORDS && (s->endless || s->card_left); i++) {
		if (s->writing ? !s->count : s->count == DW_MSHC_DEPTH)
			break;
		if (s->writing)
			write_to_card(s);
		else
			read_from_card(s);
	}
	update_watermarks(s);
	if (!s->endless && !s->card_left)
		data_end(s, INT_DATA_OVER);
}

static bool dma_buffer(DwMshc *s, hwaddr at, uint32_t size)
{
	g_autofree uint8_t *bytes = NULL;
	MemTxResult result;

	size = MIN(size, s->card_left);
	bytes = g_malloc(size);
	if (s->writing) {
		result = address_space_read(&address_space_memory, at, MEMTXATTRS_UNSPECIFIED, bytes, size);
		sdbus_write_data(&s->bus, bytes, size);
	} else {
		sdbus_read_data(&s->bus, bytes, size);
		result = address_space_write(&address_space_memory, at, MEMTXATTRS_UNSPECIFIED, bytes, size);
	}
	s->card_left -= size;
	s->host_left -= size;
	s->card_done += size;
	s->host_done += size;
	return result == MEMTX_OK;
}

/* One descriptor; false if there is none to be had. */
static bool dma_descriptor(DwMshc *s)
{
	uint32_t d[4], size2;
	hwaddr at = R(s, DSCADDR);
	bool good;

	if (address_space_read(&address_space_memory, at, MEMTXATTRS_UNSPECIFIED, d, sizeof(d)) != MEMTX_OK) {
		complain(s, "no descriptor at %#" HWADDR_PRIx, at);
		R(s, IDSTS) |= ID_BUS | ID_ABNORMAL;
		return false;
	}
	for (int i = 0; i < 4; i++)
		d[i] = le32_to_cpu(d[i]);
	if (!(d[0] & DES_OWN)) {
		R(s, IDSTS) |= ID_UNAVAILABLE | ID_ABNORMAL;
		return false;
	}
	good = dma_buffer(s, d[2], d[1] & 0x1fff);
	size2 = d[1] >> 13 & 0x1fff;
	if (good && !(d[0] & DES_CHAIN) && size2)
		good = dma_buffer(s, d[3], size2);
	if (!good) {
		complain(s, "DMA outside memory, descriptor at %#" HWADDR_PRIx, at);
		R(s, IDSTS) |= ID_BUS | ID_ABNORMAL;
		return false;
	}
	d[0] = cpu_to_le32(d[0] & ~DES_OWN);
	address_space_write(&address_space_memory, at, MEMTXATTRS_UNSPECIFIED, d, 4);
	if (!(d[0] & DES_SILENT))
		R(s, IDSTS) |= (s->writing ? ID_TX : ID_RX) | ID_NORMAL;
	R(s, DSCADDR) = d[0] & DES_CHAIN ? d[3] : d[0] & DES_END ? R(s, DBADDR) : at + 16;
	if (s->card_left && (d[0] & DES_LAST))
		complain(s, "the last descriptor came %u bytes early", s->card_left);
	return !(d[0] & DES_LAST);
}

static void move_by_dma(DwMshc *s)
{
	while (s->card_left && dma_descriptor(s))
		;
	update_irq(s);
	if (!s->card_left)
		data_end(s, INT_DATA_OVER);
}

static void data_tick(void *opaque)
{
	DwMshc *s = opaque;
	unsigned hz = card_hz(s);

	if (!s->active)
		return;
	if (!hz) {
		complain(s, "the card's clock stopped during a transfer");
		return;
	}
	if (bus_width(s) != s->card_width) {
		complain(s, "%u data lines here, %u at the card", bus_width(s), s->card_width);
		data_end(s, INT_DATA_CRC | INT_DATA_OVER);
		return;
	}
	if (!s->writing && !sdbus_data_ready(&s->bus)) {
		complain(s, "the card has no data to send");
		data_end(s, INT_DATA_TIMEOUT);
		return;
	}
	if (s->writing && !sdbus_receive_ready(&s->bus)) {
		complain(s, "the card wants no data");
		data_end(s, INT_DATA_CRC);
		return;
	}
	if (s->dma)
		move_by_dma(s);
	else
		move_by_processor(s);
	if (s->active)
		timer_mod(s->data_timer, now() + (int64_t)CHUNK_WORDS * 32 * NANOSECONDS_PER_SECOND / hz / s->card_width);
}

static void data_begin(DwMshc *s, uint32_t cmd)
{
	uint32_t bytes = R(s, BYTCNT), block = R(s, BLKSIZ) & 0xffff;

	s->active = true;
	s->writing = cmd & CMD_WRITE;
	s->auto_stop = cmd & CMD_AUTO_STOP;
	s->dma = (R(s, CTRL) & CTRL_IDMAC) && (R(s, BMOD) & BMOD_ENABLE);
	s->endless = !bytes;
	s->card_left = s->host_left = bytes;
	s->card_done = s->host_done = 0;
	if (!block || bytes % block)
		complain(s, "%u bytes in blocks of %u", bytes, block);
	if (s->count && !s->dma)
		complain(s, "%u words of old data in the FIFO", s->count);
	if (s->dma)
		R(s, DSCADDR) = R(s, DBADDR);
	update_watermarks(s);
	timer_mod(s->data_timer, now() + 20000);
}

/* ---- commands ---- */

/* eMMC is told to write a byte of its extended register: data lines, timing. */
static void switch_emmc(DwMshc *s, unsigned at, unsigned value)
{
	if (at == 183)
		s->card_width = value == 2 ? 8 : value == 1 ? 4 : 1;
	else if (at == 185)
		s->card_hz_most = value == 2 ? 200000000 : value == 1 ? HIGH_SPEED_HZ : LOW_SPEED_HZ;
}

/* What the card heard, for the checks on what follows. */
static void follow_card(DwMshc *s, uint32_t index, uint32_t argument, bool answered)
{
	bool app = s->app_command;

	s->app_command = index == 55 && answered;
	if (index == 0) {
		s->identified = false;
		s->card_hz_most = LOW_SPEED_HZ;
		s->card_width = 1;
	} else if (index == 3 && answered) {
		s->identified = true;
	} else if (index == 6 && app && answered) {
		s->card_width = (argument & 3) == 2 ? 4 : 1;
	} else if (index == 6 && answered && argument >> 24 == 3) {
		switch_emmc(s, argument >> 16 & 0xff, argument >> 8 & 0xff);
	} else if (index == 6 && answered) {
		s->card_hz_most = argument >> 31 && (argument & 0xf) == 1 ? HIGH_SPEED_HZ : LOW_SPEED_HZ;
	}
}

static bool card_hears(DwMshc *s, uint32_t index)
{
	unsigned hz = card_hz(s);

	if (!(R(s, PWREN) & 1))
		complain(s, "CMD%u to a card without power", index);
	else if (!s->wired)
		complain(s, "CMD%u, but the card's pins are not connected", index);
	else if (!s->identified && hz > 400000)
		complain(s, "CMD%u at %u Hz before the card is identified", index, hz);
	else if (s->identified && hz > s->card_hz_most)
		complain(s, "CMD%u at %u Hz: too fast for the card's mode", index, hz);
	else
		return sdbus_get_inserted(&s->bus);
	return false;
}

static uint32_t take_response(DwMshc *s, uint32_t cmd, const uint8_t *bytes, int length)
{
	uint32_t index = cmd & CMD_INDEX;

	if (!(cmd & CMD_RESPONSE)) {
		if (length)
			complain(s, "CMD%u has a response that is not expected", index);
		return 0;
	}
	if (!length)
		return INT_RESPONSE_TIMEOUT;
	if ((length == 16) != !!(cmd & CMD_LONG)) {
		complain(s, "CMD%u: a response of %d bytes", index, length);
		return INT_RESPONSE_ERROR;
	}
	for (int i = 0; i < length / 4; i++)
		s->reg[RESP0 / 4 + length / 4 - 1 - i] = ldl_be_p(bytes + 4 * i);
	/* The operating conditions come without a checksum. */
	return (index == 1 || index == 41) && (cmd & CMD_CRC) ? INT_RESPONSE_CRC : 0;
}

static void send_command(DwMshc *s)
{
	uint32_t cmd = R(s, CMD), index = cmd & CMD_INDEX, errors = 0;
	uint8_t response[16] = { 0 };
	bool stops = index == 12 && s->active;
	int length = 0;

	s->cmd_state = CMD_IDLE;
	if (index == 0 && !s->initialised && !(cmd & CMD_INIT))
		complain(s, "CMD0 without the 80 clocks of initialisation");
	s->initialised |= !!(cmd & CMD_INIT);
	if (card_hears(s, index)) {
		command_to_card(s, index, R(s, CMDARG), response, &length);
		errors = take_response(s, cmd, response, length);
		follow_card(s, index, R(s, CMDARG), length > 0);
		/* Responses with a busy signal: of CMD7, 12, 28, 38. */
		if (length == 4 && (index == 7 || index == 12 || index == 28 || index == 38))
			set_busy(s, BUSY_NS);
	} else if (cmd & CMD_RESPONSE) {
		errors = INT_RESPONSE_TIMEOUT;
	}
	raise_bits(s, INT_COMMAND_DONE | errors);
	if (stops && (cmd & CMD_STOP)) {
		s->auto_stop = false;
		data_end(s, INT_DATA_OVER);
	}
	if ((cmd & CMD_DATA) && !errors)
		data_begin(s, cmd);
}

/* The command register is taken over by the card's side, which then needs the time of the bits on the line. */
static void command_tick(void *opaque)
{
	DwMshc *s = opaque;
	uint32_t cmd = R(s, CMD);
	unsigned hz = card_hz(s);

	if (s->cmd_state == CMD_SENT) {
		send_command(s);
		return;
	}
	/* Without a card clock it waits for ever, as the chip does. */
	if (!clock_get_hz(s->ciu) || (!(cmd & CMD_CLOCK) && !hz)) {
		if (!s->said_no_clock)
			complain(s, "a command waits for a clock");
		s->said_no_clock = true;
		timer_mod(s->cmd_timer, now() + SCALE_MS);
		return;
	}
	s->said_no_clock = false;
	if (!(cmd & CMD_CLOCK) && (cmd & CMD_WAIT) && !(cmd & CMD_STOP) && (s->active || is_busy(s))) {
		timer_mod(s->cmd_timer, now() + 10 * SCALE_US);
		return;
	}
	R(s, CMD) &= ~CMD_START;
	if (cmd & CMD_CLOCK) {
		s->cmd_state = CMD_IDLE;
		s->clock_on = R(s, CLKENA) & 1;
		s->divider = R(s, CLKDIV) & 0xff;
		return;
	}
	if (s->active && !(cmd & CMD_STOP) && (cmd & CMD_DATA))
		complain(s, "CMD%u with data during a transfer", cmd & CMD_INDEX);
	s->cmd_state = CMD_SENT;
	timer_mod(s->cmd_timer, now() + (int64_t)(cmd & CMD_RESPONSE ? (cmd & CMD_LONG ? 200 : 110) : 56) * NANOSECONDS_PER_SECOND / hz);
}

static void start_command(DwMshc *s, uint32_t value)
{
	R(s, CMD) = value;
	if (!(value & CMD_START))
		return;
	if ((value & CMD_CLOCK) && (s->active || is_busy(s)))
		complain(s, "the clock is changed while the card is busy");
	s->cmd_state = CMD_LOADED;
	timer_mod(s->cmd_timer, now() + SCALE_US);
}

/* ---- registers ---- */

static void stop_all(DwMshc *s)
{
	timer_del(s->cmd_timer);
	timer_del(s->data_timer);
	s->cmd_state = CMD_IDLE;
	s->active = false;
	R(s, CMD) &= ~CMD_START;
}

static void write_ctrl(DwMshc *s, uint32_t value)
{
	if (value & CTRL_RESET)
		stop_all(s);
	if (value & CTRL_FIFO_RESET) {
		if (s->active && !(value & CTRL_RESET))
			complain(s, "the FIFO is reset during a transfer");
		s->head = s->count = 0;
	}
	R(s, CTRL) = value & ~(CTRL_RESET | CTRL_FIFO_RESET | CTRL_DMA_RESET);
	update_irq(s);
}

static uint32_t status(DwMshc *s)
{
	unsigned rx = R(s, FIFOTH) >> 16 & 0xfff, tx = R(s, FIFOTH) & 0xfff;

	return (s->count > rx) << 0 | (s->count <= tx) << 1 | !s->count << 2 | (s->count == DW_MSHC_DEPTH) << 3 | (s->cmd_state == CMD_SENT) << 4 |
		sdbus_get_inserted(&s->bus) << 8 | is_busy(s) << 9 | s->active << 10 | (R(s, CMD) & CMD_INDEX) << 11 | s->count << 17;
}

static uint32_t read_fifo(DwMshc *s)
{
	if (!s->count) {
		complain(s, "a read of the empty FIFO");
		raise_bits(s, INT_FIFO);
		return 0;
	}
	s->host_done += 4;
	return pop(s);
}

static void write_fifo(DwMshc *s, uint32_t value)
{
	if (s->count == DW_MSHC_DEPTH || !s->active || !s->writing || (!s->endless && !s->host_left)) {
		complain(s, s->count == DW_MSHC_DEPTH ? "a write to the full FIFO" : "a write to the FIFO without a transfer that wants it");
		raise_bits(s, INT_FIFO);
		return;
	}
	push(s, value);
	s->host_done += 4;
	s->host_left -= MIN(4, s->host_left);
}

/* What is due happens before a register is looked at, also when QEMU's timers come late: a poll with a limit must not fail because the host is busy. */
static void catch_up(DwMshc *s)
{
	if (timer_pending(s->cmd_timer) && timer_expired(s->cmd_timer, now())) {
		timer_del(s->cmd_timer);
		command_tick(s);
	}
	if (timer_pending(s->data_timer) && timer_expired(s->data_timer, now())) {
		timer_del(s->data_timer);
		data_tick(s);
	}
}

static bool dead(DwMshc *s, hwaddr at)
{
	catch_up(s);
	if (!s->in_reset && clock_get_hz(s->biu))
		return false;
	complain(s, "register %#x while %s", (unsigned)at, s->in_reset ? "in reset" : "the bus clock is off");
	return true;
}

static uint64_t mshc_read(void *opaque, hwaddr at, unsigned size)
{
	DwMshc *s = opaque;

	if (dead(s, at))
		return 0;
	if (at >= FIFO)
		return read_fifo(s);
	switch (at) {
	case CTRL ... RESP3:
	case RINTSTS:
	case FIFOTH ... RST_N:
	case BMOD:
	case DBADDR ... BUFADDR:
	case CARDTHRCTL ... BACK_END_POWER:
		if (at == TCBCNT)
			return s->card_done;
		return at == TBBCNT ? s->host_done : s->reg[at / 4];
	case MINTSTS:
		return R(s, RINTSTS) & R(s, INTMASK);
	case STATUS:
		return status(s);
	}
	complain(s, "a read of %#x, which is no register", (unsigned)at);
	return 0;
}

/* The registers that a command takes with it may not change before it has them. */
static bool locked(DwMshc *s, hwaddr at)
{
	bool with_command = (at >= CLKDIV && at <= BYTCNT) || at == CMDARG || at == CMD;

	if (!with_command || !(R(s, CMD) & CMD_START))
		return false;
	complain(s, "a write to %#x while a command waits to start", (unsigned)at);
	raise_bits(s, INT_LOCKED);
	return true;
}

static void mshc_write(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
	DwMshc *s = opaque;

	if (dead(s, at) || locked(s, at))
		return;
	if (at >= FIFO) {
		write_fifo(s, value);
		return;
	}
	switch (at) {
	case CTRL:
		write_ctrl(s, value);
		return;
	case PWREN:
		if (!(value & 1))
			s->initialised = s->identified = false;
		break;
	case CMD:
		start_command(s, value);
		return;
	case RINTSTS:
		R(s, RINTSTS) &= ~value;
		update_watermarks(s);
		update_irq(s);
		return;
	case IDSTS:
		R(s, IDSTS) &= ~value;
		update_irq(s);
		return;
	case BMOD:
		value &= ~BMOD_RESET;
		break;
	case PLDMND:
		if (s->active && s->dma)
			timer_mod(s->data_timer, now() + SCALE_US);
		return;
	case CLKDIV ... CMDARG:
	case FIFOTH:
	case DEBNCE ... USRID:
	case UHS_REG ... RST_N:
	case DBADDR:
	case IDINTEN:
	case CARDTHRCTL ... BACK_END_POWER:
		break;
	default:
		complain(s, "a write to %#x, which cannot be written", (unsigned)at);
		return;
	}
	s->reg[at / 4] = value;
	update_irq(s);
}

static const MemoryRegionOps mshc_ops = {
	.read = mshc_read,
	.write = mshc_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
};

/* ---- device ---- */

static void mshc_reset(DeviceState *dev)
{
	DwMshc *s = DW_MSHC(dev);

	stop_all(s);
	memset(s->reg, 0, sizeof(s->reg));
	R(s, TMOUT) = 0xffffff40;
	R(s, BLKSIZ) = R(s, BYTCNT) = 0x200;
	R(s, FIFOTH) = (DW_MSHC_DEPTH - 1) << 16;
	/* Card detection is wired to a GPIO, not to this. */
	R(s, CDETECT) = 1;
	R(s, DEBNCE) = 0xffffff;
	R(s, VERID) = 0x5342290a;
	/* One card, a 32-bit FIFO, 32-bit internal DMA. */
	R(s, HCON) = 1 | 1 << 7;
	R(s, RST_N) = 1;
	s->head = s->count = 0;
	s->clock_on = s->initialised = false;
	s->divider = 0;
	s->busy_until = 0;
	update_irq(s);
}

/* The card keeps what it was told when only the controller is reset. */
static void set_reset(void *opaque, int n, int level)
{
	DwMshc *s = opaque;

	if (level && !s->in_reset)
		mshc_reset(DEVICE(s));
	s->in_reset = level;
}

static void set_wired(void *opaque, int n, int level)
{
	DW_MSHC(opaque)->wired = level;
}

static void mshc_cold_reset(DeviceState *dev)
{
	DwMshc *s = DW_MSHC(dev);

	mshc_reset(dev);
	s->identified = s->app_command = false;
	s->card_hz_most = LOW_SPEED_HZ;
	s->card_width = 1;
}

static void mshc_init(Object *obj)
{
	DwMshc *s = DW_MSHC(obj);
	DeviceState *dev = DEVICE(obj);

	memory_region_init_io(&s->mmio, obj, &mshc_ops, s, TYPE_DW_MSHC, 0x10000);
	sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
	sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->irq);
	qbus_init(&s->bus, sizeof(s->bus), TYPE_SD_BUS, dev, "sd-bus");
	s->biu = qdev_init_clock_in(dev, "biu", NULL, NULL, 0);
	s->ciu = qdev_init_clock_in(dev, "ciu", NULL, NULL, 0);
	qdev_init_gpio_in_named(dev, set_reset, "reset", 1);
	qdev_init_gpio_in_named(dev, set_wired, "wired", 1);
	s->cmd_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, command_tick, s);
	s->data_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, data_tick, s);
}

static const VMStateDescription mshc_vmstate = { .name = TYPE_DW_MSHC, .unmigratable = 1 };

static void mshc_class_init(ObjectClass *class, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(class);

	dc->vmsd = &mshc_vmstate;
	device_class_set_legacy_reset(dc, mshc_cold_reset);
}

static const TypeInfo mshc_types[] = {
	{
		.name = TYPE_DW_MSHC,
		.parent = TYPE_SYS_BUS_DEVICE,
		.instance_size = sizeof(DwMshc),
		.instance_init = mshc_init,
		.class_init = mshc_class_init,
	},
};
DEFINE_TYPES(mshc_types)
