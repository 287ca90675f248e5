"""The statements behind ``crm.deals.history``. $1 is the workspace and $2 the pipeline everywhere."""

from __future__ import annotations

from crm.deals.past import KINDS, ChangeKind

# A deal has at most one span at any moment, for a span ends where the next one begins, and one without length has none.
_AT = "{h}.valid_from <= {at} AND ({h}.valid_to > {at} OR {h}.valid_to IS NULL)"


def _at(at: str, alias: str = "h") -> str:
    return _AT.format(h=alias, at=at)


_PROBABILITY = "CASE WHEN h.status = 'OPEN' THEN coalesce(h.probability_override, s.probability) ELSE s.probability END"
_HERE = "h.workspace_id = $1 AND h.pipeline_id = $2 AND NOT h.archived"

STAGES_THEN = f"""
SELECT s.id AS stage_id, h.currency, count(h.id) AS count, sum(h.amount_minor) AS minor,
    sum(div(h.amount_minor::numeric * ({_PROBABILITY}) + 50, 100)) AS weighted
FROM stage s
LEFT JOIN deal_history h ON h.stage_id = s.id AND {_HERE} AND {_at("$3::timestamptz")}
WHERE s.workspace_id = $1 AND s.pipeline_id = $2
GROUP BY s.id, s.position, s.archived_at, h.currency
HAVING s.archived_at IS NULL OR count(h.id) > 0
ORDER BY s.position, s.id, h.currency COLLATE "C" """  # noqa: S608  (words of our own)
"""$3 the moment."""

_DEALS_THEN = f"""
SELECT * FROM (
    SELECT h.stage_id, h.deal_id, h.status, h.amount_minor, h.currency, h.expected_close_date, h.owner_id,
        {_PROBABILITY} AS probability, row_number() OVER (PARTITION BY h.stage_id ORDER BY h.deal_id {{order}}) AS place
    FROM deal_history h JOIN stage s ON s.workspace_id = $1 AND s.id = h.stage_id
    WHERE {_HERE} AND {_at("$3::timestamptz")} AND h.stage_id = ANY($4::uuid[])
      AND ($5::uuid IS NULL OR h.deal_id < $5) AND ($6::uuid IS NULL OR h.deal_id > $6)
) AS found WHERE place <= $7::bigint ORDER BY deal_id DESC"""  # noqa: S608  (words of our own)

DEALS_THEN = {backward: _DEALS_THEN.format(order="ASC" if backward else "DESC") for backward in (False, True)}
"""$3 the moment, $4 stages, $5 only deals after this one in the list, $6 only those before, $7 how many a stage.
By whether they are taken from the list's end."""

# What changed: the deals with a span that began or ended between the moments ("touched") are looked at as they were at
# either ("a", "b"); "a" and "b" are seen where they are in the pipeline and not archived. $3 and $4 are the moments.
_NET = f"""
WITH touched AS MATERIALIZED (
    SELECT DISTINCT h.deal_id FROM deal_history h
    WHERE h.workspace_id = $1 AND h.pipeline_id = $2 AND (h.valid_to > $3::timestamptz OR h.valid_to IS NULL)
      AND (h.valid_to <= $4::timestamptz OR (h.valid_from > $3 AND h.valid_from <= $4))
), ends AS (
    SELECT b.deal_id, a.deal_id IS NOT NULL AS known,
        coalesce(a.pipeline_id = $2, false) AS a_here, b.pipeline_id = $2 AS b_here,
        coalesce(a.pipeline_id = $2 AND NOT a.archived, false) AS a_seen,
        b.pipeline_id = $2 AND NOT b.archived AS b_seen,
        coalesce(a.archived, false) AS a_archived, b.archived AS b_archived,
        a.status AS a_status, b.status AS b_status, a.stage_id AS a_stage_id, b.stage_id AS b_stage_id,
        a.amount_minor AS a_minor, b.amount_minor AS b_minor, a.currency AS a_currency, b.currency AS b_currency,
        coalesce(a.expected_close_date, 'infinity') AS a_due, coalesce(b.expected_close_date, 'infinity') AS b_due,
        a.expected_close_date AS a_close, b.expected_close_date AS b_close,
        a.owner_id AS a_owner_id, b.owner_id AS b_owner_id
    FROM touched t
    JOIN deal_history b ON b.workspace_id = $1 AND b.deal_id = t.deal_id AND {_at("$4", "b")}
    LEFT JOIN deal_history a ON a.workspace_id = $1 AND a.deal_id = t.deal_id AND {_at("$3", "a")}
), net AS (
    SELECT ends.*, a_seen AND a_status = 'OPEN' AS a_open, b_seen AND b_status = 'OPEN' AS b_open,
        b_here AND b_status IS DISTINCT FROM a_status AS turned,
        -- No amount counts as nothing, in the currency of the other.
        known AND b_here AND coalesce(a_currency = b_currency, true)
            AND coalesce(b_minor, 0) > coalesce(a_minor, 0) AS up,
        known AND b_here AND coalesce(a_currency = b_currency, true)
            AND coalesce(b_minor, 0) < coalesce(a_minor, 0) AS down,
        known AND b_here AND a_currency <> b_currency AS exchanged,
        CASE WHEN a_here AND b_here AND a_status = 'OPEN' AND b_status = 'OPEN' AND a_stage_id <> b_stage_id THEN
            (SELECT (y.position, y.id) > (x.position, x.id) FROM stage x, stage y
             WHERE x.workspace_id = $1 AND x.id = a_stage_id AND y.workspace_id = $1 AND y.id = b_stage_id)
        END AS forward,
        -- It came open and was closed before the second moment: it counts as come, and as gone.
        b_seen AND NOT a_seen AND b_status <> 'OPEN' AND coalesce(a_status, 'OPEN') = 'OPEN' AS passed
    FROM ends WHERE a_seen OR b_seen
)"""  # noqa: S608  (words of our own)

