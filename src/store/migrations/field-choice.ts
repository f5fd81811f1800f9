/** Which fields of records are excluded or hashed, and how to compare records without them. Part of the first step. */
export const FIELD_CHOICE = [
  `create table kombo_sync.field_choice (
    rules text[] not null,
    hash_key text,
    fingerprint text,
    is_clean boolean not null,
    recorded_at timestamptz not null default now()
  )`,
  `create unique index field_choice_one_row on kombo_sync.field_choice ((true))`,
  `comment on table kombo_sync.field_choice is
    'Which fields are not stored, or only as a hash, in one row. Every page is written by this choice.'`,
  `create function kombo_sync.without_times(doc jsonb, keys text[], timed boolean default true, depth integer default 20)
  returns jsonb
  language plpgsql immutable parallel safe as $$
  begin
    -- The stack is limited, and no record of a model is nested this deep.
    if depth = 0 then
      return doc;
    elsif jsonb_typeof(doc) = 'array' then
      return (select coalesce(jsonb_agg(kombo_sync.without_times(item, keys, timed, depth - 1) order by n), '[]')
        from jsonb_array_elements(doc) with ordinality as items(item, n));
    elsif jsonb_typeof(doc) = 'object' then
      return (select coalesce(jsonb_object_agg(key, kombo_sync.without_times(value, keys, key = any(keys), depth - 1)), '{}')
        from jsonb_each(doc) where not (timed and key = 'changed_at'));
    end if;
    return doc;
  end $$`,
  `comment on function kombo_sync.without_times is
    'A record without its time of change, and without those of nested records under these keys.'`,
];
