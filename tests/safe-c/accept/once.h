// accept: once.h
// SPDX-License-Identifier: MPL-2.0
#pragma once
#include <frame/types.h>
struct once {
	u32 n;
};
