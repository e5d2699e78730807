// SPDX-License-Identifier: MPL-2.0
/* The registry of character devices (kernel/chrdev.h): as many as there are, each found. */
#include <frame/test.h>
#include <kernel/chrdev.h>
#include <kernel/file.h>
#include <uapi/errno.h>

static const struct file_ops some_ops = { .open = NULL };
static const struct file_ops other_ops = { .open = NULL };

#define FIRST_MAJOR 3000u
#define EACH        100u /* ranges of each of three major numbers */

/* Ranges of two have no nodes in /dev. They stay until the machine turns itself off. */
KTEST(chrdev_many_are_all_found)
{
	struct chrdev_info info;
	u32 major, i, nr = 0;
	int errors = 0;

	while (chrdev_nth(nr, &info))
		nr++;
	for (i = 0; i < EACH; i++) {
		for (major = FIRST_MAJOR; major < FIRST_MAJOR + 3; major++)
			errors |= chrdev_register(major, 4 * i, 2, LIT("test"), 0600,
				i % 2 ? &some_ops : &other_ops);
	}
	KTEST_EXPECT(!errors);
	for (i = 0; i < EACH; i++) {
		const struct file_ops *ops = i % 2 ? &some_ops : &other_ops;
		for (major = FIRST_MAJOR; major < FIRST_MAJOR + 3; major++) {
			KTEST_EXPECT(chrdev_find(MKDEV(major, 4 * i)) == ops);
			KTEST_EXPECT(chrdev_find(MKDEV(major, 4 * i + 1)) == ops);
			KTEST_EXPECT(!chrdev_find(MKDEV(major, 4 * i + 2)));
		}
	}
	KTEST_EXPECT(!chrdev_find(MKDEV(FIRST_MAJOR + 3, 0)) && !chrdev_find(~0ul));
	errors = chrdev_register(4096, 0, 2, LIT("test"), 0600, &some_ops);
	KTEST_EXPECT(errors == -EINVAL);
	KTEST_EXPECT(chrdev_nth(nr + 3 * EACH - 1, &info) && info.major == FIRST_MAJOR + 2);
	KTEST_EXPECT(info.first == 4 * (EACH - 1) && !chrdev_nth(nr + 3 * EACH, &info));
}
