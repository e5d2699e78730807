// SPDX-License-Identifier: MPL-2.0
/*
 * Interrupt lines (frame/irq.h): handlers, their context, what a detach waits for, which CPU a
 * message goes to.
 *
 * The bell is a device that rings when it is asked to. What a handler did is counted, and
 * test_until waits for the count. A handler may be called although the device has not rung: QEMU's
 * network controller may repeat a message, an interrupt controller keeps what was raised while
 * nobody was attached, and after a pause the frame calls the handler in any case. So handlers look
 * whether the device really has rung.
 */
#include <frame/cpu.h>
#include <frame/device.h>
#include <frame/fmt.h>
#include <frame/log.h>
#include <frame/nic.h>
#include <frame/virtio.h>
#include <uapi/errno.h>

#include "test.h"

enum { SHOWN_RTC = 1, SHOWN_82574L, SHOWN_EDU, SHOWN_MASTER };
static struct device *rtc, *nic, *edu;
static struct device *master[2]; /* such as have lines that no driver uses */
static u32 nr_masters;

static int irq_onlooker_probe(struct device *dev, u32 quirk)
{
	if (quirk == SHOWN_RTC && !rtc)
		rtc = dev;
	if (quirk == SHOWN_82574L && !nic)
		nic = dev;
	if (quirk == SHOWN_EDU && !edu)
		edu = dev;
	if (quirk == SHOWN_MASTER && !device_virtio(dev) && nr_masters < ARRAY_LEN(master))
		master[nr_masters++] = dev;
	return -ENODEV;
}
static const struct dt_match irq_onlooker_match[] = {
	{ LIT("google,goldfish-rtc"), .quirk = SHOWN_RTC },
	{ LIT("pci8086,10d3"), .quirk = SHOWN_82574L },
	{ LIT("pci1234,11e8"), .quirk = SHOWN_EDU },
	{ LIT("virtio,mmio"), .quirk = SHOWN_MASTER },
	{ LIT("sifive,fu540-c000-pdma"), .quirk = SHOWN_MASTER },
	{ LIT("sifive,fu540-c000-gem"), .quirk = SHOWN_MASTER },
};
ONLOOKER(irq_onlooker, irq_onlooker_match, irq_onlooker_probe);

static struct atomic called, handled, handling;
static u64 linger_ns;
static struct iomem *rtc_io, *nic_io;

#define RTC_TIME_LOW        0x00
#define RTC_TIME_HIGH       0x04
#define RTC_ALARM_LOW       0x08
#define RTC_ALARM_HIGH      0x0c
#define RTC_IRQ_ENABLED     0x10
#define RTC_CLEAR_ALARM     0x14
#define RTC_ALARM_STATUS    0x18
#define RTC_CLEAR_INTERRUPT 0x1c
/* Intel 82574 data sheet, 10.2.4: causes, and which message a cause sends. */
#define NIC_CAUSE       0xc0
#define NIC_SET_CAUSE   0xc8
#define NIC_SET_MASK    0xd0
#define NIC_VECTORS     0xe4
#define NIC_RX0         (1u << 20)
#define NIC_RX0_SENDS_0 8u

/*
 * Messages are writes to memory, so the network controller sends them only while it is a master of
 * the bus: from its start on, which wants rings. Another test may have reset it.
 */
static void start_nic(void)
{
	struct nic *n = device_nic(nic);
	struct ring *r;
	int err;

	err = nic_ring(n, NIC_RX, 1, &r);
	err = nic_ring(n, NIC_TX, 1, &r);
	err = nic_start(n);
	(void)err; /* it runs already; else nothing will ring, and the test says so */
}

/* When the clock rings, by its own time; 0: no alarm is set, or a handler has seen it ring. */
static struct atomic rtc_due;

