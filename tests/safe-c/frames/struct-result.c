// refuse: take: .* comes \d{4} bytes below its entry
/* The place for a result that is a struct is the caller's. */
typedef unsigned long u64;
struct s { u64 w[700]; };
struct s make(u64 v);
u64 take(u64 v)
{
	return make(v).w[v % 700];
}
