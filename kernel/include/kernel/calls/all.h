// SPDX-License-Identifier: MPL-2.0
/* All families, in the order of the table. Included several times, no guard. */
#include <abi/calls.h>
#include <kernel/calls/fs.h>
#include <kernel/calls/ipc.h>
#include <kernel/calls/misc.h>
#include <kernel/calls/mm.h>
#include <kernel/calls/net.h>
#include <kernel/calls/proc.h>
#include <kernel/calls/signal.h>
#include <kernel/calls/time.h>
