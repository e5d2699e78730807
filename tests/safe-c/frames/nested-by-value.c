// refuse: nest: .* comes \d{4} bytes below its entry
/* Each of the copies is small, together they are not: results of calls are arguments of others. */
typedef unsigned long u64;
struct s { u64 w[60]; };
struct s f(struct s a, struct s b);
u64 nest(const struct s *p)
{
	return f(f(*p, f(*p, *p)), f(f(*p, *p), *p)).w[3];
}
