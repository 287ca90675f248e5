"""The rules of crm/leads/asking.py and rules.py once more, as SQL: for lists, and for all leads of a workspace at once.

In these texts ``a`` is the row of ``criterion_answer``, ``r`` that of ``criterion_rule``, ``p`` that of
``qualification_policy``; ``{now}`` stands for a moment.
"""

from __future__ import annotations

HOLDS = "(a.state = 'MET' AND (a.fresh_until IS NULL OR a.fresh_until > {now}))"
"""The criterion is met, and the answer still fresh."""
ASKED = """(a.id IS NULL OR a.state = 'UNKNOWN' OR a.fresh_until <= {now}
        OR a.pending_until <= ({now} AT TIME ZONE 'UTC')::date)"""
"""The criterion is to be asked; ``a`` is joined from its left."""
FIRST = "r.weight DESC, array_position(ARRAY['NEED', 'BUDGET', 'AUTHORITY', 'TIMEFRAME'], r.criterion::text)"
"""The order in which to ask."""
ENOUGH = """({met} >= CASE p.mode WHEN 'ALL_MET' THEN 4 WHEN 'N_OF_4' THEN p.needed ELSE 0 END
        AND {weight} >= CASE p.mode WHEN 'WEIGHTED' THEN p.threshold ELSE 0 END)"""
"""The policy is satisfied, with so many criteria met whose weights add up to so much."""
