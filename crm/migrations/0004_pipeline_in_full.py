"""What the pipeline in full needs: people with all that belongs to them, qualification by a workspace's own policy,
conversions and merges that can be undone, boards that change."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from crm import exact
from crm.ids import new_id
from crm.sealing import APP_ROLE, compose, seal
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

# Archived deals count nowhere: docs/adr/0014. The functions of 0003, with that condition.
TOTALS = [
    """
CREATE OR REPLACE FUNCTION deals_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.stage_delta (workspace_id, stage_id, currency, deals, minor)
    SELECT workspace_id, stage_id, coalesce(currency, ''), count(*), coalesce(sum(amount_minor), 0)
    FROM came WHERE archived_at IS NULL GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$""",
    """
CREATE OR REPLACE FUNCTION deals_went() RETURNS trigger LANGUAGE plpgsql AS $$
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
$$""",
    """
CREATE OR REPLACE FUNCTION deal_changed() RETURNS trigger LANGUAGE plpgsql AS $$
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
$$""",
    "DROP TRIGGER deal_changed ON deal",
    "CREATE TRIGGER deal_changed AFTER UPDATE ON deal FOR EACH ROW"
    " WHEN ((OLD.stage_id, OLD.amount_minor, OLD.currency, OLD.archived_at IS NULL) IS DISTINCT FROM"
    " (NEW.stage_id, NEW.amount_minor, NEW.currency, NEW.archived_at IS NULL)) EXECUTE FUNCTION deal_changed()",
]


class AddFilled(ops.AddField):
    """Adds a column that is never null to a table that has rows, with what it holds in those.

    Tortoise 1.1.9 adds it without a default, which PostgreSQL refuses. It keeps its default, so that bulk inserts may
    leave it out.
    """

    def __init__(self, model_name, name, field, filled):
        super().__init__(model_name, name, field)
        self.filled = filled

    async def database_forward(self, app_label, old_state, new_state, state_editor=None):
        column = f"{self.name} {self.field.get_for_dialect('postgres', 'SQL_TYPE')} NOT NULL DEFAULT {self.filled}"
        sql = ops.RunSQL(f"ALTER TABLE {self.model_name.lower()} ADD COLUMN {column}", ops.RunSQL.noop)
        await sql.database_forward(app_label, old_state, new_state, state_editor)


# Operations that replace a record's addresses or tags, or delete a tag.
DELETES = [
    f"GRANT DELETE ON {table} TO {APP_ROLE}"
    for table in (
        "contact_email", "contact_phone", "organization_email", "organization_phone", "postal_address", "tag", "tagging",
        "distinct_pair",
    )
]

POLICIES = [
    "INSERT INTO qualification_policy (id, workspace_id, version, created_at, updated_at, mode, needed, threshold)"
    " SELECT gen_random_uuid(), id, 1, created_at, created_at, 'ALL_MET', 4, 100 FROM workspace",
    "INSERT INTO criterion_rule (id, workspace_id, criterion, weight)"
    " SELECT gen_random_uuid(), w.id, c.criterion, c.weight FROM workspace w,"
    " (VALUES ('NEED', 40), ('BUDGET', 30), ('AUTHORITY', 20), ('TIMEFRAME', 10)) AS c (criterion, weight)",
    # What open leads are to be asked next, by these weights.
    """
UPDATE lead SET next_criterion = next.criterion, next_weight = next.weight FROM (
    SELECT DISTINCT ON (l.workspace_id, l.id) l.workspace_id, l.id, r.criterion, r.weight
    FROM lead l JOIN criterion_rule r ON r.workspace_id = l.workspace_id
    WHERE l.state IN ('NEW', 'PROSPECTING', 'QUALIFIED') AND NOT EXISTS (
        SELECT 1 FROM criterion_answer a WHERE a.workspace_id = l.workspace_id AND a.lead_id = l.id
        AND a.criterion = r.criterion AND (a.state IN ('MET', 'NOT_MET') OR a.pending_until > (now() AT TIME ZONE 'UTC')::date))
    ORDER BY l.workspace_id, l.id, r.weight DESC
) AS next WHERE lead.workspace_id = next.workspace_id AND lead.id = next.id""",
    """
