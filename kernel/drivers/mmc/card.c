// SPDX-License-Identifier: MPL-2.0
/*
 * Identification of cards: kind, capacity, speed (kernel/mmc.h). SD Physical Layer Simplified
 * Specification, chapter 4; JEDEC JESD84 for MMC.
 *
 * How a card is identified. Identification runs at 400 kHz on one data line. The card is reset
 * (go_idle). SD cards are tried first: only they respond to SEND_IF_COND (version 2) or
 * APP_OP_COND. If there is no response, MMC is tried. The host repeats the operating condition
 * command until the card is ready. Then the card gets an address, or reports the one it has chosen
 * (SD); its CSD register tells the capacity; it is selected and leaves the identification mode.
 * Finally the bus is set to as many lines and as high a clock as both sides support. The signal
 * voltage stays as firmware has set it.
 *
 * A failure at any step is the error of mmc_identify; disk.c repeats the whole sequence, slower.
 */
#include <frame/log.h>
#include <frame/time.h>
#include <kernel/mmc.h>

enum {
	GO_IDLE = 0,
	MMC_SEND_OP_COND = 1,
	ALL_SEND_CID = 2,
	RELATIVE_ADDR = 3,
	SWITCH = 6,
	SELECT = 7,
	SEND_IF_COND = 8,
	MMC_SEND_EXT_CSD = 8,
	SEND_CSD = 9,
	SEND_STATUS = 13,
	SET_BLOCKLEN = 16,
	APP_CMD = 55,
	APP_SET_WIDTH = 6,
	APP_OP_COND = 41,
	APP_SEND_SCR = 51,
};
#define IDENTIFY_HZ 400000u
#define SD_HZ       25000000u
#define SD_HIGH_HZ  50000000u
/* Every card supports this; TRAN_SPEED of all cards since 2004 says 26 MHz. */
#define MMC_HZ       20000000u
#define MMC_HIGH_HZ  52000000u
#define BYTES_MOST   (1ul << 32)
#define IF_COND      0x1aau /* 2.7 to 3.6 V, and a pattern that the card returns */
#define OCR_VOLTAGES 0x00ff8000u
#define OCR_MMC_DUAL 0x80u
/* Request: supported by the host; response: addresses are sectors. */
#define OCR_SECTORS    (1u << 30)
#define OCR_READY      (1u << 31)
#define READY_NS       (1500 * NSEC_PER_MSEC) /* the specification allows a card one second */
#define SLOWEST_HZ     3000000u
#define MMC_RCA        (1u << 16)
#define STATUS_READY   (1u << 8)
#define STATUS_STATE   (15u << 9)
#define STATE_TRANSFER (4u << 9)
#define STATUS_SWITCH  (1u << 7) /* MMC: the switch failed */
#define STATUS_WP      (1u << 26)
#define STATUS_ERRORS  0xfd380000u
/* The longest a write may take: twenty times the limit for SDHC cards. */
#define BUSY_NS       (5 * NSEC_PER_SEC)
#define CLASS_SWITCH  (1u << 10)
#define SD_HIGH_CHECK 0x00fffff1u
#define SD_HIGH_SET   0x80fffff1u
/* MMC: writes a byte of EXT_CSD. */
#define EXT_SET(index, value) (3u << 24 | (index) << 16 | (value) << 8)
enum {
	EXT_BUS_WIDTH = 183,
	EXT_HS_TIMING = 185,
	EXT_CARD_TYPE = 196,
	EXT_SEC_COUNT = 212,
	EXT_SIZE = 512
};
#define EXT_TYPE_52MHZ 2u

int mmc_command(struct mmc_card *c, struct mmc_command *cmd)
{
	return c->host.ops->command(c->host.owner, cmd);
}

/* A command without data. *@response: the first word. */
static int simple(struct mmc_card *c, u32 index, u32 arg, u32 flags, u32 *response)
{
	struct mmc_command cmd = { .index = index, .arg = arg, .flags = flags };
	int err = mmc_command(c, &cmd);

	*response = cmd.response[0];
	return err;
}