/* Ends what an earlier test has asked of the clock. */
static void quiet_rtc(void)
{
	atomic_store(&rtc_due, 0);
	iomem_write32(rtc_io, RTC_IRQ_ENABLED, 0);
	iomem_write32(rtc_io, RTC_CLEAR_ALARM, 1);
	iomem_write32(rtc_io, RTC_CLEAR_INTERRUPT, 1);
}

/*
 * What rings: the goldfish clock by a line, or the network controller by a message (MSI-X). NULL
 * when the machine has neither.
 */
static struct irq_line *bell(void)
{
	rtc_io = rtc ? device_iomem(rtc, 0) : NULL;
	nic_io = nic ? device_iomem(nic, 0) : NULL;
	if (!rtc_io && nic_io)
		start_nic();
	if (rtc_io)
		quiet_rtc();
	return rtc_io ? device_irq(rtc, 0) : nic_io ? device_irq(nic, 0) : NULL;
}

struct iomem *test_iomem(void)
{
	(void)bell();
	return rtc_io;
}

/* Takes the cause back, without which the device would not ring again. */
static void silence(void)
{
	if (rtc_io)
		iomem_write32(rtc_io, RTC_CLEAR_INTERRUPT, 1);
	else
		iomem_write32(nic_io, NIC_CAUSE, NIC_RX0);
}

/*
 * Whether the clock has rung for the last ring_in, and no handler has seen it yet. Its alarm is set
 * by the write of the low half, and runs until it rings.
 */
static bool rtc_has_rung(void)
{
	u64 due = atomic_load(&rtc_due);

	return due && iomem_read32(rtc_io, RTC_ALARM_LOW) == (u32)due &&
		!iomem_read32(rtc_io, RTC_ALARM_STATUS) && atomic_cas(&rtc_due, due, 0);
}

/*
 * Whether the bell has rung: QEMU's network controller repeats a message that it has once postponed,
 * and the repetition may come as late as at the next attachment. So may an interrupt that the
 * controller has kept since the last detach, although the clock is silent by now.
 */
static bool has_rung(void)
{
	return rtc_io ? rtc_has_rung() : iomem_read32(nic_io, NIC_CAUSE) & NIC_RX0;
}

/* Lingers as long as the test wants, so that a detach comes in the middle. */
static void bell_handle(struct obj *owner)
{
	u64 until = time_mono_ns() + linger_ns;

	atomic_add(&called, 1);
	if (!has_rung())
		return;
	atomic_store(&handling, 1);
	KTEST_EXPECT(obj_cast(probe, owner) != NULL);
	silence();
	while (time_mono_ns() < until)
		cpu_relax();
	atomic_store(&handling, 0);
	atomic_add(&handled, 1);
}
static const struct irq_ops bell_ops = { .handle = bell_handle };

/*
 * Has the network controller send message @i. A cause that is still set, after a message that
 * nobody handled, would not ring.
 */
static void ring_message(u32 i)
{
	iomem_write32(nic_io, NIC_CAUSE, NIC_RX0);
	iomem_write32(nic_io, NIC_VECTORS, NIC_RX0_SENDS_0 | i);
	iomem_write32(nic_io, NIC_SET_MASK, NIC_RX0);
	iomem_write32(nic_io, NIC_SET_CAUSE, NIC_RX0);
}

/* The network controller knows no delay. */
static void ring_in(u64 ns)
{
	u64 now;

	if (!rtc_io) {
		ring_message(0);
		return;
	}
	now = iomem_read32(rtc_io, RTC_TIME_LOW);
	now |= (u64)iomem_read32(rtc_io, RTC_TIME_HIGH) << 32;
	/* A handler that is called before the new alarm is set must not take the old one for it. */
	if (iomem_read32(rtc_io, RTC_ALARM_LOW) == (u32)(now + ns))
		ns++;
	atomic_store(&rtc_due, now + ns);
	iomem_write32(rtc_io, RTC_IRQ_ENABLED, 1);
	iomem_write32(rtc_io, RTC_ALARM_HIGH, (u32)((now + ns) >> 32));
	iomem_write32(rtc_io, RTC_ALARM_LOW, (u32)(now + ns));
}

