"""The rows as SQL: ``INSERT … SELECT … FROM generate_series``, a statement a table, in an order that keys allow.

Everything follows from a row's number n (from 1): ids, dates and choices are functions of it, so that two data sets
of one size differ in nothing but what ``open_workspace`` made. The functions of ``HELPERS`` say how.
"""

from __future__ import annotations

HELPERS = """
-- The planner puts each of these in place of its call, which is ten times faster: so no FROM, no WHERE, and nothing in
-- an IMMUTABLE one that is less than that.
CREATE FUNCTION pg_temp.id(kind int, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS $f$
    SELECT overlay(overlay(overlay(md5(kind::text || ':' || n::text || ':{seed}')
        placing lpad(to_hex(1700000000000 + n), 12, '0') from 1) placing '7' from 13) placing '8' from 17)::uuid
$f$;
CREATE FUNCTION pg_temp.pick(salt int, n bigint, among bigint) RETURNS int IMMUTABLE LANGUAGE sql AS $f$
    SELECT abs(hashint8extended(n, salt) % among)::int
$f$;
CREATE FUNCTION pg_temp.word(salt int, n bigint, words text[]) RETURNS text IMMUTABLE LANGUAGE sql AS $f$
    SELECT words[1 + pg_temp.pick(salt, n, cardinality(words))]
$f$;
-- Row n of so many was made then: evenly over two years before now, the last one just now.
CREATE FUNCTION pg_temp.made(n bigint, of bigint) RETURNS timestamptz STABLE LANGUAGE sql AS $f$
    SELECT timestamptz '{now}' - (of - n) * (interval '730 days' / of)
$f$;
CREATE FUNCTION pg_temp.member(salt int, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS $f$
    SELECT CASE WHEN pg_temp.pick(salt + 1, n, 10) > 0
           THEN (ARRAY{members}::uuid[])[1 + pg_temp.pick(salt, n, {member_count})] END
$f$;
CREATE FUNCTION pg_temp.ws() RETURNS uuid IMMUTABLE LANGUAGE sql AS $f$ SELECT uuid '{workspace}' $f$;
"""
"""What the statements call. Filled in by ``bench.data.fill``; values of our own making, never a stranger's."""

ORGANIZATION, CONTACT, DEAL, LEAD = 1, 2, 3, 4
"""Kinds, as in ``pg_temp.id``."""

ORGANIZATIONS = """
INSERT INTO organization (id, workspace_id, version, name, name_folded, domain, created_at, updated_at)
SELECT pg_temp.id(1, n), pg_temp.ws(), 1,
       pg_temp.word(1, n, $2) || ' ' || pg_temp.word(2, n, $4) || ' ' || pg_temp.word(3, n, $6),
       pg_temp.word(1, n, $3) || ' ' || pg_temp.word(2, n, $5) || ' ' || pg_temp.word(3, n, $7),
       CASE WHEN n % 7 > 0 THEN 'firma-' || n || '.example' END,
       pg_temp.made(n, $1), pg_temp.made(n, $1)
FROM generate_series(1, $1::bigint) AS n
"""
"""$1 rows, then last names, trades and legal forms, each followed by their keys."""

CONTACTS = """
INSERT INTO contact (id, workspace_id, version, name, name_folded, job_title, organization_id, created_at, updated_at)
SELECT pg_temp.id(2, n), pg_temp.ws(), 1,
       pg_temp.word(4, n, $3) || ' ' || pg_temp.word(5, n, $5), pg_temp.word(4, n, $4) || ' ' || pg_temp.word(5, n, $6),
       CASE WHEN n % 3 > 0 THEN pg_temp.word(6, n, $7) END,
       CASE WHEN n % 10 < 7 THEN pg_temp.id(1, 1 + pg_temp.pick(7, n, $2)) END,
       pg_temp.made(n, $1), pg_temp.made(n, $1)
FROM generate_series(1, $1::bigint) AS n
"""
"""$1 rows, $2 organizations, then first and last names, each followed by their keys, and jobs."""

EMAILS = """
INSERT INTO contact_email (id, workspace_id, contact_id, position, address, address_normalized, active)
SELECT pg_temp.id(10 + position, n), pg_temp.ws(), pg_temp.id(2, n), position,
       CASE WHEN n % 4 = 0 THEN initcap(address) ELSE address END, address, true
FROM generate_series(1, $1::bigint) AS n,
     generate_series(0, CASE WHEN n % 20 = 0 THEN -1 WHEN n % 7 = 0 THEN 1 ELSE 0 END) AS position,
     concat(translate(pg_temp.word(4, n, $2) || '.' || pg_temp.word(5, n, $3), '''', ''), n,
            CASE position WHEN 0 THEN '@post.example' ELSE '@buero.example' END) AS address
"""
"""$1 contacts, then the keys of first and last names: none, one or two addresses each."""

