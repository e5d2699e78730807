// SPDX-License-Identifier: MPL-2.0
/*
 * Inside exec: what travels between its steps (exec.c: the call, args.c: strings and stack, elf.c:
 * loading).
 */
#ifndef KERNEL_PROC_EXEC_H
#define KERNEL_PROC_EXEC_H

#include <frame/buf.h>
#include <kernel/files.h>
#include <kernel/mm.h>
#include <kernel/thread.h>

#define EXEC_MAX_DEPTH 5   /* scripts that name scripts */
#define EXEC_HEAD      256 /* bytes of the file that decide what it is */
#define ARG_STRING_MAX (32 * PAGE_SIZE)
#define ARG_PAGES_MAX  1536 /* 6 MiB of strings at most */
/* Initial reservation is RLIMIT_STACK, this is the default. */
#define STACK_AREA (8ul << 20)

/*
 * The strings of argv and envp, one after the other with their NULs, in pages that later become the
 * top of the stack.
 */
struct exec_strings {
	struct obj obj;
	u32 nr_pages;
	u64 len;
	struct page *page[ARG_PAGES_MAX]; /* references */
};
OBJ_TYPE_DECL(exec_strings);

struct exec {
	struct obj obj;
	/* The program (after scripts: the interpreter); reference, writes denied. */
	struct file *file;
	struct exec_strings *strings;
	u64 limit; /* of strings and pointers */
	u32 argc, envc;
	u32 skip_argc; /* leading strings of argv that a script replaced (0 or 1) */
	u64 skip_len;  /* their bytes */
	/* NUL-separated strings that a script put in front; NULL: none. */
	struct buf *prefix;
	u32 prefix_len, prefix_count;
	struct buf *name; /* the path as called, for AT_EXECFN and comm */
	u32 name_len;
	struct mm *mm; /* the new address space */
	u64 entry, phdr, interp_base, program_entry;
	u32 phnum, phent;
	bool exec_stack;
	bool secure;
	/*
	 * The program or its interpreter may be executed, not read: nobody looks into the process.
	 */
	bool unreadable;
	/* Another process changes directory and umask with this one: no more rights than before. */
	bool fs_shared;
	/* The name leads through a descriptor that exec closes: no script can be opened by it. */
	bool fd_path;
	/* The headers were good, the segments may not be: a failure kills. */
	bool fatal;
	struct cred *cred;
	u32 personality; /* of the new program; chosen before the layout */
	u64 sp;
	u8 head[EXEC_HEAD];
	u32 head_len;
};
OBJ_TYPE_DECL(exec);

/* The first line of a script: offsets and lengths in exec.head. */
struct script_line {
	u32 path, path_len, arg, arg_len;
};

/* A random distance of less than @span bytes, a power of two, in pages; 0: ADDR_NO_RANDOMIZE. */
u64 exec_random(const struct exec *e, u64 span);
/* args.c */
int exec_copy_strings(struct exec *e, struct thread *t, struct uaddr argv, struct uaddr envp);
/* Adds strings from the kernel (pid 1): NUL-terminated each. */
int exec_add_string(struct exec *e, struct cspan s);
int exec_build_stack(struct exec *e, struct thread *t);
/* elf.c */
int exec_load_elf(struct exec *e);
/* exec.c: opens a program or interpreter for execution. */
int exec_open(struct thread *t, s32 dirfd, struct cspan name, u32 flags, struct file **out);
void exec_close(struct file **f);

#endif
