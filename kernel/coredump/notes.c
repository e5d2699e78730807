// SPDX-License-Identifier: MPL-2.0
/*
 * The notes of a core file: the state of each thread (NT_PRSTATUS and the registers of the machine),
 * and of the process (NT_PRPSINFO, NT_SIGINFO, NT_AUXV, NT_FILE). See core(5), elf(5).
 *
 * Their size stands in a header before them, so it is computed first. Only the names of files are
 * kept for that, since a path may change; all others are made when they are written. The order is
 * Linux's: the dumping thread comes first, and behind its status the notes of the process.
 */
#include <abi/core.h>
#include <frame/time.h>
#include <kernel/clock.h>
#include <kernel/cred.h>
#include <kernel/knobs.h>
#include <kernel/mm.h>
#include <kernel/namei.h>
#include <kernel/uaccess.h>
#include <uapi/elf.h>

#include "../fs/proc/procfs.h"
#include "core.h"

#define NT_PRSTATUS 1u
#define NT_PRPSINFO 3u
#define NT_AUXV     6u
#define NT_SIGINFO  0x53494749u
#define NT_FILE     0x46494c45u

struct note_header {
	u32 namesz, descsz, type;
};

struct old_timeval {
	s64 sec, usec;
};

/* struct elf_prstatus */
struct prstatus {
	s32 signo, code, err;
	s16 cursig;
	u16 pad1;
	u64 sigpend, sighold;
	s32 pid, ppid, pgrp, sid;
	struct old_timeval utime, stime, cutime, cstime;
	struct abi_core_gregs regs;
	s32 fpvalid;
	u32 pad2;
};
static_assert(sizeof(struct prstatus) == 112 + sizeof(struct abi_core_gregs) + 8, "elf_prstatus");

#define PSARGS 80u
/* struct elf_prpsinfo */
struct prpsinfo {
	u8 state;
	char sname;
	u8 zombie;
	s8 nice;
	u32 pad;
	u64 flag;
	u32 uid, gid;
	s32 pid, ppid, pgrp, sid;
	char fname[16];
	u8 psargs[PSARGS];
};
static_assert(sizeof(struct prpsinfo) == 136, "elf_prpsinfo");

/* Flags of a process as /proc/PID/stat has them: layout at random, killed, dumping. */
#define PF_OF_A_CORE 0x400600u

static void core_notes_release(struct core_notes *n)
{
	u32 i;

	for (i = 0; i < n->nr_pages; i++)
		page_put(array_at(n->page, i));
}
OBJ_TYPE(core_notes, core_notes_release);

static const u8 padding[4];

/* ---- sizes ---- */

/* Owners are "CORE" and "LINUX": with their NUL, 8 bytes when padded. */
static u64 note_size(u64 bytes)
{
	return sizeof(struct note_header) + 8 + round_up(bytes, 4);
}

/* A vector that is cut after AT_NULL. */
static u64 auxv_size(const struct mm *mm)
{
	u64 pair[2] = { 1, 0 }, at = 0;

	while (mm->auxv && pair[0] != AT_NULL && span_read(buf_cspan(mm->auxv), at, &pair))
		at += sizeof(pair);
	return at;
}

/* Two words, three for each mapping with a name, and the names. */
static u64 file_size(const struct core_notes *n)
{
	return (2 + 3 * n->nr_files) * sizeof(u64) + n->names_len;
}

/* All threads have the same notes. */
static u64 thread_size(void)
{
	u64 size = note_size(sizeof(struct prstatus));
	struct abi_core_note note;
	u32 i;

	for (i = 0; abi_core_note(i, &note); i++)
		size += note_size(note.size);
	return size;
}

/* ---- NT_FILE ---- */

/* 0, -ENOMEM; -E2BIG: the note becomes larger than it may. */
static int add_name_bytes(struct core_notes *n, struct cspan bytes)
{
	if (file_size(n) + cspan_len(bytes) >= knob_get(KNOB_CORE_NOTE_SIZE))
		return -E2BIG;
	while (cspan_len(bytes)) {
		size_t off = n->names_len & PAGE_MASK;
		size_t k = min(cspan_len(bytes), PAGE_SIZE - off);
		if (!off) {
			if (n->nr_pages == ARRAY_LEN(n->page))
				return -E2BIG;
			*array_at(n->page, n->nr_pages) = page_alloc(PAGE_USER);
			if (!n->page[n->nr_pages])
				return -ENOMEM;
			n->nr_pages++;
		}
		page_write(n->page[n->nr_pages - 1], off, cspan_first(bytes, k));
		n->names_len += k;
		bytes = cspan_from(bytes, k);
	}
	return 0;
}

