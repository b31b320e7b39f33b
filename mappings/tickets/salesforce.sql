-- Salesforce Case. Orgs name their statuses freely: add a name to the list it belongs to.
-- A null comes as null by REST and as empty text by Bulk.
select
    r.Id as source_id,
    nullif(r.CaseNumber, '') as number,
    'Case' as record_type,
    nullif(r.Subject, '') as title,
    nullif(r.Description, '') as description,
    case
        when lower(trim(r.Status)) in ('new', 'open') then 'new'
        when lower(trim(r.Status))
            in ('working', 'in progress', 'assigned', 'scheduled', 'escalated') then 'in_progress'
        when lower(trim(r.Status)) in ('customer notified', 'notified') then 'notified'
        when lower(trim(r.Status)) like 'wait%' or lower(trim(r.Status)) like 'pending%'
            or lower(trim(r.Status)) in ('on hold', 'awaiting customer', 'response received') then 'on_hold'
        when lower(trim(r.Status)) in ('resolved', 'completed', 'solved') then 'resolved'
        when lower(trim(r.Status)) like 'closed%' or lower(trim(r.Status)) in ('merged', 'duplicate') then 'closed'
        when lower(trim(r.Status)) in ('cancelled', 'canceled') then 'canceled'
        when lower(trim(r.Status)) in ('re-opened', 'reopened', 're-open') then 'reopened'
        else 'other'
    end as status,
    nullif(r.Status, '') as status_raw,
    nullif(r.IsClosed, '') as is_closed,
    case
        when lower(trim(r.Priority)) in ('critical', 'urgent', 'emergency', 'p1') then 'critical'
        when lower(trim(r.Priority)) in ('high', 'p2') then 'high'
        when lower(trim(r.Priority)) in ('medium', 'normal', 'p3') then 'medium'
        when lower(trim(r.Priority)) in ('low', 'p4', 'p5') then 'low'
        else 'other'
    end as priority,
    nullif(r.Priority, '') as priority_raw,
    case
        when lower(trim(r.Type)) in (
            'incident', 'break-fix', 'break/fix', 'network', 'hardware', 'printing', 'security', 'software',
            'mechanical', 'electrical', 'electronic', 'structural'
        ) then 'incident'
        when lower(trim(r.Type)) in (
            'request', 'service request', 'feature request', 'question', 'user administration', 'onboarding'
        ) then 'request'
        when lower(trim(r.Type)) = 'problem' then 'problem'
        when lower(trim(r.Type)) = 'change' then 'change'
        when lower(trim(r.Type)) in ('task', 'maintenance') then 'task'
        else 'other'
    end as ticket_type,
    nullif(r.Type, '') as type_raw,
    nullif(r.Origin, '') as origin,
    nullif(r.Reason, '') as reason,
    case when starts_with(r.OwnerId, '00G') then r.OwnerId end as team_id,
    case when starts_with(r.OwnerId, '005') then r.OwnerId end as assigned_to_id,
    'salesforce:' || nullif(r.AccountId, '') as company_key,
    nullif(r.SuppliedCompany, '') as company_name,
    'salesforce:' || nullif(r.ContactId, '') as contact_key,
    nullif(r.SuppliedName, '') as contact_name,
    coalesce(email(r.ContactEmail), email(r.SuppliedEmail)) as contact_email,
    coalesce(phone(r.ContactPhone), phone(r.SuppliedPhone)) as contact_phone,
    phone(r.ContactMobile) as contact_mobile,
    'salesforce:' || nullif(r.ParentId, '') as parent_ticket_key,
    'salesforce:' || nullif(r.MasterRecordId, '') as merged_into_key,
    nullif(r.AssetId, '') as configuration_item,
    nullif(r.MilestoneStatus, '') as sla_status,
    nullif(r.SlaStartDate, '') as sla_started_at,
    nullif(r.SlaExitDate, '') as sla_due_at,
    nullif(r.IsStopped, '') as is_stopped,
    nullif(r.StopStartDate, '') as stopped_at,
    nullif(r.IsEscalated, '') as is_escalated,
    nullif(r.CreatedDate, '') as created_at_source,
    nullif(r.CreatedById, '') as created_by,
    nullif(r.LastModifiedById, '') as updated_by,
    nullif(r.ClosedDate, '') as closed_at,
    nullif(r.Comments, '') as comments,
    custom_fields,
    coalesce(r.IsDeleted = 'true' or r.MasterRecordId <> '', false) as is_deleted,
    case when r.IsDeleted = 'true' or r.MasterRecordId <> '' then source_updated_at end as deleted_at,
    case when r.MasterRecordId <> '' then 'merged' when r.IsDeleted = 'true' then 'deleted' end as delete_cause
from record
