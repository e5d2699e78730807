// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
void fall(void); // <- W1
