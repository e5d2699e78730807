// SPDX-License-Identifier: MPL-2.0
/*
 * Reading partition tables (partition.h). Sectors are read one at a time. No number from the disk
 * is used as an index or a length before it is checked.
 *
 * How a table is found. The first sector must have the boot signature. If one of its four entries
 * has a wrong activity byte, the sector is the boot sector of a file system, and the disk has no
 * partitions. An entry of type 0xee at sector 1 means GPT; otherwise the sector is an MBR, and its
 * extended partitions have chains of logical ones.
 *
 * GPT has a second header and table at the end of the disk. They are used if the first ones fail
 * their checksums. The table is read twice, once for the checksum and once for the entries; a
 * device that returns different data then only yields wrong partitions, because each entry is
 * checked.
 *
 * What bounds the time: MAX_ENTRIES and MAX_TABLE for GPT, MAX_LOGICAL for each of the four chains,
 * MAX_PARTITIONS for the result.
 */
#include <uapi/errno.h>

#include "partition.h"

#define SECTOR      512u
#define MAX_LOGICAL 100u
#define MAX_ENTRIES 4096u /* GPT: more entries are refused; 128 is usual */
/*
 * The largest size of an entry in bytes. Sizes are multiples of 128, so the part that is used lies
 * in one sector.
 */
#define MAX_ENTRY     4096u
#define MAX_TABLE     (1u << 20)
#define GPT_SIGNATURE 0x5452415020494645ul /* "EFI PART" */

OBJ_TYPE(partition_table, NULL_RELEASE);

/* The state of a scan. */
struct table_scan {
	struct obj obj;
	const struct sector_reader *reader;
	struct obj *owner; /* borrowed from the caller */
	u64 nr_sectors;
	int stopped;           /* see partition_read_sector */
	u8 raw[SECTOR];        /* the sector read last */
	u64 seen[MAX_LOGICAL]; /* where tables of logical partitions were found */
	struct partition_table *out;
};
OBJ_TYPE(table_scan, NULL_RELEASE);

/*
 * Reads a sector into s->raw, which replaces the one before. An error of the device is a fault of
 * the table. Any other, such as that of a task that is killed, or no memory, says nothing of the
 * table: it stops the scan, whose result must not be used.
 */
static int partition_read_sector(struct table_scan *s, u64 sector)
{
	int err = s->stopped;

	if (!err && sector >= s->nr_sectors)
		return -ERANGE;
	if (!err)
		err = s->reader->read(s->owner, sector, span_of(s->raw));
	if (err && err != -EIO)
		s->stopped = err;
	return err;
}

/* Records the first fault. The scan continues where that is possible. */
static void fault(struct table_scan *s, enum table_fault what)
{
	if (s->out->fault == TABLE_GOOD)
		s->out->fault = what;
}

static void partition_add(struct table_scan *s, u32 number, u64 start, u64 sectors)
{
	struct partition_table *t = s->out;

	if (t->nr == MAX_PARTITIONS) {
		fault(s, TABLE_TOO_MANY);
		return;
	}
	*array_at(t->entry, t->nr) = (struct partition_entry){ number, start, sectors };
	t->nr++;
}

/* ---- GPT ---- */

struct gpt_header {
	u64 signature;
	u32 revision, size, crc, reserved;
	u64 here, other, first_usable, last_usable;
	u8 guid[16];
	u64 entries;
	u32 nr_entries, entry_size, entries_crc;
} PACKED;

struct gpt_entry {
	u64 type[2], guid[2];
	u64 first, last;
};

static u32 crc32_byte(u32 crc, u8 byte)
{
	u32 i;

	crc ^= byte;
	for (i = 0; i < 8; i++)
		crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	return crc;
}

static u32 crc32_more(u32 crc, struct cspan bytes)
{
	size_t i;

	for (i = 0; i < cspan_len(bytes); i++)
		crc = crc32_byte(crc, span_byte(bytes, i));
	return crc;
}

