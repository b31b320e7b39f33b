-- Salesforce Task. Its hours are those of a logged call; a task without one has none.
select
    r.Id as source_id,
    'Task' as entry_type,
    case when starts_with(r.WhatId, '500') then 'salesforce:' || r.WhatId end as ticket_key,
    case
        when starts_with(r.WhatId, '500') then 'Case'
        when starts_with(r.WhatId, '001') then 'Account'
        when r.WhatId <> '' then 'other'
    end as charge_to_type,
    nullif(r.WhatId, '') as charge_to_id,
    nullif(r.Subject, '') as title,
    'salesforce:' || nullif(r.AccountId, '') as company_key,
    case when starts_with(r.WhoId, '003') then 'salesforce:' || r.WhoId end as contact_key,
    nullif(r.OwnerId, '') as member_id,
    nullif(r.TaskSubtype, '') as work_type,
    nullif(r.CompletedDateTime, '') as ended_at,
    nullif(r.ActivityDate, '') as work_date,
    coalesce((try_cast(r.CallDurationInSeconds as double) / 3600)::varchar, nullif(r.CallDurationInSeconds, ''))
        as hours_actual,
    case
        when lower(r.Status)
            in ('not started', 'in progress', 'completed', 'waiting on someone else', 'deferred') then 'open'
        else 'other'
    end as status,
    nullif(r.Status, '') as status_raw,
    nullif(r.IsClosed, '') as is_closed,
    nullif(r.IsArchived, '') as is_archived,
    nullif(r.Description, '') as notes,
    nullif(r.CreatedDate, '') as created_at_source,
    nullif(r.CreatedById, '') as created_by,
    nullif(r.LastModifiedById, '') as updated_by,
    custom_fields,
    coalesce(r.IsDeleted = 'true', false) as is_deleted,
    case when r.IsDeleted = 'true' then source_updated_at end as deleted_at,
    case when r.IsDeleted = 'true' then 'deleted' end as delete_cause
from record
