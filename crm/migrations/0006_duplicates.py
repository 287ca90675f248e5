"""References that follow merges, and doors to the records that may be duplicates of one another."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from crm.sealing import APP_ROLE

REFERENCES = {
    "lead": {"contact_id": "contact", "organization_id": "organization"},
    "deal": {"contact_id": "contact", "organization_id": "organization"},
    "activity": {"contact_id": "contact", "organization_id": "organization"},
    "criterion_answer": {"decision_maker_id": "contact", "budget_holder_id": "contact"},
    "suggestion": {"decision_maker_id": "contact"},
    "contact": {"organization_id": "organization"},
    "organization": {"parent_id": "organization"},
}
"""Columns by which records refer to contacts and organizations, and to which."""


def holder(kind: str) -> str:
    """The function that tells who holds what was a merged record's."""
    # FOR KEY SHARE waits for a merge that is under way, and then sees it. The foreign key takes the same lock.
    return f"""
CREATE FUNCTION holder_of_{kind}(workspace uuid, wanted uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    next uuid;
BEGIN
    LOOP
        SELECT r.merged_into_id INTO next FROM public.{kind} r
        WHERE r.workspace_id = workspace AND r.id = wanted FOR KEY SHARE;
        IF next IS NULL THEN
            RETURN wanted;
        END IF;
        wanted := next;
    END LOOP;
END
$$"""


def follow(table: str, columns: dict[str, str]) -> list[str]:
    """Whoever is about to refer to a merged record refers to the one that holds what was its own."""
    steps = "".join(
        f"""
    IF NEW.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column} THEN
        NEW.{column} := public.holder_of_{kind}(NEW.workspace_id, NEW.{column});{
            " NEW.parent_id := nullif(NEW.parent_id, NEW.id);" if column == "parent_id" else ""
        }
    END IF;"""
        for column, kind in columns.items()
    )
    return [
        f"CREATE FUNCTION {table}_follows_merges() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN{steps}\n    RETURN NEW;\nEND\n$$",
        f"CREATE TRIGGER {table}_follows_merges BEFORE INSERT OR UPDATE OF {', '.join(columns)} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {table}_follows_merges()",
    ]


# As crm.merging.rules has them; a test holds the two together.
LEGAL_FORMS = """
ab ag aps as asa bv bvba cic co company corp corporation doo dooel eg ek ev eirl eurl gbr gesmbh ggmbh gmbh inc
incorporated kft kg kgaa limited llc llp lp ltd ltda mbh nv og ohg oy oyj partg partgmbb plc pty pvt sa sarl sas sasu
sca scs se sl slu snc spa spzoo sprl srl srls sro ug vof zoo & +"""
PLUS_TAGS = """
outlook.com outlook.de hotmail.com hotmail.de live.com live.de msn.com fastmail.com fastmail.fm icloud.com me.com
mac.com proton.me protonmail.com protonmail.ch pm.me posteo.de mailbox.org"""


def listed(words: str) -> str:
    return ", ".join(f"'{word}'" for word in words.split())


KEYS = [
    f"""
CREATE FUNCTION name_core(folded text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((
        SELECT string_agg(w.word, ' ' ORDER BY w.n)
        FROM unnest(string_to_array(folded, ' ')) WITH ORDINALITY AS w (word, n)
        WHERE translate(w.word, '.,;()', '') <> ALL (ARRAY[{listed(LEGAL_FORMS)}])
    ), folded)
$$""",
    f"""
CREATE FUNCTION mailbox_of(address text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE
        WHEN split_part(address, '@', 2) IN ('gmail.com', 'googlemail.com')
        THEN replace(split_part(split_part(address, '@', 1), '+', 1), '.', '') || '@gmail.com'
        WHEN split_part(address, '@', 2) IN ({listed(PLUS_TAGS)})
        THEN split_part(split_part(address, '@', 1), '+', 1) || '@' || split_part(address, '@', 2)
        ELSE address
    END
$$""",
]

INDEXES = [
    # uuid in a GIN index, so that names are looked for in one workspace only.
    "CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public",
    "CREATE INDEX contact_name_like ON contact USING gin (workspace_id, name_folded public.gin_trgm_ops)"
    " WHERE archived_at IS NULL",
    "CREATE INDEX organization_name_like ON organization"
    " USING gin (workspace_id, name_core(name_folded) public.gin_trgm_ops) WHERE archived_at IS NULL",
    "CREATE INDEX organization_name_core ON organization (workspace_id, name_core(name_folded))"
    " WHERE archived_at IS NULL",
    *(
        statement
        for table in ("contact_email", "organization_email")
        for statement in (
            f"CREATE INDEX {table}_mailbox ON {table} (workspace_id, mailbox_of(address_normalized)) WHERE active",
            f"CREATE INDEX {table}_host ON {table} (workspace_id, split_part(address_normalized, '@', 2)) WHERE active",
        )
    ),
]

