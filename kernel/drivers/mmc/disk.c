// SPDX-License-Identifier: MPL-2.0
/*
 * Cards as disks (kernel/mmc.h): mmcblkN, numbers 179:8N, as on Linux. Each request is one command
 * for all its sectors.
 *
 * A failed transfer is repeated up to TRIES times, because a contact may be imperfect; after two
 * checksum errors the clock is halved. A card that was removed, or that no longer responds, fails
 * all further requests with -EIO.
 *
 * Retries and order. The queue above gives one request at a time, so a repeated transfer cannot
 * overtake another. A write that is repeated writes the same sectors again, which does no harm,
 * whatever part of it has reached the card before.
 */
#include <frame/log.h>
#include <kernel/mmc.h>

enum { STOP = 12, READ_SINGLE = 17, READ_MULTIPLE = 18, WRITE_SINGLE = 24, WRITE_MULTIPLE = 25 };
#define MMC_MAJOR   179u
#define MINORS      8u
#define MAX_CARDS   32u /* all minors of the major, of which each disk has 8 */
#define TRIES       4u
#define CAREFUL_HZ  12000000u
#define MAX_SECTORS (1ul << 32) /* addresses have 32 bits */

static void card_release(struct mmc_card *c)
{
	page_put(&c->scratch);
	obj_put_any(&c->host.owner);
}
OBJ_TYPE(mmc_card, card_release);

static struct mmc_card *cards[MAX_CARDS]; /* references, by number */
static bool number_taken[MAX_CARDS];

/* ---- transfers ---- */

/*
 * Ends a transfer of several sectors. The response reports errors of a write, only once. For a read
 * it is ignored: a read up to the end of the card always overruns it.
 */
static int mmc_stop(struct mmc_card *c, bool write)
{
	struct mmc_command cmd = { .index = STOP, .flags = MMC_R1B | MMC_STOP };
	int err = mmc_command(c, &cmd);

	return err || !write ? err : mmc_status_error(cmd.response[0]);
}

/* A transfer of several sectors continues until it is stopped. */
static int transfer_once(struct mmc_card *c, struct block_request *rq)
{
	bool write = rq->op == BLOCK_WRITE, several = rq->nr_sectors > 1;
	struct mmc_command cmd = {
		.index = write ? (several ? WRITE_MULTIPLE : WRITE_SINGLE)
			       : (several ? READ_MULTIPLE : READ_SINGLE),
		.arg = (u32)(c->by_sector ? rq->sector : rq->sector * SECTOR_SIZE),
		.flags = MMC_R1 | (write ? MMC_WRITE : 0),
		.block_size = SECTOR_SIZE,
		.nr_blocks = rq->nr_sectors,
		.rq = rq,
	};
	int err = mmc_command(c, &cmd), end = 0;

	if (several && !err)
		end = mmc_stop(c, write);
	if (write || err || end) {
		int ready = mmc_wait_ready(c);
		c->answers = ready != -ETIMEDOUT;
		end = write && !end ? ready : end;
	}
	return err ? err : end;
}

static void mmc_request_end(struct mmc_card *c, const struct block_request *rq, int err)
{
	static struct log_limit limit;

	if (c->gone && c->host.ops->present(c->host.owner))
		log_warn("mmcblk%u: the card does not answer any more", c->number);
	else if (c->gone)
		log_warn("mmcblk%u: the card has been taken out", c->number);
	else if (log_limit_pass(&limit))
		log_warn("mmcblk%u: %u sectors at %lu cannot be transferred: error %d", c->number,
			rq->nr_sectors, rq->sector, -err);
}

/*
 * Executes a request with repetitions. A card that has disappeared, or does not respond after the
 * last attempt, is given up for good.
 */
static int mmc_transfer(struct mmc_card *c, struct block_request *rq)
{
	u32 i;
	int err = -EIO;

	if (c->gone)
		return -EIO;
	if (rq->op == BLOCK_WRITE && c->read_only)
		return -EROFS;
	for (i = 0; i < TRIES && err && err != -EROFS && !c->gone; i++) {
		c->retries += i > 0;
		if (i > 1 && err == -EILSEQ)
			mmc_slow_down(c);
		err = transfer_once(c, rq);
		if (err && !c->host.ops->present(c->host.owner))
			c->gone = true;
	}
	if (err && !c->answers)
		c->gone = true;
	if (err)
		mmc_request_end(c, rq, err);
	return !err || err == -EROFS ? err : -EIO;
}

