"""The statements behind ``crm.deals.history``. $1 is the workspace and $2 the pipeline everywhere."""

from __future__ import annotations

from crm.deals.past import KINDS, ChangeKind

# A deal has at most one span at any moment, for a span ends where the next one begins, and one without length has none.
# The end as an index of 0005 has it, in which the spans of a pipeline that had not ended at a moment lie together. CASE
# and not coalesce(), here and for ids: behind row-level security PostgreSQL takes coalesce() for leaky, and looks up
# nothing by it.
_AT = "{h}.valid_from <= {at} AND CASE WHEN {h}.valid_to IS NULL THEN 'infinity' ELSE {h}.valid_to END > {at}"


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

_COMPARED = ("stage_id", "status", "amount_minor", "currency", "expected_close_date", "owner_id", "archived")


def _spans(at: str) -> str:
    columns = ", ".join(f"h.{name}" for name in _COMPARED)
    return f"""SELECT h.id, h.deal_id, {columns} FROM deal_history h
        WHERE h.workspace_id = $1 AND h.pipeline_id = $2 AND {_at(at)}"""  # noqa: S608  (words of our own)


def _elsewhere(end: str, at: str) -> str:
    """What a deal was at a moment at which it was not in the pipeline."""
    return f"""LATERAL (SELECT h.* FROM deal_history h WHERE p.{end}_id IS NULL
        AND h.workspace_id = $1 AND h.deal_id = p.deal_id AND {_at(at)} LIMIT 1)"""  # noqa: S608  (words of our own)


def _either(end: str) -> str:
    return ", ".join(f"coalesce(p.{end}_{name}, elsewhere_{end}.{name}) AS {end}_{name}" for name in _COMPARED)


# What changed: the deals that have another span at the second moment ("b") than at the first ("a"). They are seen where
# they are in the pipeline and not archived. $3 and $4 are the moments.
_NET = f"""
WITH places AS MATERIALIZED (
    SELECT s.id AS stage_id, row_number() OVER (ORDER BY s.position, s.id) AS place FROM stage s
    WHERE s.workspace_id = $1 AND s.pipeline_id = $2
), pairs AS (
    SELECT CASE WHEN b.id IS NULL THEN a.deal_id ELSE b.deal_id END AS deal_id, a.id AS a_id, b.id AS b_id,
        {", ".join(f"a.{name} AS a_{name}, b.{name} AS b_{name}" for name in _COMPARED)}
    FROM ({_spans("$3::timestamptz")}) AS a
    FULL JOIN ({_spans("$4::timestamptz")}) AS b ON b.deal_id = a.deal_id
    WHERE a.id IS DISTINCT FROM b.id
), ends AS (
    SELECT p.deal_id, p.a_id IS NOT NULL AS a_here, p.b_id IS NOT NULL AS b_here,
        coalesce(p.a_id, elsewhere_a.id) IS NOT NULL AS known, x.place AS a_place, y.place AS b_place,
        {_either("a")}, {_either("b")}
    FROM pairs p
    LEFT JOIN {_elsewhere("a", "$3")} AS elsewhere_a ON true
    LEFT JOIN {_elsewhere("b", "$4")} AS elsewhere_b ON true
    LEFT JOIN places x ON x.stage_id = p.a_stage_id
    LEFT JOIN places y ON y.stage_id = p.b_stage_id
), seen AS (
    SELECT ends.*, a_here AND NOT a_archived AS a_seen, b_here AND NOT b_archived AS b_seen,
        coalesce(a_expected_close_date, 'infinity') AS a_due, coalesce(b_expected_close_date, 'infinity') AS b_due
    FROM ends
), net AS MATERIALIZED (
    SELECT seen.*, a_seen AND a_status = 'OPEN' AS a_open, b_seen AND b_status = 'OPEN' AS b_open,
        b_here AND b_status IS DISTINCT FROM a_status AS turned,
        -- No amount counts as nothing, in the currency of the other.
        known AND b_here AND coalesce(a_currency = b_currency, true)
            AND coalesce(b_amount_minor, 0) > coalesce(a_amount_minor, 0) AS up,
        known AND b_here AND coalesce(a_currency = b_currency, true)
            AND coalesce(b_amount_minor, 0) < coalesce(a_amount_minor, 0) AS down,
        known AND b_here AND a_currency <> b_currency AS exchanged,
        a_here AND b_here AND a_status = 'OPEN' AND b_status = 'OPEN' AND b_place > a_place AS forward,
        a_here AND b_here AND a_status = 'OPEN' AND b_status = 'OPEN' AND b_place < a_place AS back,
        -- It came open and was closed before the second moment: it counts as come, and as gone.
        b_seen AND NOT a_seen AND b_status <> 'OPEN' AND coalesce(a_status, 'OPEN') = 'OPEN' AS passed
    FROM seen WHERE a_seen OR b_seen
)"""  # noqa: S608  (words of our own)

_CONDITIONS = {
    ChangeKind.ADDED: "b_seen AND NOT known",
    ChangeKind.ENTERED: "b_seen AND known AND NOT a_here",
    ChangeKind.RESTORED: "b_seen AND a_here AND a_archived",
    ChangeKind.REOPENED: "known AND turned AND b_status = 'OPEN'",
    ChangeKind.MOVED_FORWARD: "forward",
    ChangeKind.MOVED_BACK: "back",
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

BRIDGE = f"""{_NET}{_TOLD}, effects AS MATERIALIZED ({_EFFECTS}
), parts AS (
    SELECT kind, '' AS currency, 1 AS deals, NULL::bigint AS minor, coalesce(deals, 0) AS effect_deals,
        NULL::bigint AS effect
    FROM effects
    UNION ALL
    SELECT kind, b_currency, 0, b_amount_minor, 0,
        CASE WHEN {_in(*_VALUES)} THEN CASE WHEN a_open THEN b_amount_minor END ELSE deals * b_amount_minor END
    FROM effects WHERE b_currency IS NOT NULL AND NOT {_in(ChangeKind.LEFT)}
    UNION ALL
    SELECT kind, a_currency, 0, -a_amount_minor, 0, CASE WHEN a_open THEN -a_amount_minor END
    FROM effects WHERE a_currency IS NOT NULL AND {_in(*_VALUES)}
    UNION ALL
    SELECT kind, a_currency, 0, a_amount_minor, 0, deals * a_amount_minor
    FROM effects WHERE a_currency IS NOT NULL AND {_in(ChangeKind.LEFT)}
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
