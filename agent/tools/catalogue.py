"""The tools the agent has: explicit, in the order in which the model sees them."""

from __future__ import annotations

from typing import Any

from agent.tools.bookings import book_fitting, cancel_fitting, get_customer_bookings
from agent.tools.delivery import get_pickup_points, update_order_delivery
from agent.tools.fitting import get_fitting_price, get_fitting_slots, get_fitting_stations
from agent.tools.handoff import request_callback, transfer_to_operator
from agent.tools.knowledge import search_knowledge_base
from agent.tools.orders import confirm_order, create_order_draft, get_order_status
from agent.tools.tool import Tool
from agent.tools.tyres import check_availability, get_vehicle_tire_sizes, search_tires

CATALOGUE: tuple[Tool[Any], ...] = (
    search_tires,
    get_vehicle_tire_sizes,
    check_availability,
    get_order_status,
    create_order_draft,
    get_pickup_points,
    update_order_delivery,
    confirm_order,
    get_fitting_stations,
    get_fitting_slots,
    get_fitting_price,
    book_fitting,
    get_customer_bookings,
    cancel_fitting,
    search_knowledge_base,
    transfer_to_operator,
    request_callback,
)
