// SPDX-License-Identifier: MPL-2.0
/*
 * Memory before the page allocator exists: the ranges of RAM and the free ranges, from the
 * devicetree. Allocation takes memory from the top of the highest range, away from the low memory
 * that firmware and loaders use. Boot CPU only.
 */
#include <frame/log.h>

#include "../arch.h"

#define MAX_FREE 512

static struct mem_range ram[MAX_RAM_RANGES];
static unsigned nr_ram;
static struct mem_range free_range[MAX_FREE];
static unsigned nr_free;

/* Two parts are left of a free range: keeps both, or the larger one if there are too many. */
static void bootmem_split(struct mem_range *r, paddr_t start, paddr_t end)
{
	struct mem_range low = { r->start, start }, high = { end, r->end };
	bool is_low_larger = start - r->start > r->end - end;

	*r = is_low_larger ? low : high;
	if (nr_free < MAX_FREE)
		free_range[nr_free++] = is_low_larger ? high : low;
	else
		log_warn("too many reserved memory ranges: 0x%lx bytes beside 0x%lx are not used",
			is_low_larger ? high.end - high.start : low.end - low.start, start);
}

void bootmem_add(paddr_t start, paddr_t end)
{
	unsigned i;

	/*
	 * The devicetree may say anything: rounding must not wrap either end, and ranges must not
	 * overlap, or memory would be allocated twice.
	 */
	start = round_up(min(start, ARCH_LINEAR_SIZE), PAGE_SIZE);
	end = round_down(min(end, ARCH_LINEAR_SIZE), PAGE_SIZE);
	for (i = 0; i < nr_ram && start < end; i++) {
		if (start < ram[i].start)
			end = min(end, ram[i].start);
		else if (start < ram[i].end)
			start = ram[i].end;
	}
	if (start >= end)
		return;
	if (nr_ram == MAX_RAM_RANGES || nr_free == MAX_FREE) {
		log_warn("more than %u memory ranges: the others are not used", MAX_RAM_RANGES);
		return;
	}
	/* The largest first, where page_from_paddr looks first. */
	for (i = nr_ram++; i && ram[i - 1].end - ram[i - 1].start < end - start; i--)
		ram[i] = ram[i - 1];
	ram[i] = (struct mem_range){ start, end };
	free_range[nr_free++] = (struct mem_range){ start, end };
}

void bootmem_reserve(paddr_t start, paddr_t end)
{
	unsigned i;

	start = round_down(start, PAGE_SIZE);
	/* There is no memory above the linear map to reserve, and the limit avoids a wrap. */
	end = round_up(min(end, ARCH_LINEAR_SIZE), PAGE_SIZE);
	for (i = 0; i < nr_free; i++) {
		struct mem_range *r = &free_range[i];
		if (end <= r->start || start >= r->end)
			continue;
		if (start > r->start && end < r->end) {
			bootmem_split(r, start, end);
		} else if (start > r->start) {
			r->end = start;
		} else if (end < r->end) {
			r->start = end;
		} else {
			r->end = r->start;
		}
	}
}

paddr_t bootmem_alloc(size_t size, size_t align)
{
	struct mem_range *best = NULL;
	paddr_t at;
	unsigned i;

	size = round_up(size, PAGE_SIZE);
	for (i = 0; i < nr_free; i++) {
		struct mem_range *r = &free_range[i];
		if (r->end - r->start >= size && round_down(r->end - size, align) >= r->start &&
			(!best || r->end > best->end))
			best = r;
	}
	if (!best)
		_kernel_panic(
			"out of memory while starting: give the machine more (64 MiB are enough)");
	at = round_down(best->end - size, align);
	best->end = at;
	memset(arch_phys_to_virt(at), 0, size);
	return at;
}

unsigned bootmem_ram(const struct mem_range **out)
{
	*out = ram;
	return nr_ram;
}

unsigned bootmem_free(const struct mem_range **out)
{
	*out = free_range;
	return nr_free;
}
