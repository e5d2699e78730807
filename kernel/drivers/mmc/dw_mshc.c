// SPDX-License-Identifier: MPL-2.0
/*
 * DesignWare mobile storage host (kernel/mmc.h), without DMA.
 *
 * How data moves. A task copies it between the controller's FIFO and the pages, one sector at a
 * time. The card runs at 10 to 25 MB/s, so while data flows the task polls the FIFO; it sleeps
 * until the first data arrives, and whenever none has arrived for SPIN_NS. The task may be late:
 * when the FIFO is full (or empty, in a write), the controller stops the card's clock.
 *
 * Interrupts. The handler collects what has happened in @events and acknowledges it. A FIFO request
 * (INT_RX, INT_TX) would interrupt again at once, so the handler masks it, and a task that is about
 * to sleep enables it again. The sleep is limited to NAP_NS in case a request was missed.
 *
 * After an error (recover): a command that the controller has not accepted blocks most registers,
 * so the controller is reset; then the card is told to stop its transfer, and the controller is
 * reset again.
 */
#include <frame/log.h>
#include <frame/sync.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/mmc.h>
#include <kernel/supply.h>

#include "dw_mshc.h"

#define RESET_NS   (100 * NSEC_PER_MSEC)
#define COMMAND_NS (500 * NSEC_PER_MSEC) /* a response takes 64 clocks */
#define STOP_NS    (20 * NSEC_PER_MSEC)
#define BUSY_NS    (5 * NSEC_PER_SEC)
#define DATA_NS    (2 * NSEC_PER_SEC) /* longest pause in the data */
#define SPIN_NS    (20 * NSEC_PER_USEC)
#define NAP_NS     (10 * NSEC_PER_MSEC)
#define POWER_MS   10u
#define POWER_MOST 500u

struct dw_mshc {
	struct obj obj;
	struct iomem *io;
	struct spinlock lock; /* taken in interrupts; guards events and mask */
	u32 events, mask;
	struct waitq wait;
	u64 fifo;  /* register offset of the FIFO */
	u32 depth; /* in words */
	u64 ciu;   /* input rate of the card clock's divider */
	u32 power_ms;
	bool has_detect;
	struct pin detect;
};
OBJ_TYPE(dw_mshc, NULL_RELEASE);

/* A sector in transit between FIFO and page. */
struct mshc_block {
	u32 word[SECTOR_SIZE / 4];
};

static u32 mshc_get(struct dw_mshc *h, u64 reg)
{
	return iomem_read32(h->io, reg);
}

static void mshc_set(struct dw_mshc *h, u64 reg, u32 v)
{
	iomem_write32(h->io, reg, v);
}

static struct dw_mshc *host_of(struct obj *owner)
{
	return obj_cast(dw_mshc, owner);
}

static void mshc_pause(u64 ns)
{
	(void)task_sleep_until(time_mono_ns() + ns, WAIT_UNINTERRUPTIBLE);
}

/*
 * Waits until all of @bits in the register are clear: polls for SPIN_NS, then sleeps between polls.
 */
static int wait_clear(struct dw_mshc *h, u64 reg, u32 bits, u64 ns)
{
	u64 now = time_mono_ns(), deadline = now + ns, awake = now + SPIN_NS,
	    wait_ns = 20 * NSEC_PER_USEC;

	while (mshc_get(h, reg) & bits) {
		now = time_mono_ns();
		if (now > deadline)
			return -ETIMEDOUT;
		if (now < awake)
			continue;
		mshc_pause(wait_ns);
		wait_ns = min(wait_ns * 2, NSEC_PER_MSEC);
	}
	return 0;
}

/* ---- interrupts ---- */

