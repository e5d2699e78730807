// SPDX-License-Identifier: MPL-2.0
/*
 * System calls: memory (kernel/vm). One line each; see <kernel/syscall.h>. Included several times,
 * no guard.
 */
CALL6(mmap, ptr, addr, u64, len, hex, prot, hex, flags, fd, fd, u64, offset)
CALL2(munmap, ptr, addr, u64, len)
CALL3(mprotect, ptr, addr, u64, len, hex, prot)
CALL5(remap_file_pages, ptr, addr, u64, size, u64, prot, u64, pgoff, u64, flags)
CALL5(mremap, ptr, old_addr, u64, old_len, u64, new_len, hex, flags, ptr, new_addr)
CALL6(process_vm_readv, i32, pid, ptr, local, u64, nr_local, ptr, remote, u64, nr_remote, u64,
	flags)
CALL6(process_vm_writev, i32, pid, ptr, local, u64, nr_local, ptr, remote, u64, nr_remote, u64,
	flags)
CALL1(brk, ptr, addr)
CALL3(madvise, ptr, addr, u64, len, u32, advice)
CALL3(msync, ptr, addr, u64, len, hex, flags)
CALL3(mincore, ptr, addr, u64, len, ptr, vec)
CALL2(mlock, ptr, addr, u64, len)
CALL3(mlock2, ptr, addr, u64, len, hex, flags)
CALL2(munlock, ptr, addr, u64, len)
CALL1(mlockall, hex, flags)
CALL0(munlockall)
CALL3(membarrier, i32, cmd, hex, flags, i32, cpu)
