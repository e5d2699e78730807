// accept: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/fmt.h>

static size_t format(struct span out, struct cspan name, u32 n)
{
	FMT(f, out);
	fmt_span(&f, name);
	fmt_printf(&f, ": %u\n", n);
	return fmt_len(&f);
}