/* Collects the events and wakes the task. Causes outside the mask stay in MSHC_RINTSTS. */
static void mshc_handle(struct obj *owner)
{
	struct dw_mshc *h = host_of(owner);
	u64 flags = spin_lock_irqsave(&h->lock);
	u32 pending = mshc_get(h, MSHC_MINTSTS) & h->mask;

	if (pending) {
		if (pending & (INT_RX | INT_TX)) {
			h->mask &= ~(INT_RX | INT_TX);
			mshc_set(h, MSHC_INTMASK, h->mask);
		}
		mshc_set(h, MSHC_RINTSTS, pending);
		h->events |= pending;
	}
	spin_unlock_irqrestore(&h->lock, flags);
	if (pending)
		waitq_wake_all(&h->wait);
}
static const struct irq_ops mshc_irq = { .handle = mshc_handle };

/* Sets the interrupt mask, and clears the events @forget. */
static void mshc_expect(struct dw_mshc *h, u32 mask, u32 forget)
{
	u64 flags = spin_lock_irqsave(&h->lock);

	mshc_set(h, MSHC_RINTSTS, forget);
	h->events &= ~forget;
	h->mask = mask;
	mshc_set(h, MSHC_INTMASK, mask);
	spin_unlock_irqrestore(&h->lock, flags);
}

/* Waits until one of @events has happened. Returns 0 or -ETIMEDOUT. */
static int mshc_wait_events(struct dw_mshc *h, u32 events, u64 ns)
{
	int err;

	wait_event(&h->wait, load_once(h->events) & events, WAIT_UNINTERRUPTIBLE,
		time_mono_ns() + ns, &err);
	return err;
}

/*
 * The error of a command, from the events that it has caused. -EILSEQ (a wrong checksum) and
 * -ETIMEDOUT (no response) have meanings of their own for the core.
 */
static int command_error(u32 events)
{
	if (events & INT_NO_RESPONSE)
		return -ETIMEDOUT;
	if (events & INT_RESPONSE_CRC)
		return -EILSEQ;
	return events & INT_COMMAND_BAD ? -EIO : 0;
}

/* The error of a transfer, from its events. */
static int data_error(u32 events)
{
	if (events & (INT_DATA_CRC | INT_END_BIT))
		return -EILSEQ;
	if (events & (INT_NO_DATA | INT_STARVED | INT_START_BIT))
		return -ETIMEDOUT;
	return events & INT_DATA_BAD ? -EIO : 0;
}

/* ---- the controller ---- */

/*
 * Resets the controller and the FIFO, sets the FIFO's thresholds to one half and the longest
 * timeouts, clears all events, and enables interrupts.
 */
static int reset_all(struct dw_mshc *h)
{
	mshc_set(h, MSHC_CTRL, CTRL_RESETS);
	if (wait_clear(h, MSHC_CTRL, CTRL_RESETS, RESET_NS))
		return -EIO;
	mshc_set(h, MSHC_FIFOTH, 2u << 28 | (h->depth / 2 - 1) << 16 | h->depth / 2);
	mshc_set(h, MSHC_TMOUT, ~0u);
	mshc_expect(h, 0, ~0u);
	mshc_set(h, MSHC_CTRL, CTRL_INT);
	return 0;
}

/* Has the controller load its clock registers, by a command that is not sent to the card. */
static int update_clock(struct dw_mshc *h, u32 wait_data)
{
	mshc_set(h, MSHC_CMDARG, 0);
	mshc_set(h, MSHC_CMD, CMD_START | CMD_UPDATE_CLOCK | wait_data);
	return wait_clear(h, MSHC_CMD, CMD_START, RESET_NS) ? -EIO : 0;
}

/* Changes the clock: off, new divider, on. The card must not be busy. */
static int run_clock(struct dw_mshc *h, u32 divider)
{
	int err;

	if (wait_clear(h, MSHC_STATUS, STATUS_BUSY, BUSY_NS))
		return -EIO;
	mshc_set(h, MSHC_CLKENA, 0);
	err = update_clock(h, CMD_WAIT_DATA);
	if (err)
		return err;
	mshc_set(h, MSHC_CLKSRC, 0);
	mshc_set(h, MSHC_CLKDIV, divider);
	err = update_clock(h, CMD_WAIT_DATA);
	if (err)
		return err;
	mshc_set(h, MSHC_CLKENA, 1);
	return update_clock(h, CMD_WAIT_DATA);
}

