// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include "b.h"
void fall(void) // <- W1
{
}
