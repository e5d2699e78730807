// SPDX-License-Identifier: MPL-2.0
// SIOCETHTOOL, as Debian's ethtool uses it where it does not find the family "ethtool" of generic
// netlink: driver, link, features, permanent address, of lo and a tap device.
#include "../lib/tap.h"
#include <linux/ethtool.h>
#include <linux/sockios.h>

static const char *name;

static int ask(void *what)
{
	struct ifreq r = { 0 };
	int err;

	strcpy(r.ifr_name, name);
	r.ifr_data = what;
	err = ioctl(tap_sock(), SIOCETHTOOL, &r);
	return err < 0 ? -errno : err;
}

static void driver(void)
{
	struct ethtool_drvinfo i = { .cmd = ETHTOOL_GDRVINFO };
	int err = ask(&i);

	printf("%s: driver: %d", name, err);
	if (!err)
		printf(" %.32s %.32s '%.32s' '%.32s' '%.32s' %u %u %u %u %u", i.driver, i.version,
			i.fw_version, i.bus_info, i.erom_version, i.n_priv_flags, i.n_stats,
			i.testinfo_len, i.eedump_len, i.regdump_len);
	printf("\n");
}

static void settings(void)
{
	struct {
		struct ethtool_link_settings s;
		unsigned masks[3 * 127];
	} l = { .s.cmd = ETHTOOL_GLINKSETTINGS };
	struct ethtool_cmd old = { .cmd = ETHTOOL_GSET };
	int err = ask(&l), i;
	unsigned any = 0;

	printf("%s: settings: %d", name, err);
	if (!err) {
		printf(" nwords %d", l.s.link_mode_masks_nwords);
		l.s.link_mode_masks_nwords = -l.s.link_mode_masks_nwords;
		err = ask(&l);
		for (i = 0; i < 3 * l.s.link_mode_masks_nwords; i++)
			any |= l.masks[i];
		printf(", %d: speed %d duplex %u port %u phy %u autoneg %u mdio %u tp %u/%u transceiver %u words %d modes %#x",
			err, (int)l.s.speed, l.s.duplex, l.s.port, l.s.phy_address, l.s.autoneg,
			l.s.mdio_support, l.s.eth_tp_mdix, l.s.eth_tp_mdix_ctrl, l.s.transceiver,
			l.s.link_mode_masks_nwords, any);
		l.s.cmd = ETHTOOL_GLINKSETTINGS;
		l.s.link_mode_masks_nwords = 127;
		err = ask(&l);
		printf(", %d words %d", err, l.s.link_mode_masks_nwords);
	}
	err = ask(&old);
	printf("\n%s: old settings: %d", name, err);
	if (!err)
		printf(" speed %u duplex %u port %u autoneg %u supported %#x advertising %#x",
			ethtool_cmd_speed(&old), old.duplex, old.port, old.autoneg, old.supported,
			old.advertising);
	printf("\n");
}

static unsigned count(unsigned set)
{
	struct {
		struct ethtool_sset_info i;
		unsigned n[8];
	} s = { .i.cmd = ETHTOOL_GSSET_INFO, .i.sset_mask = 1ull << set };
	int err = ask(&s);

	printf("%s: set %u: %d mask %#llx count %u\n", name, set, err, s.i.sset_mask, s.n[0]);
	return s.i.sset_mask ? s.n[0] : 0;
}

static void features(bool strings)
{
	struct {
		struct ethtool_gstrings g;
		char text[128][ETH_GSTRING_LEN];
	} s = { .g.cmd = ETHTOOL_GSTRINGS, .g.string_set = ETH_SS_FEATURES };
	struct {
		struct ethtool_gfeatures f;
		struct ethtool_get_features_block b[4];
	} f = { .f.cmd = ETHTOOL_GFEATURES, .f.size = 4 };
	unsigned n = count(ETH_SS_FEATURES), i;
	int err = ask(&s);

	printf("%s: strings: %d len %u\n", name, err, s.g.len);
	for (i = 0; strings && i < n && i < 128; i++)
		printf("%u %.32s\n", i, s.text[i]);
	err = ask(&f);
	printf("%s: features: %d size %u\n", name, err, f.f.size);
	for (i = 0; i < f.f.size && i < 4; i++)
		printf("available %#x requested %#x active %#x never %#x\n", f.b[i].available,
			f.b[i].requested, f.b[i].active, f.b[i].never_changed);
	f.f.size = 1;
	err = ask(&f);
	printf("%s: one block: %d size %u\n", name, err, f.f.size);
}

