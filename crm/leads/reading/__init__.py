"""BANT read out of German and English text by rules: ``read`` gives what a text answers, with its words.

Pure, in layers: ``passages`` (whose words are these?) → ``sentences`` → ``amounts``, ``days``, ``spans`` (what is
written there?) → ``budget``, ``authority``, ``need``, ``timeframe`` (what does it say?) → ``reader`` (what is best?).
"""

from crm.leads.reading.findings import Finding
from crm.leads.reading.reader import read, read_role

__all__ = ["Finding", "read", "read_role"]
