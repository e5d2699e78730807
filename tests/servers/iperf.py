# SPDX-License-Identifier: MPL-2.0
"""Whether a run of iperf3, as its JSON tells it, moved what it was asked to and lost nothing."""
import json
import sys

run = json.load(sys.stdin)
sums = {k: v for k, v in run["end"].items() if k.startswith("sum")}
# With both directions at once, one of them may have moved less when the other is done.
most = max(s["bytes"] for s in sums.values())
print(sorted(sums), run.get("error"), most >= 2 << 20, sum(s.get("lost_packets", 0) for s in sums.values()))