# Run as the owner, past row-level security, like the doors of 0002: under it no operator that is not leakproof may use
# an index, which makes of 20 milliseconds among 100,000 contacts 800. They look at the workspace that the connection
# is bound to, and answer with ids and with what the records have in common.
OPEN = "LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
HERE = "(SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)"
LIKE = "SET pg_trgm.similarity_threshold = '0.71' SET enable_hashjoin = off SET enable_mergejoin = off"
"""From where on a name by itself is worth proposing (crm.merging.rules); and a few rows are looked up one by one, where
PostgreSQL, which cannot know how few they are, would read the whole workspace."""
EVIDENCE = """same_email boolean, same_phone boolean, same_name boolean, similarity real, same_domain boolean,
    same_organization boolean"""


def addressed(noun: str, of: str, condition: str) -> str:
    """Whether a record has an e-mail address in use for which the condition on ``e`` holds."""
    return (
        f"EXISTS (SELECT 1 FROM public.{noun}_email e WHERE e.workspace_id = {of}.workspace_id"
        f" AND e.{noun}_id = {of}.id AND e.active AND {condition})"
    )


def phoned(noun: str, of: str, condition: str) -> str:
    """Whether a record has a phone number for which the condition on ``p`` holds."""
    return (
        f"EXISTS (SELECT 1 FROM public.{noun}_phone p WHERE p.workspace_id = {of}.workspace_id"
        f" AND p.{noun}_id = {of}.id AND {condition})"
    )


def apart(noun: str, one: str, other: str) -> str:
    """Whether somebody has said that two are not the same."""
    return (
        f"EXISTS (SELECT 1 FROM public.distinct_pair d WHERE d.workspace_id = {HERE}"
        f" AND d.{noun}_id = least({one}, {other}) AND d.other_{noun}_id = greatest({one}, {other}))"
    )


BOX = "public.mailbox_of(e.address_normalized) = ANY (mailboxes)"
HOST = "split_part(e.address_normalized, '@', 2)"


def named(noun: str, name: str, where: str, wanted: str = "wanted", operator: bool = False) -> str:
    """The 200 most alike by name of those for which a condition on ``r`` holds."""
    alike = f"{name} OPERATOR(public.%) {wanted}" if operator else f"public.similarity({name}, {wanted}) >= 0.5"
    return (
        f"(SELECT r.id FROM public.{noun} r WHERE r.workspace_id = {HERE} AND r.archived_at IS NULL AND {where}"
        f" AND {alike} ORDER BY public.similarity({name}, {wanted}) DESC, r.id LIMIT 200)"
    )


def like(noun: str, name: str, more: list[str], same_domain: str, same_organization: str) -> str:
    """The body of a door to the records that are like what is given."""
    found = [
        f"SELECT e.{noun}_id FROM public.{noun}_email e WHERE e.workspace_id = {HERE} AND e.active AND {BOX}",
        f"SELECT p.{noun}_id FROM public.{noun}_phone p WHERE p.workspace_id = {HERE} AND p.number = ANY (phones)",
        f"(SELECT r.id FROM public.{noun} r WHERE r.workspace_id = {HERE} AND r.archived_at IS NULL"
        f" AND {name} = wanted ORDER BY r.id LIMIT 200)",
        named(noun, name, "true", operator=True),
        *more,
    ]
    return f"""
    WITH found (id) AS ({" UNION ".join(found)})
    SELECT r.id, {addressed(noun, "r", BOX)}, {phoned(noun, "r", "p.number = ANY (phones)")},
        coalesce({name} = wanted, false), coalesce(public.similarity({name}, wanted), 0), {same_domain},
        {same_organization}
    FROM found f JOIN public.{noun} r ON r.workspace_id = {HERE} AND r.id = f.id
    WHERE r.archived_at IS NULL AND r.id IS DISTINCT FROM itself AND NOT {apart(noun, "r.id", "itself")}"""


def pairs(noun: str, name: str, keys: list[str], same_domain: str, same_organization: str) -> str:
    """The body of a door to all pairs that have something in common exactly.

    Where more than 20 have one thing in common, each is paired with the oldest of them only.
    """
    keys = [
        f"SELECT 'name', {name.format('r')}::text, r.id FROM public.{noun} r"
        f" WHERE r.workspace_id = {HERE} AND r.archived_at IS NULL",
        f"SELECT 'email', public.mailbox_of(e.address_normalized), e.{noun}_id FROM public.{noun}_email e"
        f" WHERE e.workspace_id = {HERE} AND e.active",
        f"SELECT 'phone', p.number, p.{noun}_id FROM public.{noun}_phone p WHERE p.workspace_id = {HERE}",
        *keys,
    ]
    return f"""
    WITH keys (sort, key, id) AS ({" UNION ALL ".join(keys)}),
    groups AS (
        SELECT k.sort, k.key, array_agg(DISTINCT k.id) AS ids
        FROM keys k JOIN public.{noun} r ON r.workspace_id = {HERE} AND r.id = k.id AND r.archived_at IS NULL
        GROUP BY 1, 2 HAVING count(DISTINCT k.id) > 1
    ),
    paired AS (
        SELECT a.id AS first, b.id AS second, bool_or(g.sort = 'email') AS same_email,
            bool_or(g.sort = 'phone') AS same_phone, count(*) AS weight
        FROM groups g, unnest(g.ids) AS a (id), unnest(g.ids) AS b (id)
        WHERE a.id < b.id AND (cardinality(g.ids) <= 20 OR a.id = g.ids[1]) GROUP BY 1, 2
    )
    SELECT x.first, x.second, x.same_email, x.same_phone, {name.format('a')} = {name.format('b')},
        public.similarity({name.format('a')}, {name.format('b')}), {same_domain}, {same_organization}
    FROM paired x
    JOIN public.{noun} a ON a.workspace_id = {HERE} AND a.id = x.first
    JOIN public.{noun} b ON b.workspace_id = {HERE} AND b.id = x.second
    WHERE NOT {apart(noun, "x.first", "x.second")}
    ORDER BY x.same_email DESC, x.weight DESC, x.first, x.second LIMIT at_most"""


