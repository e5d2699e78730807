// reject: W1
// SPDX-License-Identifier: MPL-2.0
struct holder;
struct holder *obj_live_count(void); // <- W1
