// SPDX-License-Identifier: MPL-2.0
/* The program that the exec rows run. */
int main(void)
{
	return 0;
}