/* ---- requests ---- */

/*
 * A write is complete when the card is no longer busy, and each write waits for that, so a flush
 * has nothing to do.
 */
static int card_execute(struct obj *owner, struct block_request *rq)
{
	return rq->op == BLOCK_FLUSH ? 0 : mmc_transfer(obj_cast(mmc_card, owner), rq);
}
static const struct simple_disk_ops card_ops = { .execute = card_execute };

/* ---- cards ---- */

#define TEN(literal)                                                                              \
	LIT(literal "0"), LIT(literal "1"), LIT(literal "2"), LIT(literal "3"), LIT(literal "4"), \
		LIT(literal "5"), LIT(literal "6"), LIT(literal "7"), LIT(literal "8"),           \
		LIT(literal "9")
#define NAMES(literal) \
	{ TEN(literal), TEN(literal "1"), TEN(literal "2"), LIT(literal "30"), LIT(literal "31") }
static const struct lit aliases[MAX_CARDS] = NAMES("mmc");
static const struct lit names[MAX_CARDS] = NAMES("mmcblk");
static_assert(MAX_CARDS * MINORS == 256, "as many as Linux has");

static struct dt_node *alias(u32 i)
{
	struct dt_node *n = dt_find(STR("/aliases"));

	return n && dt_has(n, aliases[i]) ? dt_find(dt_string(n, aliases[i], 0)) : NULL;
}

/*
 * Chooses the number that an alias in the devicetree gives the host, else the first one without an
 * alias.
 */
static int choose_number(struct dt_node *n, u32 *out)
{
	u32 i;

	for (i = 0; i < MAX_CARDS; i++) {
		if (alias(i) == n && !number_taken[i])
			break;
	}
	for (i = i < MAX_CARDS ? i : 0; i < MAX_CARDS; i++) {
		if (!number_taken[i] && (alias(i) == n || !alias(i)))
			break;
	}
	if (i == MAX_CARDS)
		return -ENOSPC;
	number_taken[i] = true;
	*out = i;
	return 0;
}

static int mmc_add_disk(struct mmc_card *c)
{
	const struct disk_params params = {
		.name = names[c->number],
		.major = MMC_MAJOR,
		.first_minor = c->number * MINORS,
		.minors = MINORS,
		.sectors = min(c->sectors, MAX_SECTORS),
		.read_only = c->read_only,
		.removable = c->host.removable,
	};

	return disk_add_simple(&params, &card_ops, &c->obj);
}

/* The next attempts are slower: the wiring may be poor. */
static void be_careful(struct mmc_host *h)
{
	h->sd_high_speed = h->mmc_high_speed = false;
	h->max_hz = min(h->max_hz, CAREFUL_HZ);
}

/*
 * Identifies the card, repeating what failed, and adds its disk. A slot without a card, or with one
 * that does not work, is not an error of the host.
 */
static int start_card(struct mmc_card *c)
{
	u32 i;
	int err = mmc_identify(c);

	for (i = 1; i < TRIES && err && err != -ENOMEDIUM && err != -EOPNOTSUPP; i++) {
		if (i > 1)
			be_careful(&c->host);
		err = mmc_identify(c);
	}
	if (err == -ENOMEDIUM)
		log_info("mmc%u: no card", c->number);
	else if (err == -EOPNOTSUPP)
		log_warn("mmc%u: a card of a kind that is not known", c->number);
	else if (err || !c->sectors)
		log_warn("mmc%u: there is a card, but it does not work: error %d", c->number, -err);
	if (err || !c->sectors)
		return 0;
	log_info("mmcblk%u: %lu MiB, %u lines, %u kHz", c->number, c->sectors >> 11, c->width,
		c->hz / 1000);
	return mmc_add_disk(c);
}

int mmc_add(struct dt_node *n, const struct mmc_host *host)
{
	struct mmc_card *c = obj_new(mmc_card);
	int err = c ? choose_number(n, &c->number) : -ENOMEM;

	if (err) {
		obj_put(&c);
		return err;
	}
	c->host = *host;
	(void)obj_get_any(host->owner);
	c->scratch = page_alloc(PAGE_ZEROED);
	err = c->scratch ? start_card(c) : -ENOMEM;
	if (!err)
		cards[c->number] = obj_get(c);
	obj_put(&c);
	return err;
}