UPDATE lead SET review_at = due.at FROM (
    SELECT a.workspace_id, a.lead_id, min(a.pending_until)::timestamp AT TIME ZONE 'UTC' AS at
    FROM criterion_answer a WHERE a.state = 'PENDING' AND a.pending_until > (now() AT TIME ZONE 'UTC')::date GROUP BY 1, 2
) AS due WHERE lead.workspace_id = due.workspace_id AND lead.id = due.lead_id
    AND lead.state IN ('NEW', 'PROSPECTING', 'QUALIFIED')""",
]

# Leads of all workspaces for which something is due by time alone, a page at a time: as the doors of 0002, with ids only.
DUE = [
    """
CREATE FUNCTION door_leads_due(at_time timestamptz, beyond uuid, at_most integer)
RETURNS TABLE (workspace_id uuid, lead_id uuid) STABLE
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.workspace_id, l.id FROM (
        SELECT r.workspace_id, r.id FROM public.lead r
        WHERE r.review_at <= at_time AND r.archived_at IS NULL AND r.id > beyond
        UNION
        SELECT n.workspace_id, n.id FROM public.lead n
        WHERE n.nurture_until <= (at_time AT TIME ZONE 'UTC')::date AND n.archived_at IS NULL AND n.id > beyond
    ) l ORDER BY l.id LIMIT at_most
