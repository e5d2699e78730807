// SPDX-License-Identifier: MPL-2.0
// As exec_mutated_elf, with the interpreter's file, and with the header that names the interpreter.
#define INTERPRETER
#include "exec_mutated_elf.c"