_CONDITIONS = {
    ChangeKind.ADDED: "b_seen AND NOT known",
    ChangeKind.ENTERED: "b_seen AND known AND NOT a_here",
    ChangeKind.RESTORED: "b_seen AND a_here AND a_archived",
    ChangeKind.REOPENED: "known AND turned AND b_status = 'OPEN'",
    ChangeKind.MOVED_FORWARD: "forward",
    ChangeKind.MOVED_BACK: "NOT forward",
    ChangeKind.VALUE_UP: "up",
    ChangeKind.VALUE_DOWN: "down",
    ChangeKind.VALUE_CHANGED: "exchanged",
    ChangeKind.SLIPPED: "known AND b_here AND b_status = 'OPEN' AND b_due > a_due",
    ChangeKind.PULLED_IN: "known AND b_here AND b_status = 'OPEN' AND b_due < a_due",
    ChangeKind.OWNER_CHANGED: "known AND b_here AND a_owner_id IS DISTINCT FROM b_owner_id",
    ChangeKind.WON: "turned AND b_status = 'WON'",
    ChangeKind.LOST: "turned AND b_status = 'LOST'",
    ChangeKind.ARCHIVED: "a_seen AND b_here AND b_archived",
    ChangeKind.LEFT: "a_seen AND NOT b_here",
}
"""Over ``net``: for which deals there is a change of the kind."""


def _number(kind: ChangeKind) -> int:
    return KINDS.index(kind)


_TOLD = f""", told AS (
    SELECT net.*, change.kind FROM net CROSS JOIN LATERAL unnest(ARRAY[{
    ", ".join(f"CASE WHEN {_CONDITIONS[kind]} THEN {_number(kind)} END" for kind in KINDS)
}]) AS change (kind) WHERE change.kind IS NOT NULL
)"""  # noqa: S608  (words of our own)

_CAME = (ChangeKind.ADDED, ChangeKind.ENTERED, ChangeKind.RESTORED)
_CLOSED = (ChangeKind.WON, ChangeKind.LOST)
_VALUES = (ChangeKind.VALUE_UP, ChangeKind.VALUE_DOWN, ChangeKind.VALUE_CHANGED)


def _in(*kinds: ChangeKind) -> str:
    return f"kind IN ({', '.join(str(_number(kind)) for kind in kinds)})"


# How a change bears on the sum of the open deals: by what the amounts after and before are multiplied, and how many
# deals it adds. Whatever a deal goes through, its changes together are what it is worth among the open ones at the
# second moment, less what it was worth there at the first.
_EFFECTS = f"""
    SELECT told.*,
        CASE
            WHEN {_in(*_CAME)} AND (b_open OR passed) THEN 1
            WHEN {_in(ChangeKind.REOPENED)} AND a_seen AND b_open THEN 1
            WHEN {_in(*_CLOSED)} AND (a_open OR passed) THEN -1
            WHEN {_in(ChangeKind.ARCHIVED)} AND a_open AND NOT turned THEN -1
            WHEN {_in(ChangeKind.LEFT)} AND a_open THEN -1
        END AS deals
    FROM told"""  # noqa: S608  (words of our own)

