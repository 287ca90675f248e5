"""The floor's SQL. Limits are written into the text: with a parameter, PostgreSQL plans for any limit, and badly."""

from __future__ import annotations

CREDENTIAL = "SELECT workspace_id::text, member_id FROM door_credential($1)"

_PARTS = """
    SELECT stage_id, currency, sum(deals)::bigint AS deals, sum(minor)::bigint AS minor
    FROM (
        SELECT stage_id, currency, deals, minor FROM stage_tally WHERE workspace_id = $1 {condition}
        UNION ALL
        SELECT stage_id, currency, deals, minor FROM stage_delta WHERE workspace_id = $1 {condition}
    ) AS parts
    GROUP BY stage_id, currency HAVING sum(deals) <> 0
"""
"""What stages hold, by the roll-up that the product keeps (docs/adr/0011): counting is no floor at a million deals."""

COLUMNS = f"""
SELECT p.id, p.name, s.id, s.name, s.kind, s.probability, t.currency, t.deals, t.minor
FROM pipeline p
LEFT JOIN stage s ON s.workspace_id = $1 AND s.pipeline_id = p.id AND s.archived_at IS NULL
LEFT JOIN ({_PARTS.format(condition="")}) t ON t.stage_id = s.id
WHERE p.workspace_id = $1 AND p.archived_at IS NULL
ORDER BY p.position, p.id, s.position, s.id, t.currency
"""  # noqa: S608  (nothing but our own text)
"""$1 workspace: every stage of every pipeline, a row for each currency in it."""

TOTALS = f"{_PARTS.format(condition='AND stage_id = ANY($2::uuid[])')} ORDER BY currency"
"""$1 workspace, $2 stages."""


def cards(limit: int) -> str:
    """$1 workspace: the first cards of every column, one more than are shown; to be put into order by who reads."""
    return f"""
SELECT d.stage_id, d.id, d.version, d.title, d.amount_minor, d.currency,
       CASE WHEN d.status = 'OPEN' THEN coalesce(d.probability_override, s.probability) ELSE s.probability END,
       d.expected_close_date, d.rank, c.id, c.name, o.id, o.name, m.id, m.name
FROM stage s
CROSS JOIN LATERAL (
    SELECT * FROM deal WHERE workspace_id = $1 AND stage_id = s.id AND archived_at IS NULL
    ORDER BY rank LIMIT {limit + 1:d}
) d
LEFT JOIN contact c ON c.workspace_id = $1 AND c.id = d.contact_id
LEFT JOIN organization o ON o.workspace_id = $1 AND o.id = d.organization_id
LEFT JOIN member m ON m.workspace_id = $1 AND m.id = d.owner_id
WHERE s.workspace_id = $1 AND s.archived_at IS NULL
"""  # noqa: S608  (the limit is a number)


def newest_leads(limit: int) -> str:
    """$1 workspace: the newest leads, one more than are shown.

    The limits of 1 keep PostgreSQL from reading all organizations to join fifty.
    """
    return f"""
SELECT l.id, l.title, l.state, l.source, l.created_at, c.id, c.name, e.addresses, o.id, o.name, m.id, m.name,
       q.answered, q.met
FROM (
    SELECT * FROM lead WHERE workspace_id = $1 AND archived_at IS NULL
    ORDER BY created_at DESC, id DESC LIMIT {limit + 1:d}
) l
LEFT JOIN LATERAL (SELECT id, name FROM contact WHERE workspace_id = $1 AND id = l.contact_id LIMIT 1) c ON true
LEFT JOIN LATERAL (
    SELECT id, name FROM organization WHERE workspace_id = $1 AND id = l.organization_id LIMIT 1
) o ON true
LEFT JOIN LATERAL (SELECT id, name FROM member WHERE workspace_id = $1 AND id = l.owner_id LIMIT 1) m ON true
LEFT JOIN LATERAL (
    SELECT array_agg(address ORDER BY position) AS addresses
    FROM contact_email WHERE workspace_id = $1 AND contact_id = l.contact_id
) e ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state IN ('MET', 'NOT_MET')) AS answered, count(*) FILTER (WHERE state = 'MET') AS met
    FROM criterion_answer WHERE workspace_id = $1 AND lead_id = l.id
) q ON true
ORDER BY l.created_at DESC, l.id DESC
"""  # noqa: S608


