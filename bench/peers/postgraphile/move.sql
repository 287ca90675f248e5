-- What a move needs and no table offers by itself: PostGraphile's way for that is a function, which becomes a mutation.
-- It writes the rows that the product writes, in the one transaction that PostGraphile runs it in.
CREATE SCHEMA IF NOT EXISTS bench;
GRANT USAGE ON SCHEMA bench TO anbahn_app;

-- A rank a random step beyond the last one: crm/deals/ranks.py, of which only appending is needed here.
CREATE OR REPLACE FUNCTION bench.appended(last text) RETURNS text VOLATILE LANGUAGE plpgsql AS $$
DECLARE
    digits CONSTANT text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    value bigint := 0;
    written text := '';
BEGIN
    FOR at IN 1..6 LOOP
        value := value * 62 + strpos(digits, substr(rpad(last, 6, '0'), at, 1)) - 1;
    END LOOP;
    value := value + 3844 + floor(random() * 3844)::bigint;
    FOR at IN 1..6 LOOP
        written := substr(digits, (value % 62)::int + 1, 1) || written;
        value := value / 62;
    END LOOP;
    RETURN rtrim(written, '0');
END
$$;

CREATE OR REPLACE FUNCTION bench.move_deal(deal_id uuid, stage_id uuid) RETURNS public.deal
VOLATILE LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    ws CONSTANT uuid := current_setting('app.workspace_id')::uuid;
    who CONSTANT uuid := current_setting('app.member_id')::uuid;
    moved public.deal;
    source public.stage;
    target public.stage;
    entered timestamptz;
BEGIN
    SELECT * INTO STRICT moved FROM public.deal d WHERE d.workspace_id = ws AND d.id = deal_id FOR NO KEY UPDATE;
    SELECT * INTO STRICT source FROM public.stage s WHERE s.workspace_id = ws AND s.id = moved.stage_id;
    SELECT * INTO STRICT target FROM public.stage s WHERE s.workspace_id = ws AND s.id = stage_id;
    IF target.pipeline_id <> moved.pipeline_id OR target.kind <> 'OPEN' THEN
        RAISE EXCEPTION 'this moves deals between open stages of one pipeline';
    END IF;
    UPDATE public.deal d
    SET stage_id = target.id, status = target.kind, version = d.version + 1, updated_at = now(),
        rank = bench.appended(coalesce((
            SELECT c.rank FROM public.deal c WHERE c.workspace_id = ws AND c.stage_id = target.id
            ORDER BY c.rank DESC LIMIT 1), 'V'))
    WHERE d.workspace_id = ws AND d.id = deal_id RETURNING d.* INTO moved;
    UPDATE public.stage_change c SET left_at = greatest(now(), c.entered_at)
    WHERE c.workspace_id = ws AND c.deal_id = deal_id AND c.left_at IS NULL RETURNING c.left_at INTO entered;
    INSERT INTO public.stage_change (id, workspace_id, deal_id, from_stage_id, to_stage_id, entered_at, member_id)
    VALUES (uuidv7(), ws, deal_id, source.id, target.id, entered, who);
    INSERT INTO public.activity (id, workspace_id, kind, at, summary, member_id, deal_id)
    VALUES (uuidv7(), ws, 'change', now(), 'Moved from ' || source.name || ' to ' || target.name, who, deal_id);
    INSERT INTO public.outbox_event (id, workspace_id, name, subject_type, subject_id, payload, at)
    VALUES (uuidv7(), ws, 'deal.stage_changed', 'deal', deal_id,
            jsonb_build_object('from_stage_id', source.id, 'to_stage_id', target.id), now());
    RETURN moved;
END
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bench TO anbahn_app;