static u64 missed_in_handler;
static void handle_deeds(struct obj *owner)
{
	(void)owner;
	if (!has_rung())
		return;
	silence();
	missed_in_handler = test_deeds(ONLY_TASKS, NO_HANDLER);
	/* The network controller may send a message twice while this goes on. */
	atomic_store(&handled, 1);
}
static const struct irq_ops deeds_ops = { .handle = handle_deeds };

/*
 * Everything that only tasks may do, tried in a real device's handler: each is refused, and by its
 * message for handlers.
 */
KTEST(irq_handler_is_no_task)
{
	struct irq_line *line = bell();
	struct probe *p = obj_new(probe);

	if (line) {
		atomic_store(&handled, 0);
		missed_in_handler = ~0ul;
		KTEST_EXPECT(test_deeds_begin() && irq_line_attach(line, &deeds_ops, &p->obj) == 0);
		ring_in(NSEC_PER_MSEC);
		KTEST_EXPECT(test_until(&handled, 1));
		if (missed_in_handler)
			log_info("an interrupt handler was allowed to do 0x%lx", missed_in_handler);
		KTEST_EXPECT(!missed_in_handler);
		irq_line_detach(line);
		KTEST_EXPECT(test_deeds_end());
	}
	obj_put(&p);
}

static void handle_nothing(struct obj *owner)
{
	(void)owner;
}
static const struct irq_ops quiet_ops = { .handle = handle_nothing };

/*
 * A second handler is refused without a reference to its owner. Disabling, enabling and detaching
 * are harmless at any time, and afterwards another one can be attached.
 */
KTEST(irq_line_is_attached_once)
{
	struct irq_line *line = nr_masters ? device_irq(master[0], 0) : NULL;
	struct probe *p = obj_new(probe);

	if (line) {
		KTEST_EXPECT(irq_line_attach(line, &quiet_ops, &p->obj) == 0 && obj_refs(p) == 2);
		KTEST_EXPECT(irq_line_attach(line, &quiet_ops, &p->obj) == -EBUSY);
		KTEST_EXPECT(obj_refs(p) == 2);
		KTEST_EXPECT(device_irq(master[0], 0) == line);
		irq_line_disable(line);
		irq_line_enable(line);
		irq_line_detach(line);
		KTEST_EXPECT(obj_refs(p) == 1);
		irq_line_detach(line);
		irq_line_enable(line);
		KTEST_EXPECT(obj_refs(p) == 1);
		KTEST_EXPECT(irq_line_attach(line, &quiet_ops, &p->obj) == 0);
		irq_line_detach(line);
	}
	obj_put(&p);
}

static struct irq_line *some_line;
static void attach_without_owner(void)
{
	(void)!irq_line_attach(some_line, &quiet_ops, NULL);
}
static void count_on_wrong_cpu(void)
{
	(void)irq_line_count(some_line, MAX_CPUS);
}
/*
 * An attachment without an owner, and the count of a CPU that cannot be. The line works afterwards;
 * lines are described up to the last one.
 */
KTEST(irq_line_misuse_traps)
{
	struct irq_info info = { 0 };

	/* A line that no other test needs. */
	some_line = nr_masters > 1 ? device_irq(master[1], 1) : nic ? device_irq(nic, 1) : NULL;
	if (!some_line && nr_masters > 1)
		some_line = device_irq(master[1], 0);
	if (!some_line)
		return;
	KTEST_EXPECT(some_line && ktest_traps(count_on_wrong_cpu));
	KTEST_EXPECT(ktest_traps(attach_without_owner));
	/* A bad owner leaves no lock behind. */
	irq_line_disable(some_line);
	KTEST_EXPECT(!irq_line_describe(~0u, &info));
	KTEST_EXPECT(!irq_line_describe(1000000, &info) && !info.line);
}

/*
 * The count of interrupts goes up with each call of the handler. What the device raises while the
 * line is disabled comes when it is enabled again, and not before.
 */