PHONES = """
INSERT INTO contact_phone (id, workspace_id, contact_id, position, number)
SELECT pg_temp.id(12 + position, n), pg_temp.ws(), pg_temp.id(2, n), position,
       '+49' || 3000000000 + pg_temp.pick(8 + position, n, 6000000)
FROM generate_series(1, $1::bigint) AS n,
     generate_series(0, CASE WHEN n % 5 < 2 THEN -1 ELSE (n % 9 / 8)::int END) AS position
"""
"""$1 contacts: none, one or two numbers each."""

DEALS = """
INSERT INTO deal (id, workspace_id, version, title, pipeline_id, stage_id, status, rank, amount_minor, currency,
                  probability_override, expected_close_date, closed_at, lost_reason, last_open_stage_id, contact_id,
                  organization_id, owner_id, source, utm, created_at, updated_at)
SELECT pg_temp.id(3, n), pg_temp.ws(), 1 + pg_temp.pick(20, n, 5), pg_temp.word(21, n, $2) || ', ' || n,
       s.pipeline_id, s.id, s.kind, r.rank,
       CASE WHEN n % 10 > 0 THEN 50000 + pg_temp.pick(22, n, 9950000) END,
       CASE WHEN n % 10 > 0 THEN pg_temp.word(23, n, $3) END,
       CASE WHEN n % 7 = 0 THEN pg_temp.pick(24, n, 101) END,
       CASE WHEN n % 5 > 0 THEN (made + interval '90 days')::date END,
       CASE WHEN s.kind <> 'OPEN' THEN least(made + interval '10 days', timestamptz '{now}') END,
       CASE WHEN s.kind = 'LOST' THEN 'Zu teuer' END,
       CASE WHEN s.kind <> 'OPEN' THEN (SELECT id FROM bench_stage WHERE number = 1) END,
       contact.id, CASE WHEN contact.id IS NULL THEN pg_temp.id(1, 1 + pg_temp.pick(25, n, $5))
                        ELSE contact.organization_id END,
       pg_temp.member(26, n), pg_temp.word(28, n, $6), '{{}}',
       made, made + interval '1 minute' * pg_temp.pick(29, n, 100)
FROM bench_rank r
JOIN bench_stage s ON s.number = r.stage
CROSS JOIN LATERAL (SELECT r.deal AS n, pg_temp.made(r.deal, $1) AS made) AS made
LEFT JOIN contact ON n % 12 > 0 AND contact.id = pg_temp.id(2, 1 + pg_temp.pick(27, n, $4))
ORDER BY n
"""
"""$1 rows, products, currencies, $4 contacts, $5 organizations, sources."""

PLACES = """
INSERT INTO bench_place (deal, stage, place)
SELECT n, stage, row_number() OVER (PARTITION BY stage ORDER BY pg_temp.pick(31, n, 1000000000), n)
FROM generate_series(1, $1::bigint) AS n,
     LATERAL (SELECT ($2::int[])[1 + pg_temp.pick(30, n, cardinality($2))]) AS s (stage)
"""
"""$1 deals over the stages, $2 naming each as often as it is to be chosen: in no order that the heap has too."""

STAGE_CHANGES = """
INSERT INTO stage_change (id, workspace_id, deal_id, from_stage_id, to_stage_id, entered_at, left_at, member_id)
SELECT pg_temp.id(40 + step, r.deal), pg_temp.ws(), pg_temp.id(3, r.deal),
       CASE step WHEN 1 THEN first.id END, CASE step WHEN 0 THEN first.id ELSE s.id END,
       CASE step WHEN 0 THEN made ELSE moved END, CASE WHEN step = 0 AND r.stage > 0 THEN moved END,
       pg_temp.member(41, r.deal)
FROM bench_rank r
JOIN bench_stage s ON s.number = r.stage
JOIN bench_stage first ON first.number = 0
CROSS JOIN LATERAL (SELECT pg_temp.made(r.deal, $1) AS made) AS m
CROSS JOIN LATERAL (SELECT least(made + interval '10 days', timestamptz '{now}') AS moved) AS v
CROSS JOIN generate_series(0, CASE r.stage WHEN 0 THEN 0 ELSE 1 END) AS step
"""
"""$1 deals: each came into the first stage, and all but those that stand there went on."""

LEADS = """
INSERT INTO lead (id, workspace_id, version, title, state, source, utm, contact_id, organization_id, owner_id,
                  qualified_at, qualification_stale, disqualify_reason, disqualify_note, nurture_until, converted_at,
                  deal_id, created_at, updated_at)
SELECT pg_temp.id(4, n), pg_temp.ws(), 1 + pg_temp.pick(50, n, 4), pg_temp.word(51, n, $2), state,
       CASE WHEN n % 8 > 0 THEN pg_temp.word(52, n, $6) END, '{{"utm_source": "newsletter"}}',
       contact.id, CASE WHEN contact.id IS NULL THEN pg_temp.id(1, 1 + pg_temp.pick(53, n, $5))
                        ELSE contact.organization_id END,
       pg_temp.member(54, n),
       CASE WHEN state IN ('QUALIFIED', 'CONVERTED') THEN made + interval '1 day' END,
       state = 'QUALIFIED' AND n % 9 = 0,
       CASE WHEN state = 'DISQUALIFIED' THEN 'Kein Bedarf' END, NULL,
       CASE WHEN state = 'DISQUALIFIED' AND n % 2 = 0 THEN date '2027-01-04' END,
       CASE WHEN state = 'CONVERTED' THEN made + interval '2 days' END,
       CASE WHEN state = 'CONVERTED' THEN pg_temp.id(3, 1 + pg_temp.pick(55, n, $3)) END,
       made, made + interval '1 minute' * pg_temp.pick(56, n, 100)
FROM generate_series(1, $1::bigint) AS n
CROSS JOIN LATERAL (SELECT pg_temp.made(n, $1) AS made, pg_temp.lead_state(n) AS state) AS v
LEFT JOIN contact ON n % 16 > 0 AND contact.id = pg_temp.id(2, 1 + pg_temp.pick(58, n, $4))
"""
"""$1 rows, products, $3 deals, $4 contacts, $5 organizations, sources."""