int mmc_status_error(u32 status)
{
	if (status & STATUS_WP)
		return -EROFS;
	return status & STATUS_ERRORS ? -EIO : 0;
}

/* A command whose response is a status; an error in the status fails it. */
static int ordered(struct mmc_card *c, u32 index, u32 arg, u32 flags)
{
	u32 status;
	int err = simple(c, index, arg, flags, &status);

	return err ? err : mmc_status_error(status);
}

/* An application command follows APP_CMD, which carries the card's address. */
static int app_command(struct mmc_card *c, u32 index, u32 arg, u32 flags, u32 *response)
{
	int err = simple(c, APP_CMD, c->rca, MMC_R1, response);

	return err ? err : simple(c, index, arg, flags, response);
}

/* Reads a register as one block of data into c->scratch. */
static int read_register(struct mmc_card *c, u32 index, u32 arg, u32 size)
{
	struct mmc_command cmd = { .index = index,
		.arg = arg,
		.flags = MMC_R1,
		.block_size = size,
		.nr_blocks = 1,
		.page = c->scratch };

	return mmc_command(c, &cmd);
}

static void card_pause(u64 ns)
{
	(void)task_sleep_until(time_mono_ns() + ns, WAIT_UNINTERRUPTIBLE);
}

/*
 * The pauses between polls double up to a millisecond: a read is ready at once, a write may take
 * long.
 */
int mmc_wait_ready(struct mmc_card *c)
{
	u64 deadline = time_mono_ns() + BUSY_NS, wait_ns = 20 * NSEC_PER_USEC;
	u32 status, seen = 0;
	int err;

	for (;;) {
		err = simple(c, SEND_STATUS, c->rca, MMC_R1, &status);
		if (err)
			return err;
		seen |= status; /* an error is reported only once */
		if (status & STATUS_READY && (status & STATUS_STATE) == STATE_TRANSFER)
			return mmc_status_error(seen);
		if (time_mono_ns() > deadline)
			return -ETIMEDOUT;
		card_pause(wait_ns);
		wait_ns = min(wait_ns * 2, NSEC_PER_MSEC);
	}
}

/* ---- identification ---- */

/*
 * Repeats the operating condition command until the card is ready. Returns 0, -ETIMEDOUT if there
 * is no such card, -EIO if it does not become ready.
 */
static int until_ready(struct mmc_card *c, bool mmc, u32 arg, u32 *ocr)
{
	u64 deadline = time_mono_ns() + READY_NS;
	int err;

	for (;;) {
		err = mmc ? simple(c, MMC_SEND_OP_COND, arg, MMC_R3, ocr)
			  : app_command(c, APP_OP_COND, arg, MMC_R3, ocr);
		if (err || *ocr & OCR_READY)
			return err;
		if (time_mono_ns() > deadline)
			return -EIO;
		card_pause(10 * NSEC_PER_MSEC);
	}
}

/* Resets the card; it forgets its address. */
static int go_idle(struct mmc_card *c)
{
	u32 none;

	c->rca = 0;
	return simple(c, GO_IDLE, 0, MMC_INIT, &none);
}

/* Returns -ENOMEDIUM if no SD card responds. */
static int begin_sd(struct mmc_card *c)
{
	u32 answer, ocr = 0;
	bool v2;
	int err = go_idle(c);

	if (err)
		return err;
	err = simple(c, SEND_IF_COND, IF_COND, MMC_R1, &answer);
	v2 = !err;
	if (v2 && (answer & 0xfff) != IF_COND)
		return -EOPNOTSUPP; /* the card requires another voltage */
	if (err == -EILSEQ || err == -EIO)
		return err;
	err = until_ready(c, false, OCR_VOLTAGES | (v2 ? OCR_SECTORS : 0), &ocr);
	c->by_sector = ocr & OCR_SECTORS;
	return err == -ETIMEDOUT ? -ENOMEDIUM : err;
}

