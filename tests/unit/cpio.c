// SPDX-License-Identifier: MPL-2.0
/*
 * The parser of cpio archives (kernel/fs/initramfs/cpio.c): takes the archive of the standard input
 * in pieces of random sizes, and prints a line for each entry: mode, size, a sum of its bytes, name.
 */
#include <frame/log.h>

#include "../../kernel/fs/initramfs/cpio.h"
#include "host.h"

OBJ_TYPE(unpack, NULL_RELEASE);
OBJ_TYPE(file, NULL_RELEASE);

#define MOST (1u << 20)
static u8 archive[MOST];
static u64 sum, at;
static struct unpack *reader;

static void print_entry(const struct unpack *u, struct cspan target)
{
	size_t i;

	printf("%o %lu %lu ", u->mode, u->size, sum);
	for (i = 0; i + 1 < u->name_len; i++)
		printf("%c", u->name[i] >= ' ' && u->name[i] < 127 ? u->name[i] : '?');
	printf(" %lu\n", target._n);
}
int cpio_make_entry(struct unpack *u)
{
	UNIT_CHECK(u->name_len && u->name_len <= PATH_LEN && !u->name[u->name_len - 1]);
	sum = at = 0;
	if ((u->mode & 0170000) == 0120000)
		return 0;
	if ((u->mode & 0170000) != 0100000 || !u->size)
		print_entry(u, (struct cspan){ NULL, 0 });
	else
		u->file = obj_new(file);
	return u->mode & 0170000 ? 0 : -EINVAL;
}
int cpio_make_symlink(struct unpack *u, struct cspan target)
{
	UNIT_CHECK(target._n <= PATH_LEN && target._n == u->size);
	print_entry(u, target);
	return 0;
}
void cpio_forget_links(void)
{
}
ssize_t file_write_kernel(struct file *f, u64 pos, struct cspan in)
{
	size_t i;

	(void)f;
	UNIT_CHECK(pos == at);
	for (i = 0; i < in._n; i++)
		sum += in._p[i];
	at += in._n;
	if (at == reader->size)
		print_entry(reader, (struct cspan){ NULL, 0 });
	return (ssize_t)in._n;
}
void _log_printf(u32 level, const char *format, ...)
{
	(void)level;
	(void)format;
}
void log_text(u32 level, struct cspan text)
{
	(void)level;
	(void)text;
}
void _kernel_panic(const char *message)
{
	printf("panic: %s\n", message);
	exit(1);
}

int main(void)
{
	struct unpack *u = reader = obj_new(unpack);
	size_t n = 0, done = 0, piece;
	ssize_t k;

	while ((k = read(0, archive + n, sizeof(archive) - n)) > 0)
		n += (size_t)k;
	unit_seed += n;
	while (done < n) {
		piece = min(1 + (size_t)unit_random(unit_random(2) ? 7 : 3000), n - done);
		k = cpio_feed(u, (struct cspan){ archive + done, piece });
		if (k <= 0)
			break;
		done += (size_t)k;
	}
	printf("end %d at %lu\n", k < 0 ? (int)-k : 0, done);
	obj_put(&u->file);
	obj_put(&u);
	return 0;
}
