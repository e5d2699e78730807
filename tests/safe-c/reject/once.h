// reject: once.h
// SPDX-License-Identifier: MPL-2.0
#pragma once // <- L2
#include <frame/types.h>
