// SPDX-License-Identifier: MPL-2.0
/*
 * Terminal attributes and ioctl numbers of the Linux ABI (generic numbering); see termios(3),
 * ioctl_tty(2).
 */
#ifndef UAPI_TERMIOS_H
#define UAPI_TERMIOS_H

#include <frame/types.h>

#define NCCS 19
struct termios_k {
	u32 iflag, oflag, cflag, lflag;
	u8 line;
	u8 cc[NCCS];
};
struct termios2_k {
	struct termios_k t;
	u32 ispeed, ospeed;
};
/* struct termio of System V: the low halves of the flags and the first control characters. */
#define NCC 8
struct termio_k {
	u16 iflag, oflag, cflag, lflag;
	u8 line;
	u8 cc[NCC];
	u8 pad;
};
struct winsize {
	u16 row, col, xpixel, ypixel;
};

/* TIOCGICOUNT */
struct serial_counts {
	s32 cts, dsr, rng, dcd, rx, tx, frame, overrun, parity, brk, buf_overrun;
	s32 reserved[9];
};

enum {
	VINTR,
	VQUIT,
	VERASE,
	VKILL,
	VEOF,
	VTIME,
	VMIN,
	VSWTC,
	VSTART,
	VSTOP,
	VSUSP,
	VEOL,
	VREPRINT,
	VDISCARD,
	VWERASE,
	VLNEXT,
	VEOL2
};

#define IGNBRK  0001u
#define BRKINT  0002u
#define IGNPAR  0004u
#define PARMRK  0010u
#define INPCK   0020u
#define ISTRIP  0040u
#define INLCR   0100u
#define IGNCR   0200u
#define ICRNL   0400u
#define IUCLC   01000u
#define IXON    02000u
#define IXANY   04000u
#define IXOFF   010000u
#define IMAXBEL 020000u
#define IUTF8   040000u

#define OPOST  01u
#define OLCUC  02u
#define ONLCR  04u
#define OCRNL  010u
#define ONOCR  020u
#define ONLRET 040u
#define TABDLY 014000u
#define XTABS  014000u

#define B38400  0000017u
#define B115200 0010002u
#define CBAUD   0010017u
#define CBAUDEX 0010000u
#define BOTHER  0010000u
#define IBSHIFT 16
#define CSIZE   0000060u
#define CS8     0000060u
#define CREAD   0000200u
#define PARENB  0000400u
#define HUPCL   0002000u
#define CLOCAL  0004000u

#define ISIG    0000001u
#define ICANON  0000002u
#define ECHO    0000010u
#define ECHOE   0000020u
#define ECHOK   0000040u
#define ECHONL  0000100u
#define NOFLSH  0000200u
#define TOSTOP  0000400u
#define ECHOCTL 0001000u
#define ECHOPRT 0002000u
#define ECHOKE  0004000u
#define IEXTEN  0100000u

enum tty_ioctl {
	TCGETS = 0x5401,
	TCSETS,
	TCSETSW,
	TCSETSF,
	TCGETA,
	TCSETA,
	TCSETAW,
	TCSETAF,
	TCSBRK,
	TCXONC,
	TCFLSH,
	TIOCEXCL,
	TIOCNXCL,
	TIOCSCTTY,
	TIOCGPGRP,
	TIOCSPGRP,
	TIOCOUTQ,
	TIOCSTI,
	TIOCGWINSZ,
	TIOCSWINSZ,
	TIOCMGET,
	TIOCMBIS,
	TIOCMBIC,
	TIOCMSET,
	TIOCGSOFTCAR,
	TIOCSSOFTCAR,
	TIOCINQ = 0x541b,
	TIOCCONS = 0x541d,
	TIOCPKT = 0x5420,
	TIOCNOTTY = 0x5422,
	TIOCSETD,
	TIOCGETD,
	TCSBRKP,
	TIOCSBRK = 0x5427,
	TIOCCBRK,
	TIOCGSID,
	TIOCVHANGUP = 0x5437,
	TIOCGICOUNT = 0x545d,
	TIOCGPTPEER = 0x5441,
	TIOCGLCKTRMIOS = 0x5456,
	TIOCSLCKTRMIOS,
};
#define TCGETS2    0x802c542au
#define TCSETS2    0x402c542bu
#define TCSETSW2   0x402c542cu
#define TCSETSF2   0x402c542du
#define TIOCGPTN   0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCGDEV   0x80045432u
#define TIOCSIG    0x40045436u
#define TIOCGPKT   0x80045438u
#define TIOCGPTLCK 0x80045439u
#define TIOCGEXCL  0x80045440u

/* Modem lines */
#define TIOCM_DTR  2u
#define TIOCM_RTS  4u
#define TIOCM_CTS  0x20u
#define TIOCM_CD   0x40u
#define TIOCM_RI   0x80u
#define TIOCM_DSR  0x100u
#define TIOCM_OUT1 0x2000u
#define TIOCM_OUT2 0x4000u
#define TIOCM_LOOP 0x8000u

/* tcflush, tcflow */
enum { TCIFLUSH, TCOFLUSH, TCIOFLUSH };
enum { TCOOFF, TCOON, TCIOFF, TCION };

/* Packet mode: the first byte of each read of the master. */
#define TIOCPKT_DATA       0u
#define TIOCPKT_FLUSHREAD  1u
#define TIOCPKT_FLUSHWRITE 2u
#define TIOCPKT_STOP       4u
#define TIOCPKT_START      8u
#define TIOCPKT_NOSTOP     16u
#define TIOCPKT_DOSTOP     32u

#endif
