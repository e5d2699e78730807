// SPDX-License-Identifier: MPL-2.0
/*
 * SD and MMC cards: the interface between the core and the drivers of host controllers.
 * Identification, transfers and retries are in the core (kernel/drivers/mmc/card.c, disk.c). A
 * card that is found becomes the disk mmcblkN.
 *
 * One task at a time calls the operations of a host. Context: task.
 */
#ifndef KERNEL_MMC_H
#define KERNEL_MMC_H

#include <frame/device.h>
#include <frame/obj.h>
#include <frame/page.h>
#include <frame/sync.h>
#include <kernel/block.h>
#include <uapi/errno.h>

enum mmc_flags {
	MMC_RESPONSE = 1, /* the card sends a response */
	MMC_LONG = 2,     /* of 136 bits */
	MMC_CRC = 4,      /* with a checksum */
	/* the card may be busy afterwards; the command ends when it no longer is */
	MMC_BUSY = 8,
	MMC_WRITE = 16, /* data goes to the card */
	MMC_INIT = 32,  /* send 80 clocks first */
	MMC_STOP = 64,  /* the command ends a transfer */
};
#define MMC_R1  (MMC_RESPONSE | MMC_CRC)
#define MMC_R2  (MMC_RESPONSE | MMC_CRC | MMC_LONG)
#define MMC_R3  MMC_RESPONSE
#define MMC_R1B (MMC_R1 | MMC_BUSY)

/*
 * One command, with or without data. The data is in the pages of @rq; if that is NULL, at the start
 * of @page.
 */
struct mmc_command {
	u32 index, arg, flags;
	u32 response[4]; /* most significant word first; a short response is the first word */
	/* Bytes of a block: a multiple of 4 up to SECTOR_SIZE; 0 blocks: no data. */
	u32 block_size, nr_blocks;
	struct block_request *rq;
	struct page *page;
};

struct TABLE mmc_host_ops {
	/* Whether a card is present, as far as the host can tell. */
	bool (*present)(struct obj *owner);
	/*
	 * Resets the controller: power on, one data line, no clock. 0, or -EIO: it does not work.
	 */
	int (*start)(struct obj *owner);
	/*
	 * Sets the clock to the nearest rate up to @hz that the host supports; data lines: 1, 4 or
	 * 8. 0, -EINVAL, -EIO.
	 */
	int (*set_clock)(struct obj *owner, u32 hz);
	int (*set_width)(struct obj *owner, u32 bits);
	/*
	 * Executes a command. Returns 0; -ETIMEDOUT: no response, no data, or busy too long;
	 * -EILSEQ: a checksum is wrong; -EIO: any other failure; for a command with data also the
	 * result of mmc_status_error for its response. Every wait has a time limit. After an error
	 * the host is ready for the next command and, if there was data, has sent the stop command
	 * to the card.
	 */
	int (*command)(struct obj *owner, struct mmc_command *cmd);
};

struct mmc_host {
	const struct mmc_host_ops *ops;
	struct obj *owner;
	u32 width; /* data lines */
	u32 max_hz;
	bool sd_high_speed, mmc_high_speed, no_sd, no_mmc, removable;
	bool read_only; /* the write-protect switch of the slot is set */
};

/* A card in a host. It is never freed. */
struct mmc_card {
	struct obj obj;
	struct mmc_host host;
	u32 number;           /* number of the disk */
	struct page *scratch; /* buffer for reads of the card's registers */

	bool is_mmc, by_sector; /* addresses are in sectors, not bytes */
	u32 rca;                /* relative card address, in the upper half */
	u32 csd[4];
	u64 sectors;
	bool read_only;
	u32 width, hz;

	bool answers; /* the card responded after the last failure */
	bool gone;    /* removed or failed: no more commands are sent */
	u32 retries;  /* count of retries */
};

/*
 * Looks for a card in the host of node @n (alias mmcN gives the number) and makes its disk. Returns
 * 0, also when there is no card, -ENOMEM, -ENOSPC. @host is copied; a reference to its owner is
 * kept.
 */
int must_check mmc_add(struct dt_node *n, const struct mmc_host *host);

/* ---- between the core's parts ---- */

/*
 * Initializes the card for transfers. 0; -ENOMEDIUM: no card responds; -EOPNOTSUPP: the kind of
 * card is not supported; other errors: the card does not work.
 */
int must_check mmc_identify(struct mmc_card *c);
/*
 * Executes one command. A command without data also returns 0 if the status in the response reports
 * a failure: the caller checks it with mmc_status_error.
 */
int must_check mmc_command(struct mmc_card *c, struct mmc_command *cmd);
/* Converts the status in a response (R1): 0, -EROFS, -EIO. */
int must_check mmc_status_error(u32 status);
/*
 * Waits until the card accepts the next transfer. Returns the error of the last transfer as its
 * status reports it, or -ETIMEDOUT: busy too long, or no response.
 */
int must_check mmc_wait_ready(struct mmc_card *c);
/* Halves the clock, down to a limit: called after repeated checksum errors. */
void mmc_slow_down(struct mmc_card *c);

#endif
