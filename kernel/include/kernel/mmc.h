// SPDX-License-Identifier: MPL-2.0
/*
 * SD and MMC cards: what a host controller's driver supplies. Identification, transfers and retries
 * are the core's (kernel/drivers/mmc/card.c, mmc_disk.c); a card that is found becomes the disk
 * mmcblkN.
 *
 * One task at a time calls a host's operations. Context: task.
 */
#ifndef KERNEL_MMC_H
#define KERNEL_MMC_H

#include <frame/device.h>
#include <frame/errno.h>
#include <frame/obj.h>
#include <frame/page.h>
#include <frame/sync.h>
#include <kernel/block.h>

enum mmc_flags {
	MMC_RESPONSE = 1, /* the card answers */
	MMC_LONG = 2,     /* with 136 bits */
	MMC_CRC = 4,      /* and a checksum */
	MMC_BUSY = 8,     /* and may be busy afterwards: done when it no longer is */
	MMC_WRITE = 16,   /* data goes to the card */
	MMC_INIT = 32,    /* 80 clocks before it */
	MMC_STOP = 64,    /* it ends a transfer */
};
#define MMC_R1  (MMC_RESPONSE | MMC_CRC)
#define MMC_R2  (MMC_RESPONSE | MMC_CRC | MMC_LONG)
#define MMC_R3  MMC_RESPONSE
#define MMC_R1B (MMC_R1 | MMC_BUSY)

/* One command, with or without data. The data is in the pages of @rq, or at the start of @page. */
struct mmc_command {
	u32 index, arg, flags;
	u32 response[4]; /* the most significant word first; of a short one the first */
	/* Bytes of a block: a multiple of 4 up to SECTOR_SIZE; 0 blocks: no data. */
	u32 block_size, nr_blocks;
	struct block_request *rq;
	struct page *page;
};

struct TABLE mmc_host_ops {
	/* Whether there is a card, as far as the host can tell. */
	bool (*present)(struct obj *owner);
	/*
	 * The controller as after a reset, power on, one data line, no clock. 0 or -EIO: it does
	 * not work.
	 */
	int (*start)(struct obj *owner);
	/* At most @hz, as near as the host can; data lines 1, 4 or 8. 0, -EINVAL, -EIO. */
	int (*set_clock)(struct obj *owner, u32 hz);
	int (*set_width)(struct obj *owner, u32 bits);
	/*
	 * 0; -ETIMEDOUT: no answer, or no data, or busy for ever; -EILSEQ: a checksum is wrong;
	 * -EIO: anything else; of a command with data also what mmc_status_error says of its
	 * answer. Never waits for ever. After an error the host is ready for the next command and
	 * has told the card to stop if there was data.
	 */
	int (*command)(struct obj *owner, struct mmc_command *cmd);
};

struct mmc_host {
	const struct mmc_host_ops *ops;
	struct obj *owner;
	u32 width; /* data lines */
	u32 max_hz;
	bool sd_high_speed, mmc_high_speed, no_sd, no_mmc, removable;
	bool read_only; /* a switch in the slot says so */
};

/* A card in a host; there for ever. */
struct mmc_card {
	struct obj obj;
	struct mmc_host host;
	u32 number;           /* of the disk */
	struct page *scratch; /* for registers of the card */

	bool is_mmc, by_sector; /* addresses count sectors, not bytes */
	u32 rca;                /* its address, in the upper half */
	u32 csd[4];
	u64 sectors;
	bool read_only;
	u32 width, hz;

	bool answers;                   /* it did, after the last failure */
	bool gone;                      /* taken out, or dead: nothing is asked of it any more */
	u32 retries;                    /* so far */
	struct spinlock lock;           /* guards the queue */
	LIST_HEAD(block_request) queue; /* references */
	struct waitq work;
};

/*
 * Finds the card of a host, whose node has the number (`aliases`: mmcN), and makes the disk. 0 also
 * when there is none. -ENOMEM, -ENOSPC. @host is copied, its owner kept.
 */
int mmc_add(struct dt_node *n, const struct mmc_host *host);

/* ---- between the core's parts ---- */

/*
 * Makes the card ready for transfers. 0; -ENOMEDIUM: there is none; -EOPNOTSUPP: of a kind that is
 * not known; others: it does not work.
 */
int mmc_identify(struct mmc_card *c);
/*
 * One command; also 0 if it has no data and the card says of it that it failed, see
 * mmc_status_error.
 */
int mmc_command(struct mmc_card *c, struct mmc_command *cmd);
/* What the status in a response (R1) means: 0, -EROFS, -EIO. */
int mmc_status_error(u32 status);
/*
 * Until the card takes the next transfer. What its status says of the last, or -ETIMEDOUT: it is
 * busy for ever, or does not answer.
 */
int mmc_wait_ready(struct mmc_card *c);
/* Half the clock, if that is not too slow already: checksums are wrong again and again. */
void mmc_slow_down(struct mmc_card *c);

#endif
