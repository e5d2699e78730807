// SPDX-License-Identifier: MPL-2.0
// A core file of a program with one thread: its headers, notes and memory, the status that wait
// tells, and each signal that dumps.
#include "../lib/core.h"

static char *page, *guard, *shared, *untouched, *read_only;

static void map_things(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;

	page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, flags, -1, 0);
	strcpy(page, "the first page");
	strcpy(page + 8192, "the third page");
	guard = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, flags, -1, 0);
	strcpy(guard, "behind a guard");
	CHECK(mprotect(guard, 2 * 4096, PROT_NONE) == 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(shared, "shared by all");
	untouched = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0);
	read_only = mmap(NULL, 4096, PROT_READ, flags, -1, 0);
	CHECK(*(volatile char *)read_only == 0);
}

static void show_map(const struct core *c, const char *name, const char *va)
{
	const Elf64_Phdr *ph = core_map(c, va);
	const char *text = core_at(c, va);

	printf("%s: ", name);
	if (ph)
		printf("flags %x, %lu of %lu bytes, align %lx, paddr %lx, %s\n", ph->p_flags,
			ph->p_filesz, ph->p_memsz, ph->p_align, ph->p_paddr,
			text ? text : "nothing");
	else
		printf("no header\n");
}

static void show_header(const struct core *c)
{
	const Elf64_Ehdr *eh = c->eh;
	size_t ends = 0, total = 0;

	t_hex("ident", eh->e_ident, EI_NIDENT);
	printf("type %u machine %u version %u entry %lx phoff %lu shoff %lu flags %x\n", eh->e_type,
		eh->e_machine, eh->e_version, eh->e_entry, eh->e_phoff, eh->e_shoff, eh->e_flags);
	printf("ehsize %u phentsize %u shentsize %u shnum %u shstrndx %u\n", eh->e_ehsize,
		eh->e_phentsize, eh->e_shentsize, eh->e_shnum, eh->e_shstrndx);
	printf("notes: type %u flags %x vaddr %lx memsz %lu align %lu\n", c->ph[0].p_type,
		c->ph[0].p_flags, c->ph[0].p_vaddr, c->ph[0].p_memsz, c->ph[0].p_align);
	IS(c->ph[0].p_offset == 64 + eh->e_phnum * sizeof(Elf64_Phdr));
	IS(c->ph[1].p_offset == ((c->ph[0].p_offset + c->ph[0].p_filesz + 4095) & ~4095ul));
	for (int i = 1; i < eh->e_phnum; i++) {
		total += c->ph[i].p_filesz;
		ends = c->ph[i].p_offset + c->ph[i].p_filesz;
		CHECK(c->ph[i].p_type == PT_LOAD);
		CHECK(c->ph[i].p_offset == c->ph[1].p_offset + total - c->ph[i].p_filesz);
		CHECK(i == 1 || c->ph[i].p_vaddr >= c->ph[i - 1].p_vaddr + c->ph[i - 1].p_memsz);
	}
	IS(ends == c->size);
}

/* The order of the notes; not those that a CPU has or has not. */
static void show_notes(const struct core *c)
{
	Elf64_Nhdr h;
	const unsigned char *p;

	for (int i = 0; (p = core_note(c, -1, i, &h)) != NULL; i++) {
		if (h.n_type == 0x202 || h.n_type == 0x204 || h.n_type == 0x205)
			continue;
		printf("note %x of %s", h.n_type, p - ((h.n_namesz + 3) & ~3u));
		if (h.n_type != NT_AUXV && h.n_type != NT_FILE)
			printf(", %u bytes", h.n_descsz);
		printf("\n");
	}
}

static void show_status(const struct core *c, pid_t pid)
{
	Elf64_Nhdr h;
	const prstatus_t *s = core_note(c, NT_PRSTATUS, 0, &h);
	const prpsinfo_t *p = core_note(c, NT_PRPSINFO, 0, &h);
	const siginfo_t *si = core_note(c, NT_SIGINFO, 0, &h);

	printf("status: signal %d code %d errno %d cursig %d pending %lx held %lx fp %d\n",
		s->pr_info.si_signo, s->pr_info.si_code, s->pr_info.si_errno, s->pr_cursig,
		s->pr_sigpend, s->pr_sighold, s->pr_fpvalid);
	IS(s->pr_pid == pid && s->pr_ppid == getpid());
	IS(s->pr_pgrp == getpgid(0) && s->pr_sid == getsid(0));
	printf("info: state %d %c zombie %d nice %d uid %u gid %u name %s args %s\n", p->pr_state,
		p->pr_sname, p->pr_zomb, p->pr_nice, p->pr_uid, p->pr_gid, p->pr_fname,
		p->pr_psargs);
	IS(p->pr_pid == pid && p->pr_ppid == getpid());
	IS(p->pr_pgrp == getpgid(0) && p->pr_sid == getsid(0));
	printf("siginfo: signal %d code %d errno %d address %p\n", si->si_signo, si->si_code,
		si->si_errno, si->si_addr);
}