/* Returns -ENOMEDIUM if no MMC card responds. */
static int begin_mmc(struct mmc_card *c)
{
	u32 ocr = 0;
	int err = go_idle(c);

	if (!err)
		err = until_ready(c, true, OCR_VOLTAGES | OCR_MMC_DUAL | OCR_SECTORS, &ocr);
	c->is_mmc = true;
	c->by_sector = ocr & OCR_SECTORS;
	return err == -ETIMEDOUT ? -ENOMEDIUM : err;
}

/* Gives the card its address (an SD card chooses it), reads its CSD, and selects it. */
static int address(struct mmc_card *c)
{
	struct mmc_command cid = { .index = ALL_SEND_CID, .flags = MMC_R2 },
			   csd = { .index = SEND_CSD, .flags = MMC_R2 };
	u32 answer, i;
	int err = mmc_command(c, &cid);

	if (!err)
		err = simple(c, RELATIVE_ADDR, c->is_mmc ? MMC_RCA : 0, MMC_R1, &answer);
	if (err)
		return err;
	c->rca = c->is_mmc ? MMC_RCA : answer & 0xffff0000;
	csd.arg = c->rca;
	err = mmc_command(c, &csd);
	for (i = 0; i < 4; i++)
		c->csd[i] = csd.response[i];
	return err ? err : ordered(c, SELECT, c->rca, MMC_R1B);
}

/* ---- capacity ---- */

/* @count bits of the CSD from bit @low on. */
static u32 csd_bits(const struct mmc_card *c, u32 low, u32 count)
{
	u64 v = c->csd[3 - low / 32];

	if (low / 32 < 3)
		v |= (u64)c->csd[2 - low / 32] << 32;
	return (u32)(v >> low % 32) & ((1u << count) - 1);
}

/* Capacity of CSD version 1: (C_SIZE + 1) << (C_SIZE_MULT + 2) blocks of 1 << READ_BL_LEN bytes. */
static u64 csd_v1_sectors(const struct mmc_card *c)
{
	u32 shift = csd_bits(c, 47, 3) + 2 + csd_bits(c, 80, 4);

	return (u64)(csd_bits(c, 62, 12) + 1) << shift >> 9;
}

static int read_csd(struct mmc_card *c)
{
	u32 structure = csd_bits(c, 126, 2);

	c->read_only = c->host.read_only || csd_bits(c, 12, 2); /* temporarily or permanently */
	if (c->is_mmc || structure == 0)
		c->sectors = min(csd_v1_sectors(c), BYTES_MOST / SECTOR_SIZE);
	else if (structure == 1)
		c->sectors = (u64)(csd_bits(c, 48, 22) + 1) * 1024;
	else
		return -EOPNOTSUPP;
	return 0;
}

/* ---- width and speed ---- */

/* Sets width and clock of the host. The card has been switched before. */
static int set_up_bus(struct mmc_card *c, u32 width, u32 hz)
{
	int err = width != c->width ? c->host.ops->set_width(c->host.owner, width) : 0;

	if (!err)
		err = c->host.ops->set_clock(c->host.owner, min(hz, c->host.max_hz));
	c->width = width;
	c->hz = min(hz, c->host.max_hz);
	return err;
}

void mmc_slow_down(struct mmc_card *c)
{
	if (c->hz / 2 < SLOWEST_HZ || set_up_bus(c, c->width, c->hz / 2))
		return;
	log_warn("mmcblk%u: checksums are wrong; on with %u kHz", c->number, c->hz / 1000);
}

/*
 * Function 1 of group 1 of the switch command is high speed: byte 13 of the status says whether the
 * card has it, byte 16 whether it is on.
 */
static int sd_high_speed(struct mmc_card *c, bool *on)
{
	u8 s[64];
	int err = read_register(c, SWITCH, SD_HIGH_CHECK, sizeof(s));

	page_read(c->scratch, 0, span_of(s));
	if (err || !(s[13] & 2))
		return err;
	err = read_register(c, SWITCH, SD_HIGH_SET, sizeof(s));
	page_read(c->scratch, 0, span_of(s));
	*on = !err && (s[16] & 15) == 1;
	return err;
}

