// SPDX-License-Identifier: MPL-2.0
/*
 * The real-time clock of PCs (MC146818 data sheet): date and time in registers behind an index port
 * and a data port.
 *
 * The registers change once a second, announced by the flag UIP, so they are read until two
 * readings agree; if they never do, the time is unknown (0). The format (BCD or binary, 12 or 24
 * hours) is the one that firmware has set. The year has two digits and stands for 1970 to 2069.
 */
#include <frame/device.h>
#include <frame/sync.h>
#include <frame/time.h>
#include <kernel/rtc.h>
#include <uapi/errno.h>

enum { INDEX = 0, DATA = 1 };
enum {
	SECONDS = 0,
	MINUTES = 2,
	HOURS = 4,
	DAY = 7,
	MONTH = 8,
	YEAR = 9,
	STATUS_A = 10,
	STATUS_B = 11
};
#define A_UPDATING 0x80u
#define B_24_HOURS 0x02u
#define B_BINARY   0x04u
#define B_HALT     0x80u
#define PM         0x80u
/* An update takes 2 ms, once a second; a clock whose flag stays set is read all the same. */
#define UPDATE_NS (5 * NSEC_PER_MSEC)
/* Two readings in a row differ once a second; a clock that differs more often is broken. */
#define READINGS 8u

struct mc146818 {
	struct obj obj;
	struct spinlock lock; /* index and data port are used together */
	struct iomem *io;
};
OBJ_TYPE(mc146818, NULL_RELEASE);

/* The values in the format of the registers. */
struct reading {
	u8 second, minute, hour, day, month, year;
};

static u8 mc146818_get(struct mc146818 *r, u8 reg)
{
	iomem_write8(r->io, INDEX, reg);
	return iomem_read8(r->io, DATA);
}

static void mc146818_put(struct mc146818 *r, u8 reg, u8 v)
{
	iomem_write8(r->io, INDEX, reg);
	iomem_write8(r->io, DATA, v);
}

/* BCD has a decimal digit in each half of the byte. */
static u32 from_format(u8 v, u8 status)
{
	return status & B_BINARY ? v : (v >> 4) * 10u + (v & 15u);
}

static u8 to_format(u32 v, u8 status)
{
	return (u8)(status & B_BINARY ? v : v / 10 << 4 | v % 10);
}

/* Waits for the end of an update, for a limited time, and reads all registers. */
static struct reading read_registers(struct mc146818 *r)
{
	u64 end = time_mono_ns() + UPDATE_NS;

	while ((mc146818_get(r, STATUS_A) & A_UPDATING) && time_mono_ns() < end)
		;
	return (struct reading){ mc146818_get(r, SECONDS), mc146818_get(r, MINUTES),
		mc146818_get(r, HOURS), mc146818_get(r, DAY), mc146818_get(r, MONTH),
		mc146818_get(r, YEAR) };
}

static bool same(const struct reading *a, const struct reading *b)
{
	return a->second == b->second && a->minute == b->minute && a->hour == b->hour &&
		a->day == b->day && a->month == b->month && a->year == b->year;
}

/* In the 12-hour format, 12 AM is hour 0, and bit 7 is PM. */
static u32 hour_of(u8 v, u8 status)
{
	u32 h;

	if (status & B_24_HOURS)
		return from_format(v, status);
	h = from_format(v & (u8)~PM, status) % 12;
	return v & PM ? h + 12 : h;
}

/*
 * The number of days from 1970-01-01 to a date of the Gregorian calendar. Years begin in March
 * here, so that the leap day is the last day of a year.
 */
static s64 days_since_1970(u32 year, u32 month, u32 day)
{
	u32 y = month <= 2 ? year - 1 : year;
	u32 m = (month + 9) % 12;

	return (s64)(y * 365 + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1) - 719468;
}

/*
 * The lock is held over all readings: another one between index and data would read a wrong
 * register. A date that cannot be is unknown, too.
 */
static u64 read_ns(struct obj *owner)
{
	struct mc146818 *r = obj_cast(mc146818, owner);
	struct reading t, again;
	u32 year, month, day, n = 0;
	s64 seconds;
	bool agree;
	u8 status;

	spin_lock(&r->lock);
	status = mc146818_get(r, STATUS_B);
	again = read_registers(r);
	do {
		t = again;
		again = read_registers(r);
		agree = same(&t, &again);
	} while (!agree && ++n < READINGS);
	spin_unlock(&r->lock);
	if (!agree)
		return 0;
	year = from_format(t.year, status);
	year += year < 70 ? 2000 : 1900;
	month = from_format(t.month, status);
	day = from_format(t.day, status);
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return 0;
	seconds = days_since_1970(year, month, day) * 86400 + hour_of(t.hour, status) * 3600 +
		from_format(t.minute, status) * 60 + from_format(t.second, status);
	return (u64)seconds * NSEC_PER_SEC;
}

/* The date of a day since 1970: the inverse of days_since_1970, computed in eras of 400 years. */
static void date_of(u32 days, u32 *year, u32 *month, u32 *day)
{
	u32 z = days + 719468, era = z / 146097, in_era = z % 146097;
	u32 y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	u32 in_year = in_era - (365 * y + y / 4 - y / 100);
	u32 m = (5 * in_year + 2) / 153;

	*day = in_year - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = era * 400 + y + (*month <= 2);
}

/*
 * The clock is halted (SET bit) while the registers are written, so that no update mixes old and
 * new values.
 */
static int write_ns(struct obj *owner, u64 ns)
{
	struct mc146818 *r = obj_cast(mc146818, owner);
	u64 s = ns / NSEC_PER_SEC;
	u32 year, month, day, hour, in_day = (u32)(s % 86400);
	u8 status, pm = 0;

	if (s / 86400 >= 36524)
		return -EINVAL; /* after 2069 */
	date_of((u32)(s / 86400), &year, &month, &day);
	hour = in_day / 3600;
	spin_lock(&r->lock);
	status = mc146818_get(r, STATUS_B);
	if (!(status & B_24_HOURS)) {
		pm = hour >= 12 ? PM : 0;
		hour = hour % 12 ? hour % 12 : 12;
	}
	mc146818_put(r, STATUS_B, (u8)(status | B_HALT));
	mc146818_put(r, SECONDS, to_format(in_day % 60, status));
	mc146818_put(r, MINUTES, to_format(in_day / 60 % 60, status));
	mc146818_put(r, HOURS, (u8)(to_format(hour, status) | pm));
	mc146818_put(r, DAY, to_format(day, status));
	mc146818_put(r, MONTH, to_format(month, status));
	mc146818_put(r, YEAR, to_format(year % 100, status));
	mc146818_put(r, STATUS_B, status);
	spin_unlock(&r->lock);
	return 0;
}
static const struct rtc_ops mc146818_ops = { .read_ns = read_ns, .write_ns = write_ns };

static int rtc_probe(struct device *dev, u32 quirk)
{
	struct iomem *io = device_iomem(dev, 0);
	struct mc146818 *r;

	(void)quirk;
	if (!io || iomem_size(io) < 2)
		return -EINVAL;
	r = obj_new(mc146818);
	if (!r)
		return -ENOMEM;
	r->io = io;
	rtc_register(&mc146818_ops, &r->obj);
	obj_put(&r);
	return 0;
}

static const struct dt_match rtc_match[] = { { LIT("motorola,mc146818"), .quirk = 0 } };
DRIVER(mc146818, rtc_match, rtc_probe);
