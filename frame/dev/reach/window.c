// SPDX-License-Identifier: MPL-2.0
/*
 * Register windows: which row of the tables (reach.h) a device has, and what follows from it.
 */
#include "reach.h"

static const struct reach *const families[] = { reach_plain, reach_dw_mshc, reach_jh7110,
	reach_qemu_edu, reach_intel_82574l, reach_cadence_gem, reach_sifive_pdma };

static const struct reach *reach_of(struct dt_node *n)
{
	const struct reach *r;
	size_t i;

	for (i = 0; i < ARRAY_LEN(families); i++) {
		for (r = families[i]; r->compatible; r++) {
			if (dt_compatible(n, lit_span((struct lit){ r->compatible })))
				return r;
		}
	}
	return NULL;
}

bool window_whitelist(struct dt_node *n, unsigned i, u64 *size, const struct reg_whitelist **parts)
{
	const struct reach *r = reach_of(n);

	if (!r || (i && r->size != REACH_ALL))
		return false;
	*size = r->size;
	*parts = r->parts;
	return true;
}

bool window_disarm(struct dt_node *n)
{
	const struct reach *r = reach_of(n);

	return !r || !r->disarm || r->disarm(n);
}

bool window_may_send(struct dt_node *n)
{
	const struct reach *r = reach_of(n);

	return r && r->disarm;
}

const struct nic_chip *window_nic(struct dt_node *n)
{
	const struct reach *r = reach_of(n);

	return r ? r->nic : NULL;
}

bool reach_nic_disarm(struct dt_node *n)
{
	const struct nic_chip *chip = window_nic(n);
	volatile u8 *regs = chip ? window_map(n, chip->size) : NULL;

	return regs && nic_stop(regs, chip);
}

const struct dma_engine *dma_engine_of(struct dt_node *n)
{
	const struct reach *r = reach_of(n);

	return r ? r->engine : NULL;
}

bool reach_engine_disarm(struct dt_node *n)
{
	const struct dma_engine *engine = dma_engine_of(n);
	volatile u8 *regs = engine ? window_map(n, engine->size) : NULL;

	return regs && !engine->is_busy(regs);
}

volatile u8 *window_map(struct dt_node *n, u64 size)
{
	paddr_t base;
	u64 have;

	if (!(n->pci ? pci_bar(n->pci, 0, &base, &have) : dt_reg(n, 0, &base, &have)) ||
		(base & 7) || have < size || base + have < base || overlaps_ram(base, have))
		return NULL;
	return kmap_device(base, size);
}
