"""The tools the agent has: explicit, in the order in which the model sees them."""

from __future__ import annotations

from typing import Any

from agent.tools.handoff import transfer_to_operator
from agent.tools.tool import Tool
from agent.tools.tyres import check_availability, get_vehicle_tire_sizes, search_tires

CATALOGUE: tuple[Tool[Any], ...] = (
    search_tires,
    get_vehicle_tire_sizes,
    check_availability,
    transfer_to_operator,
)