KTEST(irq_line_delivers_and_stops)
{
	struct irq_line *line = bell();
	struct probe *p = obj_new(probe);
	u64 before = 0, after = 0;
	unsigned i;

	atomic_store(&called, 0);
	for (i = 0; line && i < cpu_count(); i++)
		before += irq_line_count(line, i);
	if (!line || irq_line_attach(line, &bell_ops, &p->obj)) {
		obj_put(&p);
		return;
	}
	linger_ns = 0;
	atomic_store(&handled, 0);
	ring_in(NSEC_PER_MSEC);
	KTEST_EXPECT(test_until(&handled, 1));
	/* Disabled: it waits. */
	irq_line_disable(line);
	ring_in(NSEC_PER_MSEC);
	test_sleep_ms(10);
	KTEST_EXPECT(atomic_load(&handled) == 1);
	irq_line_enable(line);
	KTEST_EXPECT(test_until(&handled, 2));
	irq_line_detach(line);
	KTEST_EXPECT(obj_refs(p) == 1);
	for (i = 0; i < cpu_count(); i++)
		after += irq_line_count(line, i);
	after -= before + atomic_load(&called);
	/* A clock's interrupt that the detach has overtaken is one without a handler. */
	KTEST_EXPECT(!rtc_io || after <= 1);
	obj_put(&p);
}

/* Detaching waits for the handler that runs on another CPU, and only then drops the owner. */
KTEST(irq_line_detach_waits_for_the_handler)
{
	struct irq_line *line = bell();
	u64 released = atomic_load(&probes_released), deadline = time_mono_ns() + 2 * NSEC_PER_SEC;
	struct probe *p = obj_new(probe);

	if (!line || irq_line_attach(line, &bell_ops, &p->obj)) {
		obj_put(&p);
		return;
	}
	obj_put(&p);
	linger_ns = 5 * NSEC_PER_MSEC;
	atomic_store(&handled, 0);
	ring_in(3 * NSEC_PER_MSEC);
	while (!atomic_load(&handling) && !atomic_load(&handled) && time_mono_ns() < deadline)
		cpu_relax();
	irq_line_detach(line);
	KTEST_EXPECT(!atomic_load(&handling) && atomic_load(&handled) == 1);
	KTEST_EXPECT(atomic_load(&probes_released) == released + 1);
	if (rtc_io)
		quiet_rtc();
}

/*
 * While a detach waits for the handler, nobody can attach another one: it would be waited for, too.
 */
static struct irq_line *line_in_use;
static struct probe *clinger;
static struct atomic attached_too_early, tried_to_attach;

/* Lets others try for a while; one CPU has nobody who could. */
static void cling_handle(struct obj *owner)
{
	u64 until = time_mono_ns() + NSEC_PER_SEC;

	(void)owner;
	if (!has_rung())
		return;
	silence();
	atomic_store(&handling, 1);
	while (cpu_count() > 1 && atomic_load(&tried_to_attach) < 100 && time_mono_ns() < until)
		cpu_relax();
	atomic_add(&handled, 1);
}
static const struct irq_ops cling_ops = { .handle = cling_handle };

/* An attachment that was late, and may be, is undone. */
static void cling(unsigned i)
{
	u64 until = time_mono_ns() + 10 * NSEC_PER_SEC;

	(void)i;
	while (!atomic_load(&handled) && time_mono_ns() < until) {
		if (!atomic_load(&handling)) {
			task_cond_resched();
			continue;
		}
		if (!irq_line_attach(line_in_use, &quiet_ops, &clinger->obj)) {
			if (!atomic_load(&handled))
				atomic_add(&attached_too_early, 1);
			irq_line_detach(line_in_use);
		}
		atomic_add(&tried_to_attach, 1);
	}
}

/*
 * The handler lingers until two other tasks have tried often; only after the detach may one of them
 * succeed.
 */
