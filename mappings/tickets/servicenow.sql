-- ServiceNow incident and the other classes of task. A state's code means different things in different
-- classes and releases; where it does, `active` tells them apart: 8 is Awaiting Vendor or Canceled.
select
    r.sys_id as source_id,
    nullif(r.number, '') as number,
    nullif(r.sys_class_name, '') as record_type,
    nullif(r.short_description, '') as title,
    nullif(r.description, '') as description,
    case
        when coalesce(nullif(r.state, ''), r.incident_state) in ('1', '101') then 'new'
        when coalesce(nullif(r.state, ''), r.incident_state) = '-5' and r.sys_class_name = 'change_request' then 'new'
        when coalesce(nullif(r.state, ''), r.incident_state)
            in ('2', '102', '103', '104', '-4', '-3', '-2', '-1', '0') then 'in_progress'
        when coalesce(nullif(r.state, ''), r.incident_state) in ('6', '106') then 'resolved'
        when coalesce(nullif(r.state, ''), r.incident_state) in ('7', '107') then 'closed'
        when coalesce(nullif(r.state, ''), r.incident_state) in ('3', '4', '5')
            and (r.sys_class_name = 'incident' or r.active = 'true') then 'on_hold'
        when coalesce(nullif(r.state, ''), r.incident_state) = '-5' then 'on_hold'
        when coalesce(nullif(r.state, ''), r.incident_state) = '8' and r.active = 'true' then 'on_hold'
        when coalesce(nullif(r.state, ''), r.incident_state) = '4'
            and r.sys_class_name = 'change_request' then 'canceled'
        when coalesce(nullif(r.state, ''), r.incident_state) = '8' then 'canceled'
        when coalesce(nullif(r.state, ''), r.incident_state) in ('3', '4') then 'closed'
        else 'other'
    end as status,
    coalesce(nullif(r.state, ''), nullif(r.incident_state, '')) as status_raw,
    not try_cast(nullif(r.active, '') as boolean) as is_closed,
    case left(r.priority, 1)
        when '1' then 'critical'
        when '2' then 'high'
        when '3' then 'medium'
        when '4' then 'low'
        when '5' then 'low'
        else 'other'
    end as priority,
    nullif(r.priority, '') as priority_raw,
    case
        when r.sys_class_name = 'incident' then 'incident'
        when r.sys_class_name in ('sc_req_item', 'sc_request') then 'request'
        when r.sys_class_name = 'problem' then 'problem'
        when r.sys_class_name = 'change_request' then 'change'
        when r.sys_class_name in ('task', 'sc_task', 'change_task', 'problem_task', 'incident_task') then 'task'
        else 'other'
    end as ticket_type,
    nullif(r.sys_class_name, '') as type_raw,
    nullif(r.category, '') as subtype,
    nullif(r.subcategory, '') as item,
    nullif(r.severity, '') as severity,
    nullif(r.impact, '') as impact,
    nullif(r.urgency, '') as urgency,
    nullif(r.contact_type, '') as origin,
    nullif(r."assignment_group.name", '') as team,
    nullif(r.assignment_group, '') as team_id,
    nullif(r."assigned_to.name", '') as assigned_to,
    nullif(r.assigned_to, '') as assigned_to_id,
    nullif(r.watch_list, '') as watchers,
    'servicenow:' || coalesce(nullif(r.company, ''), nullif(r."caller_id.company", '')) as company_key,
    nullif(r."company.name", '') as company_name,
    nullif(r.location, '') as site,
    'servicenow:' || nullif(r.caller_id, '') as contact_key,
    nullif(r."caller_id.name", '') as contact_name,
    email(r."caller_id.email") as contact_email,
    phone(r."caller_id.phone") as contact_phone,
    phone(r."caller_id.mobile_phone") as contact_mobile,
    'servicenow:' || coalesce(nullif(r.parent_incident, ''), nullif(r.parent, '')) as parent_ticket_key,
    'servicenow:' || nullif(r.problem_id, '') as problem_ticket_key,
    'servicenow:' || nullif(r.rfc, '') as change_ticket_key,
    'servicenow:' || nullif(r.caused_by, '') as caused_by_ticket_key,
    nullif(r.child_incidents, '') <> '0' as has_children,
    nullif(r.cmdb_ci, '') as configuration_item,
    nullif(r.business_service, '') as business_service,
    nullif(r.service_offering, '') as service_offering,
    nullif(r.made_sla, '') as is_in_sla,
    nullif(r.sla_due, '') as sla_due_at,
    nullif(r.escalation, '') as escalation_level,
    nullif(r.escalation, '') <> '0' as is_escalated,
    nullif(r.sys_created_on, '') as created_at_source,
    nullif(r.sys_created_by, '') as created_by,
    nullif(r.opened_by, '') as opened_by_id,
    nullif(r.sys_updated_by, '') as updated_by,
    nullif(r.opened_at, '') as opened_at,
    nullif(r.due_date, '') as due_at,
    nullif(r.resolved_at, '') as resolved_at,
    nullif(r.resolved_by, '') as resolved_by,
    nullif(r.closed_at, '') as closed_at,
    nullif(r.closed_by, '') as closed_by,
    nullif(r.close_code, '') as close_code,
    nullif(r.close_notes, '') as close_notes,
    coalesce(
        floor(try_cast(r.calendar_stc as double) / 60)::varchar, nullif(r.calendar_stc, ''),
        floor(epoch(try_cast(r.calendar_duration as timestamp)) / 60)::varchar, nullif(r.calendar_duration, '')
    ) as minutes_to_resolve,
    coalesce(
        floor(try_cast(r.business_stc as double) / 60)::varchar, nullif(r.business_stc, ''),
        floor(epoch(try_cast(r.business_duration as timestamp)) / 60)::varchar, nullif(r.business_duration, '')
    ) as minutes_to_resolve_business,
    coalesce((epoch(try_cast(r.time_worked as timestamp)) / 3600)::varchar, nullif(r.time_worked, '')) as hours_actual,
    nullif(r.approval, '') = 'approved' as is_approved,
    nullif(r.approval, '') as approval,
    nullif(r.knowledge, '') as is_knowledge,
    nullif(r.reopen_count, '') as reopen_count,
    nullif(r.reassignment_count, '') as reassignment_count,
    nullif(r.sys_mod_count, '') as modification_count,
    nullif(r.child_incidents, '') as child_count,
    nullif(r.correlation_id, '') as correlation_id,
    nullif(r.sys_tags, '') as tags,
    nullif(r.sys_domain, '') as domain,
    nullif(r.comments, '') as comments,
    custom_fields
from record
