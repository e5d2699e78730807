// SPDX-License-Identifier: MPL-2.0
/* The CPUs in /proc/cpuinfo. */
#ifndef ABI_CPUINFO_H
#define ABI_CPUINFO_H

#include <frame/fmt.h>

/*
 * Formats the record of CPU @i, without the empty line behind it. Traps if @i >= cpu_count().
 * Context: task.
 */
void abi_cpuinfo(struct fmt *f, unsigned i);

#endif
