-- The schema of a new database, as all migrations leave it. Written by `make baseline`, and never by hand.

-- As 0002_doors has it: rights on the database itself are in no dump of what it holds.
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;

CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE FUNCTION public.activity_follows_merges() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.contact_id IS NOT NULL AND NEW.contact_id IS DISTINCT FROM OLD.contact_id THEN
        NEW.contact_id := public.holder_of_contact(NEW.workspace_id, NEW.contact_id);
    END IF;
    IF NEW.organization_id IS NOT NULL AND NEW.organization_id IS DISTINCT FROM OLD.organization_id THEN
        NEW.organization_id := public.holder_of_organization(NEW.workspace_id, NEW.organization_id);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.contact_follows_merges() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.organization_id IS NOT NULL AND NEW.organization_id IS DISTINCT FROM OLD.organization_id THEN
        NEW.organization_id := public.holder_of_organization(NEW.workspace_id, NEW.organization_id);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.criterion_answer_follows_merges() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.decision_maker_id IS NOT NULL AND NEW.decision_maker_id IS DISTINCT FROM OLD.decision_maker_id THEN
        NEW.decision_maker_id := public.holder_of_contact(NEW.workspace_id, NEW.decision_maker_id);
    END IF;
    IF NEW.budget_holder_id IS NOT NULL AND NEW.budget_holder_id IS DISTINCT FROM OLD.budget_holder_id THEN
        NEW.budget_holder_id := public.holder_of_contact(NEW.workspace_id, NEW.budget_holder_id);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.deal_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO public.stage_delta (workspace_id, stage_id, currency, deals, minor)
    SELECT c.workspace_id, c.stage_id, c.currency, sum(c.deals), sum(c.minor)
    FROM (VALUES
        (OLD.workspace_id, OLD.stage_id, coalesce(OLD.currency, ''), -1, -coalesce(OLD.amount_minor, 0),
            OLD.archived_at IS NULL),
        (NEW.workspace_id, NEW.stage_id, coalesce(NEW.currency, ''), 1, coalesce(NEW.amount_minor, 0),
            NEW.archived_at IS NULL)
    ) AS c (workspace_id, stage_id, currency, deals, minor, counts) WHERE c.counts GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.deal_follows_merges() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.contact_id IS NOT NULL AND NEW.contact_id IS DISTINCT FROM OLD.contact_id THEN
        NEW.contact_id := public.holder_of_contact(NEW.workspace_id, NEW.contact_id);
    END IF;
    IF NEW.organization_id IS NOT NULL AND NEW.organization_id IS DISTINCT FROM OLD.organization_id THEN
        NEW.organization_id := public.holder_of_organization(NEW.workspace_id, NEW.organization_id);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.deal_goes_on() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    moment timestamptz;
BEGIN
    UPDATE public.deal_history SET valid_to = greatest(NEW.updated_at, valid_from)
    WHERE workspace_id = NEW.workspace_id AND deal_id = NEW.id AND valid_to IS NULL
    RETURNING valid_to INTO moment;
    INSERT INTO public.deal_history (workspace_id, deal_id, valid_from, pipeline_id, stage_id, status, amount_minor,
        currency, expected_close_date, probability_override, owner_id, archived)
    VALUES (NEW.workspace_id, NEW.id, coalesce(moment, NEW.updated_at), NEW.pipeline_id, NEW.stage_id, NEW.status, NEW.amount_minor,
        NEW.currency, NEW.expected_close_date, NEW.probability_override, NEW.owner_id, NEW.archived_at IS NOT NULL);
    RETURN NULL;
END
$$;

CREATE FUNCTION public.deals_begin() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO public.deal_history (workspace_id, deal_id, valid_from, pipeline_id, stage_id, status, amount_minor,
        currency, expected_close_date, probability_override, owner_id, archived)
    SELECT workspace_id, id, created_at, pipeline_id, stage_id, status, amount_minor,
        currency, expected_close_date, probability_override, owner_id, archived_at IS NOT NULL
    FROM came;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.deals_came() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO public.stage_delta (workspace_id, stage_id, currency, deals, minor)
    SELECT workspace_id, stage_id, coalesce(currency, ''), count(*), coalesce(sum(amount_minor), 0)
    FROM came WHERE archived_at IS NULL GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.deals_went() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO public.stage_delta (workspace_id, stage_id, currency, deals, minor)
    SELECT workspace_id, stage_id, coalesce(currency, ''), -count(*), -coalesce(sum(amount_minor), 0)
    FROM went
    -- Deals that go with their whole workspace leave no column behind to be counted for.
    WHERE archived_at IS NULL
      AND EXISTS (SELECT 1 FROM public.workspace w WHERE w.id = went.workspace_id)
      AND EXISTS (SELECT 1 FROM public.stage s WHERE s.workspace_id = went.workspace_id AND s.id = went.stage_id)
    GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.door_contact_pairs(free text[], at_most integer) RETURNS TABLE(first uuid, second uuid, same_email boolean, same_phone boolean, same_name boolean, similarity real, same_domain boolean, same_organization boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    
    WITH keys (sort, key, id) AS (SELECT 'name', r.name_folded::text, r.id FROM public.contact r WHERE r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.archived_at IS NULL UNION ALL SELECT 'email', public.mailbox_of(e.address_normalized), e.contact_id FROM public.contact_email e WHERE e.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND e.active UNION ALL SELECT 'phone', p.number, p.contact_id FROM public.contact_phone p WHERE p.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)),
    groups AS (
        SELECT k.sort, k.key, array_agg(DISTINCT k.id) AS ids
        FROM keys k JOIN public.contact r ON r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.id = k.id AND r.archived_at IS NULL
        GROUP BY 1, 2 HAVING count(DISTINCT k.id) > 1
    ),
    paired AS (
        SELECT a.id AS first, b.id AS second, bool_or(g.sort = 'email') AS same_email,
            bool_or(g.sort = 'phone') AS same_phone, count(*) AS weight
        FROM groups g, unnest(g.ids) AS a (id), unnest(g.ids) AS b (id)
        WHERE a.id < b.id AND (cardinality(g.ids) <= 20 OR a.id = g.ids[1]) GROUP BY 1, 2
    )
    SELECT x.first, x.second, x.same_email, x.same_phone, a.name_folded = b.name_folded,
        public.similarity(a.name_folded, b.name_folded), EXISTS (SELECT 1 FROM public.contact_email e WHERE e.workspace_id = a.workspace_id AND e.contact_id = a.id AND e.active AND split_part(e.address_normalized, '@', 2) <> ALL (free) AND EXISTS (SELECT 1 FROM public.contact_email o WHERE o.workspace_id = b.workspace_id AND o.contact_id = b.id AND o.active AND split_part(o.address_normalized, '@', 2) = split_part(e.address_normalized, '@', 2))), coalesce(a.organization_id = b.organization_id, false)
    FROM paired x
    JOIN public.contact a ON a.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND a.id = x.first
    JOIN public.contact b ON b.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND b.id = x.second
    WHERE NOT EXISTS (SELECT 1 FROM public.distinct_pair d WHERE d.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND d.contact_id = least(x.first, x.second) AND d.other_contact_id = greatest(x.first, x.second))
    ORDER BY x.same_email DESC, x.weight DESC, x.first, x.second LIMIT at_most
$$;

