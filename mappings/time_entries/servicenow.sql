-- ServiceNow task_time_worked. It knows neither start nor billing: the day is the one of its entry.
select
    r.sys_id as source_id,
    'task_time_worked' as entry_type,
    'servicenow:' || nullif(r.task, '') as ticket_key,
    'task' as charge_to_type,
    nullif(r.task, '') as charge_to_id,
    nullif(r."task.short_description", '') as ticket_title,
    'servicenow:' || nullif(r."task.company", '') as company_key,
    nullif(r."task.company.name", '') as company_name,
    nullif(r.user, '') as member_id,
    nullif(r."user.user_name", '') as member_login,
    nullif(r."user.name", '') as member_name,
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
    custom_fields
from record
