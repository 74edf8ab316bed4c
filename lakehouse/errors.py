"""Every error that this project raises on purpose.

LakehouseError
├── ConfigError        a stack's configuration breaks a rule
├── ContractError      a document passed between rooms is not of its schema
├── PreflightError     this machine or account cannot do what was asked
├── ToolError          a program we started failed
└── DeadlineError      a wait ended without what it waited for
"""

from __future__ import annotations


class LakehouseError(Exception):
    """Root of the tree: a message for a person, saying what to do next."""


class ConfigError(LakehouseError):
    """A stack's configuration breaks a rule. Carries every finding, not only the first."""

    def __init__(self, findings: list[str]) -> None:
        self.findings = tuple(findings)
        count = len(findings)
        head = f"{count} problem{'s' if count != 1 else ''} in the stack's configuration"
        super().__init__("\n".join([head, *(f"  - {finding}" for finding in findings)]))


class ContractError(LakehouseError):
    """A document passed between rooms (boot document, stack outputs, pins) is malformed."""


class PreflightError(LakehouseError):
    """This machine or account cannot do what was asked; nothing was touched."""


class ToolError(LakehouseError):
    """A program we started failed; the message ends with what it printed last."""


class DeadlineError(LakehouseError):
    """A wait ended without what it waited for; the message holds the last observation."""
