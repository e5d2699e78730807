/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the JH7110's boot ROM does when the switches say "SD card": it looks for the partition of the SPL in the card's GPT, checks the SPL's header and checksum,
 * copies it to the on-chip memory, and all harts start there.
 */
#include "qemu/osdep.h"
#include <zlib.h>
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "bootrom.h"

enum { SECTOR = 512, GPT_ENTRIES = 128, GPT_ENTRY = 128, MAX_SPL = 180048 };
enum { HEADER_SIZE = 0x400, HEADER_AT = 0, HEADER_LENGTH = 0x288, HEADER_PAYLOAD = 0x28c, HEADER_CRC = 0x290 };

/* 2e54b353-1271-4842-806f-e436d6af6985 as it is on disk. */
static const uint8_t spl_type[16] = { 0x53, 0xb3, 0x54, 0x2e, 0x71, 0x12, 0x42, 0x48, 0x80, 0x6f, 0xe4, 0x36, 0xd6, 0xaf, 0x69, 0x85 };

static uint64_t find_spl(BlockBackend *card)
{
	uint8_t header[SECTOR], entry[GPT_ENTRY];
	uint64_t entries;

	if (blk_pread(card, SECTOR, SECTOR, header, 0) < 0 || memcmp(header, "EFI PART", 8))
		return 0;
	entries = ldq_le_p(header + 72) * SECTOR;
	for (unsigned i = 0; i < MIN(GPT_ENTRIES, ldl_le_p(header + 80)); i++) {
		if (blk_pread(card, entries + i * GPT_ENTRY, GPT_ENTRY, entry, 0) < 0)
			return 0;
		if (!memcmp(entry, spl_type, sizeof(spl_type)))
			return ldq_le_p(entry + 32) * SECTOR;
	}
	return 0;
}

bool bootrom_load(BlockBackend *card, uint8_t *to, size_t size)
{
	uint8_t header[HEADER_SIZE];
	uint64_t at = card ? find_spl(card) : 0;
	uint32_t length;

	if (!at) {
		error_report("boot ROM: no card with a partition for the SPL");
		return false;
	}
	if (blk_pread(card, at, HEADER_SIZE, header, 0) < 0 || ldl_le_p(header + HEADER_AT) != 0x240 || ldl_le_p(header + HEADER_PAYLOAD) != HEADER_SIZE) {
		error_report("boot ROM: the SPL has no header");
		return false;
	}
	length = ldl_le_p(header + HEADER_LENGTH);
	if (!length || length > MIN(size, MAX_SPL) || blk_pread(card, at + HEADER_SIZE, length, to, 0) < 0) {
		error_report("boot ROM: the SPL's length is %u", length);
		return false;
	}
	if ((uint32_t)crc32(0, to, length) != (uint32_t)ldl_le_p(header + HEADER_CRC)) {
		error_report("boot ROM: the SPL's checksum is wrong");
		return false;
	}
	return true;
}
