// accept
/* What services do: some arguments on the stack, structs by value, results, formats. */
typedef unsigned long u64;
struct s { u64 w[8]; };
struct s f(struct s a, u64 b, u64 c, u64 d, u64 e, u64 g, u64 h, u64 i, u64 j, u64 k, u64 l);
int tell_all(const char *format, ...);
u64 several(const struct s *p, u64 v)
{
	struct s r = f(*p, v, v, v, v, v, v, v, v, v, v);

	tell_all("%lu %lu %lu %lu %lu %lu %lu %lu %lu %lu", v, v, v, v, v, v, v, v, v, v);
	return f(r, v, 2, 3, 4, 5, 6, 7, 8, 9, v).w[2];
}