CREATE FUNCTION public.door_contacts_like(wanted text, mailboxes text[], phones text[], domains text[], organization uuid, itself uuid) RETURNS TABLE(id uuid, same_email boolean, same_phone boolean, same_name boolean, similarity real, same_domain boolean, same_organization boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "pg_trgm.similarity_threshold" TO '0.71'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
    
    WITH found (id) AS (SELECT e.contact_id FROM public.contact_email e WHERE e.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND e.active AND public.mailbox_of(e.address_normalized) = ANY (mailboxes) UNION SELECT p.contact_id FROM public.contact_phone p WHERE p.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND p.number = ANY (phones) UNION (SELECT r.id FROM public.contact r WHERE r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.archived_at IS NULL AND r.name_folded = wanted ORDER BY r.id LIMIT 200) UNION (SELECT r.id FROM public.contact r WHERE r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.archived_at IS NULL AND true AND r.name_folded OPERATOR(public.%) wanted ORDER BY public.similarity(r.name_folded, wanted) DESC, r.id LIMIT 200) UNION (SELECT r.id FROM public.contact r WHERE r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.archived_at IS NULL AND r.organization_id = organization AND public.similarity(r.name_folded, wanted) >= 0.5 ORDER BY public.similarity(r.name_folded, wanted) DESC, r.id LIMIT 200) UNION (SELECT r.id FROM public.contact r WHERE r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.archived_at IS NULL AND r.id IN (SELECT e.contact_id FROM public.contact_email e WHERE e.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND e.active AND split_part(e.address_normalized, '@', 2) = ANY (domains)) AND public.similarity(r.name_folded, wanted) >= 0.5 ORDER BY public.similarity(r.name_folded, wanted) DESC, r.id LIMIT 200))
    SELECT r.id, EXISTS (SELECT 1 FROM public.contact_email e WHERE e.workspace_id = r.workspace_id AND e.contact_id = r.id AND e.active AND public.mailbox_of(e.address_normalized) = ANY (mailboxes)), EXISTS (SELECT 1 FROM public.contact_phone p WHERE p.workspace_id = r.workspace_id AND p.contact_id = r.id AND p.number = ANY (phones)),
        coalesce(r.name_folded = wanted, false), coalesce(public.similarity(r.name_folded, wanted), 0), EXISTS (SELECT 1 FROM public.contact_email e WHERE e.workspace_id = r.workspace_id AND e.contact_id = r.id AND e.active AND split_part(e.address_normalized, '@', 2) = ANY (domains)),
        coalesce(r.organization_id = organization, false)
    FROM found f JOIN public.contact r ON r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.id = f.id
    WHERE r.archived_at IS NULL AND r.id IS DISTINCT FROM itself AND NOT EXISTS (SELECT 1 FROM public.distinct_pair d WHERE d.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND d.contact_id = least(r.id, itself) AND d.other_contact_id = greatest(r.id, itself))
$$;

CREATE FUNCTION public.door_credential(wanted bytea) RETURNS TABLE(workspace_id uuid, member_id uuid, role text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT k.workspace_id, k.member_id, m.role::pg_catalog.text
    FROM public.api_key k
    JOIN public.member m ON m.workspace_id = k.workspace_id AND m.id = k.member_id
    WHERE k.key_hash = wanted AND k.revoked_at IS NULL
$$;

CREATE FUNCTION public.door_crowded(at_most integer) RETURNS TABLE(workspace_id uuid, stage_id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- In any order, so that no column waits for ever behind others that are always busy.
    SELECT c.workspace_id, c.stage_id FROM (
        SELECT DISTINCT d.workspace_id, d.stage_id FROM public.deal d WHERE length(d.rank) > 24
    ) c ORDER BY random() LIMIT at_most
$$;

CREATE FUNCTION public.door_due(at_time timestamp with time zone, due_before timestamp with time zone, rung_before timestamp with time zone, at_most integer) RETURNS TABLE(workspace_id uuid, message_id uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE public.inbound_message m SET rung_at = at_time
    FROM (
        SELECT i.id FROM public.inbound_message i
        WHERE i.due_at <= due_before AND (i.rung_at IS NULL OR i.rung_at <= rung_before OR i.rung_at > at_time)
        ORDER BY i.due_at LIMIT at_most FOR UPDATE SKIP LOCKED
    ) due
    WHERE m.id = due.id
    RETURNING m.workspace_id, m.id
$$;

CREATE FUNCTION public.door_fold(at_most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH waiting AS MATERIALIZED (
        SELECT d.id FROM public.stage_delta d LIMIT at_most FOR UPDATE SKIP LOCKED
    ), taken AS (
        DELETE FROM public.stage_delta d USING waiting w WHERE d.id = w.id
        RETURNING d.workspace_id, d.stage_id, d.currency, d.deals, d.minor
    ), folded AS (
        INSERT INTO public.stage_tally AS tally (id, workspace_id, stage_id, currency, deals, minor)
        SELECT gen_random_uuid(), k.workspace_id, k.stage_id, k.currency, sum(k.deals), sum(k.minor)
        FROM taken k GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
        ON CONFLICT (workspace_id, stage_id, currency)
        DO UPDATE SET deals = tally.deals + excluded.deals, minor = tally.minor + excluded.minor
    )
    SELECT count(*) FROM taken
$$;

CREATE FUNCTION public.door_form(wanted text) RETURNS TABLE(workspace_id uuid, channel_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT c.workspace_id, c.id FROM public.channel c WHERE c.key = wanted AND c.kind = 'FORM'
$$;

CREATE FUNCTION public.door_leads_due(at_time timestamp with time zone, beyond uuid, at_most integer) RETURNS TABLE(workspace_id uuid, lead_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT l.workspace_id, l.id FROM (
        SELECT r.workspace_id, r.id FROM public.lead r
        WHERE r.review_at <= at_time AND r.archived_at IS NULL AND r.id > beyond
        UNION
        SELECT n.workspace_id, n.id FROM public.lead n
        WHERE n.nurture_until <= (at_time AT TIME ZONE 'UTC')::date AND n.archived_at IS NULL AND n.id > beyond
    ) l ORDER BY l.id LIMIT at_most
$$;

CREATE FUNCTION public.door_mail(wanted bytea) RETURNS TABLE(workspace_id uuid, channel_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT c.workspace_id, c.id FROM public.channel c WHERE c.secret_hash = wanted AND c.kind = 'MAIL'
$$;

CREATE FUNCTION public.door_organization_pairs(free text[], at_most integer) RETURNS TABLE(first uuid, second uuid, same_email boolean, same_phone boolean, same_name boolean, similarity real, same_domain boolean, same_organization boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    
    WITH keys (sort, key, id) AS (SELECT 'name', public.name_core(r.name_folded)::text, r.id FROM public.organization r WHERE r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.archived_at IS NULL UNION ALL SELECT 'email', public.mailbox_of(e.address_normalized), e.organization_id FROM public.organization_email e WHERE e.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND e.active UNION ALL SELECT 'phone', p.number, p.organization_id FROM public.organization_phone p WHERE p.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) UNION ALL SELECT 'domain', r.domain, r.id FROM public.organization r WHERE r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.domain IS NOT NULL AND r.archived_at IS NULL UNION ALL SELECT 'domain', split_part(e.address_normalized, '@', 2), e.organization_id FROM public.organization_email e WHERE e.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND e.active AND split_part(e.address_normalized, '@', 2) <> ALL (free)),
    groups AS (
        SELECT k.sort, k.key, array_agg(DISTINCT k.id) AS ids
        FROM keys k JOIN public.organization r ON r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.id = k.id AND r.archived_at IS NULL
        GROUP BY 1, 2 HAVING count(DISTINCT k.id) > 1
    ),
    paired AS (
        SELECT a.id AS first, b.id AS second, bool_or(g.sort = 'email') AS same_email,
            bool_or(g.sort = 'phone') AS same_phone, bool_or(g.sort = 'domain') AS same_domain, count(*) AS weight
        FROM groups g, unnest(g.ids) AS a (id), unnest(g.ids) AS b (id)
        WHERE a.id < b.id AND (cardinality(g.ids) <= 20 OR a.id = g.ids[1]) GROUP BY 1, 2
    )
    SELECT x.first, x.second, x.same_email, x.same_phone, public.name_core(a.name_folded) = public.name_core(b.name_folded),
        public.similarity(public.name_core(a.name_folded), public.name_core(b.name_folded)), x.same_domain, false
    FROM paired x
    JOIN public.organization a ON a.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND a.id = x.first
    JOIN public.organization b ON b.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND b.id = x.second
    WHERE NOT EXISTS (SELECT 1 FROM public.distinct_pair d WHERE d.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND d.organization_id = least(x.first, x.second) AND d.other_organization_id = greatest(x.first, x.second))
    ORDER BY x.same_email DESC, x.weight DESC, x.first, x.second LIMIT at_most
$$;

CREATE FUNCTION public.door_organizations_like(wanted text, mailboxes text[], phones text[], domains text[], itself uuid) RETURNS TABLE(id uuid, same_email boolean, same_phone boolean, same_name boolean, similarity real, same_domain boolean, same_organization boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "pg_trgm.similarity_threshold" TO '0.71'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
    
    WITH found (id) AS (SELECT e.organization_id FROM public.organization_email e WHERE e.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND e.active AND public.mailbox_of(e.address_normalized) = ANY (mailboxes) UNION SELECT p.organization_id FROM public.organization_phone p WHERE p.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND p.number = ANY (phones) UNION (SELECT r.id FROM public.organization r WHERE r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.archived_at IS NULL AND public.name_core(r.name_folded) = wanted ORDER BY r.id LIMIT 200) UNION (SELECT r.id FROM public.organization r WHERE r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.archived_at IS NULL AND true AND public.name_core(r.name_folded) OPERATOR(public.%) wanted ORDER BY public.similarity(public.name_core(r.name_folded), wanted) DESC, r.id LIMIT 200) UNION SELECT r.id FROM public.organization r WHERE r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.domain = ANY (domains) UNION SELECT e.organization_id FROM public.organization_email e WHERE e.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND e.active AND split_part(e.address_normalized, '@', 2) = ANY (domains))
    SELECT r.id, EXISTS (SELECT 1 FROM public.organization_email e WHERE e.workspace_id = r.workspace_id AND e.organization_id = r.id AND e.active AND public.mailbox_of(e.address_normalized) = ANY (mailboxes)), EXISTS (SELECT 1 FROM public.organization_phone p WHERE p.workspace_id = r.workspace_id AND p.organization_id = r.id AND p.number = ANY (phones)),
        coalesce(public.name_core(r.name_folded) = wanted, false), coalesce(public.similarity(public.name_core(r.name_folded), wanted), 0), coalesce(r.domain = ANY (domains), false) OR EXISTS (SELECT 1 FROM public.organization_email e WHERE e.workspace_id = r.workspace_id AND e.organization_id = r.id AND e.active AND split_part(e.address_normalized, '@', 2) = ANY (domains)),
        false
    FROM found f JOIN public.organization r ON r.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND r.id = f.id
    WHERE r.archived_at IS NULL AND r.id IS DISTINCT FROM itself AND NOT EXISTS (SELECT 1 FROM public.distinct_pair d WHERE d.workspace_id = (SELECT nullif(current_setting('app.workspace_id', true), '')::uuid) AND d.organization_id = least(r.id, itself) AND d.other_organization_id = greatest(r.id, itself))
$$;

CREATE FUNCTION public.holder_of_contact(workspace uuid, wanted uuid) RETURNS uuid
    LANGUAGE plpgsql
    AS $$
DECLARE
    next uuid;
BEGIN
    LOOP
        SELECT r.merged_into_id INTO next FROM public.contact r
        WHERE r.workspace_id = workspace AND r.id = wanted FOR KEY SHARE;
        IF next IS NULL THEN
            RETURN wanted;
        END IF;
        wanted := next;
    END LOOP;
END
$$;

CREATE FUNCTION public.holder_of_organization(workspace uuid, wanted uuid) RETURNS uuid
    LANGUAGE plpgsql
    AS $$
DECLARE
    next uuid;
BEGIN
    LOOP
        SELECT r.merged_into_id INTO next FROM public.organization r
        WHERE r.workspace_id = workspace AND r.id = wanted FOR KEY SHARE;
        IF next IS NULL THEN
            RETURN wanted;
        END IF;
        wanted := next;
    END LOOP;
END
$$;

CREATE FUNCTION public.lead_follows_merges() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.contact_id IS NOT NULL AND NEW.contact_id IS DISTINCT FROM OLD.contact_id THEN
        NEW.contact_id := public.holder_of_contact(NEW.workspace_id, NEW.contact_id);
    END IF;
    IF NEW.organization_id IS NOT NULL AND NEW.organization_id IS DISTINCT FROM OLD.organization_id THEN
        NEW.organization_id := public.holder_of_organization(NEW.workspace_id, NEW.organization_id);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.mailbox_of(address text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN split_part(address, '@', 2) IN ('gmail.com', 'googlemail.com')
        THEN replace(split_part(split_part(address, '@', 1), '+', 1), '.', '') || '@gmail.com'
        WHEN split_part(address, '@', 2) IN ('outlook.com', 'outlook.de', 'hotmail.com', 'hotmail.de', 'live.com', 'live.de', 'msn.com', 'fastmail.com', 'fastmail.fm', 'icloud.com', 'me.com', 'mac.com', 'proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me', 'posteo.de', 'mailbox.org')
        THEN split_part(split_part(address, '@', 1), '+', 1) || '@' || split_part(address, '@', 2)
        ELSE address
    END
$$;

CREATE FUNCTION public.name_core(folded text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce((
        SELECT string_agg(w.word, ' ' ORDER BY w.n)
        FROM unnest(string_to_array(folded, ' ')) WITH ORDINALITY AS w (word, n)
        WHERE translate(w.word, '.,;()', '') <> ALL (ARRAY['ab', 'ag', 'aps', 'as', 'asa', 'bv', 'bvba', 'cic', 'co', 'company', 'corp', 'corporation', 'doo', 'dooel', 'eg', 'ek', 'ev', 'eirl', 'eurl', 'gbr', 'gesmbh', 'ggmbh', 'gmbh', 'inc', 'incorporated', 'kft', 'kg', 'kgaa', 'limited', 'llc', 'llp', 'lp', 'ltd', 'ltda', 'mbh', 'nv', 'og', 'ohg', 'oy', 'oyj', 'partg', 'partgmbb', 'plc', 'pty', 'pvt', 'sa', 'sarl', 'sas', 'sasu', 'sca', 'scs', 'se', 'sl', 'slu', 'snc', 'spa', 'spzoo', 'sprl', 'srl', 'srls', 'sro', 'ug', 'vof', 'zoo', '&', '+'])
    ), folded)
$$;

CREATE FUNCTION public.organization_follows_merges() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.parent_id IS NOT NULL AND NEW.parent_id IS DISTINCT FROM OLD.parent_id THEN
        NEW.parent_id := public.holder_of_organization(NEW.workspace_id, NEW.parent_id); NEW.parent_id := nullif(NEW.parent_id, NEW.id);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION public.suggestion_follows_merges() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.decision_maker_id IS NOT NULL AND NEW.decision_maker_id IS DISTINCT FROM OLD.decision_maker_id THEN
        NEW.decision_maker_id := public.holder_of_contact(NEW.workspace_id, NEW.decision_maker_id);
    END IF;
    RETURN NEW;
END
$$;

CREATE TABLE public.activity (
    id uuid NOT NULL,
    kind character varying(16) NOT NULL,
    at timestamp with time zone NOT NULL,
    summary character varying(500) NOT NULL,
    body text,
    contact_id uuid,
    deal_id uuid,
    inbound_message_id uuid,
    lead_id uuid,
    member_id uuid,
    organization_id uuid,
    workspace_id uuid NOT NULL,
    CONSTRAINT activity_has_subject CHECK ((num_nonnulls(contact_id, organization_id, lead_id, deal_id) > 0)),
    CONSTRAINT activity_kind_known CHECK (((kind)::text = ANY (ARRAY[('note'::character varying)::text, ('call'::character varying)::text, ('meeting'::character varying)::text, ('email'::character varying)::text, ('form'::character varying)::text, ('task'::character varying)::text, ('change'::character varying)::text])))
);

COMMENT ON TABLE public.activity IS 'One entry of a timeline. A deal''s timeline is its own entries and those of its leads.';

CREATE TABLE public.api_key (
    id uuid NOT NULL,
    name character varying(200) NOT NULL,
    key_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    member_id uuid NOT NULL,
    workspace_id uuid NOT NULL
);

COMMENT ON TABLE public.api_key IS 'A bearer key; only its SHA-256 is kept. The hash is unique over all workspaces, for it is what finds one.';

CREATE TABLE public.channel (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(16) NOT NULL,
    name character varying(200) NOT NULL,
    key character varying(64),
    secret_hash bytea,
    secret_sealed bytea,
    workspace_id uuid NOT NULL,
    CONSTRAINT channel_form_has_key CHECK ((((kind)::text = 'FORM'::text) = (key IS NOT NULL))),
    CONSTRAINT channel_kind_known CHECK (((kind)::text = ANY (ARRAY[('FORM'::character varying)::text, ('MAIL'::character varying)::text]))),
    CONSTRAINT channel_mail_has_secret CHECK (((((kind)::text = 'MAIL'::text) = (secret_hash IS NOT NULL)) AND ((secret_hash IS NULL) = (secret_sealed IS NULL)))),
    CONSTRAINT channel_name_present CHECK (((name)::text <> ''::text))
);

COMMENT ON TABLE public.channel IS 'A form or a mailbox through which inquiries come in. Its keys are unique over all workspaces: they find one.';

CREATE TABLE public.contact (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(200) NOT NULL COLLATE pg_catalog."C",
    name_folded character varying(600) NOT NULL COLLATE pg_catalog."C",
    job_title character varying(200),
    archived_at timestamp with time zone,
    organization_id uuid,
    workspace_id uuid NOT NULL,
    custom jsonb DEFAULT '{}'::jsonb NOT NULL,
    description text,
    merged_into_id uuid,
    owner_id uuid,
    CONSTRAINT contact_merged_is_archived CHECK (((merged_into_id IS NULL) OR ((archived_at IS NOT NULL) AND (merged_into_id <> id)))),
    CONSTRAINT contact_name_present CHECK (((name)::text <> ''::text))
);

COMMENT ON TABLE public.contact IS 'A person.';

CREATE TABLE public.contact_email (
    id uuid NOT NULL,
    "position" smallint NOT NULL,
    address character varying(254) NOT NULL,
    address_normalized character varying(254) NOT NULL,
    active boolean NOT NULL,
    contact_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT contact_email_position_valid CHECK (("position" >= 0))
);

COMMENT ON TABLE public.contact_email IS 'One of a contact''s e-mail addresses.';

CREATE TABLE public.contact_phone (
    id uuid NOT NULL,
    "position" smallint NOT NULL,
    number character varying(16) NOT NULL,
    contact_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT contact_phone_e164 CHECK (((number)::text ~ '^[+][1-9][0-9]{1,14}$'::text)),
    CONSTRAINT contact_phone_position_valid CHECK (("position" >= 0))
);

COMMENT ON TABLE public.contact_phone IS 'One of a contact''s phone numbers. Several people may share one.';

CREATE TABLE public.conversion (
    id uuid NOT NULL,
    receipt jsonb NOT NULL,
    converted_at timestamp with time zone NOT NULL,
    undone_at timestamp with time zone,
    converted_by_id uuid,
    deal_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    undone_by_id uuid,
    workspace_id uuid NOT NULL
);

COMMENT ON TABLE public.conversion IS 'One lead that became or fed a deal, and all that was changed for it, so that it can be undone.';

CREATE TABLE public.criterion_answer (
    id uuid NOT NULL,
    criterion character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    note text,
    pending_until date,
    amount_minor bigint,
    currency character varying(3),
    text text,
    not_before date,
    not_after date,
    answered_at timestamp with time zone NOT NULL,
    budget_holder_id uuid,
    decision_maker_id uuid,
    lead_id uuid NOT NULL,
    member_id uuid,
    workspace_id uuid NOT NULL,
    activity_id uuid,
    fresh_until timestamp with time zone,
    quote text,
    CONSTRAINT criterion_answer_amount_not_negative CHECK ((amount_minor >= 0)),
    CONSTRAINT criterion_answer_amount_whole CHECK (((amount_minor IS NULL) = (currency IS NULL))),
    CONSTRAINT criterion_answer_criterion_known CHECK (((criterion)::text = ANY (ARRAY[('BUDGET'::character varying)::text, ('AUTHORITY'::character varying)::text, ('NEED'::character varying)::text, ('TIMEFRAME'::character varying)::text]))),
    CONSTRAINT criterion_answer_currency_valid CHECK (((currency)::text ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT criterion_answer_known_grows_old CHECK (((fresh_until IS NULL) OR ((state)::text = ANY (ARRAY[('MET'::character varying)::text, ('NOT_MET'::character varying)::text])))),
    CONSTRAINT criterion_answer_pending_has_date CHECK ((((state)::text = 'PENDING'::text) = (pending_until IS NOT NULL))),
    CONSTRAINT criterion_answer_range_in_order CHECK ((not_before <= not_after)),
    CONSTRAINT criterion_answer_state_known CHECK (((state)::text = ANY (ARRAY[('UNKNOWN'::character varying)::text, ('MET'::character varying)::text, ('NOT_MET'::character varying)::text, ('PENDING'::character varying)::text])))
);

COMMENT ON TABLE public.criterion_answer IS 'The answer to one BANT criterion of one lead; no row: UNKNOWN, never asked.';

CREATE TABLE public.criterion_rule (
    id uuid NOT NULL,
    criterion character varying(16) NOT NULL,
    weight smallint NOT NULL,
    fresh_days smallint,
    question character varying(500),
    workspace_id uuid NOT NULL,
    CONSTRAINT criterion_rule_criterion_known CHECK (((criterion)::text = ANY (ARRAY[('BUDGET'::character varying)::text, ('AUTHORITY'::character varying)::text, ('NEED'::character varying)::text, ('TIMEFRAME'::character varying)::text]))),
    CONSTRAINT criterion_rule_fresh_days_valid CHECK (((fresh_days >= 1) AND (fresh_days <= 3650))),
    CONSTRAINT criterion_rule_weight_valid CHECK (((weight >= 1) AND (weight <= 100)))
);

COMMENT ON TABLE public.criterion_rule IS 'What a workspace says of one criterion: four rows a workspace.';

CREATE TABLE public.custom_field (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    entity character varying(16) NOT NULL,
    key character varying(50) NOT NULL,
    name character varying(100) NOT NULL,
    kind character varying(16) NOT NULL,
    choices jsonb NOT NULL,
    description text,
    "position" integer NOT NULL,
    archived_at timestamp with time zone,
    workspace_id uuid NOT NULL,
    CONSTRAINT custom_field_choices_fit_kind CHECK (((jsonb_typeof(choices) = 'array'::text) AND (((kind)::text = ANY (ARRAY[('CHOICE'::character varying)::text, ('CHOICES'::character varying)::text])) = (choices <> '[]'::jsonb)))),
    CONSTRAINT custom_field_entity_known CHECK (((entity)::text = ANY (ARRAY[('CONTACT'::character varying)::text, ('ORGANIZATION'::character varying)::text, ('LEAD'::character varying)::text, ('DEAL'::character varying)::text]))),
    CONSTRAINT custom_field_key_valid CHECK (((key)::text ~ '^[a-z][a-z0-9_]{0,49}$'::text)),
    CONSTRAINT custom_field_kind_known CHECK (((kind)::text = ANY (ARRAY[('TEXT'::character varying)::text, ('NUMBER'::character varying)::text, ('BOOLEAN'::character varying)::text, ('DATE'::character varying)::text, ('CHOICE'::character varying)::text, ('CHOICES'::character varying)::text]))),
    CONSTRAINT custom_field_name_present CHECK (((name)::text <> ''::text))
);

COMMENT ON TABLE public.custom_field IS 'The definition of one field. Values are kept by its key, as JSON: text, number, boolean, ISO day, or texts.';

CREATE TABLE public.deal (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    title character varying(500) NOT NULL,
    status character varying(8) NOT NULL,
    rank character varying(200) NOT NULL COLLATE pg_catalog."C",
    amount_minor bigint,
    currency character varying(3),
    probability_override smallint,
    expected_close_date date,
    closed_at timestamp with time zone,
    lost_reason character varying(500),
    source character varying(200),
    utm jsonb NOT NULL,
    qualification_snapshot jsonb,
    contact_id uuid,
    last_open_stage_id uuid,
    organization_id uuid,
    owner_id uuid,
    pipeline_id uuid NOT NULL,
    stage_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    archived_at timestamp with time zone,
    custom jsonb DEFAULT '{}'::jsonb NOT NULL,
    description text,
    won_reason character varying(500),
    CONSTRAINT deal_amount_has_currency CHECK (((amount_minor IS NULL) = (currency IS NULL))),
    CONSTRAINT deal_amount_not_negative CHECK ((amount_minor >= 0)),
    CONSTRAINT deal_closed_has_time CHECK ((((status)::text = 'OPEN'::text) = (closed_at IS NULL))),
    CONSTRAINT deal_currency_valid CHECK (((currency)::text ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT deal_lost_has_reason CHECK ((((status)::text = 'LOST'::text) = (lost_reason IS NOT NULL))),
    CONSTRAINT deal_probability_valid CHECK (((probability_override >= 0) AND (probability_override <= 100))),
    CONSTRAINT deal_rank_present CHECK (((rank)::text <> ''::text)),
    CONSTRAINT deal_status_known CHECK (((status)::text = ANY (ARRAY[('OPEN'::character varying)::text, ('WON'::character varying)::text, ('LOST'::character varying)::text]))),
    CONSTRAINT deal_title_present CHECK (((title)::text <> ''::text)),
    CONSTRAINT deal_won_reason_is_won CHECK ((((status)::text = 'WON'::text) OR (won_reason IS NULL)))
);

COMMENT ON TABLE public.deal IS 'One possible sale.';

CREATE TABLE public.deal_history (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone,
    pipeline_id uuid NOT NULL,
    stage_id uuid NOT NULL,
    status character varying(8) NOT NULL,
    amount_minor bigint,
    currency character varying(3),
    expected_close_date date,
    probability_override smallint,
    owner_id uuid,
    archived boolean NOT NULL,
    deal_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT deal_history_in_order CHECK ((valid_to >= valid_from)),
    CONSTRAINT deal_history_status_known CHECK (((status)::text = ANY (ARRAY[('OPEN'::character varying)::text, ('WON'::character varying)::text, ('LOST'::character varying)::text])))
);

COMMENT ON TABLE public.deal_history IS 'A span of time in which nothing of a deal changed that a review of the pipeline looks at: docs/adr/0015.';

CREATE TABLE public.distinct_pair (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    contact_id uuid,
    organization_id uuid,
    other_contact_id uuid,
    other_organization_id uuid,
    workspace_id uuid NOT NULL,
    CONSTRAINT distinct_pair_in_order CHECK (((contact_id < other_contact_id) AND (organization_id < other_organization_id))),
    CONSTRAINT distinct_pair_of_one_kind CHECK ((((contact_id IS NULL) = (other_contact_id IS NULL)) AND ((organization_id IS NULL) = (other_organization_id IS NULL)) AND (num_nonnulls(contact_id, organization_id) = 1)))
);

COMMENT ON TABLE public.distinct_pair IS 'Two records that a person has said are not the same; the smaller id first.';

CREATE TABLE public.idempotency_key (
    id uuid NOT NULL,
    operation character varying(40) NOT NULL,
    key character varying(200) NOT NULL,
    request_hash bytea NOT NULL,
    result_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    member_id uuid NOT NULL,
    workspace_id uuid NOT NULL
);

COMMENT ON TABLE public.idempotency_key IS 'A creating request that was carried out, so that its repetition finds what it made.';

CREATE TABLE public.inbound_message (
    id uuid NOT NULL,
    kind character varying(16) NOT NULL,
    content_type character varying(500) NOT NULL,
    size integer NOT NULL,
    fingerprint bytea NOT NULL,
    idempotency_key character varying(255),
    message_id_header character varying(998),
    received_at timestamp with time zone NOT NULL,
    deliveries integer NOT NULL,
    last_delivered_at timestamp with time zone NOT NULL,
    state character varying(16) NOT NULL,
    reason character varying(40),
    attempts integer NOT NULL,
    due_at timestamp with time zone,
    rung_at timestamp with time zone,
    done_at timestamp with time zone,
    trace jsonb NOT NULL,
    channel_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    lead_id uuid,
    CONSTRAINT inbound_message_has_reason CHECK ((((state)::text = ANY (ARRAY[('IGNORED'::character varying)::text, ('QUARANTINED'::character varying)::text])) = (reason IS NOT NULL))),
    CONSTRAINT inbound_message_kind_known CHECK (((kind)::text = ANY (ARRAY[('FORM'::character varying)::text, ('MAIL'::character varying)::text]))),
    CONSTRAINT inbound_message_open_is_due CHECK ((((state)::text = ANY (ARRAY[('RECEIVED'::character varying)::text, ('PROCESSING'::character varying)::text])) = (due_at IS NOT NULL))),
    CONSTRAINT inbound_message_processed_done CHECK ((((state)::text <> 'PROCESSED'::text) OR (done_at IS NOT NULL))),
    CONSTRAINT inbound_message_state_known CHECK (((state)::text = ANY (ARRAY[('RECEIVED'::character varying)::text, ('PROCESSING'::character varying)::text, ('PROCESSED'::character varying)::text, ('IGNORED'::character varying)::text, ('QUARANTINED'::character varying)::text])))
);

COMMENT ON TABLE public.inbound_message IS 'One delivery as it came, and what became of it: the queue of record.';

CREATE TABLE public.inbound_raw (
    id uuid NOT NULL,
    content bytea NOT NULL,
    message_id uuid NOT NULL,
    workspace_id uuid NOT NULL
);

COMMENT ON TABLE public.inbound_raw IS 'The bytes of a message as they came. Apart from the message, so that neither a list nor an update touches them;';

CREATE TABLE public.lead (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    title character varying(500) NOT NULL,
    state character varying(16) NOT NULL,
    source character varying(200),
    utm jsonb NOT NULL,
    qualified_at timestamp with time zone,
    qualified_note text,
    qualification_stale boolean NOT NULL,
    disqualify_reason character varying(200),
    disqualify_note text,
    nurture_until date,
    converted_at timestamp with time zone,
    channel_id uuid,
    contact_id uuid,
    deal_id uuid,
    inbound_message_id uuid,
    organization_id uuid,
    owner_id uuid,
    qualified_by_id uuid,
    workspace_id uuid NOT NULL,
    archived_at timestamp with time zone,
    custom jsonb DEFAULT '{}'::jsonb NOT NULL,
    description text,
    next_criterion character varying(16),
    next_weight smallint DEFAULT 0 NOT NULL,
    review_at timestamp with time zone,
    CONSTRAINT lead_converted_has_deal CHECK (((((state)::text = 'CONVERTED'::text) = (deal_id IS NOT NULL)) AND (((state)::text = 'CONVERTED'::text) = (converted_at IS NOT NULL)))),
    CONSTRAINT lead_disqualified_has_reason CHECK ((((state)::text = 'DISQUALIFIED'::text) = (disqualify_reason IS NOT NULL))),
    CONSTRAINT lead_has_someone CHECK ((num_nonnulls(contact_id, organization_id) > 0)),
    CONSTRAINT lead_next_criterion_known CHECK (((next_criterion)::text = ANY (ARRAY[('BUDGET'::character varying)::text, ('AUTHORITY'::character varying)::text, ('NEED'::character varying)::text, ('TIMEFRAME'::character varying)::text]))),
    CONSTRAINT lead_next_has_weight CHECK (((next_criterion IS NULL) = (next_weight = 0))),
    CONSTRAINT lead_nurtured_is_disqualified CHECK (((nurture_until IS NULL) OR ((state)::text = 'DISQUALIFIED'::text))),
    CONSTRAINT lead_state_known CHECK (((state)::text = ANY (ARRAY[('NEW'::character varying)::text, ('PROSPECTING'::character varying)::text, ('QUALIFIED'::character varying)::text, ('DISQUALIFIED'::character varying)::text, ('CONVERTED'::character varying)::text]))),
    CONSTRAINT lead_title_present CHECK (((title)::text <> ''::text))
);

COMMENT ON TABLE public.lead IS 'The interest of a contact and/or an organization in what the company sells.';

CREATE TABLE public.member (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(200) NOT NULL,
    email character varying(254) NOT NULL,
    email_normalized character varying(254) NOT NULL,
    role character varying(16) NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT member_role_known CHECK (((role)::text = ANY (ARRAY[('OWNER'::character varying)::text, ('ADMIN'::character varying)::text, ('MEMBER'::character varying)::text, ('VIEWER'::character varying)::text])))
);

COMMENT ON TABLE public.member IS 'A person who works in the workspace.';

CREATE TABLE public.merge (
    id uuid NOT NULL,
    receipt jsonb NOT NULL,
    merged_at timestamp with time zone NOT NULL,
    undone_at timestamp with time zone,
    contact_id uuid,
    merged_by_id uuid,
    merged_contact_id uuid,
    merged_organization_id uuid,
    organization_id uuid,
    undone_by_id uuid,
    workspace_id uuid NOT NULL,
    CONSTRAINT merge_of_one_kind CHECK ((((contact_id IS NULL) = (merged_contact_id IS NULL)) AND ((organization_id IS NULL) = (merged_organization_id IS NULL)) AND (num_nonnulls(contact_id, organization_id) = 1))),
    CONSTRAINT merge_of_two CHECK (((contact_id <> merged_contact_id) AND (organization_id <> merged_organization_id)))
);

COMMENT ON TABLE public.merge IS 'One record that was merged into another of its kind: contacts, or organizations.';

CREATE TABLE public.organization (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(200) NOT NULL COLLATE pg_catalog."C",
    name_folded character varying(600) NOT NULL COLLATE pg_catalog."C",
    domain character varying(253),
    archived_at timestamp with time zone,
    workspace_id uuid NOT NULL,
    custom jsonb DEFAULT '{}'::jsonb NOT NULL,
    description text,
    merged_into_id uuid,
    owner_id uuid,
    parent_id uuid,
    CONSTRAINT organization_domain_lower CHECK (((domain)::text = lower((domain)::text))),
    CONSTRAINT organization_merged_is_archived CHECK (((merged_into_id IS NULL) OR ((archived_at IS NOT NULL) AND (merged_into_id <> id)))),
    CONSTRAINT organization_name_present CHECK (((name)::text <> ''::text)),
    CONSTRAINT organization_parent_is_another CHECK ((parent_id <> id))
);

COMMENT ON TABLE public.organization IS 'A company, association or authority.';

CREATE TABLE public.organization_email (
    id uuid NOT NULL,
    "position" smallint NOT NULL,
    address character varying(254) NOT NULL,
    address_normalized character varying(254) NOT NULL,
    active boolean NOT NULL,
    organization_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT organization_email_position_valid CHECK (("position" >= 0))
);

COMMENT ON TABLE public.organization_email IS 'One of an organization''s e-mail addresses, such as info@ or sales@.';

CREATE TABLE public.organization_phone (
    id uuid NOT NULL,
    "position" smallint NOT NULL,
    number character varying(16) NOT NULL,
    organization_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT organization_phone_e164 CHECK (((number)::text ~ '^[+][1-9][0-9]{1,14}$'::text)),
    CONSTRAINT organization_phone_position_valid CHECK (("position" >= 0))
);

COMMENT ON TABLE public.organization_phone IS 'One of an organization''s phone numbers.';

CREATE TABLE public.outbox_event (
    id uuid NOT NULL,
    name character varying(60) NOT NULL,
    subject_type character varying(40) NOT NULL,
    subject_id uuid NOT NULL,
    payload jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    workspace_id uuid NOT NULL
);

COMMENT ON TABLE public.outbox_event IS 'One fact in the past tense, written in the same commit as what it tells of.';

CREATE TABLE public.pipeline (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(200) NOT NULL,
    "position" integer NOT NULL,
    workspace_id uuid NOT NULL,
    archived_at timestamp with time zone,
    description text,
    CONSTRAINT pipeline_name_present CHECK (((name)::text <> ''::text))
);

COMMENT ON TABLE public.pipeline IS 'One board.';

CREATE TABLE public.postal_address (
    id uuid NOT NULL,
    "position" smallint NOT NULL,
    label character varying(50),
    street character varying(500),
    postal_code character varying(20),
    city character varying(200),
    region character varying(200),
    country character varying(2),
    contact_id uuid,
    organization_id uuid,
    workspace_id uuid NOT NULL,
    CONSTRAINT postal_address_country_valid CHECK (((country)::text ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT postal_address_of_one CHECK ((num_nonnulls(contact_id, organization_id) = 1)),
    CONSTRAINT postal_address_position_valid CHECK (("position" >= 0)),
    CONSTRAINT postal_address_present CHECK ((num_nonnulls(street, postal_code, city, region, country) > 0))
);

COMMENT ON TABLE public.postal_address IS 'One of the postal addresses of a contact or an organization.';

CREATE TABLE public.qualification_policy (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    mode character varying(16) NOT NULL,
    needed smallint NOT NULL,
    threshold smallint NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT qualification_policy_mode_known CHECK (((mode)::text = ANY (ARRAY[('ALL_MET'::character varying)::text, ('N_OF_4'::character varying)::text, ('WEIGHTED'::character varying)::text]))),
    CONSTRAINT qualification_policy_needed_valid CHECK (((needed >= 1) AND (needed <= 4))),
    CONSTRAINT qualification_policy_threshold_valid CHECK (((threshold >= 1) AND (threshold <= 400)))
);

COMMENT ON TABLE public.qualification_policy IS 'When a lead of the workspace is qualified: one row a workspace.';

CREATE TABLE public.stage (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(200) NOT NULL,
    kind character varying(8) NOT NULL,
    probability smallint NOT NULL,
    "position" integer NOT NULL,
    pipeline_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    rotting_after_days smallint,
    archived_at timestamp with time zone,
    color character varying(7),
    description text,
    required_fields jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT stage_color_valid CHECK (((color)::text ~ '^#[0-9a-f]{6}$'::text)),
    CONSTRAINT stage_kind_known CHECK (((kind)::text = ANY (ARRAY[('OPEN'::character varying)::text, ('WON'::character varying)::text, ('LOST'::character varying)::text]))),
    CONSTRAINT stage_name_present CHECK (((name)::text <> ''::text)),
    CONSTRAINT stage_probability_fits_kind CHECK (((probability >= 0) AND (probability <= 100) AND (((kind)::text <> 'WON'::text) OR (probability = 100)) AND (((kind)::text <> 'LOST'::text) OR (probability = 0)))),
    CONSTRAINT stage_required_fields_listed CHECK ((jsonb_typeof(required_fields) = 'array'::text)),
    CONSTRAINT stage_rotting_after_days_valid CHECK ((rotting_after_days > 0))
);

COMMENT ON TABLE public.stage IS 'One column of a board.';

CREATE TABLE public.stage_change (
    id uuid NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    left_at timestamp with time zone,
    deal_id uuid NOT NULL,
    from_stage_id uuid,
    member_id uuid,
    to_stage_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT stage_change_in_order CHECK ((left_at >= entered_at))
);

COMMENT ON TABLE public.stage_change IS 'One stay of a deal in a stage; the row without ``left_at`` is where it is now.';

CREATE TABLE public.stage_delta (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    currency character varying(3) NOT NULL,
    deals bigint NOT NULL,
    minor numeric(38,0) NOT NULL,
    stage_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT stage_delta_currency_valid CHECK (((currency)::text ~ '^([A-Z]{3})?$'::text))
);

COMMENT ON TABLE public.stage_delta IS 'What one statement changed of a tally and nobody has folded into it yet. Triggers on ``deal`` write it.';

CREATE TABLE public.stage_tally (
    id uuid NOT NULL,
    currency character varying(3) NOT NULL,
    deals bigint NOT NULL,
    minor numeric(38,0) NOT NULL,
    stage_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT stage_tally_currency_valid CHECK (((currency)::text ~ '^([A-Z]{3})?$'::text))
);

COMMENT ON TABLE public.stage_tally IS 'How many deals of one currency a stage holds, and their sum, as of the last fold of its deltas.';

CREATE TABLE public.suggestion (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    criterion character varying(16) NOT NULL,
    answer_state character varying(16) NOT NULL,
    pending_until date,
    amount_minor bigint,
    currency character varying(3),
    text text,
    not_before date,
    not_after date,
    quote text NOT NULL,
    rule character varying(60) NOT NULL,
    state character varying(16) NOT NULL,
    decided_at timestamp with time zone,
    activity_id uuid,
    decided_by_id uuid,
    decision_maker_id uuid,
    lead_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT suggestion_amount_not_negative CHECK ((amount_minor >= 0)),
    CONSTRAINT suggestion_amount_whole CHECK (((amount_minor IS NULL) = (currency IS NULL))),
    CONSTRAINT suggestion_answer_state_known CHECK (((answer_state)::text = ANY (ARRAY[('UNKNOWN'::character varying)::text, ('MET'::character varying)::text, ('NOT_MET'::character varying)::text, ('PENDING'::character varying)::text]))),
    CONSTRAINT suggestion_criterion_known CHECK (((criterion)::text = ANY (ARRAY[('BUDGET'::character varying)::text, ('AUTHORITY'::character varying)::text, ('NEED'::character varying)::text, ('TIMEFRAME'::character varying)::text]))),
    CONSTRAINT suggestion_currency_valid CHECK (((currency)::text ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT suggestion_decided_has_time CHECK ((((state)::text = ANY (ARRAY[('ACCEPTED'::character varying)::text, ('REFUSED'::character varying)::text])) = (decided_at IS NOT NULL))),
    CONSTRAINT suggestion_quote_present CHECK ((quote <> ''::text)),
    CONSTRAINT suggestion_range_in_order CHECK ((not_before <= not_after)),
    CONSTRAINT suggestion_state_known CHECK (((state)::text = ANY (ARRAY[('PROPOSED'::character varying)::text, ('ACCEPTED'::character varying)::text, ('REFUSED'::character varying)::text, ('SUPERSEDED'::character varying)::text])))
);

COMMENT ON TABLE public.suggestion IS 'An answer that was read out of a text and waits for a person to accept or refuse it.';

CREATE TABLE public.tag (
    id uuid NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(100) NOT NULL,
    name_folded character varying(300) NOT NULL,
    color character varying(7),
    description text,
    workspace_id uuid NOT NULL,
    CONSTRAINT tag_color_valid CHECK (((color)::text ~ '^#[0-9a-f]{6}$'::text)),
    CONSTRAINT tag_name_present CHECK (((name)::text <> ''::text))
);

COMMENT ON TABLE public.tag IS 'A word that records are sorted by. One set of them serves all kinds of records.';

CREATE TABLE public.tagging (
    id uuid NOT NULL,
    contact_id uuid,
    deal_id uuid,
    lead_id uuid,
    organization_id uuid,
    tag_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    CONSTRAINT tagging_of_one CHECK ((num_nonnulls(contact_id, organization_id, lead_id, deal_id) = 1))
);

COMMENT ON TABLE public.tagging IS 'One tag on one record.';

CREATE TABLE public.tortoise_migrations (
    id integer NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied_at timestamp with time zone NOT NULL
);

CREATE SEQUENCE public.tortoise_migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.tortoise_migrations_id_seq OWNED BY public.tortoise_migrations.id;

CREATE TABLE public.workspace (
    id uuid NOT NULL,
    name character varying(200) NOT NULL,
    region character varying(2) NOT NULL,
    created_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.workspace IS 'One company''s sealed room: every other row belongs to exactly one.';

ALTER TABLE ONLY public.tortoise_migrations ALTER COLUMN id SET DEFAULT nextval('public.tortoise_migrations_id_seq'::regclass);

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.contact_email
    ADD CONSTRAINT contact_email_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.contact_phone
    ADD CONSTRAINT contact_phone_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.conversion
    ADD CONSTRAINT conversion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.criterion_answer
    ADD CONSTRAINT criterion_answer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.criterion_rule
    ADD CONSTRAINT criterion_rule_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.custom_field
    ADD CONSTRAINT custom_field_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.deal_history
    ADD CONSTRAINT deal_history_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.deal
    ADD CONSTRAINT deal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.deal
    ADD CONSTRAINT deal_rank_once UNIQUE (workspace_id, stage_id, rank) DEFERRABLE;

ALTER TABLE ONLY public.distinct_pair
    ADD CONSTRAINT distinct_pair_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT idempotency_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inbound_message
    ADD CONSTRAINT inbound_message_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inbound_raw
    ADD CONSTRAINT inbound_raw_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT lead_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.merge
    ADD CONSTRAINT merge_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.organization_email
    ADD CONSTRAINT organization_email_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.organization_phone
    ADD CONSTRAINT organization_phone_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outbox_event
    ADD CONSTRAINT outbox_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pipeline
    ADD CONSTRAINT pipeline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.postal_address
    ADD CONSTRAINT postal_address_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.qualification_policy
    ADD CONSTRAINT qualification_policy_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.stage_change
    ADD CONSTRAINT stage_change_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.stage_delta
    ADD CONSTRAINT stage_delta_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.stage
    ADD CONSTRAINT stage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.stage_tally
    ADD CONSTRAINT stage_tally_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.suggestion
    ADD CONSTRAINT suggestion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tag
    ADD CONSTRAINT tag_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tagging
    ADD CONSTRAINT tagging_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tortoise_migrations
    ADD CONSTRAINT tortoise_migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT uid_activity_workspa_900180 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT uid_api_key_key_has_56a350 UNIQUE (key_hash);

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT uid_api_key_workspa_689b38 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.channel
    ADD CONSTRAINT uid_channel_key_6084d4 UNIQUE (key);

ALTER TABLE ONLY public.channel
    ADD CONSTRAINT uid_channel_secret__0a510a UNIQUE (secret_hash);

ALTER TABLE ONLY public.channel
    ADD CONSTRAINT uid_channel_workspa_39649f UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.contact_email
    ADD CONSTRAINT uid_contact_ema_workspa_4bbcfa UNIQUE (workspace_id, contact_id, "position");

ALTER TABLE ONLY public.contact_email
    ADD CONSTRAINT uid_contact_ema_workspa_7adbd9 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.contact_phone
    ADD CONSTRAINT uid_contact_pho_workspa_3513e4 UNIQUE (workspace_id, contact_id, "position");

ALTER TABLE ONLY public.contact_phone
    ADD CONSTRAINT uid_contact_pho_workspa_ee8165 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT uid_contact_workspa_5e0a35 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.conversion
    ADD CONSTRAINT uid_conversion_workspa_31d6a1 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.criterion_answer
    ADD CONSTRAINT uid_criterion_a_workspa_13e66e UNIQUE (workspace_id, lead_id, criterion);

ALTER TABLE ONLY public.criterion_answer
    ADD CONSTRAINT uid_criterion_a_workspa_b872a0 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.criterion_rule
    ADD CONSTRAINT uid_criterion_r_workspa_167336 UNIQUE (workspace_id, criterion);

ALTER TABLE ONLY public.criterion_rule
    ADD CONSTRAINT uid_criterion_r_workspa_55e7e4 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.custom_field
    ADD CONSTRAINT uid_custom_fiel_workspa_3d4e85 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.custom_field
    ADD CONSTRAINT uid_custom_fiel_workspa_de550f UNIQUE (workspace_id, entity, key);

ALTER TABLE ONLY public.deal
    ADD CONSTRAINT uid_deal_workspa_9e2883 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.distinct_pair
    ADD CONSTRAINT uid_distinct_pa_workspa_d44dbc UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT uid_idempotency_workspa_04661a UNIQUE (workspace_id, member_id, operation, key);

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT uid_idempotency_workspa_4e1e9d UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.inbound_message
    ADD CONSTRAINT uid_inbound_mes_workspa_baac92 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.inbound_raw
    ADD CONSTRAINT uid_inbound_raw_workspa_2344f5 UNIQUE (workspace_id, message_id);

ALTER TABLE ONLY public.inbound_raw
    ADD CONSTRAINT uid_inbound_raw_workspa_96579d UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT uid_lead_workspa_c1ced8 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.member
    ADD CONSTRAINT uid_member_workspa_b2dbdd UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.member
    ADD CONSTRAINT uid_member_workspa_df262f UNIQUE (workspace_id, email_normalized);

ALTER TABLE ONLY public.merge
    ADD CONSTRAINT uid_merge_workspa_91a400 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.organization_email
    ADD CONSTRAINT uid_organizatio_workspa_057215 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.organization_phone
    ADD CONSTRAINT uid_organizatio_workspa_4af364 UNIQUE (workspace_id, organization_id, "position");

ALTER TABLE ONLY public.organization_email
    ADD CONSTRAINT uid_organizatio_workspa_af39aa UNIQUE (workspace_id, organization_id, "position");

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT uid_organizatio_workspa_b2bdd4 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.organization_phone
    ADD CONSTRAINT uid_organizatio_workspa_f8d507 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.outbox_event
    ADD CONSTRAINT uid_outbox_even_workspa_0e40e3 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.pipeline
    ADD CONSTRAINT uid_pipeline_workspa_a2f9aa UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.postal_address
    ADD CONSTRAINT uid_postal_addr_workspa_877c56 UNIQUE (workspace_id, organization_id, "position");

ALTER TABLE ONLY public.postal_address
    ADD CONSTRAINT uid_postal_addr_workspa_997a4a UNIQUE (workspace_id, contact_id, "position");

ALTER TABLE ONLY public.postal_address
    ADD CONSTRAINT uid_postal_addr_workspa_a2f313 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.qualification_policy
    ADD CONSTRAINT uid_qualificati_workspa_b4104f UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.qualification_policy
    ADD CONSTRAINT uid_qualificati_workspa_f2c731 UNIQUE (workspace_id);

ALTER TABLE ONLY public.stage_change
    ADD CONSTRAINT uid_stage_chang_workspa_ed60b9 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.stage_tally
    ADD CONSTRAINT uid_stage_tally_workspa_c49ca2 UNIQUE (workspace_id, stage_id, currency);

ALTER TABLE ONLY public.stage
    ADD CONSTRAINT uid_stage_workspa_2e9ed8 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.stage
    ADD CONSTRAINT uid_stage_workspa_65a1fe UNIQUE (workspace_id, pipeline_id, id, kind);

ALTER TABLE ONLY public.suggestion
    ADD CONSTRAINT uid_suggestion_workspa_0cd001 UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.tag
    ADD CONSTRAINT uid_tag_workspa_60661c UNIQUE (workspace_id, name_folded);

ALTER TABLE ONLY public.tag
    ADD CONSTRAINT uid_tag_workspa_bb9e1d UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.tagging
    ADD CONSTRAINT uid_tagging_workspa_584b9d UNIQUE (workspace_id, id);

ALTER TABLE ONLY public.tortoise_migrations
    ADD CONSTRAINT uid_tortoise_mi_app_3803a5 UNIQUE (app, name);

ALTER TABLE ONLY public.workspace
    ADD CONSTRAINT workspace_pkey PRIMARY KEY (id);

CREATE INDEX activity_contact_id_idx ON public.activity USING btree (workspace_id, contact_id);

CREATE INDEX activity_inbound_message_id_idx ON public.activity USING btree (workspace_id, inbound_message_id);

CREATE INDEX activity_member_id_idx ON public.activity USING btree (workspace_id, member_id);

CREATE INDEX activity_organization_id_idx ON public.activity USING btree (workspace_id, organization_id);

CREATE INDEX api_key_member_id_idx ON public.api_key USING btree (workspace_id, member_id);

CREATE INDEX contact_email_contact_id_idx ON public.contact_email USING btree (workspace_id, contact_id);

CREATE INDEX contact_email_host ON public.contact_email USING btree (workspace_id, split_part((address_normalized)::text, '@'::text, 2)) WHERE active;

CREATE INDEX contact_email_mailbox ON public.contact_email USING btree (workspace_id, public.mailbox_of((address_normalized)::text)) WHERE active;

CREATE UNIQUE INDEX contact_email_once ON public.contact_email USING btree (workspace_id, address_normalized) WHERE active;

CREATE INDEX contact_merged_into_id_idx ON public.contact USING btree (workspace_id, merged_into_id);

CREATE INDEX contact_name_like ON public.contact USING gin (workspace_id, name_folded public.gin_trgm_ops) WHERE (archived_at IS NULL);

CREATE INDEX contact_phone_contact_id_idx ON public.contact_phone USING btree (workspace_id, contact_id);

CREATE INDEX conversion_converted_by_id_idx ON public.conversion USING btree (workspace_id, converted_by_id);

CREATE INDEX conversion_deal_id_idx ON public.conversion USING btree (workspace_id, deal_id);

CREATE INDEX conversion_lead_id_idx ON public.conversion USING btree (workspace_id, lead_id);

CREATE UNIQUE INDEX conversion_one_current ON public.conversion USING btree (workspace_id, lead_id) WHERE (undone_at IS NULL);

CREATE INDEX conversion_undone_by_id_idx ON public.conversion USING btree (workspace_id, undone_by_id);

CREATE INDEX criterion_answer_activity_id_idx ON public.criterion_answer USING btree (workspace_id, activity_id);

CREATE INDEX criterion_answer_budget_holder_id_idx ON public.criterion_answer USING btree (workspace_id, budget_holder_id);

CREATE INDEX criterion_answer_decision_maker_id_idx ON public.criterion_answer USING btree (workspace_id, decision_maker_id);

CREATE INDEX criterion_answer_lead_id_idx ON public.criterion_answer USING btree (workspace_id, lead_id);

CREATE INDEX criterion_answer_member_id_idx ON public.criterion_answer USING btree (workspace_id, member_id);

CREATE INDEX deal_history_end ON public.deal_history USING btree (workspace_id, pipeline_id, (
CASE
    WHEN (valid_to IS NULL) THEN 'infinity'::timestamp with time zone
    ELSE valid_to
END));

CREATE UNIQUE INDEX deal_history_one_current ON public.deal_history USING btree (workspace_id, deal_id) WHERE (valid_to IS NULL);

CREATE INDEX deal_last_open_stage_id_idx ON public.deal USING btree (workspace_id, last_open_stage_id);

CREATE INDEX deal_owner_id_idx ON public.deal USING btree (workspace_id, owner_id);

CREATE INDEX deal_pipeline_id_idx ON public.deal USING btree (workspace_id, pipeline_id);

CREATE INDEX deal_rank_long ON public.deal USING btree (workspace_id, stage_id) WHERE (length((rank)::text) > 24);

CREATE INDEX distinct_pair_contact_id_idx ON public.distinct_pair USING btree (workspace_id, contact_id);

CREATE UNIQUE INDEX distinct_pair_contact_once ON public.distinct_pair USING btree (workspace_id, contact_id, other_contact_id) WHERE (contact_id IS NOT NULL);

CREATE INDEX distinct_pair_organization_id_idx ON public.distinct_pair USING btree (workspace_id, organization_id);

CREATE UNIQUE INDEX distinct_pair_organization_once ON public.distinct_pair USING btree (workspace_id, organization_id, other_organization_id) WHERE (organization_id IS NOT NULL);

CREATE INDEX distinct_pair_other_contact_id_idx ON public.distinct_pair USING btree (workspace_id, other_contact_id);

CREATE INDEX distinct_pair_other_organization_id_idx ON public.distinct_pair USING btree (workspace_id, other_organization_id);

CREATE INDEX idempotency_key_member_id_idx ON public.idempotency_key USING btree (workspace_id, member_id);

CREATE INDEX idx_activity_workspa_0dce10 ON public.activity USING btree (workspace_id, lead_id, at, id);

CREATE INDEX idx_activity_workspa_fb5aa9 ON public.activity USING btree (workspace_id, deal_id, at, id);

CREATE INDEX idx_contact_pho_workspa_0d8b25 ON public.contact_phone USING btree (workspace_id, number);

CREATE INDEX idx_contact_workspa_4dd205 ON public.contact USING btree (workspace_id, owner_id, name_folded, name, id);

CREATE INDEX idx_contact_workspa_e308b0 ON public.contact USING btree (workspace_id, name_folded, name, id);

CREATE INDEX idx_contact_workspa_f2b169 ON public.contact USING btree (workspace_id, organization_id, name_folded, name, id);

CREATE INDEX idx_conversion_workspa_0e6424 ON public.conversion USING btree (workspace_id, deal_id, converted_at, id);

CREATE INDEX idx_conversion_workspa_bd119c ON public.conversion USING btree (workspace_id, lead_id, converted_at, id);

CREATE INDEX idx_deal_histor_workspa_9f738c ON public.deal_history USING btree (workspace_id, deal_id, valid_from);

CREATE INDEX idx_deal_workspa_6f2ab0 ON public.deal USING btree (workspace_id, organization_id, created_at, id);

CREATE INDEX idx_deal_workspa_8e9d83 ON public.deal USING btree (workspace_id, created_at, id);

CREATE INDEX idx_deal_workspa_b8d99c ON public.deal USING btree (workspace_id, contact_id, created_at, id);

CREATE INDEX idx_inbound_mes_workspa_1f1779 ON public.inbound_message USING btree (workspace_id, channel_id, fingerprint, received_at);

CREATE INDEX idx_inbound_mes_workspa_2cb929 ON public.inbound_message USING btree (workspace_id, received_at, id);

CREATE INDEX idx_inbound_mes_workspa_fb5e80 ON public.inbound_message USING btree (workspace_id, channel_id, message_id_header);

CREATE INDEX idx_lead_workspa_0318cd ON public.lead USING btree (workspace_id, created_at, id);

CREATE INDEX idx_lead_workspa_52bfc3 ON public.lead USING btree (workspace_id, contact_id, created_at, id);

CREATE INDEX idx_lead_workspa_94e639 ON public.lead USING btree (workspace_id, organization_id, created_at, id);

CREATE INDEX idx_lead_workspa_a442e6 ON public.lead USING btree (workspace_id, deal_id, created_at, id);

CREATE INDEX idx_lead_workspa_f7e1ef ON public.lead USING btree (workspace_id, next_weight, id);

CREATE INDEX idx_lead_workspa_f9caf0 ON public.lead USING btree (workspace_id, state, created_at, id);

CREATE INDEX idx_merge_workspa_846438 ON public.merge USING btree (workspace_id, merged_at, id);

CREATE INDEX idx_organizatio_workspa_00148c ON public.organization USING btree (workspace_id, owner_id, name_folded, name, id);

CREATE INDEX idx_organizatio_workspa_5d6c04 ON public.organization_phone USING btree (workspace_id, number);

CREATE INDEX idx_organizatio_workspa_5fa35e ON public.organization USING btree (workspace_id, parent_id, name_folded, name, id);

CREATE INDEX idx_organizatio_workspa_a39d61 ON public.organization USING btree (workspace_id, name_folded, name, id);

CREATE INDEX idx_outbox_even_workspa_cee76d ON public.outbox_event USING btree (workspace_id, subject_id, at);

CREATE INDEX idx_pipeline_workspa_cb80a6 ON public.pipeline USING btree (workspace_id, "position", id);

CREATE INDEX idx_stage_chang_workspa_8fde01 ON public.stage_change USING btree (workspace_id, deal_id, entered_at);

CREATE INDEX idx_stage_workspa_ecfed2 ON public.stage USING btree (workspace_id, pipeline_id, "position", id);

CREATE INDEX idx_suggestion_workspa_de751e ON public.suggestion USING btree (workspace_id, lead_id, created_at, id);

CREATE INDEX inbound_message_channel_id_idx ON public.inbound_message USING btree (workspace_id, channel_id);

CREATE INDEX inbound_message_due ON public.inbound_message USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE UNIQUE INDEX inbound_message_key_once ON public.inbound_message USING btree (workspace_id, channel_id, idempotency_key, fingerprint) WHERE (idempotency_key IS NOT NULL);

CREATE INDEX inbound_message_lead_id_idx ON public.inbound_message USING btree (workspace_id, lead_id);

CREATE UNIQUE INDEX inbound_message_mail_once ON public.inbound_message USING btree (workspace_id, channel_id, fingerprint) WHERE ((kind)::text = 'MAIL'::text);

CREATE INDEX inbound_raw_message_id_idx ON public.inbound_raw USING btree (workspace_id, message_id);

CREATE INDEX lead_channel_id_idx ON public.lead USING btree (workspace_id, channel_id);

CREATE INDEX lead_inbound_message_id_idx ON public.lead USING btree (workspace_id, inbound_message_id);

CREATE INDEX lead_nurture ON public.lead USING btree (nurture_until) WHERE (nurture_until IS NOT NULL);

CREATE UNIQUE INDEX lead_once_per_message ON public.lead USING btree (workspace_id, inbound_message_id) WHERE (inbound_message_id IS NOT NULL);

CREATE INDEX lead_owner_id_idx ON public.lead USING btree (workspace_id, owner_id);

CREATE INDEX lead_qualified_by_id_idx ON public.lead USING btree (workspace_id, qualified_by_id);

CREATE INDEX lead_review ON public.lead USING btree (review_at) WHERE (review_at IS NOT NULL);

CREATE INDEX merge_contact_id_idx ON public.merge USING btree (workspace_id, contact_id);

CREATE UNIQUE INDEX merge_contact_once ON public.merge USING btree (workspace_id, merged_contact_id) WHERE ((undone_at IS NULL) AND (merged_contact_id IS NOT NULL));

CREATE INDEX merge_merged_by_id_idx ON public.merge USING btree (workspace_id, merged_by_id);

CREATE INDEX merge_merged_contact_id_idx ON public.merge USING btree (workspace_id, merged_contact_id);

CREATE INDEX merge_merged_organization_id_idx ON public.merge USING btree (workspace_id, merged_organization_id);

CREATE INDEX merge_organization_id_idx ON public.merge USING btree (workspace_id, organization_id);

CREATE UNIQUE INDEX merge_organization_once ON public.merge USING btree (workspace_id, merged_organization_id) WHERE ((undone_at IS NULL) AND (merged_organization_id IS NOT NULL));

CREATE INDEX merge_undone_by_id_idx ON public.merge USING btree (workspace_id, undone_by_id);

CREATE UNIQUE INDEX organization_domain_once ON public.organization USING btree (workspace_id, domain) WHERE (archived_at IS NULL);

CREATE INDEX organization_email_host ON public.organization_email USING btree (workspace_id, split_part((address_normalized)::text, '@'::text, 2)) WHERE active;

CREATE INDEX organization_email_mailbox ON public.organization_email USING btree (workspace_id, public.mailbox_of((address_normalized)::text)) WHERE active;

CREATE UNIQUE INDEX organization_email_once ON public.organization_email USING btree (workspace_id, address_normalized) WHERE active;

CREATE INDEX organization_email_organization_id_idx ON public.organization_email USING btree (workspace_id, organization_id);

CREATE INDEX organization_merged_into_id_idx ON public.organization USING btree (workspace_id, merged_into_id);

CREATE INDEX organization_name_core ON public.organization USING btree (workspace_id, public.name_core((name_folded)::text)) WHERE (archived_at IS NULL);

CREATE INDEX organization_name_like ON public.organization USING gin (workspace_id, public.name_core((name_folded)::text) public.gin_trgm_ops) WHERE (archived_at IS NULL);

CREATE INDEX organization_phone_organization_id_idx ON public.organization_phone USING btree (workspace_id, organization_id);

CREATE INDEX postal_address_contact_id_idx ON public.postal_address USING btree (workspace_id, contact_id);

CREATE INDEX postal_address_organization_id_idx ON public.postal_address USING btree (workspace_id, organization_id);

CREATE INDEX stage_change_from_stage_id_idx ON public.stage_change USING btree (workspace_id, from_stage_id);

CREATE INDEX stage_change_member_id_idx ON public.stage_change USING btree (workspace_id, member_id);

CREATE UNIQUE INDEX stage_change_one_current ON public.stage_change USING btree (workspace_id, deal_id) WHERE (left_at IS NULL);

CREATE INDEX stage_change_to_stage_id_idx ON public.stage_change USING btree (workspace_id, to_stage_id);

CREATE INDEX stage_delta_stage_id_idx ON public.stage_delta USING btree (workspace_id, stage_id);

CREATE UNIQUE INDEX stage_one_won_one_lost ON public.stage USING btree (workspace_id, pipeline_id, kind) WHERE (((kind)::text <> 'OPEN'::text) AND (archived_at IS NULL));

CREATE INDEX suggestion_activity_id_idx ON public.suggestion USING btree (workspace_id, activity_id);

CREATE INDEX suggestion_decided_by_id_idx ON public.suggestion USING btree (workspace_id, decided_by_id);

CREATE INDEX suggestion_decision_maker_id_idx ON public.suggestion USING btree (workspace_id, decision_maker_id);

CREATE INDEX suggestion_lead_id_idx ON public.suggestion USING btree (workspace_id, lead_id);

CREATE INDEX tagging_contact_id_idx ON public.tagging USING btree (workspace_id, contact_id);

CREATE UNIQUE INDEX tagging_contact_once ON public.tagging USING btree (workspace_id, contact_id, tag_id) WHERE (contact_id IS NOT NULL);

CREATE INDEX tagging_deal_id_idx ON public.tagging USING btree (workspace_id, deal_id);

CREATE UNIQUE INDEX tagging_deal_once ON public.tagging USING btree (workspace_id, deal_id, tag_id) WHERE (deal_id IS NOT NULL);

CREATE INDEX tagging_lead_id_idx ON public.tagging USING btree (workspace_id, lead_id);

CREATE UNIQUE INDEX tagging_lead_once ON public.tagging USING btree (workspace_id, lead_id, tag_id) WHERE (lead_id IS NOT NULL);

CREATE INDEX tagging_organization_id_idx ON public.tagging USING btree (workspace_id, organization_id);

CREATE UNIQUE INDEX tagging_organization_once ON public.tagging USING btree (workspace_id, organization_id, tag_id) WHERE (organization_id IS NOT NULL);

CREATE INDEX tagging_tag_id_idx ON public.tagging USING btree (workspace_id, tag_id);

CREATE TRIGGER activity_follows_merges BEFORE INSERT OR UPDATE OF contact_id, organization_id ON public.activity FOR EACH ROW EXECUTE FUNCTION public.activity_follows_merges();

CREATE TRIGGER contact_follows_merges BEFORE INSERT OR UPDATE OF organization_id ON public.contact FOR EACH ROW EXECUTE FUNCTION public.contact_follows_merges();

CREATE TRIGGER criterion_answer_follows_merges BEFORE INSERT OR UPDATE OF decision_maker_id, budget_holder_id ON public.criterion_answer FOR EACH ROW EXECUTE FUNCTION public.criterion_answer_follows_merges();

CREATE TRIGGER deal_begins AFTER INSERT ON public.deal REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION public.deals_begin();

CREATE TRIGGER deal_came AFTER INSERT ON public.deal REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION public.deals_came();

CREATE TRIGGER deal_changed AFTER UPDATE ON public.deal FOR EACH ROW WHEN (((old.stage_id IS DISTINCT FROM new.stage_id) OR (old.amount_minor IS DISTINCT FROM new.amount_minor) OR ((old.currency)::text IS DISTINCT FROM (new.currency)::text) OR ((old.archived_at IS NULL) IS DISTINCT FROM (new.archived_at IS NULL)))) EXECUTE FUNCTION public.deal_changed();

CREATE TRIGGER deal_follows_merges BEFORE INSERT OR UPDATE OF contact_id, organization_id ON public.deal FOR EACH ROW EXECUTE FUNCTION public.deal_follows_merges();

CREATE TRIGGER deal_goes_on AFTER UPDATE ON public.deal FOR EACH ROW WHEN (((old.pipeline_id IS DISTINCT FROM new.pipeline_id) OR (old.stage_id IS DISTINCT FROM new.stage_id) OR ((old.status)::text IS DISTINCT FROM (new.status)::text) OR (old.amount_minor IS DISTINCT FROM new.amount_minor) OR ((old.currency)::text IS DISTINCT FROM (new.currency)::text) OR (old.expected_close_date IS DISTINCT FROM new.expected_close_date) OR (old.probability_override IS DISTINCT FROM new.probability_override) OR (old.owner_id IS DISTINCT FROM new.owner_id) OR ((old.archived_at IS NULL) IS DISTINCT FROM (new.archived_at IS NULL)))) EXECUTE FUNCTION public.deal_goes_on();

CREATE TRIGGER deal_went AFTER DELETE ON public.deal REFERENCING OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION public.deals_went();

CREATE TRIGGER lead_follows_merges BEFORE INSERT OR UPDATE OF contact_id, organization_id ON public.lead FOR EACH ROW EXECUTE FUNCTION public.lead_follows_merges();

CREATE TRIGGER organization_follows_merges BEFORE INSERT OR UPDATE OF parent_id ON public.organization FOR EACH ROW EXECUTE FUNCTION public.organization_follows_merges();

CREATE TRIGGER suggestion_follows_merges BEFORE INSERT OR UPDATE OF decision_maker_id ON public.suggestion FOR EACH ROW EXECUTE FUNCTION public.suggestion_follows_merges();

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE SET NULL (contact_id);

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_deal_id_fkey FOREIGN KEY (workspace_id, deal_id) REFERENCES public.deal(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_inbound_message_id_fkey FOREIGN KEY (workspace_id, inbound_message_id) REFERENCES public.inbound_message(workspace_id, id) ON DELETE SET NULL (inbound_message_id);

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_lead_id_fkey FOREIGN KEY (workspace_id, lead_id) REFERENCES public.lead(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_member_id_fkey FOREIGN KEY (workspace_id, member_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (member_id);

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_organization_id_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE SET NULL (organization_id);

ALTER TABLE ONLY public.activity
    ADD CONSTRAINT activity_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_member_id_fkey FOREIGN KEY (workspace_id, member_id) REFERENCES public.member(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_email
    ADD CONSTRAINT contact_email_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_email
    ADD CONSTRAINT contact_email_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_merged_into_id_fkey FOREIGN KEY (workspace_id, merged_into_id) REFERENCES public.contact(workspace_id, id) ON DELETE SET NULL (merged_into_id);

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_organization_id_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE SET NULL (organization_id);

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_owner_id_fkey FOREIGN KEY (workspace_id, owner_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (owner_id);

ALTER TABLE ONLY public.contact_phone
    ADD CONSTRAINT contact_phone_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact_phone
    ADD CONSTRAINT contact_phone_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversion
    ADD CONSTRAINT conversion_converted_by_id_fkey FOREIGN KEY (workspace_id, converted_by_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (converted_by_id);

ALTER TABLE ONLY public.conversion
    ADD CONSTRAINT conversion_deal_id_fkey FOREIGN KEY (workspace_id, deal_id) REFERENCES public.deal(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversion
    ADD CONSTRAINT conversion_lead_id_fkey FOREIGN KEY (workspace_id, lead_id) REFERENCES public.lead(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversion
    ADD CONSTRAINT conversion_undone_by_id_fkey FOREIGN KEY (workspace_id, undone_by_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (undone_by_id);

ALTER TABLE ONLY public.conversion
    ADD CONSTRAINT conversion_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.criterion_answer
    ADD CONSTRAINT criterion_answer_activity_id_fkey FOREIGN KEY (workspace_id, activity_id) REFERENCES public.activity(workspace_id, id) ON DELETE SET NULL (activity_id);

ALTER TABLE ONLY public.criterion_answer
    ADD CONSTRAINT criterion_answer_budget_holder_id_fkey FOREIGN KEY (workspace_id, budget_holder_id) REFERENCES public.contact(workspace_id, id) ON DELETE SET NULL (budget_holder_id);

ALTER TABLE ONLY public.criterion_answer
    ADD CONSTRAINT criterion_answer_decision_maker_id_fkey FOREIGN KEY (workspace_id, decision_maker_id) REFERENCES public.contact(workspace_id, id) ON DELETE SET NULL (decision_maker_id);

ALTER TABLE ONLY public.criterion_answer
    ADD CONSTRAINT criterion_answer_lead_id_fkey FOREIGN KEY (workspace_id, lead_id) REFERENCES public.lead(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.criterion_answer
    ADD CONSTRAINT criterion_answer_member_id_fkey FOREIGN KEY (workspace_id, member_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (member_id);

ALTER TABLE ONLY public.criterion_answer
    ADD CONSTRAINT criterion_answer_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.criterion_rule
    ADD CONSTRAINT criterion_rule_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.custom_field
    ADD CONSTRAINT custom_field_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.deal
    ADD CONSTRAINT deal_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE SET NULL (contact_id);

ALTER TABLE ONLY public.deal_history
    ADD CONSTRAINT deal_history_deal_id_fkey FOREIGN KEY (workspace_id, deal_id) REFERENCES public.deal(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.deal_history
    ADD CONSTRAINT deal_history_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.deal
    ADD CONSTRAINT deal_last_open_stage_id_fkey FOREIGN KEY (workspace_id, last_open_stage_id) REFERENCES public.stage(workspace_id, id) ON DELETE SET NULL (last_open_stage_id);

ALTER TABLE ONLY public.deal
    ADD CONSTRAINT deal_organization_id_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE SET NULL (organization_id);

ALTER TABLE ONLY public.deal
    ADD CONSTRAINT deal_owner_id_fkey FOREIGN KEY (workspace_id, owner_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (owner_id);

ALTER TABLE ONLY public.deal
    ADD CONSTRAINT deal_pipeline_id_fkey FOREIGN KEY (workspace_id, pipeline_id) REFERENCES public.pipeline(workspace_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.deal
    ADD CONSTRAINT deal_stage_id_fkey FOREIGN KEY (workspace_id, pipeline_id, stage_id, status) REFERENCES public.stage(workspace_id, pipeline_id, id, kind) ON DELETE RESTRICT;

ALTER TABLE ONLY public.deal
    ADD CONSTRAINT deal_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.distinct_pair
    ADD CONSTRAINT distinct_pair_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.distinct_pair
    ADD CONSTRAINT distinct_pair_organization_id_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.distinct_pair
    ADD CONSTRAINT distinct_pair_other_contact_id_fkey FOREIGN KEY (workspace_id, other_contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.distinct_pair
    ADD CONSTRAINT distinct_pair_other_organization_id_fkey FOREIGN KEY (workspace_id, other_organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.distinct_pair
    ADD CONSTRAINT distinct_pair_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT idempotency_key_member_id_fkey FOREIGN KEY (workspace_id, member_id) REFERENCES public.member(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.idempotency_key
    ADD CONSTRAINT idempotency_key_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.inbound_message
    ADD CONSTRAINT inbound_message_channel_id_fkey FOREIGN KEY (workspace_id, channel_id) REFERENCES public.channel(workspace_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.inbound_message
    ADD CONSTRAINT inbound_message_lead_id_fkey FOREIGN KEY (workspace_id, lead_id) REFERENCES public.lead(workspace_id, id) ON DELETE SET NULL (lead_id);

ALTER TABLE ONLY public.inbound_message
    ADD CONSTRAINT inbound_message_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.inbound_raw
    ADD CONSTRAINT inbound_raw_message_id_fkey FOREIGN KEY (workspace_id, message_id) REFERENCES public.inbound_message(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.inbound_raw
    ADD CONSTRAINT inbound_raw_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT lead_channel_id_fkey FOREIGN KEY (workspace_id, channel_id) REFERENCES public.channel(workspace_id, id) ON DELETE SET NULL (channel_id);

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT lead_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT lead_deal_id_fkey FOREIGN KEY (workspace_id, deal_id) REFERENCES public.deal(workspace_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT lead_inbound_message_id_fkey FOREIGN KEY (workspace_id, inbound_message_id) REFERENCES public.inbound_message(workspace_id, id) ON DELETE SET NULL (inbound_message_id);

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT lead_organization_id_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT lead_owner_id_fkey FOREIGN KEY (workspace_id, owner_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (owner_id);

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT lead_qualified_by_id_fkey FOREIGN KEY (workspace_id, qualified_by_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (qualified_by_id);

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT lead_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merge
    ADD CONSTRAINT merge_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merge
    ADD CONSTRAINT merge_merged_by_id_fkey FOREIGN KEY (workspace_id, merged_by_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (merged_by_id);

ALTER TABLE ONLY public.merge
    ADD CONSTRAINT merge_merged_contact_id_fkey FOREIGN KEY (workspace_id, merged_contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merge
    ADD CONSTRAINT merge_merged_organization_id_fkey FOREIGN KEY (workspace_id, merged_organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merge
    ADD CONSTRAINT merge_organization_id_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.merge
    ADD CONSTRAINT merge_undone_by_id_fkey FOREIGN KEY (workspace_id, undone_by_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (undone_by_id);

ALTER TABLE ONLY public.merge
    ADD CONSTRAINT merge_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization_email
    ADD CONSTRAINT organization_email_organization_id_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization_email
    ADD CONSTRAINT organization_email_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_merged_into_id_fkey FOREIGN KEY (workspace_id, merged_into_id) REFERENCES public.organization(workspace_id, id) ON DELETE SET NULL (merged_into_id);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_owner_id_fkey FOREIGN KEY (workspace_id, owner_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (owner_id);

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_parent_id_fkey FOREIGN KEY (workspace_id, parent_id) REFERENCES public.organization(workspace_id, id) ON DELETE SET NULL (parent_id);

ALTER TABLE ONLY public.organization_phone
    ADD CONSTRAINT organization_phone_organization_id_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization_phone
    ADD CONSTRAINT organization_phone_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization
    ADD CONSTRAINT organization_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.outbox_event
    ADD CONSTRAINT outbox_event_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pipeline
    ADD CONSTRAINT pipeline_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.postal_address
    ADD CONSTRAINT postal_address_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.postal_address
    ADD CONSTRAINT postal_address_organization_id_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.postal_address
    ADD CONSTRAINT postal_address_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.qualification_policy
    ADD CONSTRAINT qualification_policy_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stage_change
    ADD CONSTRAINT stage_change_deal_id_fkey FOREIGN KEY (workspace_id, deal_id) REFERENCES public.deal(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stage_change
    ADD CONSTRAINT stage_change_from_stage_id_fkey FOREIGN KEY (workspace_id, from_stage_id) REFERENCES public.stage(workspace_id, id) ON DELETE SET NULL (from_stage_id);

ALTER TABLE ONLY public.stage_change
    ADD CONSTRAINT stage_change_member_id_fkey FOREIGN KEY (workspace_id, member_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (member_id);

ALTER TABLE ONLY public.stage_change
    ADD CONSTRAINT stage_change_to_stage_id_fkey FOREIGN KEY (workspace_id, to_stage_id) REFERENCES public.stage(workspace_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.stage_change
    ADD CONSTRAINT stage_change_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stage_delta
    ADD CONSTRAINT stage_delta_stage_id_fkey FOREIGN KEY (workspace_id, stage_id) REFERENCES public.stage(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stage_delta
    ADD CONSTRAINT stage_delta_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stage
    ADD CONSTRAINT stage_pipeline_id_fkey FOREIGN KEY (workspace_id, pipeline_id) REFERENCES public.pipeline(workspace_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.stage_tally
    ADD CONSTRAINT stage_tally_stage_id_fkey FOREIGN KEY (workspace_id, stage_id) REFERENCES public.stage(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stage_tally
    ADD CONSTRAINT stage_tally_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stage
    ADD CONSTRAINT stage_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.suggestion
    ADD CONSTRAINT suggestion_activity_id_fkey FOREIGN KEY (workspace_id, activity_id) REFERENCES public.activity(workspace_id, id) ON DELETE SET NULL (activity_id);

ALTER TABLE ONLY public.suggestion
    ADD CONSTRAINT suggestion_decided_by_id_fkey FOREIGN KEY (workspace_id, decided_by_id) REFERENCES public.member(workspace_id, id) ON DELETE SET NULL (decided_by_id);

ALTER TABLE ONLY public.suggestion
    ADD CONSTRAINT suggestion_decision_maker_id_fkey FOREIGN KEY (workspace_id, decision_maker_id) REFERENCES public.contact(workspace_id, id) ON DELETE SET NULL (decision_maker_id);

ALTER TABLE ONLY public.suggestion
    ADD CONSTRAINT suggestion_lead_id_fkey FOREIGN KEY (workspace_id, lead_id) REFERENCES public.lead(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.suggestion
    ADD CONSTRAINT suggestion_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tag
    ADD CONSTRAINT tag_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tagging
    ADD CONSTRAINT tagging_contact_id_fkey FOREIGN KEY (workspace_id, contact_id) REFERENCES public.contact(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tagging
    ADD CONSTRAINT tagging_deal_id_fkey FOREIGN KEY (workspace_id, deal_id) REFERENCES public.deal(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tagging
    ADD CONSTRAINT tagging_lead_id_fkey FOREIGN KEY (workspace_id, lead_id) REFERENCES public.lead(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tagging
    ADD CONSTRAINT tagging_organization_id_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES public.organization(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tagging
    ADD CONSTRAINT tagging_tag_id_fkey FOREIGN KEY (workspace_id, tag_id) REFERENCES public.tag(workspace_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tagging
    ADD CONSTRAINT tagging_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES public.workspace(id) ON DELETE CASCADE;

ALTER TABLE public.activity ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.api_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.channel ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.contact ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.contact_email ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.contact_phone ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.conversion ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.criterion_answer ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.criterion_rule ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.custom_field ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.deal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.deal_history ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.distinct_pair ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.idempotency_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbound_message ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbound_raw ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.lead ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.merge ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.organization ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.organization_email ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.organization_phone ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.outbox_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.pipeline ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.postal_address ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.qualification_policy ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.stage ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.stage_change ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.stage_delta ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.stage_tally ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.suggestion ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tag ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tagging ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON public.activity TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.api_key TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.channel TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.contact TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.contact_email TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.contact_phone TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.conversion TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.criterion_answer TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.criterion_rule TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.custom_field TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.deal TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.deal_history TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.distinct_pair TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.idempotency_key TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.inbound_message TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.inbound_raw TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.lead TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.member TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.merge TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.organization TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.organization_email TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.organization_phone TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.outbox_event TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.pipeline TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.postal_address TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.qualification_policy TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.stage TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.stage_change TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.stage_delta TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.stage_tally TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.suggestion TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.tag TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.tagging TO anbahn_app USING ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((workspace_id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY tenant ON public.workspace TO anbahn_app USING ((id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((id = ( SELECT (NULLIF(current_setting('app.workspace_id'::text, true), ''::text))::uuid AS "nullif")));

ALTER TABLE public.workspace ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON FUNCTION public.door_contact_pairs(free text[], at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_contact_pairs(free text[], at_most integer) TO anbahn_app;

REVOKE ALL ON FUNCTION public.door_contacts_like(wanted text, mailboxes text[], phones text[], domains text[], organization uuid, itself uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_contacts_like(wanted text, mailboxes text[], phones text[], domains text[], organization uuid, itself uuid) TO anbahn_app;

REVOKE ALL ON FUNCTION public.door_credential(wanted bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_credential(wanted bytea) TO anbahn_app;

REVOKE ALL ON FUNCTION public.door_crowded(at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_crowded(at_most integer) TO anbahn_app;

REVOKE ALL ON FUNCTION public.door_due(at_time timestamp with time zone, due_before timestamp with time zone, rung_before timestamp with time zone, at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_due(at_time timestamp with time zone, due_before timestamp with time zone, rung_before timestamp with time zone, at_most integer) TO anbahn_app;

REVOKE ALL ON FUNCTION public.door_fold(at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_fold(at_most integer) TO anbahn_app;

REVOKE ALL ON FUNCTION public.door_form(wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_form(wanted text) TO anbahn_app;

REVOKE ALL ON FUNCTION public.door_leads_due(at_time timestamp with time zone, beyond uuid, at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_leads_due(at_time timestamp with time zone, beyond uuid, at_most integer) TO anbahn_app;

REVOKE ALL ON FUNCTION public.door_mail(wanted bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_mail(wanted bytea) TO anbahn_app;

REVOKE ALL ON FUNCTION public.door_organization_pairs(free text[], at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_organization_pairs(free text[], at_most integer) TO anbahn_app;

REVOKE ALL ON FUNCTION public.door_organizations_like(wanted text, mailboxes text[], phones text[], domains text[], itself uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.door_organizations_like(wanted text, mailboxes text[], phones text[], domains text[], itself uuid) TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.activity TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.api_key TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.channel TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.contact TO anbahn_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.contact_email TO anbahn_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.contact_phone TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.conversion TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.criterion_answer TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.criterion_rule TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.custom_field TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.deal TO anbahn_app;

GRANT SELECT,INSERT ON TABLE public.deal_history TO anbahn_app;

GRANT UPDATE(valid_to) ON TABLE public.deal_history TO anbahn_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.distinct_pair TO anbahn_app;

GRANT SELECT,INSERT ON TABLE public.idempotency_key TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.inbound_message TO anbahn_app;

GRANT SELECT,INSERT ON TABLE public.inbound_raw TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.lead TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.member TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.merge TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.organization TO anbahn_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.organization_email TO anbahn_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.organization_phone TO anbahn_app;

GRANT SELECT,INSERT ON TABLE public.outbox_event TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.pipeline TO anbahn_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.postal_address TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.qualification_policy TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.stage TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.stage_change TO anbahn_app;

GRANT SELECT,INSERT ON TABLE public.stage_delta TO anbahn_app;

GRANT SELECT ON TABLE public.stage_tally TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.suggestion TO anbahn_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tag TO anbahn_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tagging TO anbahn_app;

GRANT SELECT ON TABLE public.tortoise_migrations TO anbahn_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.workspace TO anbahn_app;

INSERT INTO public.tortoise_migrations (app, name, applied_at) VALUES
    ('crm', '0001_initial', now()),
    ('crm', '0002_doors', now()),
    ('crm', '0003_board_at_scale', now()),
    ('crm', '0004_pipeline_in_full', now()),
    ('crm', '0005_deal_history', now()),
    ('crm', '0006_duplicates', now());