BRIDGE = f"""{_NET}{_TOLD}, effects AS ({_EFFECTS}
), parts AS (
    SELECT e.kind, p.* FROM effects e CROSS JOIN LATERAL (VALUES
        ('', 1, NULL, coalesce(e.deals, 0), NULL),
        (e.b_currency, 0, CASE WHEN NOT {_in(ChangeKind.LEFT)} THEN e.b_minor END, 0,
            CASE WHEN {_in(*_VALUES)} THEN CASE WHEN a_open THEN e.b_minor END
                WHEN NOT {_in(ChangeKind.LEFT)} THEN e.deals * e.b_minor END),
        (e.a_currency, 0, CASE WHEN {_in(ChangeKind.LEFT)} THEN e.a_minor WHEN {_in(*_VALUES)} THEN -e.a_minor END, 0,
            CASE WHEN {_in(*_VALUES)} AND a_open THEN -e.a_minor
                WHEN {_in(ChangeKind.LEFT)} THEN e.deals * e.a_minor END)
    ) AS p (currency, deals, minor, effect_deals, effect) WHERE p.currency IS NOT NULL
    UNION ALL
    SELECT {len(KINDS)}, coalesce(h.currency, ''), 1, h.amount_minor, 0, NULL FROM deal_history h
    WHERE {_HERE} AND h.status = 'OPEN' AND {_at("$3")}
    UNION ALL
    SELECT {len(KINDS) + 1}, coalesce(h.currency, ''), 1, h.amount_minor, 0, NULL FROM deal_history h
    WHERE {_HERE} AND h.status = 'OPEN' AND {_at("$4")}
)
SELECT kind, currency, sum(deals) AS deals, sum(minor) AS minor, sum(effect_deals) AS effect_deals,
    sum(effect) AS effect
FROM parts GROUP BY kind, currency ORDER BY kind, currency COLLATE "C" """  # noqa: S608  (words of our own)
"""A row for each kind and currency. Beyond the numbers of kinds: what was open at the first moment, and the second."""

# What of a deal a kind of change is about: when it last changed, is when it came to be so.
_ABOUT = f"""CASE
            WHEN {_in(ChangeKind.ADDED)} THEN ''
            WHEN {_in(ChangeKind.ENTERED, ChangeKind.LEFT)} THEN h.pipeline_id::text
            WHEN {_in(ChangeKind.RESTORED, ChangeKind.ARCHIVED)} THEN h.archived::text
            WHEN {_in(ChangeKind.REOPENED, *_CLOSED)} THEN h.status
            WHEN {_in(ChangeKind.MOVED_FORWARD, ChangeKind.MOVED_BACK)} THEN h.stage_id::text
            WHEN {_in(*_VALUES)} THEN h.amount_minor || h.currency
            WHEN {_in(ChangeKind.SLIPPED, ChangeKind.PULLED_IN)} THEN h.expected_close_date::text
            ELSE h.owner_id::text
        END"""

_CHANGES = f"""{_NET}{_TOLD}, page AS (
    SELECT * FROM told WHERE kind = ANY($5::int[])
      AND ($6::int IS NULL OR kind > $6 OR (kind = $6 AND deal_id < $7::uuid))
      AND ($8::int IS NULL OR kind < $8 OR (kind = $8 AND deal_id > $9::uuid))
    ORDER BY {{order}} LIMIT $10::bigint
)
SELECT page.*, (
    SELECT max(span.valid_from) FROM (
        SELECT h.valid_from, row_number() OVER past = 1 OR {_ABOUT} IS DISTINCT FROM lag({_ABOUT}) OVER past AS differs
        FROM deal_history h
        WHERE h.workspace_id = $1 AND h.deal_id = page.deal_id AND h.valid_from <= $4
          AND (h.valid_to > greatest(h.valid_from, $3) OR h.valid_to IS NULL)
        WINDOW past AS (ORDER BY h.valid_from)
    ) AS span WHERE span.differs
) AS at
FROM page ORDER BY kind, deal_id DESC"""  # noqa: S608  (words of our own)

CHANGES = {
    backward: _CHANGES.format(order="kind DESC, deal_id ASC" if backward else "kind ASC, deal_id DESC")
    for backward in (False, True)
}
"""$5 numbers of kinds, $6 and $7 the key after which, $8 and $9 the key before which, $10 how many.
By whether they are taken from the list's end."""
