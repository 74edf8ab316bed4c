"""What can go wrong on a machine, as one tree.

NodeError                 passing or not known to be lasting: the unit fails and may try again
├── MetadataError         the metadata service did not answer as it must
└── LastingError          trying again changes nothing: a wrong boot document, a wrong secret
"""

from __future__ import annotations


class NodeError(Exception):
    """The agent cannot go on; the message is the one line an operator reads in the journal."""


class MetadataError(NodeError):
    """The instance metadata service did not answer within the deadline, or refused."""


class LastingError(NodeError):
    """Repeating will fail the same way, so the unit must stay failed."""
