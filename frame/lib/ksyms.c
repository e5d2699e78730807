// SPDX-License-Identifier: MPL-2.0
/*
 * Names for addresses. tools/ksyms makes the tables from the linked kernel, and a second link adds
 * them; in the first link they are empty.
 *
 * frame_ksyms: function starts in ascending order with name offsets. frame_klines: addresses of
 * trap instructions with file and line.
 */
#include "lib.h"

struct ksym {
	u64 addr;
	u32 name; /* offset in frame_ksym_names */
	u32 line; /* 0: a function; otherwise a trap instruction, and @name is its file */
};
extern const struct ksym frame_ksyms[], frame_klines[];
extern const u32 frame_nr_ksyms, frame_nr_klines;
extern const char frame_ksym_names[];

const char *ksym_lookup(u64 pc, u64 *offset)
{
	u32 lo = 0, hi = frame_nr_ksyms;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (frame_ksyms[mid].addr <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	*offset = pc - frame_ksyms[lo - 1].addr;
	return frame_ksym_names + frame_ksyms[lo - 1].name;
}

const char *kline_lookup(u64 pc, u32 *line)
{
	u32 lo = 0, hi = frame_nr_klines;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;
		if (frame_klines[mid].addr < pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == frame_nr_klines || frame_klines[lo].addr != pc)
		return NULL;
	*line = frame_klines[lo].line;
	return frame_ksym_names + frame_klines[lo].name;
}
