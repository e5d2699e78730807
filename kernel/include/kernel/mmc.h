// SPDX-License-Identifier: MPL-2.0
/*
 * SD and MMC cards: the interface of host controller drivers. The core identifies cards, transfers
 * data and repeats what failed (kernel/drivers/mmc/card.c, disk.c). A card that is found becomes
 * the disk mmcblkN.
 *
 * One task at a time calls the operations of a host. Context: task.
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
	MMC_RESPONSE = 1, /* the card responds */
	MMC_LONG = 2,     /* with 136 bits */
	MMC_CRC = 4,      /* and a checksum */
	/* and may be busy afterwards: the command is complete when it no longer is */
	MMC_BUSY = 8,
	MMC_WRITE = 16, /* data goes to the card */
	MMC_INIT = 32,  /* send 80 clocks before it */
	MMC_STOP = 64,  /* the command ends a transfer */
};
#define MMC_R1  (MMC_RESPONSE | MMC_CRC)
#define MMC_R2  (MMC_RESPONSE | MMC_CRC | MMC_LONG)
#define MMC_R3  MMC_RESPONSE
#define MMC_R1B (MMC_R1 | MMC_BUSY)

/* One command, with or without data. The data is in the pages of @rq, or at the start of @page. */
struct mmc_command {
	u32 index, arg, flags;
	u32 response[4]; /* most significant word first; a short response is the first word */
	/* Bytes of a block: a multiple of 4, at most SECTOR_SIZE. 0 blocks: no data. */
	u32 block_size, nr_blocks;
	struct block_request *rq;
	struct page *page;
};

struct TABLE mmc_host_ops {
	/* Whether a card is inserted, as far as the host can detect it. */
	bool (*present)(struct obj *owner);
	/*
	 * Resets the controller: power on, one data line, no clock. Returns 0, or -EIO if it does
	 * not work.
	 */
	int (*start)(struct obj *owner);
	/*
	 * Sets the clock to at most @hz, as near as the host can; sets 1, 4 or 8 data lines. Return
	 * 0, -EINVAL, -EIO.
	 */
	int (*set_clock)(struct obj *owner, u32 hz);
	int (*set_width)(struct obj *owner, u32 bits);
	/*
	 * Executes a command. Returns 0; -ETIMEDOUT: no response, no data, or the card stays busy;
	 * -EILSEQ: a wrong checksum; -EIO: another failure; for a command with data also the error
	 * of its response (mmc_status_error). Always returns in bounded time. After an error the
	 * host is ready for the next command, and has sent a stop command if there was data.
	 */
	int (*command)(struct obj *owner, struct mmc_command *cmd);
};

struct mmc_host {
	const struct mmc_host_ops *ops;
	struct obj *owner;
	u32 width; /* number of data lines */
	u32 max_hz;
	bool sd_high_speed, mmc_high_speed, no_sd, no_mmc, removable;
	bool read_only; /* by the write-protect switch of the slot */
};

/* A card in a host. Never freed. */
struct mmc_card {
	struct obj obj;
	struct mmc_host host;
	u32 number;           /* of the disk */
	struct page *scratch; /* for registers of the card */

	bool is_mmc, by_sector; /* by_sector: addresses count sectors, not bytes */
	u32 rca;                /* relative card address, in the upper half */
	u32 csd[4];
	u64 sectors;
	bool read_only;
	u32 width, hz;

	bool answers;                   /* it responded after the last failure */
	bool gone;                      /* removed or dead: no command is sent to it any more */
	u32 retries;                    /* number of repeated transfers */
	struct spinlock lock;           /* guards the queue */
	LIST_HEAD(block_request) queue; /* references */
	struct waitq work;
};

/*
 * Identifies the card of a host and adds its disk. The node @n has the number (`aliases`: mmcN).
 * @host is copied, with a reference on its owner. Context: task. Returns 0, also if there is no
 * card, -ENOMEM, -ENOSPC.
 */
int mmc_add(struct dt_node *n, const struct mmc_host *host);

/* ---- between the core's parts ---- */

/*
 * Makes the card ready for transfers. Returns 0, -ENOMEDIUM if there is none, -EOPNOTSUPP if it is
 * of an unknown kind, or another error if it does not work.
 */
int mmc_identify(struct mmc_card *c);
/*
 * Executes a command. A command without data returns 0 also if the card's response reports an
 * error: see mmc_status_error.
 */
int mmc_command(struct mmc_card *c, struct mmc_command *cmd);
/* The meaning of the status in a response (R1): 0, -EROFS, -EIO. */
int mmc_status_error(u32 status);
/*
 * Waits until the card accepts the next transfer. Returns the error that its status reports for the
 * last one, or -ETIMEDOUT if it stays busy or does not respond.
 */
int mmc_wait_ready(struct mmc_card *c);
/* Halves the clock, unless it is too slow already. Called after repeated checksum errors. */
void mmc_slow_down(struct mmc_card *c);

#endif