$$""",
    "REVOKE ALL ON FUNCTION door_leads_due(timestamptz, uuid, integer) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION door_leads_due(timestamptz, uuid, integer) TO {APP_ROLE}",
]


class Migration(migrations.Migration):
    dependencies = [('crm', '0003_board_at_scale')]

    operations = [
        ops.CreateModel(
            name='Conversion',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('lead', fields.ForeignKeyField('crm.Lead', source_field='lead_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('deal', fields.ForeignKeyField('crm.Deal', source_field='deal_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('receipt', fields.JSONField(encoder=exact.dumps, decoder=exact.loads)),
                ('converted_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('converted_by', fields.ForeignKeyField('crm.Member', source_field='converted_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL)),
                ('undone_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('undone_by', fields.ForeignKeyField('crm.Member', source_field='undone_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL)),
            ],
            options={'table': 'conversion', 'app': 'crm', 'unique_together': (('workspace', 'id'),), 'constraints': [UniqueConstraint(fields=('workspace_id', 'lead_id'), name='conversion_one_current', condition='undone_at IS NULL')], 'indexes': [Index(fields=['workspace_id', 'lead_id', 'converted_at', 'id']), Index(fields=['workspace_id', 'deal_id', 'converted_at', 'id'])], 'pk_attr': 'id', 'table_description': 'One lead that became or fed a deal, and all that was changed for it, so that it can be undone.'},
            bases=['WorkspaceRecord'],
        ),
        ops.CreateModel(
            name='CriterionRule',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('criterion', fields.CharField(max_length=16)),
                ('weight', fields.SmallIntField()),
                ('fresh_days', fields.SmallIntField(null=True)),
                ('question', fields.CharField(null=True, max_length=500)),
            ],
            options={'table': 'criterion_rule', 'app': 'crm', 'unique_together': (('workspace', 'id'), ('workspace', 'criterion')), 'constraints': [CheckConstraint(check="criterion IN ('BUDGET', 'AUTHORITY', 'NEED', 'TIMEFRAME')", name='criterion_rule_criterion_known'), CheckConstraint(check='weight BETWEEN 1 AND 100', name='criterion_rule_weight_valid'), CheckConstraint(check='fresh_days BETWEEN 1 AND 3650', name='criterion_rule_fresh_days_valid')], 'pk_attr': 'id', 'table_description': 'What a workspace says of one criterion: four rows a workspace.'},
            bases=['WorkspaceRecord'],
        ),
        ops.CreateModel(
            name='CustomField',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('entity', fields.CharField(max_length=16)),
                ('key', fields.CharField(max_length=50)),
                ('name', fields.CharField(max_length=100)),
                ('kind', fields.CharField(max_length=16)),
                ('choices', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('description', fields.TextField(null=True, unique=False)),
                ('position', fields.IntField()),
                ('archived_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'custom_field', 'app': 'crm', 'unique_together': (('workspace', 'id'), ('workspace', 'entity', 'key')), 'constraints': [CheckConstraint(check="entity IN ('CONTACT', 'ORGANIZATION', 'LEAD', 'DEAL')", name='custom_field_entity_known'), CheckConstraint(check="kind IN ('TEXT', 'NUMBER', 'BOOLEAN', 'DATE', 'CHOICE', 'CHOICES')", name='custom_field_kind_known'), CheckConstraint(check="name <> ''", name='custom_field_name_present'), CheckConstraint(check="key ~ '^[a-z][a-z0-9_]{0,49}$'", name='custom_field_key_valid'), CheckConstraint(check="jsonb_typeof(choices) = 'array' AND (kind IN ('CHOICE', 'CHOICES')) = (choices <> '[]'::jsonb)", name='custom_field_choices_fit_kind')], 'pk_attr': 'id', 'table_description': 'The definition of one field. Values are kept by its key, as JSON: text, number, boolean, ISO day, or texts.'},
            bases=['VersionedRecord'],
        ),
        ops.CreateModel(
            name='Distinct',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('contact', fields.ForeignKeyField('crm.Contact', source_field='contact_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('other_contact', fields.ForeignKeyField('crm.Contact', source_field='other_contact_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('organization', fields.ForeignKeyField('crm.Organization', source_field='organization_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('other_organization', fields.ForeignKeyField('crm.Organization', source_field='other_organization_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'distinct_pair', 'app': 'crm', 'unique_together': (('workspace', 'id'),), 'constraints': [CheckConstraint(check='(contact_id IS NULL) = (other_contact_id IS NULL) AND (organization_id IS NULL) = (other_organization_id IS NULL) AND num_nonnulls(contact_id, organization_id) = 1', name='distinct_pair_of_one_kind'), CheckConstraint(check='contact_id < other_contact_id AND organization_id < other_organization_id', name='distinct_pair_in_order'), UniqueConstraint(fields=('workspace_id', 'contact_id', 'other_contact_id'), name='distinct_pair_contact_once', condition='contact_id IS NOT NULL'), UniqueConstraint(fields=('workspace_id', 'organization_id', 'other_organization_id'), name='distinct_pair_organization_once', condition='organization_id IS NOT NULL')], 'pk_attr': 'id', 'table_description': 'Two records that a person has said are not the same; the smaller id first.'},
            bases=['WorkspaceRecord'],
        ),
        ops.CreateModel(
            name='Merge',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('contact', fields.ForeignKeyField('crm.Contact', source_field='contact_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('merged_contact', fields.ForeignKeyField('crm.Contact', source_field='merged_contact_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('organization', fields.ForeignKeyField('crm.Organization', source_field='organization_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('merged_organization', fields.ForeignKeyField('crm.Organization', source_field='merged_organization_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('receipt', fields.JSONField(encoder=exact.dumps, decoder=exact.loads)),
                ('merged_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('merged_by', fields.ForeignKeyField('crm.Member', source_field='merged_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL)),
                ('undone_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('undone_by', fields.ForeignKeyField('crm.Member', source_field='undone_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL)),
            ],
            options={'table': 'merge', 'app': 'crm', 'unique_together': (('workspace', 'id'),), 'constraints': [CheckConstraint(check='(contact_id IS NULL) = (merged_contact_id IS NULL) AND (organization_id IS NULL) = (merged_organization_id IS NULL) AND num_nonnulls(contact_id, organization_id) = 1', name='merge_of_one_kind'), CheckConstraint(check='contact_id <> merged_contact_id AND organization_id <> merged_organization_id', name='merge_of_two'), UniqueConstraint(fields=('workspace_id', 'merged_contact_id'), name='merge_contact_once', condition='undone_at IS NULL AND merged_contact_id IS NOT NULL'), UniqueConstraint(fields=('workspace_id', 'merged_organization_id'), name='merge_organization_once', condition='undone_at IS NULL AND merged_organization_id IS NOT NULL')], 'indexes': [Index(fields=['workspace_id', 'merged_at', 'id'])], 'pk_attr': 'id', 'table_description': 'One record that was merged into another of its kind: contacts, or organizations.'},
            bases=['WorkspaceRecord'],
        ),
        ops.CreateModel(
            name='OrganizationEmail',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('organization', fields.ForeignKeyField('crm.Organization', source_field='organization_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('position', fields.SmallIntField()),
                ('address', fields.CharField(max_length=254)),
                ('address_normalized', fields.CharField(max_length=254)),
                ('active', fields.BooleanField(default=True)),
            ],
            options={'table': 'organization_email', 'app': 'crm', 'unique_together': (('workspace', 'id'), ('workspace', 'organization', 'position')), 'constraints': [UniqueConstraint(fields=('workspace_id', 'address_normalized'), name='organization_email_once', condition='active'), CheckConstraint(check='position >= 0', name='organization_email_position_valid')], 'pk_attr': 'id', 'table_description': "One of an organization's e-mail addresses, such as info@ or sales@."},
            bases=['WorkspaceRecord'],
        ),
        ops.CreateModel(
            name='OrganizationPhone',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('organization', fields.ForeignKeyField('crm.Organization', source_field='organization_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('position', fields.SmallIntField()),
                ('number', fields.CharField(max_length=16)),
            ],
            options={'table': 'organization_phone', 'app': 'crm', 'unique_together': (('workspace', 'id'), ('workspace', 'organization', 'position')), 'constraints': [CheckConstraint(check="number ~ '^[+][1-9][0-9]{1,14}$'", name='organization_phone_e164'), CheckConstraint(check='position >= 0', name='organization_phone_position_valid')], 'indexes': [Index(fields=['workspace_id', 'number'])], 'pk_attr': 'id', 'table_description': "One of an organization's phone numbers."},
            bases=['WorkspaceRecord'],
        ),
        ops.CreateModel(
            name='PostalAddress',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('contact', fields.ForeignKeyField('crm.Contact', source_field='contact_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('organization', fields.ForeignKeyField('crm.Organization', source_field='organization_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('position', fields.SmallIntField()),
                ('label', fields.CharField(null=True, max_length=50)),
                ('street', fields.CharField(null=True, max_length=500)),
                ('postal_code', fields.CharField(null=True, max_length=20)),
                ('city', fields.CharField(null=True, max_length=200)),
                ('region', fields.CharField(null=True, max_length=200)),
                ('country', fields.CharField(null=True, max_length=2)),
            ],
            options={'table': 'postal_address', 'app': 'crm', 'unique_together': (('workspace', 'id'), ('workspace', 'contact', 'position'), ('workspace', 'organization', 'position')), 'constraints': [CheckConstraint(check='num_nonnulls(contact_id, organization_id) = 1', name='postal_address_of_one'), CheckConstraint(check='num_nonnulls(street, postal_code, city, region, country) > 0', name='postal_address_present'), CheckConstraint(check="country ~ '^[A-Z]{2}$'", name='postal_address_country_valid'), CheckConstraint(check='position >= 0', name='postal_address_position_valid')], 'pk_attr': 'id', 'table_description': 'One of the postal addresses of a contact or an organization.'},
            bases=['WorkspaceRecord'],
        ),
        ops.CreateModel(
            name='QualificationPolicy',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('mode', fields.CharField(max_length=16)),
                ('needed', fields.SmallIntField(default=4)),
                ('threshold', fields.SmallIntField(default=100)),
            ],
            options={'table': 'qualification_policy', 'app': 'crm', 'unique_together': (('workspace', 'id'), ('workspace',)), 'constraints': [CheckConstraint(check="mode IN ('ALL_MET', 'N_OF_4', 'WEIGHTED')", name='qualification_policy_mode_known'), CheckConstraint(check='needed BETWEEN 1 AND 4', name='qualification_policy_needed_valid'), CheckConstraint(check='threshold BETWEEN 1 AND 400', name='qualification_policy_threshold_valid')], 'pk_attr': 'id', 'table_description': 'When a lead of the workspace is qualified: one row a workspace.'},
            bases=['VersionedRecord'],
        ),
        ops.CreateModel(
            name='Suggestion',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('lead', fields.ForeignKeyField('crm.Lead', source_field='lead_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('criterion', fields.CharField(max_length=16)),
                ('answer_state', fields.CharField(max_length=16)),
                ('pending_until', fields.DateField(null=True)),
                ('amount_minor', fields.BigIntField(null=True)),
                ('currency', fields.CharField(null=True, max_length=3)),
                ('decision_maker', fields.ForeignKeyField('crm.Contact', source_field='decision_maker_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL)),
                ('text', fields.TextField(null=True, unique=False)),
                ('not_before', fields.DateField(null=True)),
                ('not_after', fields.DateField(null=True)),
                ('quote', fields.TextField(unique=False)),
                ('rule', fields.CharField(max_length=60)),
                ('activity', fields.ForeignKeyField('crm.Activity', source_field='activity_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL)),
                ('state', fields.CharField(max_length=16)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decided_by', fields.ForeignKeyField('crm.Member', source_field='decided_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL)),
            ],
            options={'table': 'suggestion', 'app': 'crm', 'unique_together': (('workspace', 'id'),), 'constraints': [CheckConstraint(check="criterion IN ('BUDGET', 'AUTHORITY', 'NEED', 'TIMEFRAME')", name='suggestion_criterion_known'), CheckConstraint(check="answer_state IN ('UNKNOWN', 'MET', 'NOT_MET', 'PENDING')", name='suggestion_answer_state_known'), CheckConstraint(check="state IN ('PROPOSED', 'ACCEPTED', 'REFUSED', 'SUPERSEDED')", name='suggestion_state_known'), CheckConstraint(check='(amount_minor IS NULL) = (currency IS NULL)', name='suggestion_amount_whole'), CheckConstraint(check='amount_minor >= 0', name='suggestion_amount_not_negative'), CheckConstraint(check="currency ~ '^[A-Z]{3}$'", name='suggestion_currency_valid'), CheckConstraint(check='not_before <= not_after', name='suggestion_range_in_order'), CheckConstraint(check="quote <> ''", name='suggestion_quote_present'), CheckConstraint(check="(state IN ('ACCEPTED', 'REFUSED')) = (decided_at IS NOT NULL)", name='suggestion_decided_has_time')], 'indexes': [Index(fields=['workspace_id', 'lead_id', 'created_at', 'id'])], 'pk_attr': 'id', 'table_description': 'An answer that was read out of a text and waits for a person to accept or refuse it.'},
            bases=['VersionedRecord'],
        ),
        ops.CreateModel(
            name='Tag',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('version', fields.IntField(default=1)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('name', fields.CharField(max_length=100)),
                ('name_folded', fields.CharField(max_length=300)),
                ('color', fields.CharField(null=True, max_length=7)),
                ('description', fields.TextField(null=True, unique=False)),
            ],
            options={'table': 'tag', 'app': 'crm', 'unique_together': (('workspace', 'id'), ('workspace', 'name_folded')), 'constraints': [CheckConstraint(check="name <> ''", name='tag_name_present'), CheckConstraint(check="color ~ '^#[0-9a-f]{6}$'", name='tag_color_valid')], 'pk_attr': 'id', 'table_description': 'A word that records are sorted by. One set of them serves all kinds of records.'},
            bases=['VersionedRecord'],
        ),
        ops.CreateModel(
            name='Tagging',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('workspace', fields.ForeignKeyField('crm.Workspace', source_field='workspace_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('tag', fields.ForeignKeyField('crm.Tag', source_field='tag_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('contact', fields.ForeignKeyField('crm.Contact', source_field='contact_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('organization', fields.ForeignKeyField('crm.Organization', source_field='organization_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('lead', fields.ForeignKeyField('crm.Lead', source_field='lead_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('deal', fields.ForeignKeyField('crm.Deal', source_field='deal_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'tagging', 'app': 'crm', 'unique_together': (('workspace', 'id'),), 'constraints': [CheckConstraint(check='num_nonnulls(contact_id, organization_id, lead_id, deal_id) = 1', name='tagging_of_one'), UniqueConstraint(fields=('workspace_id', 'contact_id', 'tag_id'), name='tagging_contact_once', condition='contact_id IS NOT NULL'), UniqueConstraint(fields=('workspace_id', 'organization_id', 'tag_id'), name='tagging_organization_once', condition='organization_id IS NOT NULL'), UniqueConstraint(fields=('workspace_id', 'lead_id', 'tag_id'), name='tagging_lead_once', condition='lead_id IS NOT NULL'), UniqueConstraint(fields=('workspace_id', 'deal_id', 'tag_id'), name='tagging_deal_once', condition='deal_id IS NOT NULL')], 'pk_attr': 'id', 'table_description': 'One tag on one record.'},
            bases=['WorkspaceRecord'],
        ),
        AddFilled(
            model_name='Contact',
            name='custom',
            field=fields.JSONField(default=dict, encoder=exact.dumps, decoder=exact.loads),
            filled="'{}'",
        ),
        ops.AddField(
            model_name='Contact',
            name='description',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Contact',
            name='merged_into',
            field=fields.ForeignKeyField('crm.Contact', source_field='merged_into_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL),
        ),
        ops.AddField(
            model_name='Contact',
            name='owner',
            field=fields.ForeignKeyField('crm.Member', source_field='owner_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL),
        ),
        ops.AddIndex(
            model_name='Contact',
            index=Index(fields=['workspace_id', 'owner_id', 'name_folded', 'name', 'id']),
        ),
        ops.AddConstraint(
            model_name='Contact',
            constraint=CheckConstraint(check='merged_into_id IS NULL OR (archived_at IS NOT NULL AND merged_into_id <> id)', name='contact_merged_is_archived'),
        ),
        ops.AddField(
            model_name='CriterionAnswer',
            name='activity',
            field=fields.ForeignKeyField('crm.Activity', source_field='activity_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL),
        ),
        ops.AddField(
            model_name='CriterionAnswer',
            name='fresh_until',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='CriterionAnswer',
            name='quote',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddConstraint(
            model_name='CriterionAnswer',
            constraint=CheckConstraint(check="fresh_until IS NULL OR state IN ('MET', 'NOT_MET')", name='criterion_answer_known_grows_old'),
        ),
        ops.AddField(
            model_name='Deal',
            name='archived_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        AddFilled(
            model_name='Deal',
            name='custom',
            field=fields.JSONField(default=dict, encoder=exact.dumps, decoder=exact.loads),
            filled="'{}'",
        ),
        ops.AddField(
            model_name='Deal',
            name='description',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Deal',
            name='won_reason',
            field=fields.CharField(null=True, max_length=500),
        ),
        ops.AddConstraint(
            model_name='Deal',
            constraint=CheckConstraint(check="status = 'WON' OR won_reason IS NULL", name='deal_won_reason_is_won'),
        ),
        ops.AddField(
            model_name='Lead',
            name='archived_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        AddFilled(
            model_name='Lead',
            name='custom',
            field=fields.JSONField(default=dict, encoder=exact.dumps, decoder=exact.loads),
            filled="'{}'",
        ),
        ops.AddField(
            model_name='Lead',
            name='description',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Lead',
            name='next_criterion',
            field=fields.CharField(null=True, max_length=16),
        ),
        AddFilled(
            model_name='Lead',
            name='next_weight',
            field=fields.SmallIntField(default=0),
            filled="0",
        ),
        ops.AddField(
            model_name='Lead',
            name='review_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddIndex(
            model_name='Lead',
            index=Index(fields=['workspace_id', 'next_weight', 'id']),
        ),
        ops.AddConstraint(
            model_name='Lead',
            constraint=CheckConstraint(check="next_criterion IN ('BUDGET', 'AUTHORITY', 'NEED', 'TIMEFRAME')", name='lead_next_criterion_known'),
        ),
        ops.AddConstraint(
            model_name='Lead',
            constraint=CheckConstraint(check='(next_criterion IS NULL) = (next_weight = 0)', name='lead_next_has_weight'),
        ),
        AddFilled(
            model_name='Organization',
            name='custom',
            field=fields.JSONField(default=dict, encoder=exact.dumps, decoder=exact.loads),
            filled="'{}'",
        ),
        ops.AddField(
            model_name='Organization',
            name='description',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Organization',
            name='merged_into',
            field=fields.ForeignKeyField('crm.Organization', source_field='merged_into_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL),
        ),
        ops.AddField(
            model_name='Organization',
            name='owner',
            field=fields.ForeignKeyField('crm.Member', source_field='owner_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL),
        ),
        ops.AddField(
            model_name='Organization',
            name='parent',
            field=fields.ForeignKeyField('crm.Organization', source_field='parent_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL),
        ),
        ops.AddIndex(
            model_name='Organization',
            index=Index(fields=['workspace_id', 'parent_id', 'name_folded', 'name', 'id']),
        ),
        ops.AddIndex(
            model_name='Organization',
            index=Index(fields=['workspace_id', 'owner_id', 'name_folded', 'name', 'id']),
        ),
        ops.AddConstraint(
            model_name='Organization',
            constraint=CheckConstraint(check='parent_id <> id', name='organization_parent_is_another'),
        ),
        ops.AddConstraint(
            model_name='Organization',
            constraint=CheckConstraint(check='merged_into_id IS NULL OR (archived_at IS NOT NULL AND merged_into_id <> id)', name='organization_merged_is_archived'),
        ),
        ops.AddField(
            model_name='Pipeline',
            name='archived_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Pipeline',
            name='description',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.RemoveConstraint(
            model_name='Stage',
            name='stage_one_won_one_lost',
            fields=None,
        ),
        ops.AddField(
            model_name='Stage',
            name='archived_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Stage',
            name='color',
            field=fields.CharField(null=True, max_length=7),
        ),
        ops.AddField(
            model_name='Stage',
            name='description',
            field=fields.TextField(null=True, unique=False),
        ),
        AddFilled(
            model_name='Stage',
            name='required_fields',
            field=fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads),
            filled="'[]'",
        ),
        ops.AddConstraint(
            model_name='Stage',
            constraint=CheckConstraint(check="color ~ '^#[0-9a-f]{6}$'", name='stage_color_valid'),
        ),
        ops.AddConstraint(
            model_name='Stage',
            constraint=CheckConstraint(check="jsonb_typeof(required_fields) = 'array'", name='stage_required_fields_listed'),
        ),
        ops.AddConstraint(
            model_name='Stage',
            constraint=UniqueConstraint(fields=('workspace_id', 'pipeline_id', 'kind'), name='stage_one_won_one_lost', condition="kind <> 'OPEN' AND archived_at IS NULL"),
        ),
    ]

    operations += seal(operations)
    operations += [
        ops.RunSQL(
            [
                *compose("contact", "organization", "criterion_answer"),
                # The beginnings of wider ones.
                "DROP INDEX contact_owner_id_idx, organization_owner_id_idx, organization_parent_id_idx",
                *DELETES,
                *TOTALS,
                *POLICIES,
                "CREATE INDEX lead_review ON lead (review_at) WHERE review_at IS NOT NULL",
                "CREATE INDEX lead_nurture ON lead (nurture_until) WHERE nurture_until IS NOT NULL",
                *DUE,
                "CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public",
            ],
            ops.RunSQL.noop,
        )
    ]
