// SPDX-License-Identifier: MPL-2.0
// prctl(PR_SET_MDWE): memory that is or was writable never becomes executable.
#include "../lib/t.h"

#define SET_MDWE 65
#define GET_MDWE 66

static void *map(int prot)
{
	return mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void refused(void)
{
	void *w = map(PROT_READ | PROT_WRITE), *x = map(PROT_READ | PROT_EXEC);

	T(prctl(SET_MDWE, 1, 0, 0, 0));
	T(prctl(SET_MDWE, 0, 0, 0, 0));
	T(prctl(SET_MDWE, 1, 0, 0, 0));
	T(prctl(SET_MDWE, 3, 0, 0, 0));
	T(prctl(GET_MDWE, 0, 0, 0, 0));
	TOK(map(PROT_READ | PROT_WRITE | PROT_EXEC));
	TOK(map(PROT_READ | PROT_EXEC));
	TOK(map(PROT_READ | PROT_WRITE));
	T(mprotect(w, 4096, PROT_READ | PROT_EXEC));
	T(mprotect(w, 4096, PROT_READ));
	T(mprotect(w, 4096, PROT_READ | PROT_EXEC));
	T(mprotect(x, 4096, PROT_EXEC));
	T(mprotect(x, 4096, PROT_READ | PROT_EXEC));
	T(mprotect(x, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	T(mprotect(x, 4096, PROT_READ));
	T(mprotect(x, 4096, PROT_READ | PROT_EXEC));
	IN_CHILD("child", T(prctl(GET_MDWE, 0, 0, 0, 0));
		TOK(map(PROT_READ | PROT_WRITE | PROT_EXEC)));
}

static void not_inherited(void)
{
	T(prctl(SET_MDWE, 3, 0, 0, 0));
	T(prctl(SET_MDWE, 1, 0, 0, 0));
	T(prctl(GET_MDWE, 0, 0, 0, 0));
	IN_CHILD("child", T(prctl(GET_MDWE, 0, 0, 0, 0));
		TOK(map(PROT_READ | PROT_WRITE | PROT_EXEC)));
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		T(prctl(GET_MDWE, 0, 0, 0, 0));
		return 0;
	}
	t_start();
	T(prctl(GET_MDWE, 0, 0, 0, 0));
	T(prctl(GET_MDWE, 1, 0, 0, 0));
	T(prctl(GET_MDWE, 0, 1, 0, 0));
	T(prctl(SET_MDWE, 2, 0, 0, 0));
	T(prctl(SET_MDWE, 4, 0, 0, 0));
	T(prctl(SET_MDWE, 1, 1, 0, 0));
	T(prctl(SET_MDWE, 1, 0, 0, 1));
	T(prctl(SET_MDWE, 0, 0, 0, 0));
	IN_CHILD("refused", refused());
	IN_CHILD("not inherited", not_inherited());
	IN_CHILD("exec", prctl(SET_MDWE, 1, 0, 0, 0); execl("/proc/self/exe", "x", "again", NULL));
	return 0;
}