/* Reads the SCR register, then switches to four lines and high speed if both sides support them. */
static int set_up_sd(struct mmc_card *c)
{
	bool fast = false;
	u32 status, width = 1;
	u8 scr[8];
	int err = set_up_bus(c, 1, SD_HZ);

	if (!err)
		err = simple(c, APP_CMD, c->rca, MMC_R1, &status);
	if (!err)
		err = read_register(c, APP_SEND_SCR, 0, sizeof(scr));
	if (err)
		return err;
	page_read(c->scratch, 0, span_of(scr));
	if (scr[1] & 4 && c->host.width >= 4) {
		width = 4;
		err = app_command(c, APP_SET_WIDTH, 2, MMC_R1, &status);
		if (!err)
			err = mmc_status_error(status);
		if (!err)
			err = set_up_bus(c, width, SD_HZ);
	}
	/* Cards before version 1.10 do not have the switch command. */
	if (!err && c->host.sd_high_speed && scr[0] & 15 && csd_bits(c, 84, 12) & CLASS_SWITCH)
		err = sd_high_speed(c, &fast);
	return !err && fast ? set_up_bus(c, width, SD_HIGH_HZ) : err;
}

/*
 * Writes a byte of EXT_CSD; the card is busy afterwards and then reports whether the switch
 * succeeded.
 */
static int mmc_switch(struct mmc_card *c, u32 index, u32 value)
{
	u32 status;
	int err = ordered(c, SWITCH, EXT_SET(index, value), MMC_R1B);

	if (!err)
		err = mmc_wait_ready(c);
	if (!err)
		err = simple(c, SEND_STATUS, c->rca, MMC_R1, &status);
	return !err && status & STATUS_SWITCH ? -EIO : err;
}

/* Reads EXT_CSD, then switches to high speed and to a wider bus if both sides support them. */
static int set_up_mmc(struct mmc_card *c)
{
	u32 width = c->host.width >= 8 ? 8 : c->host.width >= 4 ? 4 : 1;
	u8 e[EXT_SIZE];
	int err = set_up_bus(c, 1, MMC_HZ);

	if (err || csd_bits(c, 122, 4) < 4)
		return err; /* EXT_CSD and wider buses exist since version 4 */
	err = read_register(c, MMC_SEND_EXT_CSD, 0, EXT_SIZE);
	if (err)
		return err;
	page_read(c->scratch, 0, span_of(e));
	if (c->by_sector)
		c->sectors = e[EXT_SEC_COUNT] | (u64)e[EXT_SEC_COUNT + 1] << 8 |
			(u64)e[EXT_SEC_COUNT + 2] << 16 | (u64)e[EXT_SEC_COUNT + 3] << 24;
	if (c->host.mmc_high_speed && e[EXT_CARD_TYPE] & EXT_TYPE_52MHZ) {
		err = mmc_switch(c, EXT_HS_TIMING, 1);
		if (!err)
			err = set_up_bus(c, 1, MMC_HIGH_HZ);
	}
	if (!err && width > 1) {
		err = mmc_switch(c, EXT_BUS_WIDTH, width / 4);
		if (!err)
			err = set_up_bus(c, width, c->hz);
	}
	return err;
}

/* ---- the whole sequence ---- */

/* Starts the host with one data line and the identification clock. */
static int power_up(struct mmc_card *c)
{
	int err = c->host.ops->start(c->host.owner);

	c->width = 1;
	return err ? err : c->host.ops->set_clock(c->host.owner, IDENTIFY_HZ);
}

int mmc_identify(struct mmc_card *c)
{
	int err;

	if (!c->host.ops->present(c->host.owner))
		return -ENOMEDIUM;
	c->is_mmc = false;
	err = power_up(c);
	if (!err)
		err = c->host.no_sd ? -ENOMEDIUM : begin_sd(c);
	if (err == -ENOMEDIUM && !c->host.no_mmc)
		err = begin_mmc(c);
	if (!err)
		err = address(c);
	if (!err)
		err = read_csd(c);
	if (!err)
		err = c->is_mmc ? set_up_mmc(c) : set_up_sd(c);
	if (!err && !c->by_sector)
		err = ordered(c, SET_BLOCKLEN, SECTOR_SIZE, MMC_R1);
	return err;
}
