-- ConnectWise service/tickets. Boards name their statuses freely: add a name to the list it belongs to.
-- A ticket that was merged into another one is a tombstone of that name.
select
    r.id as source_id,
    r.id as number,
    r.recordType as record_type,
    r.summary as title,
    case
        when lower(trim(r.status.name, ' >')) in ('new', 'new (email connector)', 'new (portal)', 'open') then 'new'
        when lower(trim(r.status.name, ' >'))
            in ('in progress', 'assigned', 'scheduled', 'dispatched', 'work in progress') then 'in_progress'
        when lower(trim(r.status.name, ' >')) in ('customer notified', 'client notified', 'notified') then 'notified'
        when lower(trim(r.status.name, ' >')) like 'wait%' or lower(trim(r.status.name, ' >')) like 'pending%'
            or lower(trim(r.status.name, ' >')) in ('on hold', 'client responded', 'enter time') then 'on_hold'
        when lower(trim(r.status.name, ' >')) in ('resolved', 'completed', 'complete') then 'resolved'
        when lower(trim(r.status.name, ' >')) like 'closed%' then 'closed'
        when lower(trim(r.status.name, ' >')) in ('cancelled', 'canceled') then 'canceled'
        when lower(trim(r.status.name, ' >')) in ('re-opened', 'reopened', 're-open') then 'reopened'
        else 'other'
    end as status,
    r.status.name as status_raw,
    r.closedFlag as is_closed,
    case
        when lower(r.priority.name) like 'priority 1%'
            or lower(r.priority.name) in ('critical', 'emergency') then 'critical'
        when lower(r.priority.name) like 'priority 2%' or lower(r.priority.name) in ('high', 'urgent') then 'high'
        when lower(r.priority.name) like 'priority 3%' or lower(r.priority.name) in ('medium', 'normal') then 'medium'
        when lower(r.priority.name) like 'priority 4%' or lower(r.priority.name) like 'priority 5%'
            or lower(r.priority.name) in ('low', 'scheduled maintenance', 'do not respond') then 'low'
        else 'other'
    end as priority,
    r.priority.name as priority_raw,
    case
        when r.type.name is null then 'other'
        when lower(r.type.name) in (
            'incident', 'break-fix', 'break/fix', 'network', 'hardware', 'printing', 'security', 'software'
        ) then 'incident'
        when lower(r.type.name) in ('request', 'service request', 'user administration', 'onboarding') then 'request'
        when lower(r.type.name) = 'problem' then 'problem'
        when lower(r.type.name) = 'change' then 'change'
        when lower(r.type.name) in ('task', 'maintenance') then 'task'
        else 'other'
    end as ticket_type,
    r.type.name as type_raw,
    r.subType.name as subtype,
    r.item.name as item,
    r.severity as severity,
    r.impact as impact,
    r.source.name as origin,
    r.board.name as board,
    r.team.name as team,
    r.team.id as team_id,
    coalesce(r.owner.identifier, r.owner.name) as assigned_to,
    r.owner.id as assigned_to_id,
    r.resources as resources,
    'connectwise:' || r.company.id as company_key,
    r.company.name as company_name,
    r.site.name as site,
    'connectwise:' || r.contact.id as contact_key,
    coalesce(r.contactName, r.contact.name) as contact_name,
    email(r.contactEmailAddress) as contact_email,
    phone(r.contactPhoneNumber) as contact_phone,
    'connectwise:' || r.parentTicketId as parent_ticket_key,
    'connectwise:' || r.mergedParentTicket.id as merged_into_key,
    r.hasChildTicket as has_children,
    r.hasMergedChildTicketFlag as has_merged_children,
    r.serviceLocation.name as service_location,
    r.location.name as location,
    r.department.name as department,
    r.agreement.id as agreement_id,
    r.agreement.name as agreement,
    r.sla.name as sla,
    r.slaStatus as sla_status,
    r.isInSla as is_in_sla,
    r.escalationLevel as escalation_level,
    r.escalationStartDateUTC as escalation_started_at,
    r._info.dateEntered as created_at_source,
    r._info.enteredBy as created_by,
    r._info.updatedBy as updated_by,
    r.requiredDate as due_at,
    r.dateResponded as responded_at,
    r.dateResplan as planned_at,
    r.dateResolved as resolved_at,
    r.closedDate as closed_at,
    r.closedBy as closed_by,
    r.respondMinutes as minutes_to_respond,
    r.resPlanMinutes as minutes_to_plan,
    r.resolveMinutes as minutes_to_resolve,
    r.minutesWaiting as minutes_waiting,
    r.actualHours as hours_actual,
    r.budgetHours as hours_budget,
    r.estimatedTimeCost as estimated_time_cost,
    r.billingMethod as billing_method,
    r.subBillingMethod as sub_billing_method,
    r.billTime as bill_time,
    r.billExpenses as bill_expenses,
    r.billProducts as bill_products,
    r.currency.currencyCode as currency,
    r.approved as is_approved,
    r.requestForChangeFlag as is_change_request,
    r.customerUpdatedFlag as customer_updated,
    r.automaticEmailContactFlag as email_contact,
    r.allowAllClientsPortalView as visible_in_portal,
    nullif(r.customFields, '[]') as custom_fields,
    r.mergedParentTicket.id is not null as is_deleted,
    case when r.mergedParentTicket.id is not null then source_updated_at end as deleted_at,
    case when r.mergedParentTicket.id is not null then 'merged' end as delete_cause
from record
