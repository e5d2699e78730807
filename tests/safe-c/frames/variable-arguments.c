// refuse: tell: .* comes \d{4} bytes below its entry
/* What a call of a function with variable arguments takes, as the frame's log functions are. */
typedef unsigned long u64;
#define T4(x)    x, x, x, x
#define T16(x)   T4(x), T4(x), T4(x), T4(x)
#define T64(x)   T16(x), T16(x), T16(x), T16(x)
int tell_all(const char *format, ...);
int tell(u64 v)
{
	return tell_all("%lu", T64(v), T64(v), T64(v), T64(v), T64(v));
}
