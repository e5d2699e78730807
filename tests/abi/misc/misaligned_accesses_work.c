// SPDX-License-Identifier: MPL-2.0
// Loads and stores of 2, 4 and 8 bytes at every offset, over page ends and to pages not there yet.
#include "../lib/t.h"

int main(void)
{
	t_start();
	unsigned char *m = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	int bad = 0;

	for (int at = 4080; at < 4112; at++) {
		volatile uint64_t *p8 = (void *)(m + at);
		volatile uint32_t *p4 = (void *)(m + at);
		volatile uint16_t *p2 = (void *)(m + at);

		*p8 = 0x1122334455667788ul;
		bad += *p8 != 0x1122334455667788ul || *p4 != 0x55667788 || *p2 != 0x7788 ||
			m[at + 7] != 0x11;
		*p4 = 0xaabbccdd;
		bad += *p8 != 0x11223344aabbccddul;
		*p2 = 0xeeff;
		bad += *p8 != 0x11223344aabbeefful;
		double d = 1.25;
		*(volatile double *)(m + at) = d;
		d = *(volatile double *)(m + at);
		bad += d != 1.25;
	}
	SHOW(bad);
	unsigned char *fresh = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(volatile uint64_t *)(fresh + 4093) = ~0ul;
	IS(fresh[4092] == 0 && fresh[4093] == 0xff && fresh[4100] == 0xff && fresh[4101] == 0);
	IN_CHILD("into a hole", {
		munmap(fresh + 4096, 4096);
		*(volatile uint64_t *)(fresh + 4093) = 1;
	});
	IN_CHILD("atomic, misaligned", {
#ifdef __riscv
		long r;
		asm volatile("lr.d %0, (%1)\n" : "=r"(r) : "r"(m + 1) : "memory");
#else
		IS(__sync_fetch_and_add((long *)(m + 4093), 1) == *(long *)(m + 4093) - 1);
#endif
	});
	return 0;
}
