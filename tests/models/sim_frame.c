// SPDX-License-Identifier: MPL-2.0
/*
 * What drivers meet of the frame besides the machine of sim.c: the log, panics, objects, memory,
 * and a devicetree that the test makes.
 */
#include <frame/boot.h>
#include <frame/log.h>

#include "../../frame/boot/boot_private.h"
#include "../../frame/task/task.h"
#include "sim.h"

#include <sys/mman.h>
int vsnprintf(char *out, size_t n, const char *format, __builtin_va_list args);
void *aligned_alloc(size_t align, size_t n);
char *strstr(const char *in, const char *what);
size_t strlen(const char *s);
int fork(void);
int waitpid(int pid, int *status, int options);
void _exit(int status) __attribute__((noreturn));

#define PANICKED 42 /* status of a process */

/* ---- the log, panics ---- */

static char log_buffer[65536];
static size_t log_used;

const char *sim_log_text(void)
{
	return log_buffer;
}

void _log_printf(u32 level, const char *format, ...)
{
	__builtin_va_list args;
	int n;

	(void)level;
	__builtin_va_start(args, format);
	n = vsnprintf(log_buffer + log_used, sizeof(log_buffer) - log_used - 1, format, args);
	__builtin_va_end(args);
	log_used = min(log_used + (size_t)n, sizeof(log_buffer) - 2);
	log_buffer[log_used++] = '\n';
}

void log_text(u32 level, struct cspan text)
{
	_log_printf(level, "%.*s", (int)text._n, (const char *)text._p);
}

bool _log_enabled(u32 level)
{
	(void)level;
	return true;
}

bool _log_limit_pass(struct log_limit *l)
{
	if (l->_last_ns && sim_now() - l->_last_ns < NSEC_PER_SEC)
		return false;
	l->_last_ns = sim_now() | 1;
	return true;
}

bool sim_logged(const char *text)
{
	return strstr(log_buffer, text);
}

static bool may_panic;

bool sim_panics(void (*what)(void))
{
	int status = 0, pid;

	pid = fork();
	if (!pid) {
		may_panic = true;
		what();
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && (!status || status == PANICKED << 8));
	return status;
}

void no_task_here(void)
{
	_kernel_panic("what only a task may do");
}
void _kernel_panic(const char *message)
{
	if (may_panic)
		_exit(PANICKED);
	model_fail("panic: %s", message);
}

void frame_bug(const char *what)
{
	model_fail("a broken invariant: %s", what);
}

/* ---- objects, memory ---- */

static struct obj_type *types[64];
static u32 nr_types = OBJ_NO_POOL + 1;

struct obj *_obj_alloc(struct obj_type *type)
{
	struct obj *o = calloc(1, type->_size);

	if (type->_index == OBJ_NO_POOL) {
		CHECK(nr_types < ARRAY_LEN(types));
		types[nr_types] = type;
		type->_index = nr_types++;
	}
	o->_refs = 1;
	o->_type = type->_index;
	return o;
}

void _obj_last_put(struct obj *o)
{
	types[o->_type]->_release(o);
	free(o);
}

void _obj_bad_count(struct obj *o, u32 change)
{
	(void)change;
	model_fail("a bad count of references of %s", types[o->_type]->_name._s);
}

bool _obj_no_ref(struct obj *o, u32 refs)
{
	if (refs == 0x7fffffff)
		_obj_bad_count(o, 0);
	return false;
}

/* Between two pages that fault, below 2 GiB: a legacy device takes 32 bits of a page's number. */
paddr_t page_alloc_frame(void)
{
	char *p = mmap(NULL, 3 * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1,
		0);

	CHECK(p != MAP_FAILED && !mprotect(p + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE));
	return (paddr_t)(p + PAGE_SIZE);
}

unsigned bootmem_ram(const struct mem_range **out)
{
	static const struct mem_range ram = { 0x80000000, 0x90000000 };

	*out = &ram;
	return 1;
}

/* ---- the rest of frame/dev ---- */

struct boot_facts boot_facts;

/* Weak: test_pci.c has the frame's own. */
__attribute__((weak)) void pci_init(struct dt_node *n)
{
	(void)n;
}
__attribute__((weak)) bool pci_bar(struct pci_function *f, unsigned i, paddr_t *base, u64 *size)
{
	(void)f, (void)i, (void)base, (void)size;
	return false;
}
__attribute__((weak)) struct irq_line *pci_irq(struct pci_function *f, unsigned i)
{
	(void)f, (void)i;
	return NULL;
}
__attribute__((weak)) void pci_master(struct pci_function *f, bool on)
{
	(void)f;
	(void)on;
}
/* Weak: test_ring.c has the frame's own. */
__attribute__((weak)) bool virtio_init(struct device *d)
{
	(void)d;
	return true;
}
/* Weak: test_irq.c has its own. No line storms. */
__attribute__((weak)) bool timer_node_set(struct timer_node *n, u64 deadline_ns)
{
	(void)n, (void)deadline_ns;
	return false;
}
__attribute__((weak)) bool sched_is_starved(u64 *seen)
{
	(void)seen;
	return false;
}
void restart_init(void)
{
}

/* ---- the devicetree ---- */

struct dt_node *sim_node(struct dt_node *parent, const char *name)
{
	return dt_add_node(parent, name);
}

void sim_prop_string(struct dt_node *n, const char *name, const char *value)
{
	dt_add_prop(n, name, (const u8 *)value, strlen(value) + 1);
}

void sim_prop_cells(struct dt_node *n, const char *name, unsigned count, const u32 *cells)
{
	u8 *b = calloc(count + 1, 4);
	unsigned i, k;

	for (i = 0; i < count; i++) {
		for (k = 0; k < 4; k++)
			b[4 * i + k] = (u8)(cells[i] >> (24 - 8 * k));
	}
	dt_add_prop(n, name, b, 4ul * count);
}

struct dt_node *sim_root(void)
{
	if (!dt_root()) {
		struct dt_node *n = dt_add_node(NULL, "");
		sim_prop(n, "#address-cells", 2);
		sim_prop(n, "#size-cells", 2);
	}
	return dt_root();
}

struct dt_node *sim_soc(void)
{
	struct dt_node *n = dt_find(STR("/soc"));

	if (!n) {
		n = sim_node(sim_root(), "soc");
		sim_prop(n, "#address-cells", 2);
		sim_prop(n, "#size-cells", 2);
		sim_prop_cells(n, "ranges", 0, NULL);
	}
	return n;
}

struct dt_node *sim_device(const char *name, const char *compatible, u64 base, u64 size, u32 hwirq)
{
	struct dt_node *n = sim_node(sim_soc(), name);

	sim_prop_string(n, "compatible", compatible);
	sim_prop(n, "reg", (u32)(base >> 32), (u32)base, (u32)(size >> 32), (u32)size);
	if (hwirq)
		sim_prop(n, "interrupts", hwirq);
	return n;
}

void cpu_relax(void)
{
	sim_spins();
}