KTEST(irq_line_is_not_attached_while_it_is_detached)
{
	clinger = obj_new(probe);
	line_in_use = bell();
	if (line_in_use && !irq_line_attach(line_in_use, &cling_ops, &clinger->obj)) {
		atomic_store(&attached_too_early, 0);
		atomic_store(&tried_to_attach, 0);
		atomic_store(&handling, 0);
		atomic_store(&handled, 0);
		/* Two, for one may be on the CPU that the handler has. */
		KTEST_EXPECT(cpu_count() == 1 || (test_start(cling, 0) && test_start(cling, 1)));
		ring_in(NSEC_PER_MSEC);
		KTEST_EXPECT(test_until(&handling, 1));
		irq_line_detach(line_in_use);
		KTEST_EXPECT(test_wait());
		atomic_store(&handling, 0);
		KTEST_EXPECT(cpu_count() == 1 || atomic_load(&tried_to_attach));
		KTEST_EXPECT(!atomic_load(&attached_too_early) && atomic_load(&handled));
		KTEST_EXPECT(obj_refs(clinger) == 1);
		/* And afterwards somebody can. */
		KTEST_EXPECT(irq_line_attach(line_in_use, &quiet_ops, &clinger->obj) == 0);
		irq_line_detach(line_in_use);
	}
	obj_put(&clinger);
}

/*
 * A device that interrupts again as soon as its handler has silenced it, until a timer fires: it
 * must not keep the timer out, also where no other CPU could take the interrupt. It gives in after
 * a while, which must not be what helps.
 */
#define STORM_CALLS 50000u
static struct atomic storm_calls, storm_is_over, storm_was_cut;
/*
 * Rings again at its end, at once. The wait before makes it a slow handler, as a bad driver's is.
 */
static void storm_handle(struct obj *owner)
{
	u64 until = time_mono_ns() + NSEC_PER_MSEC / 50;

	(void)owner;
	while (time_mono_ns() < until)
		cpu_relax();
	if (atomic_add(&storm_calls, 1) == STORM_CALLS)
		atomic_store(&storm_was_cut, 1);
	silence();
	if (!atomic_load(&storm_is_over) && !atomic_load(&storm_was_cut))
		ring_in(0);
	atomic_store(&handling, 1);
}
static const struct irq_ops storm_ops = { .handle = storm_handle };
static u64 storm_end(struct obj *owner)
{
	(void)owner;
	atomic_store(&storm_is_over, 1);
	return 0;
}
static const struct timer_ops storm_timer_ops = { .fire = storm_end };

/* The device gives in after STORM_CALLS interrupts; the timer must have fired before that. */
KTEST(irq_storm_lets_the_timer_in)
{
	struct irq_line *line = bell();
	struct probe *p = obj_new(probe);
	struct timer *t = timer_new(&storm_timer_ops, &p->obj);

	if (line && rtc_io && t && !irq_line_attach(line, &storm_ops, &p->obj)) {
		atomic_store(&handling, 0);
		timer_set(t, time_mono_ns() + 20 * NSEC_PER_MSEC);
		ring_in(NSEC_PER_MSEC);
		KTEST_EXPECT(test_until(&storm_is_over, 1) && test_until(&handling, 1));
		KTEST_EXPECT(!atomic_load(&storm_was_cut));
		irq_line_detach(line);
		silence();
	}
	timer_put(&t);
	obj_put(&p);
}

#define ENDLESS_SEEN  20000u
#define ENDLESS_CALLS 400000u
static struct atomic endless_is_over;
/* Rings again from its handler, far more often than the storm above. */
static void endless_handle(struct obj *owner)
{
	(void)owner;
	silence();
	if (atomic_add(&handled, 1) < ENDLESS_CALLS && !atomic_load(&endless_is_over))
		ring_in(0);
}
static const struct irq_ops endless_ops = { .handle = endless_handle };

/*
 * The same without an end, but for one that comes too late: the frame pauses the line, so this task
 * goes on, also where there is no other CPU.
 */
