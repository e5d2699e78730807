// SPDX-License-Identifier: MPL-2.0
/* Terminal attributes and ioctl numbers of the Linux ABI; see termios(3), ioctl_tty(2). */
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
struct winsize {
	u16 row, col, xpixel, ypixel;
};

enum { VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP, VSUSP, VEOL, VREPRINT, VDISCARD, VWERASE, VLNEXT, VEOL2 };

#define IGNBRK 0001u
#define BRKINT 0002u
#define ISTRIP 0040u
#define INLCR  0100u
#define IGNCR  0200u
#define ICRNL  0400u
#define IUCLC  01000u
#define IXON   02000u
#define IXANY  04000u
#define IMAXBEL 020000u
#define IUTF8  040000u

#define OPOST  01u
#define OLCUC  02u
#define ONLCR  04u
#define OCRNL  010u
#define ONOCR  020u
#define ONLRET 040u
#define TABDLY 014000u
#define XTABS  014000u

#define B38400 0000017u
#define CBAUD  0010017u
#define BOTHER 0010000u
#define CS8    0000060u
#define CREAD  0000200u
#define HUPCL  0002000u

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
	TCGETS = 0x5401, TCSETS, TCSETSW, TCSETSF, TCGETA, TCSETA, TCSETAW, TCSETAF, TCSBRK, TCXONC, TCFLSH, TIOCEXCL, TIOCNXCL, TIOCSCTTY, TIOCGPGRP,
	TIOCSPGRP, TIOCOUTQ, TIOCSTI, TIOCGWINSZ, TIOCSWINSZ, TIOCMGET,
	TIOCINQ = 0x541b, TIOCCONS = 0x541d, TIOCPKT = 0x5420, TIOCNOTTY = 0x5422, TIOCSETD, TIOCGETD, TCSBRKP, TIOCGSID = 0x5429,
};
#define TCGETS2   0x802c542au
#define TCSETS2   0x402c542bu
#define TCSETSW2  0x402c542cu
#define TCSETSF2  0x402c542du
#define TIOCGPTN   0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCGPTLCK 0x80045439u
#define TIOCGPTPEER 0x5441u
#define TIOCGDEV   0x80045432u

#endif