/* The divider divides by twice its value; 0 passes the input clock through. */
static int mshc_set_clock(struct obj *owner, u32 hz)
{
	struct dw_mshc *h = host_of(owner);
	u64 divider = !hz ? DIV_MOST + 1 : h->ciu <= hz ? 0 : (h->ciu + 2ul * hz - 1) / (2ul * hz);

	/*
	 * The largest divider may leave the clock a little too fast, which is better than no card.
	 */
	return run_clock(h, (u32)min(divider, (u64)DIV_MOST));
}

/* The card has been told before; the core changes both sides one after the other. */
static int mshc_set_width(struct obj *owner, u32 bits)
{
	struct dw_mshc *h = host_of(owner);

	if (bits != 1 && bits != 4 && bits != 8)
		return -EINVAL;
	mshc_set(h, MSHC_CTYPE, bits == 8 ? CTYPE_8 : bits == 4 ? CTYPE_4 : 0);
	return 0;
}

static int mshc_start(struct obj *owner)
{
	struct dw_mshc *h = host_of(owner);
	int err = reset_all(h);

	if (err)
		return err;
	mshc_set(h, MSHC_PWREN, 1);
	mshc_pause(h->power_ms * NSEC_PER_MSEC);
	return mshc_set_width(owner, 1);
}

/*
 * Without a pin for it a card counts as present; a missing one is found by the lack of responses.
 */
static bool mshc_present(struct obj *owner)
{
	struct dw_mshc *h = host_of(owner);

	return !h->has_detect || pin_active(&h->detect);
}

/* ---- data ---- */

/* Stores the @i-th block of a transfer in the page it belongs to. */
static void block_to_page(const struct mmc_command *cmd, u32 i, const struct mshc_block *b)
{
	size_t size = cmd->block_size, at = i * size;
	struct page *p = cmd->page ? cmd->page : block_sector_page(cmd->rq, i, &at);

	page_write(p, at, cspan_first(value_cspan(b), size));
}

static void block_from_page(const struct mmc_command *cmd, u32 i, struct mshc_block *b)
{
	size_t size = cmd->block_size, at = i * size;
	struct page *p = cmd->page ? cmd->page : block_sector_page(cmd->rq, i, &at);

	page_read(p, at, span_first(value_span(b), size));
}

/* The number of words in the FIFO, or in a write the room for words. */
static u32 fifo_words(struct dw_mshc *h, bool write)
{
	u32 n = min(STATUS_COUNT(mshc_get(h, MSHC_STATUS)), h->depth);

	return write ? h->depth - n : n;
}

/*
 * Waits until the FIFO has words or room: *words. Polls first, then sleeps in short naps, in case
 * an interrupt was missed.
 */
static int wait_fifo(struct dw_mshc *h, bool write, u32 *words)
{
	u64 now = time_mono_ns(), awake = now + SPIN_NS, deadline = now + DATA_NS;
	u32 service = write ? INT_TX : INT_RX;

	for (;;) {
		u32 events = load_once(h->events);
		int err = data_error(events);
		*words = fifo_words(h, write);
		if (err || *words)
			return err;
		if (events & INT_DATA_OVER)
			return -EIO; /* the card has sent too little */
		now = time_mono_ns();
		if (now > deadline)
			return -ETIMEDOUT;
		if (now < awake)
			continue;
		mshc_expect(h, INT_ALWAYS | service, service);
		if (!fifo_words(h, write))
			(void)mshc_wait_events(h, service | INT_DATA_OVER | INT_DATA_BAD, NAP_NS);
	}
}

/* Reads blocks from the FIFO, as many words at a time as it holds. */
static int read_data(struct dw_mshc *h, const struct mmc_command *cmd)
{
	struct mshc_block b;
	u32 block, i, n = 0;
	int err;

	for (block = 0; block < cmd->nr_blocks; block++) {
		for (i = 0; i < cmd->block_size / 4; i++, n--) {
			err = n ? 0 : wait_fifo(h, false, &n);
			if (err)
				return err;
			b.word[i] = mshc_get(h, h->fifo);
		}
		block_to_page(cmd, block, &b);
		task_cond_resched();
	}
	return 0;
}

