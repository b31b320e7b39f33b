-- ServiceNow time_card: a week's work of one person on one task.
select
    r.sys_id as source_id,
    'time_card' as entry_type,
    'servicenow:' || nullif(r.task, '') as ticket_key,
    'task' as charge_to_type,
    nullif(r.task, '') as charge_to_id,
    nullif(r."task.short_description", '') as ticket_title,
    'servicenow:' || nullif(r."task.company", '') as company_key,
    nullif(r."task.company.name", '') as company_name,
    nullif(r.user, '') as member_id,
    nullif(r."user.user_name", '') as member_login,
    nullif(r."user.name", '') as member_name,
    nullif(r.category, '') as work_type,
    nullif(r.week_starts_on, '') as work_date,
    nullif(r.total, '') as hours_actual,
    case
        when lower(r.state) in ('pending', 'recalled') then 'open'
        when lower(r.state) = 'submitted' then 'submitted'
        when lower(r.state) = 'approved' then 'approved'
        when lower(r.state) = 'rejected' then 'rejected'
        when lower(r.state) = 'processed' then 'billed'
        else 'other'
    end as status,
    nullif(r.state, '') as status_raw,
    nullif(r.time_sheet, '') as time_sheet_id,
    nullif(r.notes, '') as notes,
    nullif(r.sys_created_on, '') as created_at_source,
    nullif(r.sys_created_by, '') as created_by,
    nullif(r.sys_updated_by, '') as updated_by,
    custom_fields
from record
