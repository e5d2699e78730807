/* SPDX-License-Identifier: MPL-2.0 */
#ifndef BOOTROM_H
#define BOOTROM_H

#include "system/block-backend.h"

/* Copies the SPL that is on @card (maybe NULL) to @to; says why not and returns false if there is none. */
bool bootrom_load(BlockBackend *card, uint8_t *to, size_t size);

#endif