LEAD_STATE = """
CREATE FUNCTION pg_temp.lead_state(n bigint) RETURNS text IMMUTABLE LANGUAGE sql AS $f$
    SELECT pg_temp.word(57, n, ARRAY['NEW', 'NEW', 'PROSPECTING', 'PROSPECTING', 'PROSPECTING', 'PROSPECTING',
                                     'QUALIFIED', 'DISQUALIFIED', 'CONVERTED', 'CONVERTED'])
$f$
"""

ANSWERS = """
INSERT INTO criterion_answer (id, workspace_id, lead_id, criterion, state, note, pending_until, amount_minor, currency,
                              decision_maker_id, text, not_before, not_after, member_id, answered_at)
SELECT pg_temp.id(60 + k::int, n), pg_temp.ws(), pg_temp.id(4, n), criterion, answer,
       CASE WHEN n % 6 = 0 THEN 'Am Telefon gesagt' END,
       CASE WHEN answer = 'PENDING' THEN date '2026-04-01' END,
       CASE WHEN known AND criterion = 'BUDGET' THEN 100000 + pg_temp.pick(61, n, 900000) END,
       CASE WHEN known AND criterion = 'BUDGET' THEN 'EUR' END,
       CASE WHEN known AND criterion = 'AUTHORITY' THEN pg_temp.id(2, 1 + pg_temp.pick(62, n, $2)) END,
       CASE WHEN known AND criterion = 'NEED' THEN 'Acht Plätze, zwei davon für Rollstühle' END,
       CASE WHEN known AND criterion = 'TIMEFRAME' THEN date '2026-05-01' END,
       CASE WHEN known AND criterion = 'TIMEFRAME' THEN date '2026-06-30' END,
       pg_temp.member(63, n), pg_temp.made(n, $1) + interval '1 hour'
FROM generate_series(1, $1::bigint) AS n
CROSS JOIN LATERAL (SELECT pg_temp.lead_state(n) AS state) AS s
CROSS JOIN unnest(ARRAY['BUDGET', 'AUTHORITY', 'NEED', 'TIMEFRAME']) WITH ORDINALITY AS c (criterion, k)
CROSS JOIN LATERAL (
    SELECT CASE WHEN state IN ('QUALIFIED', 'CONVERTED') THEN 'MET'
                ELSE pg_temp.word(64 + k::int, n, ARRAY['MET', 'NOT_MET', 'PENDING', 'UNKNOWN']) END AS answer
) AS a
CROSS JOIN LATERAL (SELECT answer IN ('MET', 'NOT_MET') AS known) AS t
WHERE state IN ('QUALIFIED', 'CONVERTED') OR (state = 'PROSPECTING' AND pg_temp.pick(70 + k::int, n, 2) = 0)
"""
"""$1 leads, $2 contacts."""

ACTIVITIES = """
INSERT INTO activity (id, workspace_id, kind, at, summary, body, member_id, {subject}_id)
SELECT pg_temp.id({kind} + 100 * step, n), pg_temp.ws(), kind,
       least(pg_temp.made(n, $1) + step * interval '26 hours', timestamptz '{now}'),
       CASE kind WHEN 'change' THEN 'Moved from Qualified to Offer sent' ELSE pg_temp.word(81, n + step, $2) END,
       CASE WHEN kind IN ('note', 'email', 'call')
            THEN repeat('Wir haben über die Lieferzeit gesprochen. ', 2 + step % 6) END,
       CASE WHEN kind <> 'email' THEN pg_temp.member(82, n + step) END, pg_temp.id({kind}, n)
FROM generate_series(1, $1::bigint) AS n
CROSS JOIN generate_series(1, {steps}) AS step
CROSS JOIN LATERAL (
    SELECT pg_temp.word(80, n * 31 + step, ARRAY['note', 'call', 'meeting', 'email', 'change', 'change']) AS kind
) AS k
"""
"""$1 deals or leads, products. ``steps`` says how many entries the timeline of number n has."""

DEAL_STEPS = "CASE WHEN n % 10 = 0 THEN 24 ELSE 1 END"
LEAD_STEPS = "CASE WHEN n % 3 = 0 THEN 1 ELSE 0 END"
