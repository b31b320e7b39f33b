-- Salesforce Field Service TimeSheetEntry.
select
    r.Id as source_id,
    'TimeSheetEntry' as entry_type,
    case when r.WorkOrderId <> '' then 'WorkOrder' end as charge_to_type,
    nullif(r.WorkOrderId, '') as charge_to_id,
    nullif(r.CreatedById, '') as member_id,
    nullif(r.Type, '') as work_type,
    nullif(r.StartTime, '') as started_at,
    nullif(r.EndTime, '') as ended_at,
    left(nullif(r.StartTime, ''), 10) as work_date,
    coalesce((try_cast(r.DurationInMinutes as double) / 60)::varchar, nullif(r.DurationInMinutes, '')) as hours_actual,
    case
        when lower(r.Status) in ('new', 'open') then 'open'
        when lower(r.Status) = 'submitted' then 'submitted'
        when lower(r.Status) = 'approved' then 'approved'
        when lower(r.Status) = 'rejected' then 'rejected'
        when lower(r.Status) in ('billed', 'invoiced') then 'billed'
        else 'other'
    end as status,
    nullif(r.Status, '') as status_raw,
    nullif(r.TimeSheetId, '') as time_sheet_id,
    nullif(r.Subject, '') as title,
    nullif(r.Description, '') as notes,
    nullif(r.CreatedDate, '') as created_at_source,
    nullif(r.CreatedById, '') as created_by,
    nullif(r.LastModifiedById, '') as updated_by,
    custom_fields,
    coalesce(r.IsDeleted = 'true', false) as is_deleted,
    case when r.IsDeleted = 'true' then source_updated_at end as deleted_at,
    case when r.IsDeleted = 'true' then 'deleted' end as delete_cause
from record
