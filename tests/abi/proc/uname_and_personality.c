// SPDX-License-Identifier: MPL-2.0
// uname fields, sethostname, setdomainname, personality round trip.
#include "../lib/t.h"
#include <sys/personality.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname u, v;

	t_start();
	T(uname(&u));
	SHOWS(u.machine);
	IS(u.release[0] >= '0' && u.release[0] <= '9');
	IS(strlen(u.version) > 0);
	T(uname((void *)8));
	T(sethostname("keel-test", 9));
	T(uname(&v));
	SHOWS(v.nodename);
	char host[65];
	T(gethostname(host, sizeof(host)));
	T(sethostname("x", -1));
	T(sethostname("x", 65));
	T(sethostname((char *)8, 5));
	T(sethostname("", 0));
	T(setdomainname("domain", 6));
	T(uname(&v));
	SHOWS(v.domainname);
	IN_CHILD("user", {
		t_drop_root(1000);
		T(sethostname("y", 1));
		T(setdomainname("y", 1));
	});
	sethostname(u.nodename, strlen(u.nodename));
	setdomainname(u.domainname, strlen(u.domainname));
	T(personality(0xffffffff));
	T(personality(ADDR_NO_RANDOMIZE));
	SHOWX(personality(0xffffffff));
	T(personality(0));
	return 0;
}