/* The names of files, by the mapping that begins the program. */
static void show_files(const struct core *c)
{
	Elf64_Nhdr h;
	const unsigned long *f = core_note(c, NT_FILE, 0, &h);
	const char *name = (const char *)(f + 2 + 3 * f[0]);
	bool zero = false, self = false;

	SHOW(f[1]);
	for (unsigned long i = 0; i < f[0]; i++) {
		const unsigned long *m = f + 2 + 3 * i;
		if ((unsigned long)shared >= m[0] && (unsigned long)shared < m[1])
			zero = !strcmp(name, "/dev/zero (deleted)") && m[2] == 0;
		if ((unsigned long)show_files >= m[0] && (unsigned long)show_files < m[1]) {
			printf("code: %s\n", name);
			self = true;
		}
		name += strlen(name) + 1;
	}
	IS(zero);
	IS(self);
	IS(name == (const char *)f + h.n_descsz);
}

static void show_auxv(const struct core *c)
{
	Elf64_Nhdr h;
	const Elf64_auxv_t *a = core_note(c, NT_AUXV, 0, &h);
	unsigned long n = h.n_descsz / sizeof(*a);

	IS(n > 10 && a[n - 1].a_type == AT_NULL && h.n_descsz % sizeof(*a) == 0);
	for (unsigned long i = 0; i < n; i++)
		if (a[i].a_type == AT_PAGESZ)
			SHOW(a[i].a_un.a_val);
}

static void one_program(void)
{
	struct core c;
	struct stat st;
	pid_t pid = t_fork();

	if (pid == 0) {
		core_limit(RLIM_INFINITY);
		map_things();
		prctl(PR_SET_NAME, "a dying one");
		t_block(SIG_BLOCK, SIGUSR2);
		raise(SIGUSR2);
		*(volatile int *)0x10 = 1;
		_exit(1);
	}
	map_things(); /* at the same addresses */
	t_reap("fault", pid);
	CHECK(core_open("core", &c));
	CHECK(stat("core", &st) == 0);
	SHOWO(st.st_mode);
	printf("nlink %lu uid %u gid %u\n", (unsigned long)st.st_nlink, st.st_uid, st.st_gid);
	show_header(&c);
	show_notes(&c);
	show_status(&c, pid);
	show_files(&c);
	show_auxv(&c);
	show_map(&c, "page", page);
	show_map(&c, "third", page + 8192);
	IS(core_at(&c, page + 4096) && !*(const char *)core_at(&c, page + 4096));
	show_map(&c, "guard", guard);
	show_map(&c, "shared", shared);
	show_map(&c, "untouched", untouched);
	show_map(&c, "read only", read_only);
	core_close(&c);
	unlink("core");
}

static void signals(void)
{
	const int all[] = { SIGHUP, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL,
		SIGUSR1, SIGSEGV, SIGPIPE, SIGTERM, SIGSTKFLT, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGIO,
		SIGPWR, SIGSYS, SIGRTMIN };

	for (size_t i = 0; i < T_LEN(all); i++) {
		Elf64_Nhdr h;
		struct core c;
		siginfo_t si;
		pid_t pid = t_fork();

		if (pid == 0) {
			core_limit(RLIM_INFINITY);
			kill(getpid(), all[i]);
			_exit(1);
		}
		CHECK(waitid(P_PID, pid, &si, WEXITED | WNOWAIT) == 0);
		printf("code %d status %s\n", si.si_code, t_signame(si.si_status));
		t_reap("by kill", pid);
		if (core_open("core", &c)) {
			const siginfo_t *note = core_note(&c, NT_SIGINFO, 0, &h);
			printf("core: signal %d code %d, of the process: %d\n", note->si_signo,
				note->si_code, note->si_pid == pid);
			core_close(&c);
		}
		unlink("core");
	}
}

int main(void)
{
	t_start();
	printf("pattern %s", t_slurp(CORE_PATTERN));
	one_program();
	signals();
	IN_CHILD("default limit", raise(SIGABRT));
	T(access("core", F_OK));
	return 0;
}
