/** What is left of Kombo's limits, shared by all workers, with the functions that take from it. A part of the first step. */
export const KOMBO_BUDGET = [
  `create table kombo_sync.kombo_budget (
    scope text primary key,
    per_integration boolean not null default false,
    request_limit integer,
    remaining integer,
    in_flight integer not null default 0,
    last_integration text,
    window_ends_at timestamptz,
    blocked_until timestamptz,
    next_probe_at timestamptz,
    refused_integration text,
    refused_at timestamptz,
    refused_until timestamptz,
    refused_probe_at timestamptz,
    taken_at timestamptz,
    next_background_at timestamptz,
    tokens double precision,
    refilled_at timestamptz,
    updated_at timestamptz not null default clock_timestamp()
  )`,
  `comment on table kombo_sync.kombo_budget is
    'What is left of Kombo''s limits: one row for the key, with an empty scope, and one for each integration if Kombo counts by integration.'`,

  `create table kombo_sync.kombo_requests (
    id uuid primary key,
    urgent boolean not null,
    until timestamptz not null
  )`,
  `comment on table kombo_sync.kombo_requests is
    'Requests to Kombo that are under way, if KOMBO_CONCURRENCY bounds them. One whose worker was killed ends by its time.'`,

  // Returns milliseconds to wait, 0 to go ahead; `alone` if only this integration has to. `reserve` is the share that only
  // urgent requests may use.
  `create function kombo_sync.take_request(integration text, urgent boolean, per_minute integer, reserve double precision,
    out wait_ms double precision, out per_integration boolean, out alone boolean)
  language plpgsql volatile as $$
  declare
    b kombo_sync.kombo_budget;
    at timestamptz;
    burst double precision;
    rate double precision;
    kept double precision;
    left_ms double precision;
    probe_ms double precision;
    closed boolean;
    paced boolean := false;
  begin
    insert into kombo_sync.kombo_budget (scope) values ('') on conflict do nothing;
    select k.per_integration into per_integration from kombo_sync.kombo_budget k where k.scope = '';
    -- The rate of the setting always counts for the key as a whole.
    if per_integration and per_minute is null then
      insert into kombo_sync.kombo_budget (scope) values (integration) on conflict do nothing;
      select * into b from kombo_sync.kombo_budget k where k.scope = integration for update;
    else
      select * into b from kombo_sync.kombo_budget k where k.scope = '' for update;
    end if;
    at := clock_timestamp();
    wait_ms := 0;
    alone := false;
    -- Kombo's window has ended: what it allows now is not known yet, but for its size.
    if b.window_ends_at <= at then
      b.remaining := null;
      b.in_flight := 0;
      b.window_ends_at := null;
      b.next_background_at := null;
    end if;
    if per_minute is not null then
      -- A tenth at once and the rest evenly: however Kombo's minutes fall, none has more than the rate.
      burst := greatest(1, per_minute * 0.1);
      rate := greatest(per_minute - burst, per_minute * 0.5) / 60.0;
      b.tokens := least(burst, coalesce(b.tokens, burst)
        + greatest(0, extract(epoch from at - coalesce(b.refilled_at, at))) * rate);
      b.refilled_at := at;
      kept := case when urgent then 1 else least(burst, 1 + burst * reserve * 2) end;
      if b.tokens < kept then wait_ms := (kept - b.tokens) / rate * 1000; end if;
    end if;
    closed := coalesce(b.blocked_until > at, false);
    if b.request_limit is not null and b.remaining is not null then
      left_ms := extract(epoch from b.window_ends_at - at) * 1000;
      kept := case when urgent then 0 else b.request_limit * reserve end;
      closed := closed or b.remaining - 1 < kept;
      if not closed and not urgent and b.remaining <= b.request_limit * 0.5 then
        -- What is left for others than urgent ones is spread over what is left of the window.
        paced := true;
        if b.next_background_at > at then
          wait_ms := greatest(wait_ms, extract(epoch from b.next_background_at - at) * 1000);
        end if;
      end if;
    end if;
    if closed then
      -- One answer may be about something else than what waits here, so a few requests find out: one a second, or one in
      -- five seconds if it is not urgent.
      b.next_probe_at := coalesce(b.next_probe_at, at);
      wait_ms := greatest(wait_ms, extract(epoch from b.next_probe_at
        + case when urgent then interval '0' else interval '4 seconds' end - at) * 1000);
      if wait_ms = 0 then b.next_probe_at := at + interval '1 second'; end if;
    else
      b.next_probe_at := null;
      -- What was refused may be about this integration, which finds out in the same way while the others go on.
      if b.refused_integration = integration and b.refused_until > at then
        probe_ms := extract(epoch from coalesce(b.refused_probe_at, at)
          + case when urgent then interval '0' else interval '4 seconds' end - at) * 1000;
        alone := probe_ms > wait_ms;
        wait_ms := greatest(wait_ms, probe_ms);
        if wait_ms = 0 then b.refused_probe_at := at + interval '1 second'; end if;
      end if;
    end if;
    if wait_ms = 0 then
      if per_minute is not null then b.tokens := b.tokens - 1; end if;
      if b.remaining is not null then
        if paced then
          b.next_background_at := at
            + least(left_ms, left_ms / greatest(1, b.remaining - kept)) * interval '1 millisecond';
        end if;
        b.remaining := greatest(0, b.remaining - 1);
      end if;
      b.in_flight := b.in_flight + 1;
    end if;
    update kombo_sync.kombo_budget k set remaining = b.remaining, in_flight = b.in_flight,
      window_ends_at = b.window_ends_at, next_background_at = b.next_background_at, next_probe_at = b.next_probe_at,
      refused_probe_at = b.refused_probe_at, tokens = b.tokens, refilled_at = b.refilled_at, updated_at = at
    where k.scope = b.scope;
  end $$`,
  `comment on function kombo_sync.take_request is
    'Takes one request to Kombo from what all workers share, or says for how many milliseconds to wait.'`,

  `create function kombo_sync.note_limit(integration text, max_requests integer, left_over integer, reset_ms double precision,
    blocked_ms double precision, was_taken boolean) returns boolean
  language plpgsql volatile as $$
  declare
    k kombo_sync.kombo_budget;
    at timestamptz := clock_timestamp();
    ends timestamptz := clock_timestamp() + reset_ms * interval '1 millisecond';
    target text := '';
    nearly_used_up boolean;
  begin
    insert into kombo_sync.kombo_budget (scope) values ('') on conflict do nothing;
    select * into k from kombo_sync.kombo_budget b where b.scope = '' for update;
    -- Kombo may count otherwise by now, so this is found out again every day.
    if k.per_integration and k.updated_at < at - interval '1 day' then
      update kombo_sync.kombo_budget b set per_integration = false where b.scope = '';
      k.per_integration := false;
    end if;
    -- In one window, an answer about another integration that has more left than was left before counts something else. A
    -- refusal says nothing here, since it may be about one endpoint.
    if not k.per_integration and k.remaining > 0 and k.blocked_until is null and k.last_integration <> integration and k.request_limit = max_requests
      and k.window_ends_at > at and abs(extract(epoch from ends - k.window_ends_at)) < 5
      and left_over > k.remaining + greatest(20, max_requests * 0.2) + k.in_flight then
      update kombo_sync.kombo_budget b set per_integration = true, remaining = null, window_ends_at = null,
        in_flight = 0, updated_at = at where b.scope = '';
      k.per_integration := true;
    end if;
    if k.per_integration then
      target := integration;
      insert into kombo_sync.kombo_budget (scope) values (integration) on conflict do nothing;
    end if;
    -- While much is known to be left, or nothing is known, a refusal is about the integration that met it. It is about the key
    -- if another one met the last, and Kombo has taken nothing since.
    nearly_used_up := k.remaining * 4 <= k.request_limit and k.window_ends_at > at;
    if blocked_ms > 0 and target = '' and integration <> '' and nearly_used_up is not true and not (k.refused_integration is distinct from integration
      and coalesce(k.refused_at > greatest(k.taken_at, at - interval '10 seconds'), false)) then
      update kombo_sync.kombo_budget b set
        in_flight = greatest(0, b.in_flight - was_taken::integer),
        refused_integration = integration,
        refused_at = at,
        refused_until = at + blocked_ms * interval '1 millisecond',
        refused_probe_at = case when b.refused_integration = integration then b.refused_probe_at end,
        updated_at = at
      where b.scope = '';
      return k.per_integration;
    end if;
    update kombo_sync.kombo_budget b set
      request_limit = coalesce(max_requests, b.request_limit),
      in_flight = greatest(0, b.in_flight - was_taken::integer),
      -- What is under way is not counted in what Kombo has left.
      remaining = case when left_over is null then b.remaining
        else greatest(0, left_over - greatest(0, b.in_flight - was_taken::integer)) end,
      window_ends_at = case when left_over is null then b.window_ends_at else ends end,
      blocked_until = case when blocked_ms > 0
        then greatest(b.blocked_until, at + blocked_ms * interval '1 millisecond')
        -- Kombo takes requests.
        when left_over > 0 then null else b.blocked_until end,
      refused_integration = case when left_over > 0 and b.refused_integration = integration then null
        else b.refused_integration end,
      taken_at = case when left_over > 0 and coalesce(blocked_ms, 0) = 0 then at else b.taken_at end,
      last_integration = integration,
      updated_at = at
    where b.scope = target;
    return k.per_integration;
  end $$`,
  `comment on function kombo_sync.note_limit is
    'Notes what an answer of Kombo said of its limit. Returns whether Kombo counts by integration.'`,

  `create function kombo_sync.take_place(place uuid, is_urgent boolean, places integer, reserve double precision,
    for_ms double precision) returns boolean
  language plpgsql volatile as $$
  declare
    used integer;
    allowed integer := places;
  begin
    insert into kombo_sync.kombo_budget (scope) values ('') on conflict do nothing;
    perform from kombo_sync.kombo_budget b where b.scope = '' for update;
    delete from kombo_sync.kombo_requests r where r.until < clock_timestamp();
    if not is_urgent then
      allowed := greatest(1, places - ceil(places * reserve)::integer);
      select count(*) into used from kombo_sync.kombo_requests r where not r.urgent;
      if used >= allowed then return false; end if;
    end if;
    select count(*) into used from kombo_sync.kombo_requests r;
    if used >= places then return false; end if;
    insert into kombo_sync.kombo_requests values (place, is_urgent, clock_timestamp() + for_ms * interval '1 millisecond');
    return true;
  end $$`,
  `comment on function kombo_sync.take_place is
    'Takes one of the places of KOMBO_CONCURRENCY for a request; false if all are taken.'`,
];