/* A mapping whose file has no name that can be told is left out, as on Linux. */
static int add_name(struct core_notes *n, struct buf *path, struct core_map *const m)
{
	ssize_t len = m->is_shared_anon
		? (ssize_t)span_copy(buf_span(path), STR("/dev/zero (deleted)"))
		: proc_path_text(&m->file->path, span_first(buf_span(path), PATH_LEN));
	int err;

	if (len < 0) {
		obj_put(&m->file);
		return 0;
	}
	err = add_name_bytes(n, cspan_first(buf_cspan(path), (size_t)len));
	if (!err)
		err = add_name_bytes(n, cspan_first(cspan_of(padding), 1));
	n->nr_files++;
	return err;
}

/*
 * Goes over all mappings, and ends early when the process is killed.
 * Without memory, or room, for all names there is no note: nr_files is 0.
 */
static void collect_names(struct core_notes *n)
{
	struct buf *path = buf_alloc_dirty(PATH_LEN);
	struct core_maps *c;
	int err = path ? 0 : -ENOMEM;
	u32 i;

	for (c = n->maps; c && !err; c = c->next) {
		for (i = 0; i < c->nr && !err; i++) {
			struct core_map *const m = array_at(c->map, i);
			if (m->file || m->is_shared_anon)
				err = add_name(n, path, m);
		}
		if (loop_should_end())
			err = -EINTR;
	}
	if (err)
		n->nr_files = 0;
	buf_put(&path);
}

struct core_notes *core_notes_new(struct thread *t, struct mm *mm, struct core_maps *maps,
	const struct siginfo *info)
{
	struct core_notes *n = obj_new(core_notes);
	struct thread *s = NULL;
	u8 machine[64];
	u64 size;
	u32 type;

	if (!n)
		return NULL;
	n->t = t;
	n->mm = mm;
	n->maps = maps;
	n->info = *info;
	collect_names(n);
	n->size = thread_size() + note_size(sizeof(struct prpsinfo)) +
		note_size(sizeof(struct siginfo64)) + note_size(auxv_size(mm));
	if (n->nr_files)
		n->size += note_size(file_size(n));
	while ((s = dump_next_thread(t, s)) != NULL)
		n->size += thread_size();
	size = abi_core_machine_note(span_of(machine), &type);
	if (size)
		n->size += note_size(size);
	return n;
}

/* ---- writing ---- */

static const u8 owner_core[8] = "CORE";
static const u8 owner_linux[8] = "LINUX";

/* A note's contents may be emitted in pieces, between note_begin and note_end. */
static void note_begin(struct core_out *o, bool is_core, u32 type, u64 bytes)
{
	struct note_header h = { .namesz = is_core ? 5 : 6, .descsz = (u32)bytes, .type = type };

	core_emit(o, value_cspan(&h));
	if (is_core)
		core_emit(o, cspan_of(owner_core));
	else
		core_emit(o, cspan_of(owner_linux));
}

static void note_end(struct core_out *o, u64 bytes)
{
	core_emit(o, cspan_first(cspan_of(padding), round_up(bytes, 4) - bytes));
}

static void write_note(struct core_out *o, bool is_core, u32 type, struct cspan bytes)
{
	note_begin(o, is_core, type, cspan_len(bytes));
	core_emit(o, bytes);
	note_end(o, cspan_len(bytes));
}

