"""Asterisk's messages as lines of a call's log: a short text for people, and what of the message is worth keeping."""

from __future__ import annotations

from typing import Any

from controller.ari import messages as ari

VARIABLES = frozenset({"QUEUESTATUS", "QUEUEPOSITION", "QUEUEWAIT", "MEMBERINTERFACE", "QEHOLDTIME", "XFER_QUEUE", "CALLCTL_ACK"})
"""Of the dozens that a queue sets on its way."""
LONGEST = 200


def line_of(message: ari.Event) -> tuple[str, dict[str, Any]] | None:
    """Text and data of the line; None: not worth one."""
    match message:
        case ari.ChannelVarset(variable=variable, value=value):
            name = variable.lstrip("_")
            return (f"{name}={value[:LONGEST]}", {name: value[:LONGEST]}) if name in VARIABLES else None
        case ari.StasisStart(args=args):
            return ",".join(args)[:LONGEST], {}
        case ari.ChannelHangupRequest(cause=cause, soft=soft):
            return f"cause {cause or 0}{', by command' if soft else ''}", {"cause": cause or 0, "soft": soft}
        case ari.ChannelDestroyed(cause=cause, cause_txt=text):
            return text or f"cause {cause}", {"cause": cause}
        case ari.ChannelDtmfReceived(digit=digit):
            return digit, {}
        case ari.ChannelEnteredBridge(bridge=bridge) | ari.ChannelLeftBridge(bridge=bridge) | ari.BridgeDestroyed(bridge=bridge):
            return bridge.id, {"channels": len(bridge.channels)}
        case ari.ChannelUserevent(eventname=name, userevent=given):
            kept = {str(key)[:40]: str(value)[:LONGEST] for key, value in list(given.items())[:8]}
            return name[:LONGEST], kept
        case ari.Dial(peer=peer, dialstatus=status):
            return f"{peer.name} {status}".strip(), {"status": status}
        case ari.ChannelStateChange(channel=channel):
            return channel.state, {}
        case _:
            return "", {}
