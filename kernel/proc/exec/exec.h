// SPDX-License-Identifier: MPL-2.0
/*
 * Inside exec: the state that its steps share. exec.c has the calls and the switch, script.c
 * the interpreters of scripts, args.c the strings and the stack, elf.c the loader.
 */
#ifndef KERNEL_PROC_EXEC_H
#define KERNEL_PROC_EXEC_H

#include <frame/buf.h>
#include <kernel/files.h>
#include <kernel/mm.h>
#include <kernel/thread.h>

#define EXEC_MAX_DEPTH 5   /* nested scripts: a script whose interpreter is a script */
#define EXEC_HEAD      256 /* leading bytes of the file that decide its format */
#define ARG_STRING_MAX (32 * PAGE_SIZE)
#define ARG_PAGES_MAX  1536 /* at most 6 MiB of strings */
/* The default of RLIMIT_STACK (bytes), and so of the size that the first stack may grow to. */
#define STACK_AREA (8ul << 20)

/*
 * The strings of argv and envp, one after the other with their NULs, in pages of their own. These
 * pages later become the top of the new stack, so the strings are copied only once.
 */
struct exec_strings {
	struct obj obj;
	u32 nr_pages;
	u64 len;
	struct page *page[ARG_PAGES_MAX]; /* references */
};
OBJ_TYPE_DECL(exec_strings);

/*
 * One execve in progress. Only the calling thread uses it; exec_release drops all that it still
 * owns.
 */
struct exec {
	struct obj obj;
	/*
	 * The program, or the interpreter after a script. A reference; writes are denied
	 * (exec_deny).
	 */
	struct file *file;
	struct exec_strings *strings;
	u64 limit; /* bytes that strings and pointers together may take */
	u32 argc, envc;
	u32 skip_argc; /* leading strings of argv that a script replaced (0 or 1) */
	u64 skip_len;  /* bytes of these strings */
	/* NUL-separated strings that a script put in front of argv; NULL: none. */
	struct buf *prefix;
	u32 prefix_len, prefix_count;
	struct buf *name; /* the path as the caller gave it, for AT_EXECFN and comm */
	u32 name_len;
	struct mm *mm; /* the new address space; NULL once it is the thread's */
	/*
	 * Addresses for the auxiliary vector and the first program counter; set by exec_load_elf.
	 */
	u64 entry, phdr, interp_base, program_entry;
	u32 phnum, phent;
	bool exec_stack;
	bool no_path; /* named by a descriptor alone */
	bool secure;
	/*
	 * The caller may execute the program or its interpreter but not read it: the process
	 * becomes undumpable, so others cannot read its memory.
	 */
	bool unreadable;
	/*
	 * The caller's, as `cred` was chosen by it. Another thread may set it until end_siblings.
	 */
	bool no_new_privs;
	/* Another process shares the fs context (directory, umask): exec grants no more rights. */
	bool fs_shared;
	/*
	 * The name leads through a descriptor that exec closes: the interpreter of a script could
	 * not open the script by that name.
	 */
	bool fd_path;
	/* The headers are good: a failure from here on kills the process instead of returning. */
	bool fatal;
	struct cred *cred;
	/* of the new program; chosen before the layout, because it decides on randomization */
	u32 personality;
	u64 sp;
	u8 head[EXEC_HEAD];
	u32 head_len;
};
OBJ_TYPE_DECL(exec);

/*
 * A random distance for the layout: a multiple of the page size below @span bytes (a power of two).
 * 0 if the personality has ADDR_NO_RANDOMIZE.
 */
u64 exec_random(const struct exec *e, u64 span);
/*
 * Copies argv and envp of the caller's address space into e->strings and counts them in argc and
 * envc. An empty argv becomes one empty string, as in Linux since 5.18.
 * Returns 0, -E2BIG (over e->limit, or a string over ARG_STRING_MAX), -EFAULT, -ENOMEM,
 * -ERESTARTNOHAND if the thread is being killed. Context: task, may sleep.
 */
int must_check exec_copy_strings(struct exec *e, struct thread *t, struct uaddr argv,
	struct uaddr envp);
/*
 * Appends @s and a NUL to e->strings; does not count it. For pid 1, whose strings come from the
 * kernel. Returns 0, -E2BIG, -ENOMEM.
 */
int must_check exec_add_string(struct exec *e, struct cspan s);
/*
 * Maps the first stack into e->mm: strings, auxiliary vector, pointers; sets e->sp and the fields
 * of the mm for /proc. Returns 0, -E2BIG, -ENOMEM. Context: task, may sleep.
 */
int must_check exec_build_stack(struct exec *e, struct thread *t);
/*
 * Maps the program e->file and its interpreter into e->mm; sets the entry points and e->fatal, see
 * elf.c. Returns 0, -ENOEXEC, -ELIBBAD, -EACCES, or an error of reading and mapping.
 */
int must_check exec_load_elf(struct exec *e);
/*
 * Opens a program or interpreter for execution (*@out, a reference) and denies writes to its inode
 * until exec_close. @flags: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW.
 * Returns 0, -EACCES (no regular file, no execute permission, MS_NOEXEC), -ELOOP, -ETXTBSY (open
 * for writing), or an error of the path walk. Context: task, may sleep.
 */
int must_check exec_open(struct thread *t, s32 dirfd, struct cspan name, u32 flags,
	struct file **out);
/*
 * The file, whose first bytes are in e->head, is a script. The arguments become: the interpreter,
 * its argument, the script's name, and the old arguments without argv[0]. The new prefix holds the
 * first three. Then the interpreter is opened as the new file. Everything is prepared aside, so an
 * error changes nothing but e->skip_argc.
 * Returns 0, -ENOEXEC (no interpreter in the line), -E2BIG, -ENOMEM, or an error of exec_open.
 */
int must_check exec_follow_script(struct exec *e, struct thread *t);
/* Allows writes again, drops the reference and sets *@f to NULL. *@f may be NULL. */
void exec_close(struct file **f);

#endif
