# SPDX-License-Identifier: MPL-2.0
"""Whether a run of iperf3, as its JSON tells it, moved what it was asked to, and how many datagrams it lost, or few.

A server that gets no processor for a fifth of a second, as on a busy host, loses some of a UDP run."""
import json
import sys

run = json.load(sys.stdin)
sums = {k: v for k, v in run["end"].items() if k.startswith("sum")}
# With both directions at once, one of them may have moved less when the other is done.
most = max(s["bytes"] for s in sums.values())
lost, sent = (sum(s.get(key, 0) for s in sums.values()) for key in ("lost_packets", "packets"))
print(sorted(sums), run.get("error"), most >= 2 << 20, "few" if lost < sent / 10 else lost)