CORE = "public.name_core(r.name_folded)"
OF_HOST = f"{HOST} = ANY (domains)"
SHARED_HOST = addressed(
    "contact",
    "a",
    f"{HOST} <> ALL (free) AND EXISTS (SELECT 1 FROM public.contact_email o WHERE o.workspace_id = b.workspace_id"
    f" AND o.contact_id = b.id AND o.active AND {HOST.replace('e.', 'o.')} = {HOST})",
)

DOORS = {
    "door_contacts_like(text, text[], text[], text[], uuid, uuid)": f"""
CREATE FUNCTION door_contacts_like(
    wanted text, mailboxes text[], phones text[], domains text[], organization uuid, itself uuid
) RETURNS TABLE (id uuid, {EVIDENCE}) STABLE {OPEN} {LIKE} AS $$
    {like(
        "contact",
        "r.name_folded",
        [
            named("contact", "r.name_folded", "r.organization_id = organization"),
            named(
                "contact",
                "r.name_folded",
                f"r.id IN (SELECT e.contact_id FROM public.contact_email e WHERE e.workspace_id = {HERE}"
                f" AND e.active AND {OF_HOST})",
            ),
        ],
        addressed("contact", "r", OF_HOST),
        "coalesce(r.organization_id = organization, false)",
    )}
$$""",
    "door_organizations_like(text, text[], text[], text[], uuid)": f"""
CREATE FUNCTION door_organizations_like(wanted text, mailboxes text[], phones text[], domains text[], itself uuid)
RETURNS TABLE (id uuid, {EVIDENCE}) STABLE {OPEN} {LIKE} AS $$
    {like(
        "organization",
        CORE,
        [
            f"SELECT r.id FROM public.organization r WHERE r.workspace_id = {HERE} AND r.domain = ANY (domains)",
            f"SELECT e.organization_id FROM public.organization_email e WHERE e.workspace_id = {HERE} AND e.active"
            f" AND {OF_HOST}",
        ],
        f"coalesce(r.domain = ANY (domains), false) OR {addressed('organization', 'r', OF_HOST)}",
        "false",
    )}
$$""",
    "door_contact_pairs(text[], integer)": f"""
CREATE FUNCTION door_contact_pairs(free text[], at_most integer)
RETURNS TABLE (first uuid, second uuid, {EVIDENCE}) STABLE {OPEN} AS $$
    {pairs(
        "contact",
        "{}.name_folded",
        [],
        SHARED_HOST,
        "coalesce(a.organization_id = b.organization_id, false)",
    )}
$$""",
    "door_organization_pairs(text[], integer)": f"""
CREATE FUNCTION door_organization_pairs(free text[], at_most integer)
RETURNS TABLE (first uuid, second uuid, {EVIDENCE}) STABLE {OPEN} AS $$
    {pairs(
        "organization",
        "public.name_core({}.name_folded)",
        [
            f"SELECT 'domain', r.domain, r.id FROM public.organization r WHERE r.workspace_id = {HERE}"
            " AND r.domain IS NOT NULL AND r.archived_at IS NULL",
            f"SELECT 'domain', {HOST}, e.organization_id FROM public.organization_email e"
            f" WHERE e.workspace_id = {HERE} AND e.active AND {HOST} <> ALL (free)",
        ],
        "x.same_domain",
        "false",
    ).replace("count(*) AS weight", "bool_or(g.sort = 'domain') AS same_domain, count(*) AS weight")}
$$""",
}


class Migration(migrations.Migration):
    dependencies = [("crm", "0005_deal_history")]

    operations = [
        ops.RunSQL(
            [
                holder("contact"),
                holder("organization"),
                *(statement for table, columns in REFERENCES.items() for statement in follow(table, columns)),
                *KEYS,
                *INDEXES,
            ]
            + [
                statement
                for name, function in DOORS.items()
                for statement in (
                    function,
                    f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC",
                    f"GRANT EXECUTE ON FUNCTION {name} TO {APP_ROLE}",
                )
            ],
            ops.RunSQL.noop,
        )
    ]
