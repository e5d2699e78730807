// SPDX-License-Identifier: MPL-2.0
/* Flags of mmap(2) and its family. */
#ifndef UAPI_MMAN_H
#define UAPI_MMAN_H

enum {
	PROT_NONE = 0,
	PROT_READ = 1,
	PROT_WRITE = 2,
	PROT_EXEC = 4,
	PROT_SEM = 8,
	PROT_GROWSDOWN = 0x01000000,
	PROT_GROWSUP = 0x02000000
};

#define MAP_SHARED          0x01u
#define MAP_PRIVATE         0x02u
#define MAP_SHARED_VALIDATE 0x03u
#define MAP_TYPE            0x0fu
#define MAP_FIXED           0x10u
#define MAP_ANONYMOUS       0x20u
#define MAP_GROWSDOWN       0x0100u
#define MAP_DENYWRITE       0x0800u
#define MAP_EXECUTABLE      0x1000u
#define MAP_LOCKED          0x2000u
#define MAP_NORESERVE       0x4000u
#define MAP_POPULATE        0x8000u
#define MAP_NONBLOCK        0x10000u
#define MAP_STACK           0x20000u
#define MAP_HUGETLB         0x40000u
#define MAP_SYNC            0x80000u
#define MAP_UNINITIALIZED   0x4000000u
#define MAP_FIXED_NOREPLACE 0x100000u

#endif