static struct old_timeval note_timeval(u64 ns)
{
	return (struct old_timeval){ (s64)(ns / NSEC_PER_SEC),
		(s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

struct core_ids {
	s32 pid, ppid, pgrp, sid;
};

/* Under proc_lock: parent, group and session of the process may change meanwhile. */
static struct core_ids ids_of(struct thread *t)
{
	struct process *p = t->process;
	struct core_ids i;

	spin_lock(&proc_lock);
	i = (struct core_ids){ .pid = t->tid,
		.ppid = p->parent ? p->parent->pid : 0,
		.pgrp = p->pgrp ? p->pgrp->pgid : 0,
		.sid = p->session ? p->session->sid : 0 };
	spin_unlock(&proc_lock);
	return i;
}

/* The leader's times are those of the whole process. */
static void write_prstatus(struct core_notes *n, struct core_out *o, struct thread *t)
{
	struct process *p = t->process;
	bool leader = t == p->leader;
	u64 user = leader ? process_cpu_ns(p, true) : thread_cpu_ns(t, true);
	u64 all = leader ? process_cpu_ns(p, false) : thread_cpu_ns(t, false);
	struct core_ids id = ids_of(t);
	struct prstatus s = { .signo = n->info.signo,
		.cursig = (s16)n->info.signo,
		.sigpend = load_once(t->pending.set),
		.sighold = load_once(t->blocked),
		.pid = id.pid,
		.ppid = id.ppid,
		.pgrp = id.pgrp,
		.sid = id.sid,
		.utime = note_timeval(user),
		.stime = note_timeval(all > user ? all - user : 0),
		.cutime = note_timeval(atomic_load(&p->child_user_ns)),
		.cstime = note_timeval(atomic_load(&p->child_system_ns)),
		.fpvalid = 1 };

	abi_core_gregs(t, t->ended_in_call, &s.regs);
	write_note(o, true, NT_PRSTATUS, value_cspan(&s));
}

/* The notes of the machine are parts of one image, see <kernel/coreregs.h>. */
static void write_thread_regs(struct core_out *o, struct thread *t)
{
	struct abi_core_note note;
	struct user_fpregs fp;
	u32 i;

	abi_core_fpregs(t, &fp);
	for (i = 0; abi_core_note(i, &note); i++)
		write_note(o, note.is_core, note.type, cspan_first(value_cspan(&fp), note.size));
}

/* The arguments as the program has them now, with blanks between them. */
static void copy_args(struct mm *mm, struct prpsinfo *const ps)
{
	u64 len = min(mm->arg_end - mm->arg_start, PSARGS - 1ul), i;

	if (mm_read(mm, UADDR(mm->arg_start), span_first(span_of(ps->psargs), len)) != (ssize_t)len)
		span_fill(span_of(ps->psargs), 0);
	for (i = 0; i < len; i++) {
		if (!*array_at(ps->psargs, i))
			*array_at(ps->psargs, i) = ' ';
	}
}

/* Of the process: name, state and ids are those of its leader, which may have ended. */
static void write_prpsinfo(struct core_notes *n, struct core_out *o)
{
	struct thread *leader = n->t->process->leader; /* it stays until the process is reaped */
	struct core_ids id = ids_of(leader);
	struct cred *c = thread_cred_get(leader);
	struct prpsinfo ps = { .state = leader == n->t ? 0 : 2,
		.sname = leader == n->t ? 'R' : 'D',
		.nice = (s8)leader->sched.nice,
		.flag = PF_OF_A_CORE,
		.uid = c ? c->uid : 0,
		.gid = c ? c->gid : 0,
		.pid = id.pid,
		.ppid = id.ppid,
		.pgrp = id.pgrp,
		.sid = id.sid };

	obj_put(&c);
	span_copy(span_of(ps.fname), cspan_of(leader->comm));
	copy_args(n->mm, &ps);
	write_note(o, true, NT_PRPSINFO, value_cspan(&ps));
}

/* How many mappings, the size of a page, their places, in pages of the file; then the names. */
static void write_files(struct core_notes *n, struct core_out *o)
{
	u64 head[2] = { n->nr_files, PAGE_SIZE }, left = n->names_len;
	struct buf *page = buf_alloc_dirty(PAGE_SIZE);
	struct core_maps *c;
	u32 i;

	note_begin(o, true, NT_FILE, file_size(n));
	core_emit(o, value_cspan(&head));
	for (c = n->maps; c; c = c->next) {
		for (i = 0; i < c->nr; i++) {
			const struct core_map *const m = array_at(c->map, i);
			u64 place[3] = { m->start, m->end, m->offset >> PAGE_SHIFT };
			if (m->file || m->is_shared_anon)
				core_emit(o, value_cspan(&place));
		}
	}
	if (!page)
		o->failed = true;
	for (i = 0; i < n->nr_pages && !o->failed; i++) {
		page_read(n->page[i], 0, buf_span(page));
		core_emit(o, cspan_first(buf_cspan(page), left));
		left -= min(left, PAGE_SIZE);
		page_put(array_at(n->page, i)); /* the rest of the dump may take long */
	}
	buf_put(&page);
	note_end(o, file_size(n));
}

void core_notes_write(struct core_notes *n, struct core_out *o)
{
	struct siginfo64 info = { 0 };
	u8 machine[64];
	struct thread *t = NULL;
	size_t size;
	u32 type;

	write_prstatus(n, o, n->t);
	write_prpsinfo(n, o);
	siginfo_to_user(&n->info, &info);
	write_note(o, true, NT_SIGINFO, value_cspan(&info));
	write_note(o, true, NT_AUXV,
		n->mm->auxv ? cspan_first(buf_cspan(n->mm->auxv), auxv_size(n->mm)) : CSPAN_NONE);
	if (n->nr_files)
		write_files(n, o);
	write_thread_regs(o, n->t);
	while ((t = dump_next_thread(n->t, t)) != NULL) {
		write_prstatus(n, o, t);
		write_thread_regs(o, t);
	}
	size = abi_core_machine_note(span_of(machine), &type);
	if (size)
		write_note(o, false, type, cspan_first(cspan_of(machine), size));
}
