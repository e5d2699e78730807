# SPDX-License-Identifier: MPL-2.0
"""All scenarios, in the order of their files."""
import peer

from . import handshake, closing, window, loss, checks, network

ALL = peer.SCENARIOS
