// refuse: pass: .* comes \d{5} bytes below its entry
/* A struct passed by value lies on the stack of the caller. */
typedef unsigned long u64;
struct big { u64 w[4110]; };
extern struct big g;
u64 pass(u64 (*f)(struct big))
{
	return f(g);
}