/* Those of one value. */
static void values(void)
{
	static const struct {
		const char *name;
		unsigned cmd;
	} all[] = { { "link", ETHTOOL_GLINK }, { "rx-csum", ETHTOOL_GRXCSUM },
		{ "tx-csum", ETHTOOL_GTXCSUM }, { "sg", ETHTOOL_GSG }, { "tso", ETHTOOL_GTSO },
		{ "ufo", ETHTOOL_GUFO }, { "gso", ETHTOOL_GGSO }, { "gro", ETHTOOL_GGRO },
		{ "flags", ETHTOOL_GFLAGS }, { "msglvl", ETHTOOL_GMSGLVL },
		{ "pflags", ETHTOOL_GPFLAGS } };
	unsigned i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct ethtool_value v = { .cmd = all[i].cmd, .data = 77 };
		int err = ask(&v);
		printf("%s: %s: %d %#x\n", name, all[i].name, err, v.data);
	}
}

/* What these devices do not have. */
static void others(void)
{
	static const unsigned cmds[] = { ETHTOOL_GRINGPARAM, ETHTOOL_GCHANNELS, ETHTOOL_GPAUSEPARAM,
		ETHTOOL_GSTATS, ETHTOOL_GEEE, ETHTOOL_GRXFH, ETHTOOL_GRXRINGS, ETHTOOL_GREGS,
		ETHTOOL_GWOL, ETHTOOL_GEEPROM, ETHTOOL_NWAY_RST, ETHTOOL_GPHYSTATS,
		ETHTOOL_GFECPARAM, ETHTOOL_GMODULEINFO, ETHTOOL_SRINGPARAM, ETHTOOL_SCHANNELS };
	unsigned buffer[1024], i;

	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
		memset(buffer, 0, sizeof(buffer));
		buffer[0] = cmds[i];
		printf("%s: command %#x: %d\n", name, cmds[i], ask(buffer));
	}
}

static void channels(void)
{
	struct ethtool_channels c = { .cmd = ETHTOOL_GCHANNELS };
	int err = ask(&c);

	printf("%s: channels: %d most %u %u %u %u now %u %u %u %u\n", name, err, c.max_rx, c.max_tx,
		c.max_other, c.max_combined, c.rx_count, c.tx_count, c.other_count,
		c.combined_count);
}

static void address(void)
{
	struct {
		struct ethtool_perm_addr p;
		unsigned char a[32];
	} p = { .p.cmd = ETHTOOL_GPERMADDR, .p.size = 32 };
	unsigned i, any = 0;
	int err = ask(&p);

	for (i = 0; i < 32; i++)
		any |= p.a[i];
	printf("%s: permanent address: %d size %u %s\n", name, err, p.p.size,
		any ? "some" : "zero");
	p.p.size = 3;
	err = ask(&p);
	printf("%s: in 3 bytes: %d\n", name, err);
}

static void all(const char *n, bool strings)
{
	name = n;
	driver();
	settings();
	features(strings);
	values();
	others();
	channels();
	address();
	printf("%s: statistics, tests: %u %u\n", name, count(ETH_SS_STATS), count(ETH_SS_TEST));
}

int main(void)
{
	int tap, pid;

	net_start();
	all("lo", true);
	tap = tap_open("t0", IFF_TAP);
	tap_up("t0", "10.8.0.1");
	all("t0", false);
	name = "none";
	driver();
	pid = fork();
	if (!pid) {
		CHECK(setuid(1000) == 0);
		all("t0", false);
		exit(0);
	}
	waitpid(pid, NULL, 0);
	close(tap);
	return 0;
}