static int write_data(struct dw_mshc *h, const struct mmc_command *cmd)
{
	struct mshc_block b;
	u32 block, i, n = 0;
	int err;

	for (block = 0; block < cmd->nr_blocks; block++) {
		block_from_page(cmd, block, &b);
		for (i = 0; i < cmd->block_size / 4; i++, n--) {
			err = n ? 0 : wait_fifo(h, true, &n);
			if (err)
				return err;
			mshc_set(h, h->fifo, b.word[i]);
		}
		task_cond_resched();
	}
	return 0;
}

/* Moves the data and waits for the end of the transfer. */
static int move_data(struct dw_mshc *h, const struct mmc_command *cmd)
{
	int err = cmd->flags & MMC_WRITE ? write_data(h, cmd) : read_data(h, cmd);

	if (!err)
		err = mshc_wait_events(h, INT_DATA_OVER | INT_DATA_BAD, DATA_NS);
	return err ? err : data_error(load_once(h->events));
}

/* ---- commands ---- */

static u32 command_word(const struct mmc_command *cmd)
{
	u32 v = CMD_START | CMD_HOLD | cmd->index;

	v |= cmd->flags & MMC_RESPONSE ? CMD_RESPONSE : 0;
	v |= cmd->flags & MMC_LONG ? CMD_LONG : 0;
	v |= cmd->flags & MMC_CRC ? CMD_CRC : 0;
	v |= cmd->flags & MMC_INIT ? CMD_INIT : 0;
	v |= cmd->flags & MMC_STOP ? CMD_STOP : 0;
	if (cmd->nr_blocks)
		v |= CMD_DATA | CMD_WAIT_DATA | (cmd->flags & MMC_WRITE ? CMD_WRITE : 0);
	return v;
}

/* Whether the last command has not been accepted: most registers must not be written then. */
static bool is_stuck(struct dw_mshc *h)
{
	return mshc_get(h, MSHC_CMD) & CMD_START;
}

/*
 * Resets the FIFO and sets the sizes of a transfer. Refused if they do not fit, or if a command is
 * stuck.
 */
static int prepare_data(struct dw_mshc *h, const struct mmc_command *cmd)
{
	if (cmd->block_size % 4 || cmd->block_size > SECTOR_SIZE ||
		(cmd->page && cmd->block_size * cmd->nr_blocks > PAGE_SIZE))
		return -EINVAL;
	if (is_stuck(h))
		return -EIO;
	mshc_set(h, MSHC_CTRL, CTRL_INT | CTRL_FIFO_RESET);
	if (wait_clear(h, MSHC_CTRL, CTRL_FIFO_RESET, RESET_NS))
		return -EIO;
	mshc_set(h, MSHC_BLKSIZ, cmd->block_size);
	mshc_set(h, MSHC_BYTCNT, cmd->block_size * cmd->nr_blocks);
	return 0;
}

/*
 * A long response lies in four registers, with the highest bits in the last one; the core has them
 * in the order in which they were sent.
 */
static void read_response(struct dw_mshc *h, struct mmc_command *cmd)
{
	u32 i;

	if (!(cmd->flags & MMC_LONG))
		cmd->response[0] = mshc_get(h, MSHC_RESP0);
	for (i = 0; cmd->flags & MMC_LONG && i < 4; i++)
		cmd->response[i] = mshc_get(h, MSHC_RESP3 - 4ul * i);
}

