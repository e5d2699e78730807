// SPDX-License-Identifier: MPL-2.0
/*
 * What a host test uses of the C library; the library's own headers would clash with the frame's
 * types.
 */
#ifndef UNIT_HOST_H
#define UNIT_HOST_H

#include <frame/types.h>

int printf(const char *format, ...);
int snprintf(char *out, size_t n, const char *format, ...);
void *calloc(size_t n, size_t size);
void free(void *p);
void exit(int status) __attribute__((noreturn));
unsigned long strtoul(const char *text, char **end, int base);
ssize_t read(int fd, void *buf, size_t n);
ssize_t write(int fd, const void *buf, size_t n);

/* Repeatable random numbers. */
static u64 unit_seed = 88172645463325252ul;
static inline UNUSED u32 unit_random(u32 n)
{
	unit_seed ^= unit_seed << 13;
	unit_seed ^= unit_seed >> 7;
	unit_seed ^= unit_seed << 17;
	return (u32)(unit_seed >> 16) % n;
}

#define UNIT_CHECK(c)                                                  \
	do {                                                           \
		if (!(c)) {                                            \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #c); \
			exit(1);                                       \
		}                                                      \
	} while (0)

#endif
