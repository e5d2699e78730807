// SPDX-License-Identifier: MPL-2.0
/* What the CPUs are, as programs are told. */
#ifndef ABI_CPUINFO_H
#define ABI_CPUINFO_H

#include <frame/fmt.h>

/*
 * The record of /proc/cpuinfo about CPU @i, without the empty line behind it. Traps when i >=
 * cpu_count().
 */
void abi_cpuinfo(struct fmt *f, unsigned i);

#endif
