"""What is counted of one process, and what none of it may show."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector

from agent.prompt.system import PROMPT_VERSION
from agent.tools.catalogue import CATALOGUE
from controller.masking import Masking
from controller.secret_values import secrets_of
from controller.settings import Settings
from controller.telemetry import AgentMetrics, LiveReadings, MetricsSink, tell_build


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    registry: CollectorRegistry
    readings: LiveReadings
    records: MetricsSink
    agent: AgentMetrics
    masking: Masking


def make_counters(settings: Settings) -> Counters:
    registry, readings = CollectorRegistry(), LiveReadings()
    registry.register(readings)
    records = MetricsSink(registry, tools=[tool.name for tool in CATALOGUE])
    ProcessCollector(registry=registry)
    tell_build(registry, model=settings.anthropic.model, prompt=PROMPT_VERSION)
    return Counters(
        registry=registry, readings=readings, records=records, agent=AgentMetrics(registry), masking=Masking(secrets_of(settings))
    )