/* Reads the header at @sector. Returns whether it is valid. */
static bool read_header(struct table_scan *s, u64 sector, struct gpt_header *h)
{
	u32 zero = 0;
	u64 bytes;

	if (partition_read_sector(s, sector) || !span_read(cspan_of(s->raw), 0, h))
		return false;
	if (h->signature != GPT_SIGNATURE || h->size < sizeof(*h) || h->size > SECTOR ||
		h->here != sector)
		return false;
	(void)span_write(span_of(s->raw), offsetof(struct gpt_header, crc), &zero);
	if ((crc32_more(~0u, cspan_first(cspan_of(s->raw), h->size)) ^ ~0u) != h->crc)
		return false;
	if (h->entry_size < 128 || h->entry_size > MAX_ENTRY || h->entry_size % 128 ||
		!h->nr_entries || h->nr_entries > MAX_ENTRIES)
		return false;
	bytes = (u64)h->nr_entries * h->entry_size;
	return bytes <= MAX_TABLE && h->entries && h->entries < s->nr_sectors &&
		div_round_up(bytes, SECTOR) <= s->nr_sectors - h->entries;
}

/* Whether the checksum over all entries is correct. */
static bool entries_good(struct table_scan *s, const struct gpt_header *h)
{
	u64 left = (u64)h->nr_entries * h->entry_size, sector;
	u32 crc = ~0u;

	for (sector = h->entries; left; sector++) {
		size_t n = min(left, (u64)SECTOR);
		if (partition_read_sector(s, sector))
			return false;
		crc = crc32_more(crc, cspan_first(cspan_of(s->raw), n));
		left -= n;
	}
	return (crc ^ ~0u) == h->entries_crc;
}

/* Adds the entries that are used and lie within the disk. */
static void add_entries(struct table_scan *s, const struct gpt_header *h)
{
	u64 at, loaded = ~0ul;
	struct gpt_entry e;
	u32 i;

	for (i = 0; i < h->nr_entries; i++) {
		at = (u64)i * h->entry_size;
		if (at / SECTOR != loaded && partition_read_sector(s, h->entries + at / SECTOR)) {
			fault(s, TABLE_UNREADABLE);
			return;
		}
		loaded = at / SECTOR;
		if (!span_read(cspan_of(s->raw), at % SECTOR, &e) || !(e.type[0] | e.type[1]))
			continue;
		if (!e.first || e.first > e.last || e.last >= s->nr_sectors)
			fault(s, TABLE_RANGE_BAD);
		else
			partition_add(s, i + 1, e.first, e.last - e.first + 1);
	}
}

static void scan_gpt(struct table_scan *s)
{
	struct gpt_header h;

	s->out->kind = TABLE_GPT;
	if (!read_header(s, 1, &h) || !entries_good(s, &h)) {
		if (!read_header(s, s->nr_sectors - 1, &h) || !entries_good(s, &h)) {
			fault(s, TABLE_GPT_DAMAGED);
			return;
		}
		fault(s, TABLE_BACKUP_USED);
	}
	add_entries(s, &h);
}

/* ---- MBR ---- */

struct mbr_entry {
	u8 active, first_chs[3], type, last_chs[3];
	u32 start, sectors;
};
#define MBR_ENTRIES   446u
#define MBR_SIGNATURE 510u

static bool has_signature(struct cspan raw)
{
	return span_byte(raw, MBR_SIGNATURE) == 0x55 && span_byte(raw, MBR_SIGNATURE + 1) == 0xaa;
}

/* The three types: DOS, Windows (LBA), Linux. */
static bool is_extended(const struct mbr_entry *e)
{
	return e->type == 0x05 || e->type == 0x0f || e->type == 0x85;
}

static void mbr_entry(struct cspan raw, u32 i, struct mbr_entry *out)
{
	(void)span_read(raw, MBR_ENTRIES + i * sizeof(*out), out);
}

