-- ServiceNow task_time_worked. It knows neither start nor billing: the day is the one of its entry.
select
    r.sys_id as source_id,
    'task_time_worked' as entry_type,
    'servicenow:' || nullif(r.task, '') as ticket_key,
    'task' as charge_to_type,
    nullif(r.task, '') as charge_to_id,
    nullif(r.user, '') as member_id,
    left(nullif(r.sys_created_on, ''), 10) as work_date,
    coalesce(
        (try_cast(r.time_in_seconds as double) / 3600)::varchar,
        nullif(r.time_in_seconds, ''),
        (epoch(try_cast(r.time_worked as timestamp)) / 3600)::varchar,
        nullif(r.time_worked, '')
    ) as hours_actual,
    'open' as status,
    nullif(r.comments, '') as notes,
    nullif(r.sys_created_on, '') as created_at_source,
    nullif(r.sys_created_by, '') as created_by,
    nullif(r.sys_updated_by, '') as updated_by,
    case when contains(payload, '"u_') then nullif(to_json(map_from_entries(list_sort(list_filter(
        map_entries(json_transform(payload, '"MAP(VARCHAR, VARCHAR)"')),
        lambda e: starts_with(e.key, 'u_') and e.value <> ''
    ))))::varchar, '{}') end as custom_fields
from record