/* Starts a command and waits for its response. Events of earlier commands are cleared before. */
static int mshc_send(struct dw_mshc *h, struct mmc_command *cmd)
{
	int err;

	if (is_stuck(h))
		return -EIO;
	mshc_expect(h, INT_ALWAYS, ~0u);
	mshc_set(h, MSHC_CMDARG, cmd->arg);
	mshc_set(h, MSHC_CMD, command_word(cmd));
	err = mshc_wait_events(h, INT_COMMAND_DONE | INT_COMMAND_BAD, COMMAND_NS);
	if (err)
		return -EIO; /* the controller, not the card, does not respond */
	err = command_error(load_once(h->events));
	if (!err)
		read_response(h, cmd);
	return err;
}

/* Ends the card's transfer. The FIFO is reset first: while it is full, the card has no clock. */
static void end_transfer(struct dw_mshc *h)
{
	struct mmc_command stop = { .index = STOP_TRANSMISSION, .flags = MMC_R1 | MMC_STOP };

	mshc_set(h, MSHC_CTRL, CTRL_INT | CTRL_FIFO_RESET);
	(void)wait_clear(h, MSHC_CTRL, CTRL_FIFO_RESET, RESET_NS);
	(void)mshc_send(h, &stop);
	(void)mshc_wait_events(h, INT_DATA_OVER, STOP_NS);
}

/* After a reset the controller must load its clock registers again. */
static void reset_and_clock(struct dw_mshc *h)
{
	if (!reset_all(h))
		(void)update_clock(h, 0);
}

/*
 * After a failure: leaves no command stuck and no transfer in progress. Errors on the way are
 * ignored: the next command finds out whether card and controller work.
 */
static void recover(struct dw_mshc *h, const struct mmc_command *cmd)
{
	mshc_expect(h, 0, ~0u);
	if (is_stuck(h))
		reset_and_clock(h);
	if (!cmd->nr_blocks)
		return;
	end_transfer(h);
	reset_and_clock(h);
}

/*
 * A command with data first waits until the card is not busy, and resets the FIFO. The response is
 * checked before data moves, because a card that refuses the command sends none.
 */
static int mshc_command(struct obj *owner, struct mmc_command *cmd)
{
	struct dw_mshc *h = host_of(owner);
	int err = 0;

	if (cmd->nr_blocks)
		err = wait_clear(h, MSHC_STATUS, STATUS_BUSY, BUSY_NS);
	if (!err && cmd->nr_blocks)
		err = prepare_data(h, cmd);
	if (!err)
		err = mshc_send(h, cmd);
	if (!err && cmd->nr_blocks)
		err = mmc_status_error(cmd->response[0]);
	if (!err && cmd->nr_blocks)
		err = move_data(h, cmd);
	if (!err && cmd->flags & MMC_BUSY)
		err = wait_clear(h, MSHC_STATUS, STATUS_BUSY, BUSY_NS);
	if (err)
		recover(h, cmd);
	return err;
}
static const struct mmc_host_ops mshc_ops = {
	.present = mshc_present,
	.start = mshc_start,
	.set_clock = mshc_set_clock,
	.set_width = mshc_set_width,
	.command = mshc_command,
};

/* ---- probe ---- */

static u32 number(struct dt_node *n, struct lit prop, u32 otherwise)
{
	u32 v;

	return dt_u32(n, prop, 0, &v) ? v : otherwise;
}

struct mshc_supplies {
	struct clk biu, ciu;
	struct reset reset;
	struct pin detect, protect;
	bool has_detect;
};

/* All of them are optional: a simple board has neither clocks nor pins to control. */
static int mshc_find_supplies(struct dt_node *n, struct mshc_supplies *s)
{
	int err = supply_optional(supply_clk(n, LIT("biu"), &s->biu));

	if (!err)
		err = supply_optional(supply_clk(n, LIT("ciu"), &s->ciu));
	if (!err)
		err = supply_optional(supply_reset(n, 0, &s->reset));
	if (!err) {
		err = supply_pin(n, LIT("cd-gpios"), &s->detect);
		s->has_detect = !err && !dt_has(n, LIT("non-removable")) &&
			!dt_has(n, LIT("broken-cd"));
		err = supply_optional(err);
	}
	if (!err)
		err = supply_pin(n, LIT("wp-gpios"), &s->protect);
	return supply_optional(err);
}