/* Adds a partition, cut to the size of the disk. */
static void add_within(struct table_scan *s, u32 number, u64 start, u64 sectors)
{
	if (!start || start >= s->nr_sectors) {
		fault(s, TABLE_RANGE_BAD);
		return;
	}
	if (sectors > s->nr_sectors - start)
		fault(s, TABLE_CUT);
	partition_add(s, number, start, min(sectors, s->nr_sectors - start));
}

/*
 * Follows the chain of tables in an extended partition. Each table has a logical partition and the
 * place of the next table. The places seen are remembered, so that a loop ends.
 */
static void scan_extended(struct table_scan *s, u64 first, u64 sectors, u32 *number)
{
	u64 here = first;
	struct mbr_entry e, next;
	u32 n, i;

	for (n = 0; n < MAX_LOGICAL; n++) {
		for (i = 0; i < n; i++) {
			if (*array_at(s->seen, i) == here)
				goto bad;
		}
		*array_at(s->seen, n) = here;
		if (partition_read_sector(s, here)) {
			fault(s, TABLE_UNREADABLE);
			return;
		}
		if (!has_signature(cspan_of(s->raw)))
			goto bad;
		next = (struct mbr_entry){ 0 };
		for (i = 0; i < 2; i++) {
			mbr_entry(cspan_of(s->raw), i, &e);
			if (e.type && e.sectors && is_extended(&e))
				next = e;
			else if (e.type && e.sectors)
				add_within(s, (*number)++, here + e.start, e.sectors);
		}
		if (!next.sectors)
			return;
		if (!next.start || next.start >= sectors)
			goto bad;
		here = first + next.start;
	}
bad:
	fault(s, TABLE_CHAIN_BAD);
}

/*
 * The four primary partitions have the numbers 1 to 4 by their place, whether the others are used
 * or not; logical ones count from 5.
 */
static void scan_mbr(struct table_scan *s, const struct mbr_entry (*entry)[4])
{
	u32 number = 5, i;

	for (i = 0; i < 4; i++) {
		const struct mbr_entry *const e = array_at(*entry, i);
		if (!e->type || !e->sectors)
			continue;
		s->out->kind = TABLE_MBR;
		/*
		 * An extended partition shows just enough sectors to install a boot loader, as on
		 * Linux.
		 */
		add_within(s, i + 1, e->start, is_extended(e) ? min(e->sectors, 2u) : e->sectors);
	}
	for (i = 0; i < 4; i++) {
		const struct mbr_entry *const e = array_at(*entry, i);
		if (is_extended(e) && e->sectors && e->start && e->start < s->nr_sectors)
			scan_extended(s, e->start, e->sectors, &number);
	}
}

static void scan(struct table_scan *s)
{
	struct mbr_entry e[4] = { 0 };
	bool protective = false;
	u32 i;

	if (partition_read_sector(s, 0)) {
		fault(s, TABLE_UNREADABLE);
		return;
	}
	if (!has_signature(cspan_of(s->raw)))
		return;
	for (i = 0; i < 4; i++) {
		mbr_entry(cspan_of(s->raw), i, array_at(e, i));
		/* The boot sector of a file system ends with the same two bytes. */
		if (e[i].active & 0x7f)
			return;
		protective = protective || (e[i].type == 0xee && e[i].start == 1);
	}
	if (protective)
		scan_gpt(s);
	else
		scan_mbr(s, &e);
}

int partition_scan(const struct sector_reader *reader, struct obj *owner, u64 nr_sectors,
	struct partition_table *out)
{
	struct table_scan *s = obj_new(table_scan);
	int err;

	if (!s)
		return -ENOMEM;
	s->reader = reader;
	s->owner = owner;
	s->nr_sectors = nr_sectors;
	s->out = out;
	scan(s);
	err = s->stopped;
	obj_put(&s);
	return err;
}
