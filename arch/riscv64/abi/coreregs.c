// SPDX-License-Identifier: MPL-2.0
/* The registers of a thread as a core file of riscv64 has them. */
#include <abi/core.h>

#define NT_PRFPREG 2u

static_assert(sizeof(struct abi_core_gregs) == 256, "ELF_NGREG words");
static_assert(sizeof(struct user_fpregs) == 264, "struct __riscv_d_ext_state, padded");

/* Nothing tells whether a call was interrupted, as on Linux. */
void abi_core_gregs(struct thread *t, bool in_call, struct abi_core_gregs *out)
{
	(void)in_call;
	user_get_regs(t->user, &out->regs);
}

void abi_core_fpregs(struct thread *t, struct user_fpregs *out)
{
	user_get_fpregs(t->user, out);
}

bool abi_core_note(u32 i, struct abi_core_note *out)
{
	*out = (struct abi_core_note){
		.type = NT_PRFPREG, .size = sizeof(struct user_fpregs), .is_core = true
	};
	return i == 0;
}

size_t abi_core_machine_note(struct span out, u32 *type)
{
	(void)out;
	*type = 0;
	return 0;
}