/*
 * Enables the clocks and resets the controller. *@ciu: the input rate of the card clock's divider.
 */
static int mshc_switch_on(struct dt_node *n, const struct mshc_supplies *s, u64 *ciu)
{
	u64 wish = supply_assigned_rate(n, &s->ciu), hz;
	int err = clk_enable(&s->biu, true);

	hz = clk_set_rate(&s->ciu, wish && wish < CIU_MOST ? wish : CIU_MOST);
	if (!err)
		err = clk_enable(&s->ciu, true);
	if (!err)
		err = reset_set(&s->reset, true);
	if (!err)
		err = reset_set(&s->reset, false);
	*ciu = hz ? hz : number(n, LIT("clock-frequency"), CIU_UNKNOWN);
	return err;
}

/*
 * The version determines the offset of the FIFO. If the devicetree does not give its depth, the
 * FIFO threshold after a reset does.
 */
static int look_at(struct dw_mshc *h, struct dt_node *n)
{
	u32 version = mshc_get(h, MSHC_VERID), hcon = mshc_get(h, MSHC_HCON);

	if (!hcon || hcon == ~0u || HCON_WIDTH(hcon) != HCON_32_BITS)
		return -EOPNOTSUPP;
	h->fifo = (version & 0xffff) < VERID_DATA_0X200 ? 0x100 : 0x200;
	h->depth = number(n, LIT("fifo-depth"), (mshc_get(h, MSHC_FIFOTH) >> 16 & 0xfff) + 1);
	return h->depth >= 4 && h->depth <= 4096 ? 0 : -EINVAL;
}

/* The mask is cleared before the handler is attached: firmware may have left interrupts enabled. */
static int mshc_set_up(struct dw_mshc *h, struct device *dev, const struct mshc_supplies *s)
{
	struct dt_node *n = device_node(dev);
	struct irq_line *line = device_irq(dev, 0);
	int err = mshc_switch_on(n, s, &h->ciu);

	if (err)
		return err;
	h->io = device_iomem(dev, 0);
	if (!h->io || !line || !h->ciu)
		return -EINVAL;
	h->detect = s->detect;
	h->has_detect = s->has_detect;
	h->power_ms = min(number(n, LIT("post-power-on-delay-ms"), POWER_MS), POWER_MOST);
	mshc_set(h, MSHC_INTMASK, 0);
	err = look_at(h, n);
	if (!err)
		err = reset_all(h);
	return err ? err : irq_line_attach(line, &mshc_irq, &h->obj);
}

static int mshc_probe(struct device *dev, u32 quirk)
{
	struct dt_node *n = device_node(dev);
	struct mshc_supplies s = { .has_detect = false };
	struct mmc_host host = {
		.ops = &mshc_ops,
		.width = number(n, LIT("bus-width"), 1),
		.max_hz = number(n, LIT("max-frequency"), (u32)CIU_MOST),
		.sd_high_speed = dt_has(n, LIT("cap-sd-highspeed")),
		.mmc_high_speed = dt_has(n, LIT("cap-mmc-highspeed")),
		.no_sd = dt_has(n, LIT("no-sd")),
		.no_mmc = dt_has(n, LIT("no-mmc")),
		.removable = !dt_has(n, LIT("non-removable")),
	};
	struct dw_mshc *h;
	int err = mshc_find_supplies(n, &s);

	(void)quirk;
	if (err)
		return err;
	h = obj_new(dw_mshc);
	if (!h)
		return -ENOMEM;
	err = mshc_set_up(h, dev, &s);
	host.read_only = pin_active(&s.protect);
	host.owner = &h->obj;
	if (!err)
		err = mmc_add(n, &host);
	obj_put(&h);
	return err;
}

static const struct dt_match mshc_match[] = {
	{ LIT("starfive,jh7110-mmc"), .quirk = 0 },
	{ LIT("snps,dw-mshc"), .quirk = 0 },
};
DRIVER(dw_mshc, mshc_match, mshc_probe);