KTEST(irq_without_end_lets_tasks_run)
{
	struct irq_line *line = bell();
	struct probe *p = obj_new(probe);

	if (line && rtc_io) {
		atomic_store(&handled, 0);
		atomic_store(&endless_is_over, 0);
		KTEST_EXPECT(irq_line_attach(line, &endless_ops, &p->obj) == 0);
		ring_in(NSEC_PER_MSEC);
		while (atomic_load(&handled) < ENDLESS_SEEN)
			cpu_relax();
		KTEST_EXPECT(atomic_load(&handled) < ENDLESS_CALLS);
		atomic_store(&endless_is_over, 1);
		irq_line_detach(line);
		silence();
	}
	obj_put(&p);
}

/* QEMU's teaching device: a write raises its message (MSI), another takes the cause back. */
#define EDU_RAISE 0x60
#define EDU_CLEAR 0x64
static struct iomem *edu_io;

static void edu_handle(struct obj *owner)
{
	(void)owner;
	iomem_write32(edu_io, EDU_CLEAR, ~0u);
	atomic_add(&handled, 1);
}
static const struct irq_ops edu_ops = { .handle = edu_handle };

/* Message i goes to CPU i, so that each queue of a card has its own. */
KTEST(irq_message_goes_to_its_cpu)
{
	struct probe *p = obj_new(probe);
	struct irq_line *line;
	u32 i, cpu;
	u64 before, after, all;

	nic_io = nic ? device_iomem(nic, 0) : NULL;
	rtc_io = NULL;
	if (nic_io)
		start_nic();
	linger_ns = 0;
	for (i = 0; nic_io && i < 5; i++) {
		line = device_irq(nic, i);
		if (!line || irq_line_attach(line, &bell_ops, &p->obj)) {
			KTEST_EXPECT(false);
			break;
		}
		before = irq_line_count(line, i % cpu_count());
		all = 0;
		atomic_store(&handled, 0);
		ring_message(i);
		KTEST_EXPECT(test_until(&handled, 1));
		irq_line_detach(line);
		for (cpu = 0; cpu < cpu_count(); cpu++)
			all += irq_line_count(line, cpu);
		after = irq_line_count(line, i % cpu_count());
		KTEST_EXPECT(after > before && (i == 0 || after == all));
	}
	obj_put(&p);
}

/* Says by which chips' lines this machine has interrupted so far: tests/boot looks for some. */
static void log_lines_in_use(void)
{
	struct irq_info info;
	u8 text[64];
	u64 sum;
	u32 i, cpu;

	for (i = 0; irq_line_describe(i, &info); i++) {
		FMT(f, span_of(text));
		for (sum = 0, cpu = 0; cpu < cpu_count(); cpu++)
			sum += irq_line_count(info.line, cpu);
		fmt_lit(&f, LIT("interrupts by "));
		fmt_lit(&f, info.chip);
		fmt_printf(&f, " %u: %lu", info.nr, sum);
		log_text(LOG_INFO, fmt_text(&f));
	}
}

/*
 * A device with one message has one line. A second message comes after the first has been handled.
 */
KTEST(irq_line_of_a_message)
{
	struct irq_line *line = edu ? device_irq(edu, 0) : NULL;
	struct probe *p = obj_new(probe);

	edu_io = edu ? device_iomem(edu, 0) : NULL;
	if (edu_io && line) {
		KTEST_EXPECT(!device_irq(edu, 1) && irq_line_attach(line, &edu_ops, &p->obj) == 0);
		atomic_store(&handled, 0);
		iomem_write32(edu_io, EDU_RAISE, 1);
		KTEST_EXPECT(test_until(&handled, 1));
		iomem_write32(edu_io, EDU_RAISE, 2);
		KTEST_EXPECT(test_until(&handled, 2));
		irq_line_detach(line);
		KTEST_EXPECT(obj_refs(p) == 1);
		log_lines_in_use();
	}
	obj_put(&p);
}
