"""Putting the caller through to a human."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from agent.tools.tool import Desk, ToolResult, tool


class TransferToOperator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=200, description="Чому потрібен оператор")]
    summary: Annotated[
        str, Meta(min_length=1, max_length=600, description="Для оператора: одне-два речення, що треба абоненту і що вже з'ясовано")
    ]


@tool("З'єднує абонента з оператором. Спершу одним реченням скажи абоненту, що з'єднуєш. Після виклику розмова переходить до людини.")
async def transfer_to_operator(wanted: TransferToOperator, desk: Desk) -> ToolResult:
    return ToolResult({"status": "transferring", "reason": wanted.reason}, hand_off=wanted.summary)
