// refuse: spill: .* comes \d{4} bytes below its entry
/* Values that live over a call, each in a place of its own on the stack. */
typedef unsigned long u64;
u64 get(u64 i);
#define D4(n)   u64 a##n##0 = get(n), a##n##1 = get(a##n##0), a##n##2 = get(a##n##1), a##n##3 = get(a##n##2)
#define D16(n)  D4(n##0); D4(n##1); D4(n##2); D4(n##3)
#define D64(n)  D16(n##0); D16(n##1); D16(n##2); D16(n##3)
#define S4(n)   (a##n##0 ^ get(a##n##1) ^ a##n##2 ^ a##n##3)
#define S16(n)  S4(n##0) + S4(n##1) * S4(n##2) + S4(n##3)
#define S64(n)  S16(n##0) + S16(n##1) * S16(n##2) + S16(n##3)
u64 spill(void)
{
	D64(1);
	D64(2);
	D64(3);
	D64(4);
	D64(5);

	return (S64(1)) * (S64(2)) * (S64(3)) * (S64(4)) * (S64(5));
}
