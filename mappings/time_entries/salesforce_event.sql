-- Salesforce Event: an appointment, which has a length and no status.
select
    r.Id as source_id,
    'Event' as entry_type,
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
    nullif(r.StartDateTime, '') as started_at,
    nullif(r.EndDateTime, '') as ended_at,
    nullif(r.ActivityDate, '') as work_date,
    nullif(r.IsAllDayEvent, '') as is_all_day,
    coalesce((try_cast(r.DurationInMinutes as double) / 60)::varchar, nullif(r.DurationInMinutes, '')) as hours_actual,
    'open' as status,
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