DEAL = """
SELECT d.id, d.version, d.title, d.amount_minor, d.currency,
       CASE WHEN d.status = 'OPEN' THEN coalesce(d.probability_override, s.probability) ELSE s.probability END,
       d.status, d.expected_close_date, s.id, s.name, s.kind, c.id, c.name, o.id, o.name, m.id, m.name
FROM deal d
JOIN stage s ON s.workspace_id = $1 AND s.id = d.stage_id
LEFT JOIN contact c ON c.workspace_id = $1 AND c.id = d.contact_id
LEFT JOIN organization o ON o.workspace_id = $1 AND o.id = d.organization_id
LEFT JOIN member m ON m.workspace_id = $1 AND m.id = d.owner_id
WHERE d.workspace_id = $1 AND d.id = $2
"""
"""$1 workspace, $2 deal."""


def timeline(limit: int) -> str:
    """$1 workspace, $2 deal: what happened to it and to its leads, latest first, one more than are shown.

    A row without an activity where there is none, no row where there is no deal.
    """
    latest = f"ORDER BY at DESC, id DESC LIMIT {limit + 1:d}"
    return f"""
SELECT d.id, d.title, a.id, a.kind, a.at, a.summary, a.body, m.id, m.name
FROM deal d
LEFT JOIN LATERAL (
    (SELECT * FROM activity WHERE workspace_id = $1 AND deal_id = $2 {latest})
    UNION ALL
    (SELECT found.* FROM lead l CROSS JOIN LATERAL (
        SELECT * FROM activity
        WHERE workspace_id = $1 AND lead_id = l.id AND deal_id IS DISTINCT FROM $2 {latest}
    ) found WHERE l.workspace_id = $1 AND l.deal_id = $2)
    {latest}
) a ON true
LEFT JOIN member m ON m.workspace_id = $1 AND m.id = a.member_id
WHERE d.workspace_id = $1 AND d.id = $2
ORDER BY a.at DESC, a.id DESC
"""  # noqa: S608


LOCKED = """
SELECT d.version, d.stage_id, d.pipeline_id, d.status, f.name AS from_name, t.name AS to_name, t.kind AS to_kind,
       t.pipeline_id AS to_pipeline
FROM deal d
JOIN stage f ON f.workspace_id = $1 AND f.id = d.stage_id
JOIN stage t ON t.workspace_id = $1 AND t.id = $3
WHERE d.workspace_id = $1 AND d.id = $2
FOR NO KEY UPDATE OF d
"""
"""$1 workspace, $2 deal, $3 stage: all that a move depends on, the deal locked."""

LAST_RANK = "SELECT rank FROM deal WHERE workspace_id = $1 AND stage_id = $2 AND id <> $3 ORDER BY rank DESC LIMIT 1"

MOVE = """
UPDATE deal SET stage_id = $3, status = $4, rank = $5, version = version + 1, updated_at = $6
WHERE workspace_id = $1 AND id = $2
RETURNING version
"""

LEAVE = """
UPDATE stage_change SET left_at = greatest($3, entered_at) WHERE workspace_id = $1 AND deal_id = $2 AND left_at IS NULL
RETURNING left_at
"""

ENTER = """
INSERT INTO stage_change (id, workspace_id, deal_id, from_stage_id, to_stage_id, entered_at, member_id)
VALUES ($2, $1, $3, $4, $5, $6, $7)
"""

LOG = """
INSERT INTO activity (id, workspace_id, kind, at, summary, member_id, deal_id) VALUES ($2, $1, 'change', $3, $4, $5, $6)
"""

TELL = """
INSERT INTO outbox_event (id, workspace_id, name, subject_type, subject_id, payload, at)
VALUES ($2, $1, 'deal.stage_changed', 'deal', $3, $4, $5)
"""
