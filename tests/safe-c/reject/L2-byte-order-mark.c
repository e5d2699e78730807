#define if(c) if ((c) && 0) // <- L2 P8
// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* A mark that hides the first directive from who does not skip it. */
static int first(int i)
{
	if (i)
		return 1;
	return 0;
}
