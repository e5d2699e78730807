// SPDX-License-Identifier: MPL-2.0
/*
 * Model of a card in a slot: SD Physical Layer Simplified Specification, chapter 4; JEDEC JESD84
 * for MMC. What a host must not do is a failure; so are words to a card that it does not
 * understand.
 */
#ifndef MODELS_SDCARD_H
#define MODELS_SDCARD_H

#include "sim.h"

enum card_kind { CARD_NONE, CARD_SDSC_V1, CARD_SDSC, CARD_SDHC, CARD_SDXC, CARD_MMC, CARD_EMMC };
enum card_state {
	CARD_IDLE,
	CARD_READY,
	CARD_IDENT,
	CARD_STBY,
	CARD_TRAN,
	CARD_DATA,
	CARD_RCV,
	CARD_PRG
};
enum card_answer { ANSWER_NONE, ANSWER_R1, ANSWER_R1B, ANSWER_R2, ANSWER_R3 };
enum card_flow { FLOW_NONE, FLOW_READ, FLOW_WRITE };

#define CARD_KEPT 2048u /* sectors at each end that keep what is written */

struct card {
	enum card_kind kind;
	u64 sectors;
	bool read_only, one_bit, no_switch, slow; /* slow: says that it has no high speed */
	/* Until it is ready after the first call; before data; after each write. */
	u64 ready_ns, access_ns, busy_ns;

	/* How it is broken. Numbers of times; what is not counted is for ever. */
	unsigned bad_answers, bad_reads, bad_writes, lost_writes;
	bool dead, never_ready, stays_busy, silent_data, stuck_prg;
	u64 bad_above_hz; /* at a faster clock every checksum of data is wrong (0: none) */
	bool fails_first_switch;

	/* What it is doing. */
	enum card_state state;
	bool powered, clocks_given, app, told_v2, asked, selected_fast;
	u64 asked_at, busy_until;
	u32 rca, status, width, block_len;
	enum card_flow flow;
	bool multiple;
	u64 sector;  /* of the next block */
	u8 reg[512]; /* a register that is sent */
	unsigned reg_len;
	u8 kept[2][CARD_KEPT * 512];
	u64 nr_reads, nr_writes, nr_commands; /* blocks */
	u64 used[64];                         /* commands by number */
};

/* Gives one its size and faults none; @sectors 0: what the kind has. */
void card_insert(struct card *c, enum card_kind kind, u64 sectors);
void card_power(struct card *c, bool on);
/*
 * A command at @hz with @width lines after @init clocks: how it answers, the answer with the lowest
 * word first.
 */
enum card_answer card_command(struct card *c, u32 index, u32 arg, u64 hz, bool init, u32 *answer);
bool card_busy(const struct card *c, u64 now);
/* One block, of card_block_size bytes; false: its checksum will be wrong. */
unsigned card_block_size(const struct card *c);
bool card_read(struct card *c, u8 *out);
bool card_write(struct card *c, const u8 *in);
/* Where the test may look at a sector. */
u8 *card_sector(struct card *c, u64 sector);

#endif
