"""Running programs on implementations: adapters, interpreters of behaviours, clients, performances, executions."""

from __future__ import annotations

from askance.run.asynchronous import AsyncHandler
from askance.run.blocking import BlockingHandler
from askance.run.classify import Classifier, classify, classify_value
from askance.run.errors import EXIT_STATUS, AdapterError, UsageError
from askance.run.execution import WorldRecorder, execute, finished
from askance.run.loading import GROUP, implementations, load_adapter, load_program
from askance.run.needs import ask_cycle, lacking, needs, uses
from askance.run.performance import Performance, perform, phases
from askance.run.selfcheck import self_check
from askance.run.turns import Directory, Envelope

__all__ = [
    "EXIT_STATUS",
    "GROUP",
    "AdapterError",
    "AsyncHandler",
    "BlockingHandler",
    "Classifier",
    "Directory",
    "Envelope",
    "Performance",
    "UsageError",
    "WorldRecorder",
    "ask_cycle",
    "classify",
    "classify_value",
    "execute",
    "finished",
    "implementations",
    "lacking",
    "load_adapter",
    "load_program",
    "needs",
    "perform",
    "phases",
    "self_check",
    "uses",
]
